"""Customer summary: frequency, recency, T and monetary value, one expression where the orders are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table

from clv.history.engine import to_frame
from clv.history.grouped import grouped_summary
from clv.history.purchase_days import purchase_days
from clv.ingest import Transactions
from clv.ingest.attributes import consent, is_consent, is_latest

FIRST_ORDER, LAST_ORDER = "first order", "last order that says it"
FOR_MODELS = ("sum_log_gaps", "last_gap_days", "previous_gap_days")


@dataclass(frozen=True)
class CustomerSummary:
    """One row per customer, sorted by customer_id, as of a day.

    ``frame`` has customer_id (text), purchase_days (distinct days with positive net spend), frequency
    (purchase days after the first), recency_days (first to last purchase day), T_days (first purchase day
    to as_of), monetary_value (mean net spend of the repeat days, money, 0 without any), first_order_value,
    orders, revenue (net of refunds), first_order_date, last_order_date, days_since_last_order, sum_log_gaps
    (of the days between purchase days, 0 without any), last_gap_days and previous_gap_days, and the
    attributes at the first order. Customers who paid nothing in the end (no purchase day, or refunds of all
    they spent) are counted by ``never_paid`` and not modelled.
    """

    frame: pd.DataFrame
    as_of: dt.date
    attributes: tuple[str, ...]
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def buyers(self) -> pd.DataFrame:
        """The customers with at least one purchase day and money left after refunds, in order."""
        return self.frame[(self.frame["purchase_days"] > 0) & (self.frame["revenue"] > 0)]

    @property
    def table(self) -> pd.DataFrame:
        """The frame for readers: without what only the models ask for."""
        return self.frame.drop(columns=list(FOR_MODELS))

    @property
    def never_paid(self) -> int:
        """Customers who paid nothing in the end: free or wholly refunded orders."""
        return len(self.frame) - len(self.buyers)


def customer_summary(transactions: Transactions, as_of: dt.date | None = None) -> CustomerSummary:
    """Summarise the orders up to ``as_of`` (the last order's day when omitted).

    Raises
    ------
    ValueError : there is no order up to ``as_of``.
    """
    table = transactions.table
    last = to_frame(table.filter(~table.is_refund).agg(last=table.ordered_at.date().max()), transactions)[
        "last"
    ].iloc[0]
    if pd.isna(last):
        raise ValueError("There is no order in the data.")
    as_of = as_of or pd.Timestamp(last).date()
    with transactions.lock:
        frame = grouped_summary(transactions, as_of)
    if frame is None:
        # A database may sort text by a language's rules.
        frame = to_frame(summary_expression(transactions, as_of), transactions).sort_values("customer_id")
    if frame.empty:
        raise ValueError(f"There is no order up to {as_of.isoformat()}; the date to count from is too early.")
    names = transactions.attributes
    origins = {name: LAST_ORDER if is_latest(name) else FIRST_ORDER for name in names}
    return CustomerSummary(typed_summary(_with_consents(frame, names)), as_of, names, origins)


def orders_of_customer(transactions: Transactions, customer_id: str) -> pd.DataFrame:
    """One customer's orders, oldest first: ordered_at, order_id, amount (net, money), items (lines)."""
    table = transactions.table
    lines = table.filter(table.customer_id == customer_id)
    order = ibis.coalesce(lines.order_id, lines.ordered_at.cast("string"))
    orders = lines.group_by(order=order).agg(
        ordered_at=lines.ordered_at.min(),
        order_id=lines.order_id.max(),
        amount=lines.amount.sum().cast("float64"),
        items=lines.count(),
    )
    return to_frame(orders.order_by("ordered_at").drop("order"), transactions)


def summary_expression(transactions: Transactions, as_of: dt.date) -> Table:
    """One row per customer up to a day, as an Ibis expression for any engine; `typed_summary` completes its frame."""
    days = purchase_days(transactions, as_of)
    first = days.day.min(where=days.net > 0).over(ibis.window(group_by="customer_id"))
    days = days.mutate(first_purchase=first, paid=days.net > 0)
    repeat = days.paid & (days.day > days.first_purchase)
    summary = days.group_by("customer_id").agg(
        purchase_days=days.paid.sum(),
        first_order_date=ibis.coalesce(days.first_purchase.min(), days.day.min()),
        last_order_date=ibis.coalesce(days.day.max(where=days.paid), days.day.max()),
        monetary_value=ibis.coalesce(days.net.cast("float64").mean(where=repeat), 0.0),
        first_order_value=ibis.coalesce(
            days.net.cast("float64").max(where=days.day == days.first_purchase), 0.0
        ),
        orders=days.orders.sum(),
        revenue=days.net.sum().cast("float64"),
    )
    # A customer known only by a refund of an order outside the file has bought nothing in it.
    summary = summary.filter(summary.orders > 0)
    summary = summary.mutate(
        recency_days=summary.last_order_date.delta(summary.first_order_date, unit="day"),
        T_days=ibis.date(as_of).delta(summary.first_order_date, unit="day"),
        days_since_last_order=ibis.date(as_of).delta(summary.last_order_date, unit="day"),
    )
    summary = summary.left_join(_gaps(days), "customer_id").drop("customer_id_right")
    if transactions.attributes:
        summary = summary.left_join(_attributes(transactions, as_of), "customer_id").drop("customer_id_right")
    return summary


def _gaps(days: Table) -> Table:
    """Per customer the sum of the logs of the days between purchase days, and the last two of them."""
    in_order = ibis.window(group_by="customer_id", order_by="day")
    paid = days.filter(days.paid)
    paid = paid.mutate(gap=paid.day.delta(paid.day.lag().over(in_order), unit="day").cast("float64"))
    paid = paid.mutate(gap_before=paid.gap.lag().over(in_order))
    return paid.group_by("customer_id").agg(
        sum_log_gaps=ibis.coalesce(paid.gap.ln().sum(), 0.0),
        last_gap_days=paid.gap.argmax(paid.day),
        previous_gap_days=paid.gap_before.argmax(paid.day),
    )


def _attributes(transactions: Transactions, as_of: dt.date) -> Table:
    """Per customer each attribute: of the last order that has one, or of the first order, blank or not."""
    table = transactions.table
    lines = table.filter(table.ordered_at.date() <= ibis.date(as_of))
    # Lines of one moment are ordered by their place in the file, so that the answer is always the same.
    place = ibis.row_number().over(
        ibis.window(group_by="customer_id", order_by=[lines.ordered_at, lines.source_file, lines.source_line])
    )
    lines = lines.mutate(place=place)
    columns = {}
    for name in transactions.attributes:
        filled = lines[name].notnull()  # noqa: PD004 (an Ibis column)
        if is_latest(name):
            columns[name] = lines[name].argmax(lines.place, where=filled)
        else:
            at_first = lines.ordered_at.min(where=filled) == lines.ordered_at.min()
            columns[name] = at_first.ifelse(lines[name].argmin(lines.place, where=filled), None)
    return lines.group_by("customer_id").agg(**columns)


def _with_consents(frame: pd.DataFrame, attributes: tuple[str, ...]) -> pd.DataFrame:
    """The frame with every consent as yes, no or unknown."""
    return frame.assign(**{name: consent(frame[name]) for name in attributes if is_consent(name)})


def typed_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame of a summary with its frequency, whole numbers as int64 and dates as datetime64."""
    frame = frame.assign(
        frequency=np.maximum(frame["purchase_days"] - 1, 0),
        first_order_date=pd.to_datetime(frame["first_order_date"]),
        last_order_date=pd.to_datetime(frame["last_order_date"]),
        sum_log_gaps=frame["sum_log_gaps"].fillna(0.0),
    )
    whole = ["purchase_days", "frequency", "recency_days", "T_days", "days_since_last_order", "orders"]
    return frame.astype(dict.fromkeys(whole, "int64")).reset_index(drop=True)
