"""Lines that sum up the others, as reports end with."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from clv.ingest import sql, vocabulary
from clv.ingest.staging import Staged


def is_totals_line(engine: duckdb.DuckDBPyConnection, staged: Staged) -> str:
    """SQL condition for a totals line, over customer_id, order_id, date_text, ordered_at and gross.

    A line without a date is one when a word such as "Total" or "Итого:" begins a cell, or when it holds an amount
    and nothing that says whose; a line with a date only when its customer is such a word and has no other line.
    """
    words = vocabulary.words("totals")
    begins = sql.literal(rf"({'|'.join(words)})([^\p{{L}}].*)?")
    named = " OR ".join(
        f"regexp_full_match(lower({cell}), {begins})" for cell in ("customer_id", "order_id", "date_text")
    )
    nobody = "customer_id IS NULL AND order_id IS NULL AND date_text IS NULL AND gross IS NOT NULL"
    alone = [] if "customer" in staged.whole else _alone(engine, staged, words)
    dated = f"customer_id IN ({sql.literals(alone)})" if alone else "FALSE"
    if not staged.unread["date"] and not staged.missing["date"]:
        return dated
    return f"CASE WHEN ordered_at IS NULL THEN {named} OR ({nobody}) ELSE {dated} END"


def _alone(engine: duckdb.DuckDBPyConnection, staged: Staged, words: Sequence[str]) -> list[str]:
    """Customers that are such a word and have one line."""
    # Few identifiers are short and end in anything but a digit, and only those are compared with the words.
    longest = max(len(word.encode()) for word in words)
    texts = (
        f"(SELECT customer_text FROM {staged.table}"
        f" WHERE strlen(customer_text) <= {longest} AND customer_text[-1] > '9')"
    )
    found = engine.execute(
        f"SELECT customer_text FROM {texts} WHERE lower(customer_text) IN ({sql.literals(words)})"
        " GROUP BY customer_text HAVING count(*) = 1 LIMIT 100"
    ).fetchall()
    return [str(text) for (text,) in found]
