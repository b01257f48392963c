"""How customers buy: MBG/NBD purchase days and Gamma-Gamma spend, drawn as the models tell the story."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from acquisition import first_purchase_times
from numpy.random import Generator
from parameters import CHANNELS, COUNTRY_SHARES, DAYS, FUTURE_DAYS, Channel

MINIMUM_SPEND = 200
"""Smallest spend of a purchase day in cents; the model falls below it about once in 10,000 days."""
HOUR_PULL = np.array([0] * 6 + [1, 2, 3, 4, 4, 4, 5, 4, 3, 3, 4, 5, 6, 8, 9, 7, 4, 1], dtype=float)
TEA_DRINKERS = 0.22


@dataclass(frozen=True)
class Customer:
    """A customer with the traits that nobody observes."""

    number: int
    channel: Channel
    country: str
    first_time: float
    purchase_rate: float
    dropout: float
    spend_rate: float
    loyalty: float
    """Rank of the dropout probability in the channel: 1 drops out the least, 0 the most."""
    discount_driven: bool
    tea_drinker: bool

    @property
    def id(self) -> str:
        """As the order file writes it."""
        return f"C{self.number:05d}"


@dataclass(frozen=True)
class PurchaseDay:
    """A calendar day on which a customer buys, in one order or more."""

    day: int
    spend: int
    """Net spend before refunds, in cents, of all orders of the day."""
    orders: int


@dataclass(frozen=True)
class PurchaseHistory:
    """A customer's purchase days up to the as-of date, and those of the 12 months that follow it."""

    customer: Customer
    past: tuple[PurchaseDay, ...]
    future: tuple[PurchaseDay, ...]
    active: bool
    """Not dropped out by the as-of date."""


@dataclass(frozen=True)
class Order:
    """An order before its basket is filled."""

    number: int
    customer: Customer
    day: int
    minute: int
    total: int
    first: bool

    @property
    def id(self) -> str:
        """As the order file writes it."""
        return f"O{self.number:06d}"


def win_customers(rng: Generator) -> list[Customer]:
    """Draw every customer with the traits of the two models, and number them by first purchase."""
    drawn = [customer for channel in CHANNELS for customer in _customers_of(channel, rng)]
    drawn.sort(key=lambda customer: customer.first_time)
    return [replace(customer, number=n) for n, customer in enumerate(drawn, start=1)]


def _customers_of(channel: Channel, rng: Generator) -> list[Customer]:
    times = first_purchase_times(channel, rng)
    n = len(times)
    rates = rng.gamma(channel.purchases.r, 1 / channel.purchases.alpha, n)
    dropouts = rng.beta(channel.purchases.a, channel.purchases.b, n)
    spend_rates = rng.gamma(channel.spend.q, 1 / channel.spend.v, n)
    loyalty = 1 - np.argsort(np.argsort(dropouts)) / (n - 1)
    # Discount-driven customers tend to be those who leave; the share in the channel stays as stated.
    discount_driven = rng.random(n) < channel.discount_driven * (1.4 - 0.8 * loyalty)
    tea = rng.random(n) < TEA_DRINKERS
    countries = rng.choice(list(COUNTRY_SHARES), size=n, p=list(COUNTRY_SHARES.values()))
    return [
        Customer(
            number=0,
            channel=channel,
            country=str(countries[i]),
            first_time=float(times[i]),
            purchase_rate=float(rates[i]),
            dropout=float(dropouts[i]),
            spend_rate=float(spend_rates[i]),
            loyalty=float(loyalty[i]),
            discount_driven=bool(discount_driven[i]),
            tea_drinker=bool(tea[i]),
        )
        for i in range(n)
    ]


def purchase_history(customer: Customer, rng: Generator, spend_rng: Generator) -> PurchaseHistory:
    """Follow one customer from the first purchase to a year after the as-of date."""
    times, dropped_out = _purchase_times(customer, rng)
    purchases_by_day = Counter(int(time) for time in times)
    days = tuple(
        PurchaseDay(day, _day_spend(customer, spend_rng), orders) for day, orders in purchases_by_day.items()
    )
    past = tuple(day for day in days if day.day < DAYS)
    future = days[len(past) :]
    return PurchaseHistory(customer, past, future, active=bool(future) or not dropped_out)


def _purchase_times(customer: Customer, rng: Generator) -> tuple[list[float], bool]:
    """MBG/NBD: after every purchase, the first included, drop out or wait an exponential time."""
    times = [customer.first_time]
    while rng.random() >= customer.dropout:
        next_time = times[-1] + rng.exponential(1 / customer.purchase_rate)
        if next_time >= DAYS + FUTURE_DAYS:
            return times, False
        times.append(next_time)
    return times, True


def _day_spend(customer: Customer, rng: Generator) -> int:
    """Gamma-Gamma: the spend of one purchase day, in cents."""
    spend = rng.gamma(customer.channel.spend.p, 1 / customer.spend_rate)
    return max(round(100 * spend), MINIMUM_SPEND)


def place_orders(histories: list[PurchaseHistory], rng: Generator) -> list[Order]:
    """Give purchase days a time of day; two orders of one day share its spend."""
    placed = [
        (purchase.day, minute, history.customer, total, i == j == 0)
        for history in histories
        for i, purchase in enumerate(history.past)
        for j, (minute, total) in enumerate(
            zip(_minutes(purchase.orders, rng), _shares(purchase, rng), strict=True)
        )
    ]
    placed.sort(key=lambda order: (order[0], order[1], order[2].number))
    return [
        Order(number, customer, day, minute, total, first)
        for number, (day, minute, customer, total, first) in enumerate(placed, start=1)
    ]


def _minutes(orders: int, rng: Generator) -> list[int]:
    """Distinct minutes of a day, in order."""
    minutes: set[int] = set()
    while len(minutes) < orders:
        hour = rng.choice(24, p=HOUR_PULL / HOUR_PULL.sum())
        minutes.add(60 * int(hour) + int(rng.integers(60)))
    return sorted(minutes)


def _shares(purchase: PurchaseDay, rng: Generator) -> list[int]:
    """Divide a day's spend among its orders, to the cent."""
    if purchase.orders == 1:
        return [purchase.spend]
    cuts = np.sort(rng.dirichlet([8.0] * purchase.orders).cumsum()[:-1])
    edges = [0, *(round(purchase.spend * float(cut)) for cut in cuts), purchase.spend]
    return [end - start for start, end in pairwise(edges)]
