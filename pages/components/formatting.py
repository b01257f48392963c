"""Numbers and text as the pages write them: the words of clv.wording, made safe for Markdown."""

from __future__ import annotations

import re

from clv import wording
from clv.wording import attribute_label, count, currency_sign, customers, days, months, percent, ratio
from clv.wording import day_words as day

__all__ = [
    "attribute_label", "count", "customers", "day", "days", "in_prose", "money", "months", "percent", "plain", "ratio",
]  # fmt: skip

# Characters that Markdown (and Streamlit's maths and directives) would read as formatting.
MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:])")


def money(value: float, currency: str | None) -> str:
    """€1.36M, €12.3k, €849 or €33.92: compact above 10,000."""
    return wording.money(value, currency_sign(currency))


def plain(text: str) -> str:
    """Text from a file, shown as it is and not as Markdown."""
    return MARKDOWN.sub(r"\\\1", text)


def in_prose(text: str) -> str:
    """Our own sentence with amounts in it: a dollar sign must not start a formula."""
    return text.replace("$", r"\$")
