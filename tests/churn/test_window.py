"""The churn window: by hand, with open gaps allowed for, and in words."""

from __future__ import annotations

import numpy as np
import pytest

from clv.churn.window import churn_window, days_until_share
from clv.validation.order_entries import KnownDays


def known(days_of, cutoff):
    customer = np.repeat(np.arange(len(days_of)), [len(days) for days in days_of])
    day = np.concatenate(days_of).astype(np.int64)
    one = np.ones(day.size)
    return KnownDays(cutoff, customer, day, one, 0 * one, one.astype(np.int64), one.astype(np.int64))


def test_without_open_gaps_it_is_the_quantile():
    gaps = np.arange(1.0, 101.0)
    assert days_until_share(gaps, np.array([]), 0.8) == pytest.approx(0.8 * 81, abs=2)
    ones = np.repeat(np.arange(1.0, 11.0), 100)
    assert days_until_share(ones, np.array([]), 0.8) == 8


def test_open_gaps_lengthen_it():
    rng = np.random.default_rng(1)
    true = rng.exponential(50, 20_000)
    seen_for = rng.uniform(0, 150, true.size)
    ended = true < seen_for
    exact = days_until_share(np.ceil(true[ended]), seen_for[~ended], 0.8)
    naive = np.quantile(true[ended], 0.8)
    # Of the gaps that end within the 150 days that anybody is watched, 80 % have ended by this day.
    aim = -50 * np.log(1 - 0.8 * (1 - np.exp(-150 / 50)))
    assert exact == pytest.approx(aim, rel=0.06)
    assert naive < 0.85 * aim


def test_who_never_comes_back_does_not_count():
    rng = np.random.default_rng(2)
    gaps = np.ceil(rng.exponential(30, 5000))
    never = np.full(5000, 400.0)
    assert days_until_share(gaps, never, 0.8) == pytest.approx(
        days_until_share(gaps, np.array([]), 0.8), rel=0.05
    )


def test_rounded_up_and_said():
    shop = churn_window(known([np.arange(0, 301, 33)] * 10, 310))
    assert (shop.days, shop.exact_days, shop.gaps) == (45, 33, 90)
    assert "within 33 days" in shop.message
    assert "the churn window is 45 days" in shop.message


@pytest.mark.parametrize(("gap", "days"), [(1, 14), (364, 365), (600, 365)])
def test_kept_within_its_bounds(gap, days):
    assert churn_window(known([np.arange(0, 5 * gap, gap)] * 20, 5 * gap)).days == days


def test_too_few_gaps_are_said():
    shop = churn_window(known([[0, 10]], 50))
    assert shop.days == 90
    assert "Only 1 repeat orders" in shop.message
