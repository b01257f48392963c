"""Lines that sum up the others, as reports end with."""

from __future__ import annotations

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
    alone = engine.execute(
        f"SELECT customer_text FROM {staged.table} WHERE lower(customer_text) IN ({sql.literals(words)})"
        " GROUP BY customer_text HAVING count(*) = 1 LIMIT 100"
    ).fetchall()
    dated = f"customer_id IN ({sql.literals(str(text) for (text,) in alone)})" if alone else "FALSE"
    return f"CASE WHEN ordered_at IS NULL THEN {named} OR ({nobody}) ELSE {dated} END"
