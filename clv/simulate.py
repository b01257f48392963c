"""One simulator of shops, for tests, benchmarks and the sample shop: the models' own processes, nothing else.

purchases  start with a first one at a moment of the customer's own. From then phases pass at a rate lambda ~ Gamma(r,
           rate alpha), and every k-th ends in a purchase: k = 1 is buying at random
leaving    NBD: never. Pareto/NBD: after a lifetime ~ Exponential(mu), mu ~ Gamma(s, rate beta). BG/NBD and BG/CNBD-k: after
           a repeat purchase, with probability p ~ Beta(a, b); MBG/NBD and MBG/CNBD-k: after the first purchase too
spend      of a purchase ~ Gamma(p, rate nu), nu ~ Gamma(q, rate v), independent of when customers buy
season     a month's pace multiplies everybody's rate in that month

Customers are followed one after the other, with draws in the order of the process (stay or leave, then wait), so that the
shop of a seed stays what it is. A million customers take a second or two.

Sources
-------
Schmittlein, Morrison, Colombo (1987), "Counting Your Customers: Who Are They and What Will They Do Next?"
Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way"; Batislam, Denizel, Filiztekin (2007), "Empirical
validation and comparison of models for customer base analysis" (the first purchase).
Reutterer, Platzer, Schroeder (2020), "Leveraging purchase regularity for predicting customer behavior the easy way".
Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value", note 025.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from clv.models import NBD, BetaGeoNBD, GammaGamma, ModifiedBetaGeoNBD, ParetoNBD, PurchaseModel
from clv.models.compiled import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

# An ordinary shop, times in days: repeat rates of about seven a year, a quarter leave at each purchase.
ORDINARY: dict[str, PurchaseModel] = {
    "BG/NBD": BetaGeoNBD.from_params(r=0.6, alpha=30.0, a=0.8, b=2.5),
    "MBG/NBD": ModifiedBetaGeoNBD.from_params(r=0.8, alpha=30.0, a=0.8, b=2.5),
    "Pareto/NBD": ParetoNBD.from_params(r=0.7, alpha=35.0, s=0.6, beta=90.0),
}
ORDINARY_SPEND = GammaGamma.from_params(p=4.0, q=4.5, v=35.0)  # 40 a purchase

SMALLEST_RATE = 1e-100
"""Gamma draws of a small shape may be 0, whose waiting time is not defined."""


@dataclass(frozen=True)
class Group:
    """Customers who come from the same process.

    Parameters
    ----------
    purchases : purchase model with its parameters, in days.
    customers : how many.
    spend : Gamma-Gamma with its parameters, money.
    first_purchases : days after the start of the period between which the first purchases lie, evenly at random (all at
        once where the two are equal); the whole period when omitted.
    attributes : what the order lines and the summary say of these customers, such as ``{"channel": "search"}``.
    """

    purchases: PurchaseModel
    customers: int
    spend: GammaGamma = ORDINARY_SPEND
    first_purchases: tuple[float, float] | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Customers:
    """What nobody observes of each customer; arrays of shape (customers,), moments in days from the period's start."""

    first_purchase: FloatArray
    rate: FloatArray  # phases a day
    phases: IntArray  # from one purchase to the next
    dropout: FloatArray  # probability of leaving after a purchase
    may_leave_at_first: NDArray[np.bool_]  # purchase, too
    leaves: FloatArray  # whatever is bought; infinity where only purchases make leave
    spend_shape: FloatArray  # p
    spend_rate: FloatArray  # nu

    @classmethod
    def together(cls, parts: Sequence[Customers]) -> Customers:
        """The customers of all parts, one part after the other."""
        columns = ([getattr(part, column.name) for part in parts] for column in fields(cls))
        return cls(*(np.concatenate(of_parts) for of_parts in columns))

    def take(self, rows: IntArray) -> Customers:
        """These customers in the order of ``rows``."""
        return Customers(*(getattr(self, column.name)[rows] for column in fields(self)))


@dataclass(frozen=True)
class Purchases:
    """All purchases, the first ones included, by customer and then by time: arrays of shape (purchases,)."""

    customer: IntArray  # row
    time: FloatArray  # days from the period's start
    orders: IntArray  # how many of the process's purchases this one stands for: 1, or those of its day
    left: FloatArray  # shape (customers,): moment at which each left; the end or later for those who had not by then

    def by_day(self) -> Purchases:
        """Purchases of one customer on one day as one, at the time of the first of them."""
        day = np.floor(self.time)
        new = np.r_[True, (np.diff(self.customer) != 0) | (np.diff(day) != 0)]
        orders = np.add.reduceat(self.orders, np.flatnonzero(new))
        return replace(self, customer=self.customer[new], time=self.time[new], orders=orders)


@dataclass(frozen=True)
class SimulatedShop:
    """A shop with its truth known.

    Attributes
    ----------
    first_day, days : the period that its history covers; what follows it is the future.
    whole_days : see ``simulate_shop``.
    customers, purchases : as drawn, the future's purchases too.
    amounts : shape (purchases,), money.
    attributes : one row per customer.
    """

    first_day: dt.date
    days: int
    whole_days: bool
    customers: Customers
    purchases: Purchases
    amounts: FloatArray
    attributes: pd.DataFrame

    @property
    def as_of(self) -> dt.date:
        """Last day of the history."""
        return self.first_day + dt.timedelta(days=self.days - 1)

    @property
    def history(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """x, t_x and T of every customer, as models take them; shape (customers,), days."""
        columns = ("frequency", "recency_days", "T_days")
        x, t_x, T = (self.summary[name].to_numpy(dtype=float) for name in columns)
        return x, t_x, T

    @cached_property
    def summary(self) -> pd.DataFrame:
        """One row per customer, with the columns that ``clv.history`` gives to the models, and the truth beside them.

        customer_id, frequency, recency_days, T_days, monetary_value (mean spend of the repeat purchases, 0 without any),
        sum_log_gaps, last_gap_days, previous_gap_days, the attributes; alive (has not left by the end of the period),
        future_purchases and future_spend.
        """
        past = self.purchases.time < self.days
        who, count = self.purchases.customer, len(self.customers.rate)
        purchases = np.bincount(who[past], minlength=count)
        last = np.cumsum(purchases) - 1
        first = last - purchases + 1
        when, end = self.purchases.time[past], float(self.days)
        if self.whole_days:
            when, end = np.floor(when), end - 1
        gap = np.diff(when, prepend=0.0)
        gap[first] = 1.0  # there is none before the first purchase; its logarithm is 0
        spend = self.amounts[past]
        spend[first] = 0.0
        x = purchases - 1
        columns = {
            "customer_id": _numbered("C", count),
            "frequency": x,
            "recency_days": when[last] - when[first],
            "T_days": end - when[first],
            "monetary_value": np.add.reduceat(spend, first) / np.maximum(x, 1),
            "sum_log_gaps": np.add.reduceat(np.log(gap), first),
            "last_gap_days": np.where(x > 0, gap[last], np.nan),
            "previous_gap_days": np.where(x > 1, gap[last - 1], np.nan),
            **self.attributes,
            "alive": self.purchases.left >= self.days,
            "future_purchases": np.bincount(who[~past], minlength=count),
            "future_spend": np.bincount(who[~past], self.amounts[~past], minlength=count).astype(float),
        }
        return pd.DataFrame(columns)

    def order_lines(self) -> pd.DataFrame:
        """The history as an order file has it, a purchase a line, oldest first.

        customer_id, order_id, order_date (to the minute), amount (in cents), and the attributes.
        """
        past = np.flatnonzero(self.purchases.time < self.days)
        past = past[np.argsort(self.purchases.time[past], kind="stable")]
        who, minute = self.purchases.customer[past], np.floor(1440 * self.purchases.time[past])
        columns = {
            "customer_id": self.summary["customer_id"].to_numpy()[who],
            "order_id": _numbered("O", past.size),
            "order_date": np.datetime64(self.first_day, "s") + (60 * minute).astype("timedelta64[s]"),
            "amount": _in_cents(self.amounts[past]),
            **self.attributes.iloc[who].reset_index(drop=True),
        }
        return pd.DataFrame(columns)


def simulate_shop(
    groups: Group | Sequence[Group],
    days: int,
    seed: int,
    *,
    horizon: float = 0.0,
    season: Sequence[float] | None = None,
    first_day: dt.date = dt.date(2023, 1, 1),
    whole_days: bool = False,
) -> SimulatedShop:
    """Draw a shop.

    Parameters
    ----------
    groups : who buys there; customers are numbered group after group.
    days : length of the history; first purchases lie in it.
    seed : customers, purchases and spend have streams of their own, so that another spend model leaves the purchases.
    horizon : days after the history for which the future is drawn.
    season : pace of repeat purchases in January to December, 1 is the models' own; no season when omitted.
    first_day : date of the first day of the history.
    whole_days : with dates instead of times, as in the app's history: several purchases of one day are one (worth one draw
        of the spend), T counts whole days of which the last is complete, and amounts are in cents. Otherwise times and
        amounts are continuous, as in the models.

    Raises
    ------
    ValueError : something asked for is impossible; the message names every problem.
    """
    groups = [groups] if isinstance(groups, Group) else list(groups)
    problems = [*_problems_of_the_period(days, horizon, season), *_problems_of_groups(groups, days)]
    if problems:
        raise ValueError("This shop cannot be simulated: " + "; ".join(problems))
    of_customers, of_purchases, of_spend = np.random.default_rng(seed).spawn(3)
    customers = Customers.together([_customers_of(group, days, of_customers) for group in groups])
    pace = None if season is None else _daily_pace(season, first_day, days + horizon)
    purchases = draw_purchases(customers, days + horizon, of_purchases, pace)
    if whole_days:
        purchases = purchases.by_day()
    amounts = draw_spend(customers, purchases, of_spend)
    return SimulatedShop(
        first_day,
        days,
        whole_days,
        customers,
        purchases,
        _in_cents(amounts) if whole_days else amounts,
        _attributes_of(groups),
    )


def draw_customers(
    purchases: PurchaseModel, spend: GammaGamma, first_purchase: FloatArray, rng: Generator
) -> Customers:
    """Draw the customers behind the first purchases at these moments, shape (customers,), days.

    Draws, each for all customers: rates, dropout probabilities (Pareto/NBD: dropout rates, then lifetimes), spend rates.
    """
    size = first_purchase.size
    r, alpha, *of_leaving = purchases.params_.values()
    rate = rng.gamma(r, 1 / alpha, size)
    dropout, leaves = np.zeros(size), np.full(size, np.inf)
    if isinstance(purchases, ParetoNBD):
        s, beta = of_leaving
        mu = np.maximum(rng.gamma(s, 1 / beta, size), SMALLEST_RATE)
        leaves = first_purchase + rng.exponential(1 / mu)
    elif isinstance(purchases, BetaGeoNBD):
        a, b = of_leaving
        dropout = rng.beta(a, b, size)
    p, q, v = spend.params_.values()
    return Customers(
        first_purchase=first_purchase,
        rate=np.maximum(rate, SMALLEST_RATE),
        phases=np.full(size, getattr(purchases, "k", 1)),
        dropout=dropout,
        may_leave_at_first=np.full(size, bool(getattr(purchases, "coins_at_first_purchase", False))),
        leaves=leaves,
        spend_shape=np.full(size, p),
        spend_rate=np.maximum(rng.gamma(q, 1 / v, size), SMALLEST_RATE),
    )


def draw_purchases(
    customers: Customers, end: float, rng: Generator, pace: FloatArray | None = None
) -> Purchases:
    """Follow every customer in turn from the first purchase to ``end``, days from the period's start.

    ``pace`` of shape (days,) multiplies everybody's rate day by day. The clock that the customers are followed on then runs
    at this pace, so that every model can have a season.
    """
    first, stop, leaves = customers.first_purchase, end, customers.leaves
    if pace is not None:
        days, clock = np.arange(pace.size + 1.0), np.r_[0.0, np.cumsum(pace)]
        first, leaves = np.interp(first, days, clock), np.interp(leaves, days, clock)
        stop = float(np.interp(end, days, clock))
    chances = customers.dropout, customers.may_leave_at_first
    who, time, left = _follow(rng, first, stop, leaves, 1 / customers.rate, customers.phases, *chances)
    if pace is not None:
        time, left = np.interp(time, clock, days), np.interp(left, clock, days)
    return Purchases(who, time, np.ones(who.size, dtype=np.intp), left)


def draw_spend(customers: Customers, purchases: Purchases, rng: Generator) -> FloatArray:
    """What each purchase is worth, Gamma(p, rate nu) in the order of the purchases: shape (purchases,), money."""
    who = purchases.customer
    return rng.gamma(customers.spend_shape[who], 1 / customers.spend_rate[who])


@compiled
def _follow(
    rng: Generator, first: FloatArray, end: float, leaves: FloatArray, wait: FloatArray, phases: IntArray,
    dropout: FloatArray, may_leave_at_first: NDArray[np.bool_],
) -> tuple[IntArray, FloatArray, FloatArray]:  # fmt: skip
    """Customer and time of every purchase before ``end``, and when each left; ``wait`` is the mean length of a phase."""
    who, time, left = np.empty(4 * first.size, np.intp), np.empty(4 * first.size), leaves.copy()
    found = 0
    for i in range(first.size):
        clock, may_leave = first[i], may_leave_at_first[i]
        while clock < end and clock <= leaves[i]:
            if found == who.size:
                who, time = np.concatenate((who, who)), np.concatenate((time, time))
            who[found], time[found] = i, clock
            found += 1
            if may_leave and rng.random() < dropout[i]:
                left[i] = clock
                break
            may_leave = True
            clock += rng.exponential(wait[i]) if phases[i] == 1 else wait[i] * rng.standard_gamma(phases[i])
    return who[:found].copy(), time[:found].copy(), left


def _customers_of(group: Group, days: int, rng: Generator) -> Customers:
    between = group.first_purchases or (0.0, float(days))
    return draw_customers(group.purchases, group.spend, rng.uniform(*between, group.customers), rng)


def _attributes_of(groups: Sequence[Group]) -> pd.DataFrame:
    sizes = [group.customers for group in groups]
    columns = {
        name: np.repeat(np.array([group.attributes[name] for group in groups], dtype=object), sizes)
        for name in groups[0].attributes
    }
    return pd.DataFrame(columns, index=pd.RangeIndex(sum(sizes)))


def _daily_pace(season: Sequence[float], first_day: dt.date, end: float) -> FloatArray:
    month = pd.date_range(first_day, periods=int(np.ceil(end))).month.to_numpy()
    return np.asarray(season, dtype=float)[month - 1]


def _in_cents(amounts: FloatArray) -> FloatArray:
    return np.maximum(np.round(amounts, 2), 0.01)


def _numbered(letter: str, count: int) -> NDArray[np.object_]:
    return np.array([f"{letter}{number:07d}" for number in range(1, count + 1)], dtype=object)


def _problems_of_the_period(days: int, horizon: float, season: Sequence[float] | None) -> Iterator[str]:
    if not days >= 1:
        yield f"days is {days}, at least 1 is needed"
    if not 0 <= horizon < np.inf:
        yield f"horizon is {horizon}, it must be finite and not negative"
    if season is not None and not (
        len(season) == 12 and np.all(np.isfinite(season) & (np.asarray(season) > 0))
    ):
        yield "season must be twelve positive numbers, January first"


def _problems_of_groups(groups: Sequence[Group], days: int) -> Iterator[str]:
    if not groups:
        yield "there is no group"
    for number, group in enumerate(groups, start=1):
        if not group.customers >= 1:
            yield f"group {number} has {group.customers} customers, at least 1 is needed"
        if not isinstance(group.purchases, NBD | BetaGeoNBD | ParetoNBD):
            yield f"group {number} buys by {type(group.purchases).__name__}, which has no simulated process"
        for model in (group.purchases, group.spend):
            if not hasattr(model, "params_"):
                yield f"group {number}: {type(model).__name__} has no parameters yet"
        earliest, latest = group.first_purchases or (0, days)
        if not 0 <= earliest <= latest <= days or earliest == days:
            yield f"group {number}: first purchases between {earliest} and {latest} do not lie in the {days} days"
        if set(group.attributes) != set(groups[0].attributes):
            yield f"group {number} has other attributes than group 1"
