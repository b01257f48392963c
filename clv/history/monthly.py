"""Revenue by calendar month, of new against returning customers."""

from __future__ import annotations

import datetime as dt

import ibis
import pandas as pd

from clv.history.engine import to_frame
from clv.history.purchase_days import purchase_days
from clv.ingest import Transactions


def monthly_revenue(transactions: Transactions, as_of: dt.date) -> pd.DataFrame:
    """One row per month: month (first day), new, returning (net money), last_month_complete (bool).

    A customer is new on the first purchase day and returning on every later one.
    """
    days = purchase_days(transactions, as_of)
    first = days.day.min(where=days.net > 0).over(ibis.window(group_by="customer_id"))
    days = days.mutate(month=days.day.truncate("M"), is_first=days.day <= ibis.coalesce(first, days.day))
    net = days.net.cast("float64")
    months = days.group_by("month").agg(
        new=ibis.coalesce(net.sum(where=days.is_first), 0.0),
        returning=ibis.coalesce(net.sum(where=~days.is_first), 0.0),
    )
    frame = to_frame(months.order_by("month"), transactions)
    return frame.assign(month=pd.to_datetime(frame["month"]))
