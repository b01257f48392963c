"""The customer summary of orders in DuckDB: the engine hands the orders over, NumPy walks along them.

The expressions of `clv.history.summary` say the same for every engine, but sort all days several times.
"""

from __future__ import annotations

import datetime as dt

import ibis.expr.operations as ops
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from clv.history.by_customer import summary_by_customer
from clv.history.order_lines import OrderLines
from clv.ingest import Transactions, sql
from clv.ingest.attributes import is_latest

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
    summary = summary_by_customer(lines)
    if summary is None:
        return None
    for name, values in _attributes(lines, summary.select(["_customer", "_first_moment"])).items():
        summary = summary.append_column(name, values)
    # A customer known only by a refund of an order outside the file has bought nothing in it.
    bought = pc.greater(summary["orders"], 0)
    if not pc.all(bought).as_py():
        summary = summary.filter(bought)
    form, customer = transactions.customer_form, summary["_customer"]
    texts = form.texts(customer) if form else customer
    summary = summary.append_column("customer_id", texts)
    # 10 stands behind 9, but in front of it as text.
    if pc.any(pc.greater(texts.slice(0, len(texts) - 1), texts.slice(1))).as_py():
        summary = summary.take(pc.sort_indices(texts))
    summary = _with_days_until(summary, as_of)
    return summary.select([*COLUMNS, *transactions.attributes]).to_pandas()


def _with_days_until(summary: pa.Table, as_of: dt.date) -> pa.Table:
    day = np.datetime64(as_of, "D")
    for name, date in (("T_days", "first_order_date"), ("days_since_last_order", "last_order_date")):
        since = day - summary[date].to_numpy().astype("datetime64[D]")
        summary = summary.append_column(name, pa.array(since.astype(np.int64)))
    return summary


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
