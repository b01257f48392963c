"""The kinds of settings: numbers with a range, choices and switches, each with what a control needs to show it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

Unit = Literal["share", "money", "months", "days", "ratio"]
Facts = TypeVar("Facts", contravariant=True)


@dataclass(frozen=True)
class Range:
    """The numbers that are allowed: from ``low`` to ``high``, both included unless said otherwise; never infinite."""

    low: float
    high: float = math.inf
    without_low: bool = False
    without_high: bool = False
    whole: bool = False

    def __contains__(self, value: float) -> bool:
        above = value > self.low if self.without_low else value >= self.low
        below = value < self.high if self.without_high else value <= self.high
        return above and below and math.isfinite(value) and (not self.whole or float(value).is_integer())

    def words(self, unit: Unit) -> str:
        """Such as "above 0 % and at most 100 %"."""
        low, high = _bound(self.low, unit), _bound(self.high, unit)
        if math.isinf(self.high):
            return f"above {low}" if self.without_low else f"{low} or more"
        if self.without_low or self.without_high:
            return (
                f"{'above' if self.without_low else 'at least'} {low} and "
                f"{'below' if self.without_high else 'at most'} {high}"
            )
        of_what = f" {'whole ' if self.whole else ''}{unit}" if unit in ("months", "days") else ""
        return f"{low} to {high}{of_what}"


@dataclass(frozen=True)
class Offered:
    """What a control offers, in the unit of the value: a part of what is allowed, in steps, and where it starts."""

    low: float
    high: float
    step: float
    start: float


@dataclass(frozen=True, kw_only=True)
class Number(Generic[Facts]):
    """A setting that is a number.

    Attributes
    ----------
    name : of the field of Assumptions or Levers.
    key : of the control, in the session and in the link.
    subject : how a sentence calls it, such as "The margin".
    label, per : what stands at the control; ``per`` follows the currency of an amount.
    allowed : what a program may set.
    offered : what the control offers, or how that follows from the shop (or its analysis).
    default : where nothing is set.
    format : of the control, in the manner of printf.
    """

    name: str
    key: str
    subject: str
    label: str
    allowed: Range
    offered: Offered | Callable[[Facts], Offered]
    default: float
    unit: Unit
    help: str = ""
    per: str = ""
    format: str | None = None

    def offered_by(self, facts: Facts) -> Offered:
        """What the control offers for a shop (or an analysis)."""
        return self.offered(facts) if callable(self.offered) else self.offered

    def problem(self, value: float) -> str | None:
        """What is wrong with a value, as a sentence; None where it is allowed."""
        return None if value in self.allowed else f"{self.subject} must be {self.allowed.words(self.unit)}."

    def label_in(self, currency_symbol: str) -> str:
        """The label with the currency of an amount."""
        name = f"{self.label}, {currency_symbol}" if self.per and currency_symbol else self.label
        return f"{name} {self.per}".rstrip()

    def shown(self, value: float) -> float:
        """A value as the control holds it: whole percents, days and months."""
        match self.unit:
            case "share":
                return round(100 * value)
            case "money" | "ratio":
                return float(value)
            case _:
                return int(value)

    def value(self, shown: float) -> float:
        """The inverse of ``shown``."""
        match self.unit:
            case "share":
                return shown / 100
            case "money" | "ratio":
                return float(shown)
            case _:
                return int(shown)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A setting that is one of several. ``options``: value -> what a reader calls it; the first is the default."""

    name: str
    key: str
    subject: str
    label: str
    options: Mapping[str, str]
    help: str = ""

    @property
    def default(self) -> str:
        """Where nothing is set."""
        return next(iter(self.options))

    def problem(self, value: str) -> str | None:
        """What is wrong with a value, as a sentence; None where it is one of the options."""
        return None if value in self.options else f"{self.subject} must be one of {', '.join(self.options)}."


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A setting that is on or off; off where nothing is set."""

    name: str
    key: str
    label: str
    help: str = ""
    default: bool = False


def _bound(value: float, unit: Unit) -> str:
    match unit:
        case "share":
            return f"{100 * value:.0f} %"
        case "months" | "days":
            return f"{value:,.0f}"
        case _:
            return f"{value:g}"
