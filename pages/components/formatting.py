"""Numbers and text as a reader wants them, the same on every page."""

from __future__ import annotations

import datetime as dt
import re

from clv import wording
from clv.wording import currency_sign

# Characters that Markdown (and Streamlit's maths and directives) would read as formatting.
MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:])")


def money(value: float, currency: str | None) -> str:
    """€1.36M, €12.3k, €849 or €33.92: compact above 10,000."""
    return wording.money(value, currency_sign(currency))


def count(value: float) -> str:
    """23,570."""
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


def day(date: dt.date) -> str:
    """30 Sep 2026."""
    return wording.day_words(date)


def months(number: int) -> str:
    """1 month, 12 months."""
    return "1 month" if number == 1 else f"{number} months"


def days(number: float) -> str:
    """1 day, 94 days."""
    return "1 day" if round(number) == 1 else f"{count(number)} days"


def plain(text: str) -> str:
    """Text from a file, shown as it is and not as Markdown."""
    return MARKDOWN.sub(r"\\\1", text)


def in_prose(text: str) -> str:
    """Our own sentence with amounts in it: a dollar sign must not start a formula."""
    return text.replace("$", r"\$")


def attribute_label(name: str) -> str:
    """A column of the user's own file as a heading."""
    return name.replace("_", " ").capitalize()
