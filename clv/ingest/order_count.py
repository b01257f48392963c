"""How many orders there are, counted exactly and as cheaply as the order numbers allow."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from clv.ingest import sql

# Bits in a row that say which of the whole numbers of a range occur: at most this many, and as many to a number.
MOST_BITS = 2**31
BITS_A_NUMBER = 64


@dataclass(frozen=True)
class OrderCount:
    """Orders among the kept lines.

    Parameters
    ----------
    orders : int
        Different orders, refunds left aside.
    a_line_each : bool
        Whether it is known that every kept line is an order of its own and none is a refund.
    """

    orders: int
    a_line_each: bool


def count_orders(engine: duckdb.DuckDBPyConnection, lines: str, kept: int, refunds: int) -> OrderCount:
    """Count orders by their numbers, or by customer and moment where a line has none.

    Parameters
    ----------
    lines : str
        Relation with customer_id, order_id, ordered_at, is_refund and reason.
    kept, refunds : int
        How many lines are kept, and how many of these are refunds.
    """
    if not refunds and _all_different(engine, lines, kept):
        return OrderCount(kept, a_line_each=True)
    bought = f"{lines} WHERE reason IS NULL AND NOT is_refund"
    numbered = sql.count(engine, f"(SELECT DISTINCT order_id FROM {bought} AND order_id IS NOT NULL)")
    moments = f"(SELECT DISTINCT customer_id, ordered_at FROM {bought} AND order_id IS NULL)"
    return OrderCount(numbered + sql.count(engine, moments), a_line_each=False)


def _all_different(engine: duckdb.DuckDBPyConnection, lines: str, kept: int) -> bool:
    """Whether the order numbers are whole numbers of a narrow range, every one on one line."""
    number = "TRY_CAST(order_id AS BIGINT)"
    found = engine.execute(
        f"SELECT min({number}), max({number}), count({number}) FROM {lines} WHERE reason IS NULL"
    ).fetchone()
    if found is None or found[0] is None or found[2] < kept:
        return False
    low, high = int(found[0]), int(found[1])
    if high - low >= min(MOST_BITS, BITS_A_NUMBER * kept + 1):
        return False
    bits = engine.execute(
        f"SELECT bit_count(bitstring_agg({number}, {low}::BIGINT, {high}::BIGINT)) FROM {lines} WHERE reason IS NULL"
    ).fetchone()
    return bool(bits and bits[0] == kept)
