"""How many of the last days can be held out."""

from __future__ import annotations

import datetime as dt

import pytest

from clv.assumptions import MAX_HORIZON_MONTHS
from clv.forecast import DAYS_PER_MONTH
from clv.validation.origins import BacktestError, longest_holdout, plan_windows

FIRST = dt.date(2015, 1, 1)


def held_out(span: int, days: int) -> int:
    return plan_windows(FIRST, FIRST + dt.timedelta(days=span), days).holdout.days


@pytest.mark.parametrize("span", [42, 43, 44, 84, 85, 300, 545, 546, 1095, 1641, 1643, 1644, 4000, 40_000])
def test_the_longest_holdout_is_exactly_that(span):
    longest = longest_holdout(span)
    assert held_out(span, longest) == longest
    with pytest.raises(BacktestError, match=f"14 to {longest} can be held out at the end, not {longest + 1}"):
        held_out(span, longest + 1)
    assert span - longest >= max(longest // 2, 28)
    one_more = longest + 1
    assert one_more > MAX_HORIZON_MONTHS * DAYS_PER_MONTH or span - one_more < max(one_more // 2, 28)


@pytest.mark.parametrize("days", [1450, 10**15])
def test_nothing_is_held_out_that_no_forecast_reaches(days):
    with pytest.raises(BacktestError, match="14 to 1095 "):
        held_out(4000, days)


def test_the_fewest_days():
    assert held_out(42, 14) == 14
    with pytest.raises(BacktestError, match=r"14 to 730 .*not 13"):
        held_out(1095, 13)
    with pytest.raises(BacktestError, match="span 41 days"):
        held_out(41, 14)


def test_a_usual_holdout_that_is_too_short_says_what_can_be_held_out():
    last = FIRST + dt.timedelta(days=52)
    with pytest.raises(BacktestError, match=r"52 days, .* 14 to 24 days"):
        plan_windows(FIRST, last)
    assert plan_windows(FIRST, last, 14).holdout.days == 14
