"""Numbers and days in words, the same on every page, chart and list."""

from __future__ import annotations

import math
from datetime import date

from babel.numbers import get_currency_symbol

LOCALE = "en_US"
ACRONYMS = frozenset({"nps", "sms", "utm", "id", "sku", "vip"})


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


def count(value: float) -> str:
    """23,570"""
    return f"{value:,.0f}"


def percent(share: float, digits: int = 0) -> str:
    """12 %; "below 1 %" rather than 0 % for what is not nothing."""
    if 0 < share < 0.5 * 10 ** -(digits + 2):
        return f"below {10**-digits:g} %"
    return f"{100 * share:.{digits}f} %"


def ratio(value: float | None) -> str:
    """3.4 : 1, or a dash where there is nothing to divide by."""
    if value is None:
        return "–"
    return f"{value:.1f} : 1" if value < 100 else f"{count(value)} : 1"


def day_words(day: date) -> str:
    """5 Mar 2024"""
    return f"{day.day} {day:%b %Y}"


def days(number: float) -> str:
    """1 day, 94 days"""
    return "1 day" if round(number) == 1 else f"{count(number)} days"


def months(number: int) -> str:
    """1 month, 12 months"""
    return "1 month" if number == 1 else f"{number} months"


def customers(number: int) -> str:
    """1 customer, 5,000 customers"""
    return "1 customer" if number == 1 else f"{count(number)} customers"


def attribute_label(name: str) -> str:
    """A column of the user's own file as a heading: sms_consent is SMS consent."""
    words = name.replace("_", " ").capitalize().split(" ")
    return " ".join(word.upper() if word.lower() in ACRONYMS else word for word in words)


def currency_sign(currency: str | None) -> str:
    """The sign that stands with amounts (EUR: €), empty when the currency is not known."""
    return str(get_currency_symbol(currency, locale=LOCALE)) if currency else ""
