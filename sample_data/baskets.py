"""What is in an order: products and quantities whose net value is the order's total, to the cent.

Beans, tea and boxes are weighed and packed for the order and charged by their content, so one such line per
order may take any price near its list price: it closes the basket at exactly the value that the spend model
drew. Everything else sells at its list price.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from buying import Order
from catalogue import (
    ACCESSORIES,
    BEANS,
    BOXES,
    BY_NAME,
    CATALOGUE,
    CATEGORIES,
    COMPANION_CHANCE,
    COMPANIONS,
    MACHINES,
    TEA,
    Product,
)
from numpy.random import Generator

CLOSING_TOLERANCE = 0.20
"""A packed-to-order line costs at most so much more or less than its list price."""
CLOSING_SPREAD = 0.05
"""Typical distance of that price from the list price."""
SMALLEST_CLOSING = 240
LARGEST_CLOSING = 8200
ATTEMPTS = 20
"""Baskets tried for one that closes at such a price; only orders of a few cents never do."""
LINE_CHANCES = (0.74, 0.21, 0.05)
"""How many orders want one, two or three lines."""

FIRST_LEAD = {BEANS: 0.42, TEA: 0.10, MACHINES: 0.20, ACCESSORIES: 0.14, BOXES: 0.14}
LATER_LEAD = {BEANS: 0.63, TEA: 0.10, MACHINES: 0.02, ACCESSORIES: 0.12, BOXES: 0.13}

MACHINES_IN_LARGE_ORDERS = 8.0
"""How much likelier an order that is too large for one line is about a machine."""

DISCOUNT_RATES = (0.10, 0.15, 0.20)
DISCOUNT_RATE_CHANCES = (0.5, 0.25, 0.25)
DISCOUNT_CHANCE = 0.08
DISCOUNT_CHANCE_DRIVEN = 0.80

REFUND_WHOLE_ORDER, REFUND_WHOLE_LINE = 0.25, 0.40
"""Scope of a refund; the rest is goodwill of half a line."""


@dataclass(frozen=True)
class Line:
    """One order line; money in cents, `price` is for one piece."""

    product: Product
    quantity: int
    price: int
    discount: int = 0
    refund: int = 0

    @property
    def list_value(self) -> int:
        """Before discount and refund."""
        return self.quantity * self.price

    @property
    def value(self) -> int:
        """Net of the discount, before a refund."""
        return self.list_value - self.discount


def fill_basket(order: Order, rng: Generator, refund_rng: Generator) -> list[Line]:
    """Fill an order with lines worth its total, give the discount, then refund what comes back."""
    rate = _discount_rate(order, rng)
    before_discount = round(order.total / (1 - rate))
    for _ in range(ATTEMPTS):
        lines = _choose_lines(order, before_discount, rng)
        if all(map(_fairly_priced, lines)):
            break
    return _refund(_give_discount(lines, before_discount - order.total), refund_rng)


def _discount_rate(order: Order, rng: Generator) -> float:
    customer = order.customer
    chance = DISCOUNT_CHANCE_DRIVEN if customer.discount_driven else DISCOUNT_CHANCE
    if order.first:
        chance = max(chance, customer.channel.welcome_discount)
    if rng.random() >= chance:
        return 0.0
    return float(rng.choice(DISCOUNT_RATES, p=DISCOUNT_RATE_CHANCES))


def _choose_lines(order: Order, value: int, rng: Generator) -> list[Line]:
    """Add lines at list price until one packed-to-order line can take the rest."""
    wanted = int(rng.choice(len(LINE_CHANCES), p=LINE_CHANCES)) + 1
    category = _lead_category(order, value, rng)
    lines: list[Line] = []
    rest = value
    while True:
        takes_more = len(lines) + 1 < wanted or (not lines and category in (MACHINES, ACCESSORIES))
        affordable = _affordable(rest, lines)
        if rest <= LARGEST_CLOSING and not (takes_more and affordable):
            return [*lines, _closing_line(rest, category, lines, order, rng)]
        line = _list_price_line(affordable, category, rest, rng)
        lines.append(line)
        rest -= line.list_value
        companion = _companion(line.product, rest, lines, rng)
        if companion is not None:
            lines.append(Line(companion, 1, companion.list_price))
            rest -= companion.list_price
        category = _lead_category(replace(order, first=False), rest, rng)


def _lead_category(order: Order, value: int, rng: Generator) -> str:
    """Category that the order is about; a first order hints mildly at how long its customer stays."""
    chances = dict(FIRST_LEAD if order.first else LATER_LEAD)
    if order.first:
        chances[MACHINES] *= 0.5 + order.customer.loyalty
        chances[BOXES] *= 0.5 + order.customer.loyalty
        chances[ACCESSORIES] *= 1.5 - order.customer.loyalty
    if value > LARGEST_CLOSING:
        chances[MACHINES] *= MACHINES_IN_LARGE_ORDERS
    if order.customer.tea_drinker:
        chances[BEANS], chances[TEA] = chances[TEA], chances[BEANS]
    return CATEGORIES[_pick([chances[category] for category in CATEGORIES], rng)]


def _affordable(rest: int, lines: list[Line]) -> list[Product]:
    """Products not in the basket yet that leave room for a closing line."""
    bought = {line.product for line in lines}
    return [p for p in CATALOGUE if p not in bought and p.list_price <= rest - SMALLEST_CLOSING]


def _list_price_line(affordable: list[Product], category: str, rest: int, rng: Generator) -> Line:
    """A line of the category if one fits; a large rest asks for dearer things and several of them."""
    large = rest > LARGEST_CLOSING
    fitting = [p for p in affordable if not large or p.list_price >= min(rest // 5, 4000)]
    candidates = [p for p in fitting if p.category == category] or fitting
    product = candidates[_pick([p.popularity * (p.list_price if large else 1) for p in candidates], rng)]
    room = (rest - SMALLEST_CLOSING) // product.list_price
    if large:
        quantity = max(1, min(rest // (2 * product.list_price), 6))
    else:
        quantity = 2 if product.category != MACHINES and rng.random() < 0.2 else 1
    return Line(product, min(quantity, room), product.list_price)


def _companion(product: Product, rest: int, lines: list[Line], rng: Generator) -> Product | None:
    """The product that often goes with another, when it is wanted and fits."""
    name = COMPANIONS.get(product.name)
    if name is None or rng.random() >= COMPANION_CHANCE:
        return None
    return BY_NAME[name] if BY_NAME[name] in _affordable(rest, lines) else None


def _closing_line(rest: int, category: str, lines: list[Line], order: Order, rng: Generator) -> Line:
    """The packed-to-order line that takes the rest exactly, by preference close to its list price."""
    home = TEA if order.customer.tea_drinker else BEANS
    bought = {line.product for line in lines}
    candidates = [
        Line(product, quantity, rest // quantity)
        for product in CATALOGUE
        for quantity in (1, 2, 3)
        if product.packed_to_order and product not in bought and rest % quantity == 0
    ]
    fair = [line for line in candidates if _fairly_priced(line)]
    if not fair:
        return min(candidates, key=_price_distance)
    weights = [
        (6.0 if line.product.category == category else 2.0 if line.product.category == home else 0.5)
        * (line.product.popularity / line.quantity)
        * math.exp(-_price_distance(line) / CLOSING_SPREAD)
        for line in fair
    ]
    return fair[_pick(weights, rng)]


def _price_distance(line: Line) -> float:
    """How far a price is from the list price, either way, as a logarithm."""
    return abs(math.log(line.price / line.product.list_price))


def _fairly_priced(line: Line) -> bool:
    return _price_distance(line) <= math.log1p(CLOSING_TOLERANCE)


def _pick(weights: Sequence[float], rng: Generator) -> int:
    """Index drawn with chances in proportion to weights."""
    edges = np.cumsum(weights)
    return int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))


def _give_discount(lines: list[Line], discount: int) -> list[Line]:
    """Spread an order's discount over its lines by value, to the cent."""
    total = sum(line.list_value for line in lines)
    edges = [discount * sum(line.list_value for line in lines[:i]) // total for i in range(len(lines) + 1)]
    return [replace(line, discount=edges[i + 1] - edges[i]) for i, line in enumerate(lines)]


def _refund(lines: list[Line], rng: Generator) -> list[Line]:
    """Send back at most one line of an order, or with it the whole order."""
    returned = [rng.random() < line.product.refund_rate for line in lines]
    if not any(returned):
        return lines
    scope = rng.random()
    if scope < REFUND_WHOLE_ORDER:
        return [replace(line, refund=line.value) for line in lines]
    index = returned.index(True)
    part = 1.0 if scope < REFUND_WHOLE_ORDER + REFUND_WHOLE_LINE else 0.5
    lines[index] = replace(lines[index], refund=round(lines[index].value * part))
    return lines
