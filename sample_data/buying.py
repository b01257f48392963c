"""How customers buy: MBG/NBD purchase days and Gamma-Gamma spend, drawn by the product's own simulator."""

from dataclasses import dataclass, replace
from itertools import chain, pairwise

import numpy as np
from acquisition import first_purchase_times
from numpy.random import Generator
from parameters import CHANNELS, COUNTRY_SHARES, DAYS, FUTURE_DAYS, Channel

from clv.simulate import Customers, draw_customers, draw_purchases, draw_spend

MINIMUM_SPEND = 200
"""Smallest spend of a purchase day in cents; the model falls below it about once in 10,000 days."""
HOUR_PULL = np.array([0] * 6 + [1, 2, 3, 4, 4, 4, 5, 4, 3, 3, 4, 5, 6, 8, 9, 7, 4, 1], dtype=float)
TEA_DRINKERS = 0.22


@dataclass(frozen=True)
class Customer:
    """A customer with the traits that the shop's files hint at."""

    number: int
    channel: Channel
    country: str
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


def win_customers(rng: Generator) -> tuple[list[Customer], Customers]:
    """Draw every customer with the traits of the two models, and number them by first purchase."""
    named, drawn = zip(*(_customers_of(channel, rng) for channel in CHANNELS), strict=True)
    customers, traits = list(chain.from_iterable(named)), Customers.together(drawn)
    order = np.argsort(traits.first_purchase, kind="stable")
    return [replace(customers[i], number=n) for n, i in enumerate(order, start=1)], traits.take(order)


def _customers_of(channel: Channel, rng: Generator) -> tuple[list[Customer], Customers]:
    drawn = draw_customers(channel.purchases, channel.spend, first_purchase_times(channel, rng), rng)
    n = drawn.dropout.size
    loyalty = 1 - np.argsort(np.argsort(drawn.dropout)) / (n - 1)
    # Discount-driven customers tend to be those who leave; the share in the channel stays as stated.
    discount_driven = rng.random(n) < channel.discount_driven * (1.4 - 0.8 * loyalty)
    tea = rng.random(n) < TEA_DRINKERS
    countries = rng.choice(list(COUNTRY_SHARES), size=n, p=list(COUNTRY_SHARES.values()))
    named = [
        Customer(
            number=0,
            channel=channel,
            country=str(countries[i]),
            loyalty=float(loyalty[i]),
            discount_driven=bool(discount_driven[i]),
            tea_drinker=bool(tea[i]),
        )
        for i in range(n)
    ]
    return named, drawn


def purchase_histories(
    customers: list[Customer], traits: Customers, rng: Generator, spend_rng: Generator
) -> list[PurchaseHistory]:
    """Follow every customer from the first purchase to a year after the as-of date."""
    purchases = draw_purchases(traits, DAYS + FUTURE_DAYS, rng).by_day()
    cents = np.maximum(np.rint(100 * draw_spend(traits, purchases, spend_rng)), MINIMUM_SPEND)
    columns = purchases.time.astype(int), cents.astype(int), purchases.orders
    days = [PurchaseDay(*day) for day in zip(*(column.tolist() for column in columns), strict=True)]
    ends = np.bincount(purchases.customer).cumsum().tolist()
    active = (purchases.left >= DAYS).tolist()
    return [
        _history(customer, tuple(days[start:end]), stays)
        for customer, (start, end), stays in zip(customers, pairwise([0, *ends]), active, strict=True)
    ]


def _history(customer: Customer, days: tuple[PurchaseDay, ...], active: bool) -> PurchaseHistory:
    past = tuple(day for day in days if day.day < DAYS)
    return PurchaseHistory(customer, past, days[len(past) :], active)


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
