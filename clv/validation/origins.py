"""Cut-offs in the shop's own past: what was known on each, and what customers then did."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import MAX_HORIZON_MONTHS
from clv.forecast import DAYS_PER_MONTH
from clv.history import customer_summary
from clv.ingest import Transactions
from clv.memo import cached_property
from clv.validation.order_entries import KnownDays, OrderEntries, day_number, day_stamps, read_entries

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

USUAL_HOLDOUT_DAYS = 365
SHORTEST_HOLDOUT_DAYS = 14
SHORTEST_LEARNING_DAYS = 28
# No forecast reaches further.
FURTHEST_DAYS = int(MAX_HORIZON_MONTHS * DAYS_PER_MONTH)
INNER_ORIGINS = 3
MOST_CUSTOMERS = 50_000
WEEK = 7


class BacktestError(ValueError):
    """The orders cannot be backtested; the message says why and what would help."""


@dataclass(frozen=True)
class Window:
    """A cut-off and the last day of what is predicted from it: the days (cutoff, end]."""

    cutoff: dt.date
    end: dt.date

    @property
    def days(self) -> int:
        """Length of the period predicted, days."""
        return (self.end - self.cutoff).days


@dataclass(frozen=True)
class Plan:
    """The period held out at the very end, and the inner ones, all of whose days lie before its cut-off."""

    holdout: Window
    inner: tuple[Window, ...]


@dataclass(frozen=True)
class Origin:
    """What was known of the customers on a cut-off, and what they did in the period after it.

    Attributes
    ----------
    window : the cut-off and the end of the period.
    buyers : the customer summary as of the cut-off, one row per customer.
    known : customer_id, day, net, orders: the days of purchase and refund known on the cut-off.
    entries : what had happened by the cut-off, each entry with the day it became known; of all customers.
    first_touch : the attributes at the first order of the customers of ``entries``, in their order.
    purchases, spend : shape (customers,), days with a purchase in the period, and their net spend, money.
    bought : the same purchases one by one: place of the customer in ``buyers``, day number 1, 2, ... after the
        cut-off, net; arrays of shape (purchases,).
    """

    window: Window
    buyers: pd.DataFrame
    known: pd.DataFrame
    entries: OrderEntries
    first_touch: pd.DataFrame
    purchases: FloatArray
    spend: FloatArray
    bought: tuple[IntArray, IntArray, FloatArray]

    @property
    def days(self) -> int:
        """Length of the period predicted, days."""
        return self.window.days

    @cached_property
    def active(self) -> NDArray[np.bool_]:
        """Who bought at all in the period, shape (customers,)."""
        return self.purchases > 0

    @cached_property
    def weekly_purchases(self) -> FloatArray:
        """Purchases of all customers in each week of the period, the last one cut off, shape (weeks,)."""
        weeks = int(np.ceil(self.days / WEEK))
        return np.bincount((self.bought[1] - 1) // WEEK, minlength=weeks).astype(float)

    def known_by_customer(self) -> pd.DataFrame:
        """``known`` with the customer's place in ``buyers`` as column ``customer``; others are left out."""
        places = pd.Series(np.arange(len(self.buyers)), index=self.buyers["customer_id"])
        known = self.known[self.known["customer_id"].isin(places.index)]
        return known.assign(customer=places.loc[known["customer_id"]].to_numpy())


def plan_windows(first: dt.date, last: dt.date, holdout_days: int | None = None) -> Plan:
    """The period held out at the end, and up to three inner ones before it, overlapping by half.

    Parameters
    ----------
    first, last : days of the first and the last order.
    holdout_days : length of the period held out; a quarter of all days, at most a year, when omitted.

    Raises
    ------
    BacktestError : the orders span too few days, or the period asked for is too short or too long for them.
    """
    span = (last - first).days
    held = min(span // 4, USUAL_HOLDOUT_DAYS) if holdout_days is None else holdout_days
    _refuse_unfit(held, span, is_usual=holdout_days is None)
    cutoff = last - dt.timedelta(days=held)
    known = (cutoff - first).days
    length = min(held, known // 3)
    inner = []
    for step in range(INNER_ORIGINS if length >= SHORTEST_HOLDOUT_DAYS else 0):
        end = cutoff - dt.timedelta(days=step * length // 2)
        inner.append(Window(end - dt.timedelta(days=length), end))
    return Plan(Window(cutoff, last), tuple(inner))


def longest_holdout(span: int) -> int:
    """The most days that can be held out of ``span`` days: half as many, 28 at least, are left to learn from."""
    return min((2 * span + 1) // 3, span - SHORTEST_LEARNING_DAYS, FURTHEST_DAYS)


def _refuse_unfit(held: int, span: int, *, is_usual: bool) -> None:
    longest = longest_holdout(span)
    if longest < SHORTEST_HOLDOUT_DAYS:
        raise BacktestError(
            f"The orders span {span} days: too few to hold out {SHORTEST_HOLDOUT_DAYS} days at the end and to learn "
            f"from {SHORTEST_LEARNING_DAYS} before them. Load a longer period."
        )
    if is_usual and held < SHORTEST_HOLDOUT_DAYS:
        raise BacktestError(
            f"The orders span {span} days, of which a quarter is too short to be held out. Load a longer period, or hold "
            f"out {SHORTEST_HOLDOUT_DAYS} to {longest} days."
        )
    if not SHORTEST_HOLDOUT_DAYS <= held <= longest:
        todo = (
            "Hold out more days"
            if held < SHORTEST_HOLDOUT_DAYS
            else "No forecast reaches further: hold out fewer days"
            if longest == FURTHEST_DAYS
            else "Load a longer period or hold out fewer days"
        )
        raise BacktestError(
            f"The orders span {span} days, of which {SHORTEST_HOLDOUT_DAYS} to {longest} can be held out at the end, "
            f"not {held}. {todo}."
        )


def read_origin(transactions: Transactions, window: Window, entries: OrderEntries | None = None) -> Origin:
    """Summarise the orders up to the cut-off, and count what the same customers bought in the period after it.

    Both sides are net spend by day of purchase, from the same expression. What is known on the cut-off leaves out
    refunds that came later.

    Parameters
    ----------
    entries : those of all customers up to the end of the period or longer, where they are read already.

    Raises
    ------
    BacktestError : nobody had bought by the cut-off.
    """
    try:
        summary = customer_summary(transactions, window.cutoff)
    except ValueError as error:
        raise BacktestError(str(error)) from error
    buyers = summary.buyers.reset_index(drop=True)
    if buyers.empty:
        raise BacktestError(f"Nobody had paid for an order by {window.cutoff.isoformat()}.")
    cutoff = day_number(window.cutoff)
    entries = entries or read_entries(transactions, window.end)
    who, day, net = _bought_after(entries, buyers, cutoff, day_number(window.end))
    touched = summary.frame.set_index("customer_id")[list(summary.attributes)]
    return Origin(
        window=window,
        buyers=buyers,
        known=_frame(entries, entries.known_by(cutoff)),
        entries=entries.until(cutoff),
        first_touch=touched.reindex(entries.customer_ids),
        purchases=np.bincount(who, minlength=len(buyers)).astype(float),
        spend=np.bincount(who, net, minlength=len(buyers)).astype(float),
        bought=(who, day, net),
    )


def sampled(transactions: Transactions, customers: int, most: int = MOST_CUSTOMERS) -> Transactions:
    """The orders of at most some ``most`` customers, drawn by a hash of their id; all where there are no more."""
    if customers <= most:
        return transactions
    table = transactions.table
    parts = int(np.ceil(customers / most))
    return replace(transactions, table=table.filter(table.customer_id.hash().abs() % parts == 0))


def read_origins(
    transactions: Transactions, plan: Plan, progress: Callable[[float, str], None]
) -> tuple[Origin, list[Origin]]:
    """The origin held out and the inner ones; an inner one without buyers is left out."""
    windows = (plan.holdout, *plan.inner)
    origins: list[Origin] = []
    entries = read_entries(transactions, max(window.end for window in windows))
    for number, window in enumerate(windows):
        progress(number / len(windows), f"Reading orders up to {window.cutoff.isoformat()}")
        try:
            origins.append(read_origin(transactions, window, entries))
        except BacktestError:
            if number == 0:
                raise
    return origins[0], origins[1:]


def _bought_after(
    entries: OrderEntries, buyers: pd.DataFrame, cutoff: int, end: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """Each purchase after the cut-off: place of the customer in ``buyers``, days after the cut-off, net."""
    days = entries.known_by(end)
    place = pd.Index(buyers["customer_id"]).get_indexer(entries.customer_ids)[days.customer]
    after = (days.day > cutoff) & (days.net > 0) & (place >= 0)
    return place[after].astype(np.intp), (days.day[after] - cutoff).astype(np.intp), days.net[after]


def _frame(entries: OrderEntries, days: KnownDays) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": entries.customer_ids.to_numpy()[days.customer],
            "day": day_stamps(days.day).astype("datetime64[s]"),
            "net": days.net,
            "orders": days.orders,
        }
    )
