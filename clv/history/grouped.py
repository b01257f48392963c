"""The customer summary of orders in DuckDB: the engine gathers each customer's days, NumPy walks along them.

The expressions of `clv.history.summary` say the same for every engine. They sort all days several times; here each
customer's entries are sorted once, within the customer, and batches of customers come over one after the other, so
that memory stays bounded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import duckdb
import ibis.expr.operations as ops
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clv.ingest import Transactions, sql
from clv.ingest.attributes import is_latest

# An entry is one whole number: the day, whether something was bought, and the money in units of the fourth decimal.
DAY_AT, BOUGHT_AT = 46, 45
MONEY_ZERO = 2**44
MONEY_UNIT = 10_000
CUSTOMERS_A_BATCH = 100_000
COLUMNS = (
    "customer_id", "purchase_days", "first_order_date", "last_order_date", "monetary_value", "first_order_value",
    "orders", "revenue", "recency_days", "T_days", "days_since_last_order", "sum_log_gaps", "last_gap_days",
    "previous_gap_days",
)  # fmt: skip
EPOCH = np.datetime64("1970-01-01", "D")

Integers = NDArray[np.int64]


def grouped_summary(transactions: Transactions, as_of: dt.date) -> pd.DataFrame | None:
    """One row per customer with an order up to ``as_of``, sorted by customer_id, columns as in `summary`.

    None where the orders are not in a table of DuckDB, or where an order is too large for an entry.
    """
    table = transactions.table
    if not isinstance(table.op(), ops.DatabaseTable) or table.get_backend().name != "duckdb":
        return None
    engine, lines = table.get_backend().con, sql.identifier(table.get_name())
    until = f"ordered_at < TIMESTAMP '{as_of + dt.timedelta(days=1)}'"
    lines = f"(SELECT * FROM {lines} WHERE {until})"
    items = _lines_as_items(lines) if transactions.a_line_each else _orders_as_items(engine, lines)
    try:
        parts: list[pd.DataFrame] = []
        for batch in _batches(engine, _query(transactions, engine, lines, items)):
            if float(pc.max(batch.column("largest")).as_py()) * MONEY_UNIT >= MONEY_ZERO:
                return None
            parts.append(_walk(batch, transactions.attributes))
    finally:
        if not transactions.a_line_each:
            engine.execute(f"DROP TABLE {items}")
    if not parts:
        return None
    frame = pd.concat(parts, ignore_index=True)
    # A customer known only by a refund of an order outside the file has bought nothing in it.
    frame = frame[frame["orders"] > 0].reset_index(drop=True)
    day = np.datetime64(as_of, "D")
    since = {"T_days": "first_order_date", "days_since_last_order": "last_order_date"}
    frame = frame.assign(**{
        name: (day - frame[date].to_numpy().astype("datetime64[D]")).astype(np.int64) for name, date in since.items()
    })  # fmt: skip
    return frame[[*COLUMNS, *transactions.attributes]]


def _lines_as_items(lines: str) -> str:
    return f"(SELECT *, ordered_at::DATE AS day, amount AS net, 1 AS bought FROM {lines})"


def _orders_as_items(engine: duckdb.DuckDBPyConnection, lines: str) -> str:
    """A table of orders; a refund nets on the day of the order whose number it carries."""
    items = sql.unique_name("orders")
    engine.execute(f"""
        CREATE TEMP TABLE {items} AS
        SELECT customer_id, coalesce(min(ordered_at) FILTER (NOT is_refund), min(ordered_at))::DATE AS day,
               sum(amount) AS net, bool_or(NOT is_refund)::INT AS bought
        FROM {lines} GROUP BY customer_id, coalesce(order_id, ordered_at::VARCHAR)""")
    return items


def _query(transactions: Transactions, engine: duckdb.DuckDBPyConnection, lines: str, items: str) -> str:
    entry = (
        f"((day - DATE '1970-01-01')::BIGINT << {DAY_AT}) + (bought::BIGINT << {BOUGHT_AT})"
        f" + (net * {MONEY_UNIT})::BIGINT + {MONEY_ZERO}"
    )
    entries = f"list_sort(list({entry})) AS entries, max(abs(net)) AS largest"
    firsts = [f"{_attribute(name)} AS {sql.identifier(name)}" for name in transactions.attributes]
    place = f"*, {_place(transactions, engine, lines)} AS place" if firsts else "*"
    if transactions.a_line_each or not firsts:
        return f"""
            SELECT customer_id, {", ".join([entries, *firsts])} FROM (SELECT {place} FROM {items})
            GROUP BY customer_id ORDER BY customer_id"""
    named = ", ".join(sql.identifier(name) for name in transactions.attributes)
    return f"""
        SELECT customer_id, entries, largest, {named} FROM (SELECT customer_id, {entries} FROM {items} GROUP BY customer_id)
        JOIN (SELECT customer_id, {", ".join(firsts)} FROM (SELECT {place} FROM {lines}) GROUP BY customer_id)
        USING (customer_id) ORDER BY customer_id"""


def _attribute(name: str) -> str:
    """The value of the last line that has one, or of the first moment, as `clv.history.summary` says it."""
    cell = sql.identifier(name)
    if is_latest(name):
        return f"arg_max({cell}, place)"
    at_first = f"min(ordered_at) FILTER ({cell} IS NOT NULL) = min(ordered_at)"
    return f"CASE WHEN {at_first} THEN arg_min({cell}, place) END"


def _place(transactions: Transactions, engine: duckdb.DuckDBPyConnection, lines: str) -> str:
    """Moment, file and line as one number: the first line of a customer is the same in every run."""
    names = sorted(transactions.source_files) or [
        str(name)
        for (name,) in engine.execute(f"SELECT DISTINCT source_file FROM {lines} ORDER BY ALL").fetchall()
    ]
    ranks = " ".join(f"WHEN {sql.literal(name)} THEN {rank}" for rank, name in enumerate(names))
    file = f"(CASE source_file {ranks} END)" if len(names) > 1 else "0"
    return f"(epoch_us(ordered_at)::HUGEINT << 56) + ({file}::HUGEINT << 40) + source_line"


def _batches(engine: duckdb.DuckDBPyConnection, query: str) -> Iterator[pa.RecordBatch]:
    yield from engine.execute(query).to_arrow_reader(CUSTOMERS_A_BATCH)


def _walk(batch: pa.RecordBatch, attributes: tuple[str, ...]) -> pd.DataFrame:
    """Along the entries of each customer: days, then purchase days, then what the models ask for."""
    entries = batch.column("entries")
    ends = entries.offsets.to_numpy().astype(np.int64)
    packed = entries.flatten().to_numpy()
    starts = ends[:-1] - ends[0]
    day, net = packed >> DAY_AT, (packed & (2 * MONEY_ZERO - 1)) - MONEY_ZERO
    bought = (packed >> BOUGHT_AT) & 1
    is_new_day = np.empty(packed.size, dtype=bool)
    is_new_day[1:] = day[1:] != day[:-1]
    is_new_day[starts] = True
    at = np.flatnonzero(is_new_day)
    first_of_customer = np.searchsorted(at, starts)
    customer = np.repeat(np.arange(starts.size), np.diff(np.append(first_of_customer, at.size)))
    day_net, paid_on = np.add.reduceat(net, at), day[at]
    any_day = paid_on[first_of_customer], paid_on[np.append(first_of_customer[1:], at.size) - 1]
    paid = day_net > 0
    purchases = _purchases(customer[paid], paid_on[paid], day_net[paid], any_day)
    names = {name: batch.column(name).to_pandas() for name in ("customer_id", *attributes)}
    sums = {
        "orders": np.add.reduceat(bought, starts),
        "revenue": np.add.reduceat(net, starts) / MONEY_UNIT,
    }
    return pd.DataFrame({"customer_id": names.pop("customer_id"), **purchases, **sums, **names})


def _purchases(
    customer: Integers, day: Integers, net: Integers, any_day: tuple[Integers, Integers]
) -> dict[str, NDArray[np.generic]]:
    """What each customer's purchase days say; `any_day` stands in for a customer who has none."""
    customers = any_day[0].size
    count = np.bincount(customer, minlength=customers)
    end = np.cumsum(count)
    first, last = np.minimum(end - count, day.size - 1), end - 1
    known, again, thrice = count > 0, count > 1, count > 2
    gap = np.diff(day, prepend=day[:1])
    within = np.diff(customer, prepend=-1) == 0
    value = np.where(known, net[first], 0) if day.size else np.zeros(customers)
    total = np.bincount(customer, weights=net, minlength=customers)
    begun = np.where(known, day[first], any_day[0]) if day.size else any_day[0]
    ended = np.where(known, day[last], any_day[1]) if day.size else any_day[1]
    logs = np.bincount(customer[within], weights=np.log(gap[within]), minlength=customers).astype(float)
    last_gap, previous_gap = np.full(customers, np.nan), np.full(customers, np.nan)
    last_gap[again], previous_gap[thrice] = gap[last[again]], gap[last[thrice] - 1]
    return {
        "purchase_days": count,
        "first_order_date": EPOCH + begun,
        "last_order_date": EPOCH + ended,
        "monetary_value": np.where(again, (total - value) / np.maximum(count - 1, 1), 0.0) / MONEY_UNIT,
        "first_order_value": value / MONEY_UNIT,
        "recency_days": ended - begun,
        "sum_log_gaps": logs,
        "last_gap_days": last_gap,
        "previous_gap_days": previous_gap,
    }
