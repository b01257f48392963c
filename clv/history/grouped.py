"""The customer summary of orders in DuckDB: the engine hands the orders over, NumPy walks along them.

The expressions of `clv.history.summary` say the same for every engine. They sort all days several times; here the
orders are sorted once, by the engine or, of numbered customers, by `clv.history.numbered`, and come over in batches of
whole customers, so that memory stays bounded.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import ibis.expr.operations as ops
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from clv.history.numbered import summary_of_numbered
from clv.history.order_lines import OrderLines
from clv.history.purchase_walk import OrderDays, days_of, is_countable, walk
from clv.ingest import Transactions, sql
from clv.ingest.attributes import is_latest
from clv.ingest.side_by_side import side_by_side

ORDERS_A_BATCH = 1_000_000
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
    lines = OrderLines.until(transactions, as_of)
    summary = summary_of_numbered(lines) if transactions.customer_form else _summary_of_named(lines)
    if summary is None:
        return None
    for name, values in _attributes(lines, summary.select(["_customer", "_first_moment"])).items():
        summary = summary.append_column(name, values)
    # A customer known only by a refund of an order outside the file has bought nothing in it.
    bought = pc.greater(summary["orders"], 0)
    if not pc.all(bought).as_py():
        summary = summary.filter(bought)
    form, customer = transactions.customer_form, summary["_customer"]
    summary = summary.append_column("customer_id", form.texts(customer) if form else customer)
    if form and not (form.digits or _sorted_as_text(customer)):
        summary = summary.take(pc.sort_indices(summary["customer_id"]))
    summary = _with_days_until(summary, as_of)
    return summary.select([*COLUMNS, *transactions.attributes]).to_pandas()


def _sorted_as_text(numbers: pa.ChunkedArray) -> bool:
    """Whether ascending numbers are in the order of their texts: all positive and of one length."""
    return bool(len(numbers)) and numbers[0].as_py() >= 0 and len(str(numbers[0])) == len(str(numbers[-1]))


def _with_days_until(summary: pa.Table, as_of: dt.date) -> pa.Table:
    day = np.datetime64(as_of, "D")
    for name, date in (("T_days", "first_order_date"), ("days_since_last_order", "last_order_date")):
        since = day - summary[date].to_numpy().astype("datetime64[D]")
        summary = summary.append_column(name, pa.array(since.astype(np.int64)))
    return summary


def _summary_of_named(lines: OrderLines) -> pa.Table | None:
    """One row per customer as of `walk`, sorted by name; None as of `_walk_sorted`, or where there is no customer."""
    walked = list(side_by_side(_walk_sorted, _orders_by_customer(lines)))
    found = [part for part in walked if part is not None]
    return pa.concat_tables(found) if found and len(found) == len(walked) else None


def _walk_sorted(orders: pa.Table) -> pa.Table | None:
    """The summary of orders sorted by customer and moment; None where there is more money than can be counted exactly."""
    if not is_countable(orders["money"]):
        return None
    customer, day = orders["_customer"], days_of(orders["_moment"])
    is_new = np.r_[True, pc.not_equal(customer.slice(1), customer.slice(0, len(customer) - 1)).to_numpy()]
    starts = np.flatnonzero(is_new)
    at = np.flatnonzero(is_new | np.r_[True, day[1:] != day[:-1]])
    bought = orders["bought"].to_numpy() if "bought" in orders.column_names else np.ones_like(day)
    days = OrderDays(
        customer.take(pa.array(starts)),
        np.add.reduceat(bought, starts, dtype=np.int64),
        np.searchsorted(at, starts),
        day[at],
        np.add.reduceat(orders["money"].to_numpy(), at),
    )
    first = orders["_first_moment" if "_first_moment" in orders.column_names else "_moment"].to_numpy()
    return walk(days).append_column("_first_moment", pa.array(np.minimum.reduceat(first, starts)))


def _orders_by_customer(lines: OrderLines) -> Iterator[pa.Table]:
    """Batches of orders that the engine sorts; all orders of a customer are in one batch."""
    query = f"{lines.orders()} ORDER BY _customer, _moment"
    reader = lines.engine.execute(query).to_arrow_reader(ORDERS_A_BATCH)
    held = reader.schema.empty_table()
    for batch in reader:
        orders = pa.concat_tables([held, pa.Table.from_batches([batch])]).combine_chunks()
        customer = orders["_customer"]
        of_last = pc.index(customer, customer[-1]).as_py()
        if of_last:
            yield orders.slice(0, of_last)
        held = orders.slice(of_last)
    if len(held):
        yield held


def _attributes(lines: OrderLines, firsts: pa.Table) -> dict[str, pa.ChunkedArray]:
    """The attributes that are not carried, in the order of `firsts`, which has the customers and their first moments.

    The value of the last line that has one, or of the first moment, as `clv.history.summary` says it.
    """
    names = [name for name in lines.transactions.attributes if name not in lines.carried]
    if not names:
        return {}
    found: dict[str, pa.ChunkedArray] = {}
    handed = sql.unique_name("firsts")
    lines.engine.register(handed, firsts)
    at_first = (
        f"{lines.relation} JOIN {handed} ON _customer = {lines.customer} AND ordered_at = _first_moment"
    )
    try:
        for latest, relation, taken in ((False, at_first, "arg_min"), (True, lines.relation, "arg_max")):
            asked = [sql.identifier(name) for name in names if is_latest(name) == latest]
            if not asked:
                continue
            values = ", ".join(f"{taken}({name}, _place) AS {name}" for name in asked)
            query = f"""
                SELECT {values} FROM (SELECT {lines.customer}, {", ".join(asked)}, {lines.place} AS _place FROM {relation})
                GROUP BY {lines.customer} ORDER BY {lines.customer}"""
            table = lines.engine.execute(query).to_arrow_table()
            found |= dict(zip(table.column_names, table.columns, strict=True))
    finally:
        lines.engine.unregister(handed)
    return {name: found[name] for name in names}
