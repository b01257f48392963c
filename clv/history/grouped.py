"""The customer summary of orders in DuckDB: the engine hands the orders over, NumPy walks along them.

The expressions of `clv.history.summary` say the same for every engine. They sort all days several times; here the
orders are sorted once, and come over in batches of whole customers, so that memory stays bounded.
"""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import ibis.expr.operations as ops
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from clv.history.purchase_walk import MONEY_UNIT, SortedOrders, in_order, put_in_order, walk
from clv.ingest import Transactions, sql
from clv.ingest.attributes import is_latest

ORDERS_A_BATCH = 1_000_000
# Customers with numbers come over in ranges of so many orders, made up of this many buckets.
ORDERS_A_RANGE, BUCKETS = 4_000_000, 1_024
WALKERS = 2
COLUMNS = (
    "customer_id", "purchase_days", "first_order_date", "last_order_date", "monetary_value", "first_order_value",
    "orders", "revenue", "recency_days", "T_days", "days_since_last_order", "sum_log_gaps", "last_gap_days",
    "previous_gap_days",
)  # fmt: skip


def grouped_summary(transactions: Transactions, as_of: dt.date) -> pd.DataFrame | None:
    """One row per customer with an order up to ``as_of``, sorted by customer_id, columns as in `summary`.

    None where the orders are not in a table of DuckDB, or where there is more money than can be counted exactly.
    """
    table = transactions.table
    if not isinstance(table.op(), ops.DatabaseTable) or table.get_backend().name != "duckdb":
        return None
    lines = _Lines(
        table.get_backend().con,
        f"(SELECT * FROM {sql.identifier(table.get_name())}"
        f" WHERE ordered_at < TIMESTAMP '{as_of + dt.timedelta(days=1)}')",
        "customer_number" if transactions.numbered_customers else "customer_id",
        transactions,
    )
    if transactions.numbered_customers:
        parts = _in_step(_walked(put_in_order), _orders_of_ranges(lines))
    else:
        parts = _in_step(_walked(in_order), _orders_by_customer(lines))
    if not parts or any(part is None for part in parts):
        return None
    summary = pa.concat_tables([part for part in parts if part is not None])
    for name, values in _attributes(lines, summary.select(["customer", "first_moment"])).items():
        summary = summary.append_column(name, values)
    # A customer known only by a refund of an order outside the file has bought nothing in it.
    bought = pc.greater(summary["orders"], 0)
    if not pc.all(bought).as_py():
        summary = summary.filter(bought)
    summary = summary.append_column("customer_id", pc.cast(summary["customer"], pa.string()))
    if transactions.numbered_customers and not _sorted_as_text(summary["customer"]):
        summary = summary.take(pc.sort_indices(summary["customer_id"]))
    return _with_days_until(summary, as_of)[[*COLUMNS, *transactions.attributes]]


def _sorted_as_text(numbers: pa.ChunkedArray) -> bool:
    """Whether ascending numbers are in the order of their texts: all positive and of one length."""
    return bool(len(numbers)) and numbers[0].as_py() >= 0 and len(str(numbers[0])) == len(str(numbers[-1]))


def _with_days_until(summary: pa.Table, as_of: dt.date) -> pd.DataFrame:
    frame = summary.drop_columns(["customer", "first_moment"]).to_pandas()
    day = np.datetime64(as_of, "D")
    since = {"T_days": "first_order_date", "days_since_last_order": "last_order_date"}
    return frame.assign(**{
        name: (day - frame[date].to_numpy().astype("datetime64[D]")).astype(np.int64) for name, date in since.items()
    })  # fmt: skip


@dataclass(frozen=True)
class _Lines:
    """Order lines in an engine, and the column by which customers are told apart."""

    engine: duckdb.DuckDBPyConnection
    relation: str
    customer: str
    transactions: Transactions

    def orders(self, condition: str = "TRUE") -> str:
        """Orders of the lines under a condition; a refund nets on the day of the order whose number it carries.

        Columns: customer, first_moment (of any line), moment (which the order counts on), money, bought (1 or 0). Where
        a line is an order, what needs no saying is left out: first_moment is the moment, and bought 1.
        """
        if self.transactions.a_line_each:
            return f"""
                SELECT {self.customer} AS customer, ordered_at AS moment, {_money("amount")} AS money
                FROM {self.relation} WHERE {condition}"""
        return f"""
            SELECT {self.customer} AS customer, min(ordered_at) AS first_moment,
                   coalesce(min(ordered_at) FILTER (NOT is_refund), min(ordered_at)) AS moment,
                   {_money("sum(amount)")} AS money, bool_or(NOT is_refund)::BIGINT AS bought
            FROM {self.relation} WHERE {condition} GROUP BY customer, coalesce(order_id, ordered_at::VARCHAR)"""

    @property
    def place(self) -> str:
        """Moment, file and line as one number: the first line of a customer is the same in every run."""
        names = sorted(self.transactions.source_files) or [
            str(name)
            for (name,) in self.engine.execute(
                f"SELECT DISTINCT source_file FROM {self.relation} ORDER BY ALL"
            ).fetchall()
        ]
        ranks = " ".join(f"WHEN {sql.literal(name)} THEN {rank}" for rank, name in enumerate(names))
        file = f"(CASE source_file {ranks} END)" if len(names) > 1 else "0"
        return f"(epoch_us(ordered_at)::HUGEINT << 56) + ({file}::HUGEINT << 40) + source_line"


def _money(amount: str) -> str:
    return f"TRY_CAST({amount} * {MONEY_UNIT} AS BIGINT)"


def _orders_by_customer(lines: _Lines) -> Iterator[pa.Table]:
    """Batches of orders that the engine sorts; all orders of a customer are in one batch."""
    reader = lines.engine.execute(f"{lines.orders()} ORDER BY customer, moment").to_arrow_reader(
        ORDERS_A_BATCH
    )
    held = reader.schema.empty_table()
    for batch in reader:
        orders = pa.concat_tables([held, pa.Table.from_batches([batch])]).combine_chunks()
        customer = orders["customer"]
        of_last = pc.index(customer, customer[-1]).as_py()
        if of_last:
            yield orders.slice(0, of_last)
        held = orders.slice(of_last)
    if len(held):
        yield held


def _orders_of_ranges(lines: _Lines) -> Iterator[pa.Table]:
    """Batches of orders as they stand, the customers of each within a range of numbers."""
    for low, high in _ranges(lines):
        orders = lines.engine.execute(lines.orders(f"customer_number BETWEEN {low} AND {high}"))
        yield orders.to_arrow_table().combine_chunks()


def _ranges(lines: _Lines) -> list[tuple[int, int]]:
    """Ranges of customer numbers, first and last, with about as many lines each."""
    found = lines.engine.execute(
        f"SELECT count(*), min(customer_number), max(customer_number) FROM {lines.relation}"
    ).fetchone()
    count, low, high = found or (0, None, None)
    if low is None:
        return []
    ranges = -(-count // ORDERS_A_RANGE)
    width = (high - low) // BUCKETS + 1
    buckets = lines.engine.execute(
        f"SELECT (customer_number - {low}) // {width}, count(*) FROM {lines.relation} GROUP BY 1 ORDER BY 1"
    ).fetchall()
    bucket, before = np.array(buckets, dtype=np.int64).T
    ends = bucket[np.flatnonzero(np.diff(before.cumsum() * ranges // (count + 1)))] + 1
    starts = [low + int(end) * width for end in [0, *ends]]
    return list(zip(starts, [*(start - 1 for start in starts[1:]), high], strict=True))


def _attributes(lines: _Lines, firsts: pa.Table) -> dict[str, pa.ChunkedArray]:
    """Each attribute of each customer, in the order of `firsts`, which has the customers and their first moments.

    The value of the last line that has one, or of the first moment, as `clv.history.summary` says it.
    """
    names = lines.transactions.attributes
    found: dict[str, pa.ChunkedArray] = {}
    handed = sql.unique_name("firsts")
    lines.engine.register(handed, firsts)
    at_first = f"{lines.relation} AS lines JOIN {handed} AS firsts ON customer = {lines.customer} AND ordered_at = first_moment"
    try:
        for latest, relation, taken in ((False, at_first, "arg_min"), (True, lines.relation, "arg_max")):
            asked = [sql.identifier(name) for name in names if is_latest(name) == latest]
            if not asked:
                continue
            values = ", ".join(f"{taken}({name}, place) AS {name}" for name in asked)
            query = f"""
                SELECT {values} FROM (SELECT {lines.customer}, {", ".join(asked)}, {lines.place} AS place FROM {relation})
                GROUP BY {lines.customer} ORDER BY {lines.customer}"""
            table = lines.engine.execute(query).to_arrow_table()
            found |= dict(zip(table.column_names, table.columns, strict=True))
    finally:
        lines.engine.unregister(handed)
    return {name: found[name] for name in names}


def _walked(sort: Callable[[pa.Table], SortedOrders | None]) -> Callable[[pa.Table], pa.Table | None]:
    def sorted_and_walked(orders: pa.Table) -> pa.Table | None:
        in_order = sort(orders)
        return None if in_order is None else walk(in_order)

    return sorted_and_walked


def _in_step(
    work: Callable[[pa.Table], pa.Table | None], batches: Iterator[pa.Table]
) -> list[pa.Table | None]:
    """Work on some batches while the next one comes over."""
    done: list[pa.Table | None] = []
    waiting: deque[Future[pa.Table | None]] = deque()
    with ThreadPoolExecutor(WALKERS) as aside:
        for batch in batches:
            if len(waiting) == WALKERS:
                done.append(waiting.popleft().result())
            waiting.append(aside.submit(work, batch))
        return [*done, *(each.result() for each in waiting)]
