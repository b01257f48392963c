"""How many orders there are, counted exactly and as cheaply as the order numbers allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from clv.ingest import sql
from clv.ingest.different import different_numbers


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
    if not totals["refund_rows"] and _all_different(engine, kept, totals):
        return OrderCount(totals["kept"], a_line_each=True)
    bought = f"{kept} WHERE NOT is_refund"
    numbered = sql.count(engine, f"(SELECT DISTINCT order_id FROM {bought} AND order_id IS NOT NULL)")
    moments = f"(SELECT DISTINCT customer_id, ordered_at FROM {bought} AND order_id IS NULL)"
    return OrderCount(numbered + sql.count(engine, moments), a_line_each=False)


def _all_different(engine: duckdb.DuckDBPyConnection, kept: str, totals: Mapping[str, Any]) -> bool:
    """Whether the order numbers are whole numbers, ascending or of a narrow range, every one on one line."""
    if totals["numbered"] < totals["kept"]:
        return False
    # As shops number their orders, which is known sooner.
    disorder = f"(SELECT order_number <= lag(order_number) OVER () AS repeats FROM {kept}) WHERE repeats"
    if not sql.count(engine, disorder):
        return True
    numbers = totals["kept"], totals["first_number"], totals["last_number"]
    return different_numbers(engine, kept, "order_number", *numbers) == totals["kept"]
