"""Words for people: amounts, days, and the sentences of the pages."""

from __future__ import annotations

import datetime as dt

import pytest

from clv.wording import (
    attribute_label,
    count,
    currency_sign,
    customers,
    day_words,
    days,
    months,
    percent,
    ratio,
)
from pages.components.formatting import in_prose, plain


def test_currency_signs():
    assert [currency_sign(code) for code in ("EUR", "USD", "CHF", None)] == ["€", "$", "CHF", ""]


def test_days_and_months():
    assert day_words(dt.date(2026, 9, 3)) == "3 Sep 2026"
    assert (days(1), days(1200), months(1), months(12)) == ("1 day", "1,200 days", "1 month", "12 months")


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0 %"), (0.001, "below 1 %"), (0.123, "12 %"), (1.0, "100 %")]
)
def test_shares(share, words):
    assert percent(share) == words


def test_ratios():
    assert (ratio(None), ratio(2.25), ratio(1234.0)) == ("–", "2.2 : 1", "1,234 : 1")
    assert count(23_570) == "23,570"


def test_text_from_a_file_is_no_markdown():
    assert plain("a*b_[c](d)$e$") == r"a\*b\_\[c\]\(d\)\$e\$"
    assert in_prose("$5 to $6") == r"\$5 to \$6"


def test_customers_and_columns_of_the_users_own():
    assert (customers(1), customers(5_000)) == ("1 customer", "5,000 customers")
    assert (attribute_label("utm_source"), attribute_label("favourite colour")) == (
        "UTM source",
        "Favourite colour",
    )
