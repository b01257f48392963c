"""What the user should know of the lines that were read, in plain sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from clv.ingest import duplicates, row_rules, vocabulary
from clv.ingest.columns import ColumnMapping
from clv.ingest.counts import CustomerCount
from clv.ingest.currencies import converted
from clv.ingest.layout import Layout
from clv.ingest.oddities import counted_rows as _rows
from clv.ingest.sql import literals
from clv.ingest.vocabulary import normalised

# More rows than this under an id such as 0 are hardly one customer.
MANY_ROWS = 20
SHOWN_STATUSES = 5


def _of_layout(engine: duckdb.DuckDBPyConnection, lines: str, layout: Layout | None) -> list[str]:
    """What can go wrong with this make of export."""
    if layout is None:
        return []
    return [*([layout.warning] if layout.warning else []), *_unknown_statuses(engine, lines, layout)]


def notes_of_rows(
    engine: duckdb.DuckDBPyConnection, lines: str, layout: Layout | None, currency: str | None
) -> list[str]:
    """How the rows were taken: nothing to worry about."""
    found = [layout.note] if layout is not None and layout.note else []
    counted = engine.execute(f"SELECT count(*) FROM {lines} WHERE reason IS NULL AND is_further").fetchone()
    if counted and counted[0]:
        several = (
            "1 row is a further line of an order"
            if counted[0] == 1
            else f"{counted[0]:,} rows are further lines of orders"
        )
        found.append(
            f"{several}, whose amount stands on the first line: they belong to the order and add nothing to it."
        )
    return found + _known_by_email(engine, lines) + _converted(engine, lines, currency)


def _unknown_statuses(engine: duckdb.DuckDBPyConnection, lines: str, layout: Layout) -> list[str]:
    words = layout.statuses
    known = (*words.only, *words.counted, *words.refunded)
    if not known:
        return []
    found = engine.execute(f"""
        SELECT status, count(*), CAST(sum(gross) AS DOUBLE) FROM {lines}
        WHERE reason IS NULL AND NOT is_further AND status NOT IN ({literals(known)})
        GROUP BY status ORDER BY count(*) DESC, status LIMIT {SHOWN_STATUSES}""").fetchall()
    return [
        f"{_rows(rows)} of the status «{status}», which {layout.title} do not have by themselves, worth {value:,.2f}:"
        " they count as orders."
        for status, rows, value in found
    ]


def _converted(engine: duckdb.DuckDBPyConnection, lines: str, currency: str | None) -> list[str]:
    return (
        [
            f"{_rows(rows)} converted from {code} at the rate you gave; they come to {value:,.2f} {currency}."
            for code, rows, value in converted(engine, lines, currency)
        ]
        if currency
        else []
    )


def suspicions(
    engine: duckdb.DuckDBPyConnection,
    lines: str,
    customers: CustomerCount,
    totals: Mapping[str, Any],
    mapping: ColumnMapping,
    layout: Layout | None,
    *,
    complete: bool,
) -> list[str]:
    """What looks odd without being wrong for sure.

    Parameters
    ----------
    lines : str
        Table of lines.
    customers : CustomerCount
        The customers.
    totals : mapping
        As `clv.ingest.counts` counts them.
    complete : bool
        Whether every line is kept.
    """
    found = []
    if totals["zero"]:
        found.append(
            f"{_rows(totals['zero'])} with amount 0: the customers count, but the rows are no purchases."
        )
    if totals["refunded"] and not mapping.refund and not mapping.type:
        found.append(
            f"{_rows(totals['refunded'])} with the status refunded, worth {totals['refunded_value']:,.2f}: they count"
            " as purchases, for no column says how much was refunded."
        )
    if normalised(mapping.customer) in ("id", "cid") and customers.distinct == totals["kept"] > 1:
        found.append(
            f"Every row has another «{mapping.customer}»: check that it is the customer, not the order."
        )
    found += _guests(engine, customers.table)
    return _of_layout(engine, lines, layout) + found + ([] if complete else _without_customer(engine, lines))


def _guests(engine: duckdb.DuckDBPyConnection, customers: str) -> list[str]:
    """Buyers who are known by a word that means a guest."""
    found = engine.execute(f"""
        SELECT customer_id, rows FROM {customers}
        WHERE rows > {MANY_ROWS} AND lower(customer_id) IN ({literals(vocabulary.words("guests"))})
        ORDER BY customer_id""").fetchall()
    return [
        f"The customer «{customer}» has {rows:,} rows: shops write it for guests, who are not one customer."
        for customer, rows in found
    ]


def _known_by_email(engine: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    counted = engine.execute(f"""
        SELECT count(*), count(DISTINCT customer_id), CAST(coalesce(sum(gross), 0) AS DOUBLE) FROM {lines}
        WHERE reason IS NULL AND known_by_email AND NOT is_further AND NOT is_refund""").fetchone()
    if not counted or not counted[0]:
        return []
    rows, customers, value = counted
    as_customers = "1 customer" if customers == 1 else f"{customers:,} customers"
    return [
        f"{_rows(rows)} of guests, worth {value:,.2f}: they count under their email address, as {as_customers}."
    ]


def _without_customer(engine: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    """Rows without a customer, with their share of all revenue."""
    counted = engine.execute(f"""
        SELECT count(*) FILTER (nameless), count(DISTINCT order_id) FILTER (nameless),
               CAST(coalesce(sum(amount_net) FILTER (nameless), 0) AS DOUBLE), CAST(coalesce(sum(amount_net), 0) AS DOUBLE)
        FROM (SELECT *, coalesce(reason IN ({literals((row_rules.NO_CUSTOMER, row_rules.GUEST))}), FALSE) AS nameless
              FROM {lines})
        WHERE reason IS NULL OR nameless""").fetchone()
    rows, orders, value, total = counted or (0, 0, 0.0, 0.0)
    if not rows:
        return []
    numbered = "" if not orders else " in 1 order" if orders == 1 else f" in {orders:,} orders"
    share = f", {100 * value / total:.1f} % of all revenue" if value > 0 and total > 0 else ""
    return [
        f"{_rows(rows)} without a customer{numbered}, worth {value:,.2f}{share}: they count for no customer."
    ]


def repetitions(
    engine: duckdb.DuckDBPyConnection, lines: str, *, some_repeat: bool, several_files: bool
) -> list[str]:
    """Orders that several files hold, and rows that repeat another one where `some_repeat` at all."""
    said = _overlap(engine, lines) if several_files else []
    extra, worth = duplicates.repeated_rows(engine, lines) if some_repeat else (0, 0.0)
    if extra:
        repeated = "1 row repeats" if extra == 1 else f"{extra:,} rows repeat"
        said.append(f"{repeated} another row exactly, worth {worth:,.2f} in all; they count as they stand.")
    return said


def _overlap(engine: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    overlap = engine.execute(f"""
        SELECT count(*), count(DISTINCT order_id), CAST(coalesce(sum(amount_net), 0) AS DOUBLE) FROM {lines}
        WHERE reason = {literals([duplicates.IN_ANOTHER_FILE])}""").fetchone()
    if not overlap or not overlap[0]:
        return []
    rows, orders, value = overlap
    what = "1 order" if orders == 1 else f"{orders:,} orders" if orders else f"{rows:,} rows"
    return [f"The files overlap: {what}, worth {value:,.2f}, are in more than one of them and count once."]
