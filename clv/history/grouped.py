"""The customer summary of orders in DuckDB: the engine puts the orders in order, NumPy walks along them.

The expressions of `clv.history.summary` say the same for every engine. They sort all days several times; here the
orders are sorted once, by customer and day, and come over in batches, so that memory stays bounded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import duckdb
import ibis.expr.operations as ops
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clv.ingest import Transactions, sql
from clv.ingest.attributes import is_latest

# Money is counted in units of the fourth decimal, in 64 bits.
MONEY_UNIT = 10_000
MOST_MONEY = 2**62
ORDERS_A_BATCH = 1_000_000
COLUMNS = (
    "customer_id", "purchase_days", "first_order_date", "last_order_date", "monetary_value", "first_order_value",
    "orders", "revenue", "recency_days", "T_days", "days_since_last_order", "sum_log_gaps", "last_gap_days",
    "previous_gap_days",
)  # fmt: skip
EPOCH = np.datetime64("1970-01-01", "D")

Integers = NDArray[np.int64]


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
    parts = _in_step(_walk, _orders_by_customer(lines))
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
    if transactions.numbered_customers:
        summary = summary.take(pc.sort_indices(summary["customer_id"]))
    return _with_days_until(summary, as_of)[[*COLUMNS, *transactions.attributes]]


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

    @property
    def orders(self) -> str:
        """Orders sorted by customer and moment; a refund nets on the day of the order whose number it carries.

        Columns: customer, first_moment (of any line), moment (which the order counts on), money, bought (1 or 0). Where
        a line is an order, what needs no saying is left out: first_moment is the moment, and bought 1.
        """
        if self.transactions.a_line_each:
            return f"""
                SELECT {self.customer} AS customer, ordered_at AS moment, {_money("amount")} AS money
                FROM {self.relation} ORDER BY customer, moment"""
        return f"""
            SELECT {self.customer} AS customer, min(ordered_at) AS first_moment,
                   coalesce(min(ordered_at) FILTER (NOT is_refund), min(ordered_at)) AS moment,
                   {_money("sum(amount)")} AS money, bool_or(NOT is_refund)::BIGINT AS bought
            FROM {self.relation} GROUP BY customer, coalesce(order_id, ordered_at::VARCHAR) ORDER BY customer, moment"""

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
    """Batches of sorted orders; all orders of a customer are in one batch."""
    reader = lines.engine.execute(lines.orders).to_arrow_reader(ORDERS_A_BATCH)
    held = reader.schema.empty_table()
    for batch in reader:
        orders = pa.concat_tables([held, pa.Table.from_batches([batch])]).combine_chunks()
        last = int(_starts(orders["customer"])[-1])
        if last:
            yield orders.slice(0, last)
        held = orders.slice(last)
    if len(held):
        yield held


def _starts(customer: pa.ChunkedArray) -> Integers:
    """Where each customer begins."""
    is_new = pc.not_equal(customer.slice(1), customer.slice(0, len(customer) - 1))
    return np.r_[0, np.flatnonzero(is_new.to_numpy()) + 1]


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


def _in_step(
    work: Callable[[pa.Table], pa.Table | None], batches: Iterator[pa.Table]
) -> list[pa.Table | None]:
    """Work on each batch while the next one comes over."""
    done: list[pa.Table | None] = []
    with ThreadPoolExecutor(1) as aside:
        waiting: Future[pa.Table | None] | None = None
        for batch in batches:
            if waiting is not None:
                done.append(waiting.result())
            waiting = aside.submit(work, batch)
        return [*done, waiting.result()] if waiting is not None else done


def _walk(orders: pa.Table) -> pa.Table | None:
    """Along the orders of each customer: days, then purchase days, then what the models ask for.

    None where there is more money than can be counted exactly.
    """
    money = orders["money"]
    if money.null_count or len(money) * float(pc.max(pc.abs(money)).as_py()) >= MOST_MONEY:
        return None
    starts = _starts(orders["customer"])
    moment, net = orders["moment"].to_numpy(), orders["money"].to_numpy()
    day = moment.astype("datetime64[D]").astype(np.int64)
    first_moment = orders["first_moment"].to_numpy() if "first_moment" in orders.column_names else moment
    bought = orders["bought"].to_numpy() if "bought" in orders.column_names else np.ones(day.size, np.int64)
    is_new_day = np.empty(day.size, dtype=bool)
    is_new_day[1:] = day[1:] != day[:-1]
    is_new_day[starts] = True
    at = np.flatnonzero(is_new_day)
    first_of_customer = np.searchsorted(at, starts)
    customer = np.repeat(np.arange(starts.size), np.diff(np.append(first_of_customer, at.size)))
    day_net, paid_on = np.add.reduceat(net, at), day[at]
    any_day = paid_on[first_of_customer], paid_on[np.append(first_of_customer[1:], at.size) - 1]
    paid = day_net > 0
    purchases = _purchases(customer[paid], paid_on[paid], day_net[paid], any_day)
    return pa.table({
        "customer": orders["customer"].take(pa.array(starts)),
        "first_moment": np.minimum.reduceat(first_moment, starts),
        **purchases,
        "orders": np.add.reduceat(bought, starts),
        "revenue": np.add.reduceat(net, starts) / MONEY_UNIT,
    })  # fmt: skip


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
        "first_order_date": (EPOCH + begun).astype("datetime64[s]"),
        "last_order_date": (EPOCH + ended).astype("datetime64[s]"),
        "monetary_value": np.where(again, (total - value) / np.maximum(count - 1, 1), 0.0) / MONEY_UNIT,
        "first_order_value": value / MONEY_UNIT,
        "recency_days": ended - begun,
        "sum_log_gaps": logs,
        "last_gap_days": last_gap,
        "previous_gap_days": previous_gap,
    }
