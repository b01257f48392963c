"""The customers among the kept lines: how many there are, and who of them may stand out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from clv.ingest import sql
from clv.ingest.different import different_numbers
from clv.ingest.identifier_form import IdentifierForm

# Customers are counted together by the last bits of their numbers.
LAST_BITS = 1023


@dataclass(frozen=True)
class People:
    """The customers among the kept lines.

    Parameters
    ----------
    table : str
        Table of customers with their customer_id, their `rows` and how many of these are no refunds (`bought`): of all of
        them, or, where all are numbers and have bought, at least of those with `many` lines.
    everybody, buyers : int
        Different customers, and those who bought.
    """

    table: str
    everybody: int
    buyers: int


def people_of(
    engine: duckdb.DuckDBPyConnection,
    kept: str,
    totals: Mapping[str, Any],
    many: float,
    form: IdentifierForm | None,
) -> People:
    """Count the customers of the kept lines.

    Parameters
    ----------
    kept : str
        Relation of the kept lines with customer_id, is_refund and, where there is a `form`, customer_number.
    totals : mapping
        As `clv.ingest.sums` counts them.
    many : float
        So many lines of one customer are remarkable.
    form : IdentifierForm or None
        How customers are written whose numbers tell them apart.
    """
    different = _different(engine, kept, totals) if form else None
    whose = kept if different is None else _of_many_lines(engine, kept, many)
    customer, text = (
        ("customer_number", form.sql("customer_number")) if form else ("customer_id", "customer_id::VARCHAR")
    )
    table = sql.unique_name("people")
    engine.execute(f"""
        CREATE TEMP TABLE {table} AS
        SELECT {text} AS customer_id, count(*) AS rows, count(*) FILTER (NOT is_refund) AS bought
        FROM {whose} GROUP BY {customer}""")
    if different is not None:
        return People(table, different, different)
    return People(table, sql.count(engine, table), sql.count(engine, f"{table} WHERE bought > 0"))


def _different(engine: duckdb.DuckDBPyConnection, kept: str, totals: Mapping[str, Any]) -> int | None:
    """The different customers, where all have bought and none has a number by which shops mean guests."""
    low, high = totals["first_customer"], totals["last_customer"]
    if totals["refund_rows"] or low < 1:
        return None
    return different_numbers(engine, kept, "customer_number", totals["kept"], low, high)


def _of_many_lines(engine: duckdb.DuckDBPyConnection, kept: str, many: float) -> str:
    """The lines of those customers whose numbers end as those of many lines do."""
    ends = engine.execute(
        f"SELECT customer_number & {LAST_BITS} FROM {kept} GROUP BY 1 HAVING count(*) >= {many}"
    ).fetchall()
    listed = ", ".join(str(end) for (end,) in ends) or "NULL"
    return f"(SELECT * FROM {kept} WHERE customer_number & {LAST_BITS} IN ({listed}))"
