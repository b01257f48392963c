"""Order lines to days of purchase: refunds netted, lines of one day added up."""

from __future__ import annotations

import datetime as dt

import ibis
from ibis.expr.types import Table

from clv.ingest import Transactions


def purchase_days(transactions: Transactions, as_of: dt.date | None = None) -> Table:
    """One row per customer and day: customer_id, day (date), net (decimal), orders (count).

    A refund nets against the order whose number it carries, on the day of that order; a refund with a
    number of its own or none nets on the day it happened. Lines after ``as_of`` are left out.
    """
    lines = transactions.table.mutate(day=transactions.table.ordered_at.date())
    if as_of is not None:
        lines = lines.filter(lines.day <= ibis.date(as_of))
    order = ibis.coalesce(lines.order_id, lines.ordered_at.cast("string"))
    orders = lines.group_by("customer_id", order=order).agg(
        day=ibis.coalesce(lines.day.min(where=~lines.is_refund), lines.day.min()),
        net=lines.amount.sum(),
        bought=(~lines.is_refund).any(),
    )
    return orders.group_by("customer_id", "day").agg(net=orders.net.sum(), orders=orders.bought.sum())
