"""Numbers and days in words, the same on every page, chart and list."""

from __future__ import annotations

import math
from datetime import date

from babel.numbers import get_currency_symbol

LOCALE = "en_US"


def compact(value: float) -> str:
    """950, 12.3k, 4.56M: three digits that count."""
    if math.isnan(value):
        return "no value"
    size = abs(value)
    for limit, divisor, unit in ((999.5e6, 1e9, "B"), (999.5e3, 1e6, "M"), (9999.5, 1e3, "k")):
        if size >= limit:
            scaled = value / divisor
            digits = next(d for d in (2, 1, 0) if d == 0 or round(abs(scaled), d) < 10 ** (3 - d))
            return f"{scaled:,.{digits}f}{unit}"
    if size >= 100 or float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.2f}"


def money(value: float, currency_symbol: str, *, signed: bool = False) -> str:
    """An amount with its currency: €84.1k, 84.1k CHF, −€12 (a real minus sign)."""
    if math.isnan(value):
        return "no value"
    number = compact(abs(value))
    if not any(digit in number for digit in "123456789"):
        sign = ""
    elif value < 0:
        sign = "−"
    else:
        sign = "+" if signed else ""
    if currency_symbol.isalpha():
        return f"{sign}{number}\N{NO-BREAK SPACE}{currency_symbol}"
    return f"{sign}{currency_symbol}{number}"


def day_words(day: date) -> str:
    """5 Mar 2024"""
    return f"{day.day} {day:%b %Y}"


def currency_sign(currency: str | None) -> str:
    """The sign that stands with amounts (EUR: €), empty when the currency is not known."""
    return str(get_currency_symbol(currency, locale=LOCALE)) if currency else ""
