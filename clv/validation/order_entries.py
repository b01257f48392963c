"""Every order and every refund with the day it became known: what was known on any earlier day, from one read."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd
from ibis.expr.types import Table
from numpy.typing import NDArray

from clv.history.engine import to_frame
from clv.ingest import Transactions

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Amounts are kept as whole ten-thousandths, so that a full refund leaves exactly nothing.
UNITS = 10_000
BOOKED = ("net", "refunded", "orders", "lines", "discounted")
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class KnownDays:
    """Customer-days as known on a cut-off, refunds netted, sorted by customer and day. Shape (rows,).

    Attributes
    ----------
    cutoff : number of the cut-off's day (days since 1970-01-01).
    customer : place of the customer in the entries they come from.
    day : number of the day; net, refunded, discounted : money; orders, lines : counts.
    """

    cutoff: int
    customer: IntArray
    day: IntArray
    net: FloatArray
    refunded: FloatArray
    orders: IntArray
    lines: IntArray
    discounted: FloatArray


@dataclass(frozen=True)
class OrderEntries:
    """What was booked on each order day, by the day on which it became known, sorted by customer, day, known_on.

    Attributes
    ----------
    customer_ids : ids of the customers, in the order of their places.
    customer : place of the customer, shape (rows,).
    day, known_on : number of the order's day and of the day the entry happened: later for a refund.
    net, refunded : ten-thousandths of money, refunds negative in ``net``; orders, lines : counts.
    discounted : ten-thousandths of money that purchases were reduced by; 0 where the orders do not say.
    """

    customer_ids: pd.Index
    customer: IntArray
    day: IntArray
    known_on: IntArray
    net: IntArray
    refunded: IntArray
    orders: IntArray
    lines: IntArray
    discounted: IntArray

    def known_by(self, cutoff: int) -> KnownDays:
        """The customer-days as one would have seen them on the cut-off, later refunds not yet netted."""
        keep = (self.known_on <= cutoff) & (self.day <= cutoff)
        customer, day = self.customer[keep], self.day[keep]
        starts = np.flatnonzero(np.r_[True, (np.diff(customer) != 0) | (np.diff(day) != 0)][: customer.size])

        def total(values: IntArray) -> IntArray:
            return np.add.reduceat(values[keep], starts) if starts.size else values[:0]

        return KnownDays(
            cutoff=cutoff,
            customer=customer[starts],
            day=day[starts],
            net=total(self.net) / UNITS,
            refunded=total(self.refunded) / UNITS,
            orders=total(self.orders),
            lines=total(self.lines),
            discounted=total(self.discounted) / UNITS,
        )

    def until(self, cutoff: int) -> OrderEntries:
        """Only what had happened by the cut-off; the places of the customers stay."""
        keep = (self.known_on <= cutoff) & (self.day <= cutoff)
        columns = {name: getattr(self, name)[keep] for name in ("customer", "day", "known_on", *BOOKED)}
        return OrderEntries(self.customer_ids, **columns)


def day_number(day: dt.date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_stamps(days: IntArray) -> NDArray[np.datetime64]:
    """The days of the numbers."""
    return days.astype("datetime64[D]")


def read_entries(transactions: Transactions, until: dt.date) -> OrderEntries:
    """Read all entries up to a day, in one pass over the lines."""
    frame = to_frame(_entries(transactions, until), transactions)
    customer, ids = pd.factorize(frame["customer_id"])
    day, known_on = (
        frame[column].to_numpy().astype("datetime64[D]").astype(np.int64) for column in ("day", "known_on")
    )
    order = np.lexsort((known_on, day, customer))
    columns = [frame[name].to_numpy(dtype=np.int64) for name in BOOKED]
    return OrderEntries(
        pd.Index(ids),
        *(values[order] for values in (customer.astype(np.int64), day, known_on, *columns)),
    )


def _entries(transactions: Transactions, until: dt.date) -> Table:
    """As ``purchase_days``, but each order's refunds stay apart by the day on which they happened."""
    lines = transactions.table.mutate(known_on=transactions.table.ordered_at.date())
    lines = lines.filter(lines.known_on <= ibis.date(until))
    order = ibis.coalesce(lines.order_id, lines.ordered_at.cast("string"))
    units = (lines.amount * UNITS).cast("int64")
    off = (
        (lines.discount_given * UNITS).cast("int64")
        if transactions.has_discount
        else ibis.literal(0, "int64")
    )
    booked = lines.group_by("customer_id", "known_on", order=order).agg(
        net=units.sum().cast("int64"),
        refunded=ibis.coalesce((-units).sum(where=lines.is_refund), 0).cast("int64"),
        lines=(~lines.is_refund).cast("int64").sum(),
        discounted=lines.is_refund.ifelse(0, off).sum().cast("int64"),
    )
    own = ibis.window(group_by=["customer_id", "order"])
    booked = booked.mutate(
        day=ibis.coalesce(
            booked.known_on.min(where=booked.lines > 0).over(own), booked.known_on.min().over(own)
        )
    )
    return (
        booked.group_by("customer_id", "day", "known_on")
        .agg(
            net=booked.net.sum().cast("int64"),
            refunded=booked.refunded.sum().cast("int64"),
            orders=((booked.lines > 0) & (booked.known_on == booked.day)).cast("int64").sum(),
            lines=booked.lines.sum().cast("int64"),
            discounted=booked.discounted.sum().cast("int64"),
        )
        .order_by("customer_id")
    )
