"""Counts and sums of the kept lines, their orders and their customers, each counted exactly and as cheaply as may be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from clv.ingest import sql, vocabulary
from clv.ingest.identifier_form import IdentifierForm

# Distinct whole numbers are counted by a bit for each, which is cheaper than to group by them: at most so many bits in
# a row, and as many to a number.
MOST_BITS = 2**31
BITS_PER_NUMBER = 64
# Customers are counted together by the last bits of their numbers.
LAST_BITS = 1023


@dataclass(frozen=True)
class OrderCount:
    """Orders among the kept lines.

    Parameters
    ----------
    orders : int
        Distinct orders, refunds left aside.
    one_line_per_order : bool
        Whether it is known that every kept line is an order of its own and none is a refund.
    """

    orders: int
    one_line_per_order: bool


@dataclass(frozen=True)
class CustomerCount:
    """The customers among the kept lines.

    Parameters
    ----------
    table : str
        Table of customers with their customer_id, their `rows` and how many of these are no refunds (`bought`): of all of
        them, or, where all are numbers and have bought, at least of those with `many` lines.
    distinct, buyers : int
        Distinct customers, and those who bought.
    """

    table: str
    distinct: int
    buyers: int


def totals_of(engine: duckdb.DuckDBPyConnection, lines: str, *, has_status: bool) -> dict[str, Any]:
    """Rows kept, purchase and refund rows, money, first and last moment, numbers, and what looks odd."""
    refunded = f"{sql.one_of('status', vocabulary.words('refunded'))} AND returned = 0 AND NOT is_further"
    counts = {
        "kept": "count(*)",
        "purchase_rows": "count(*) FILTER (NOT is_refund AND amount_net > 0)",
        "refund_rows": "count(*) FILTER (is_refund)",
        "gross": "coalesce(sum(gross) FILTER (gross > 0), 0)",
        "returned": "coalesce(-sum(gross) FILTER (gross < 0), 0) + coalesce(sum(returned) FILTER (returned <> 0), 0)",
        "first": "min(ordered_at)::DATE",
        "last": "max(ordered_at)::DATE",
        "numbered": "count(order_number)",
        "first_number": "min(order_number)",
        "last_number": "max(order_number)",
        "first_customer": "min(customer_number)",
        "last_customer": "max(customer_number)",
        "largest": "max(gross)",
        "future": "max(ordered_at) > ?",
        "old": "min(ordered_at) < TIMESTAMP '1990-01-01'",
        "zero": "count(*) FILTER (gross = 0 AND NOT is_further)",
        "refunded": f"count(*) FILTER ({refunded})" if has_status else "0",
        "refunded_value": f"CAST(sum(gross) FILTER ({refunded}) AS DOUBLE)" if has_status else "0",
    }
    tonight = dt.datetime.combine(dt.date.today(), dt.time.max)
    found = engine.execute(
        f"SELECT {', '.join(counts.values())} FROM {lines} WHERE reason IS NULL", [tonight]
    ).fetchone()
    assert found is not None
    return dict(zip(counts, found, strict=True))


def count_orders(engine: duckdb.DuckDBPyConnection, kept: str, totals: Mapping[str, Any]) -> OrderCount:
    """Count orders by their numbers, or by customer and moment where a line has none.

    Parameters
    ----------
    kept : str
        Relation of the kept lines with customer_id, order_id, order_number, ordered_at and is_refund.
    totals : mapping
        Of the kept lines: how many are `kept` and `refund_rows`, and of `order_number` how many lines have one
        (`numbered`), `first_number` and `last_number`.
    """
    if not totals["refund_rows"] and _all_distinct(engine, kept, totals):
        return OrderCount(totals["kept"], one_line_per_order=True)
    bought = f"{kept} WHERE NOT is_refund"
    numbered = sql.count(engine, f"(SELECT DISTINCT order_id FROM {bought} AND order_id IS NOT NULL)")
    moments = f"(SELECT DISTINCT customer_id, ordered_at FROM {bought} AND order_id IS NULL)"
    return OrderCount(numbered + sql.count(engine, moments), one_line_per_order=False)


def _all_distinct(engine: duckdb.DuckDBPyConnection, kept: str, totals: Mapping[str, Any]) -> bool:
    """Whether the order numbers are whole numbers, ascending or of a narrow range, every one on one line."""
    if totals["numbered"] < totals["kept"]:
        return False
    # As shops number their orders, which is known sooner.
    disorder = f"(SELECT order_number <= lag(order_number) OVER () AS repeats FROM {kept}) WHERE repeats"
    if not sql.count(engine, disorder):
        return True
    numbers = totals["kept"], totals["first_number"], totals["last_number"]
    return count_distinct_numbers(engine, kept, "order_number", *numbers) == totals["kept"]


def count_customers(
    engine: duckdb.DuckDBPyConnection,
    kept: str,
    totals: Mapping[str, Any],
    many: float,
    form: IdentifierForm | None,
) -> CustomerCount:
    """Count the customers of the kept lines.

    Parameters
    ----------
    kept : str
        Relation of the kept lines with customer_id, is_refund and, where there is a `form`, customer_number.
    totals : mapping
        As `clv.ingest.counts` counts them.
    many : float
        So many lines of one customer are remarkable.
    form : IdentifierForm or None
        How customers are written that are counted by their numbers.
    """
    distinct = _distinct_customers(engine, kept, totals) if form else None
    lines = kept if distinct is None else _of_many_lines(engine, kept, many)
    customer, text = (
        ("customer_number", form.sql("customer_number")) if form else ("customer_id", "customer_id::VARCHAR")
    )
    table = sql.unique_name("customers")
    engine.execute(f"""
        CREATE TEMP TABLE {table} AS
        SELECT {text} AS customer_id, count(*) AS rows, count(*) FILTER (NOT is_refund) AS bought
        FROM {lines} GROUP BY {customer}""")
    if distinct is not None:
        return CustomerCount(table, distinct, distinct)
    return CustomerCount(table, sql.count(engine, table), sql.count(engine, f"{table} WHERE bought > 0"))


def _distinct_customers(
    engine: duckdb.DuckDBPyConnection, kept: str, totals: Mapping[str, Any]
) -> int | None:
    """The distinct customers, where all have bought and none has a number by which shops mean guests."""
    low, high = totals["first_customer"], totals["last_customer"]
    if totals["refund_rows"] or low < 1:
        return None
    return count_distinct_numbers(engine, kept, "customer_number", totals["kept"], low, high)


def _of_many_lines(engine: duckdb.DuckDBPyConnection, kept: str, many: float) -> str:
    """The lines of those customers whose numbers end as those of many lines do."""
    ends = engine.execute(
        f"SELECT customer_number & {LAST_BITS} FROM {kept} GROUP BY 1 HAVING count(*) >= {many}"
    ).fetchall()
    listed = ", ".join(str(end) for (end,) in ends) or "NULL"
    return f"(SELECT * FROM {kept} WHERE customer_number & {LAST_BITS} IN ({listed}))"


def count_distinct_numbers(
    engine: duckdb.DuckDBPyConnection, relation: str, column: str, rows: int, low: int, high: int
) -> int | None:
    """Distinct numbers in a column of so many rows, all from `low` to `high`; None where the range is too wide."""
    if high - low >= min(MOST_BITS, BITS_PER_NUMBER * rows + 1):
        return None
    bits = f"bit_count(bitstring_agg({column}, ({low})::BIGINT, ({high})::BIGINT))"
    found = engine.execute(f"SELECT {bits} FROM {relation}").fetchone()
    return int(found[0]) if found else None
