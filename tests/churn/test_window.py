"""The churn window: by hand, with open gaps allowed for, and in words."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from clv.churn.window import Gaps, churn_window, days_until_share, gaps_between_purchases
from clv.ingest import OrderFile
from clv.loading import read_shop
from clv.validation.order_entries import day_number, read_entries


def gaps(days_of, cutoff):
    ended = np.concatenate([np.diff(days) for days in days_of]).astype(float)
    return Gaps(ended, np.array([cutoff - days[-1] for days in days_of], dtype=float))


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
    shop = churn_window(gaps([np.arange(0, 301, 33)] * 10, 310))
    assert (shop.days, shop.exact_days, shop.gaps) == (45, 33, 90)
    assert "within 33 days" in shop.message
    assert "the churn window is 45 days" in shop.message


@pytest.mark.parametrize(("gap", "days"), [(1, 14), (364, 365), (600, 365)])
def test_kept_within_its_bounds(gap, days):
    assert churn_window(gaps([np.arange(0, 5 * gap, gap)] * 20, 5 * gap)).days == days


def test_too_few_gaps_are_said():
    shop = churn_window(gaps([[0, 10]], 50))
    assert shop.days == 90
    assert "Only 1 repeat orders" in shop.message


def test_gaps_in_the_engine_are_those_between_purchase_days(sample_shop):
    known = read_entries(sample_shop.transactions, sample_shop.as_of).known_by(day_number(sample_shop.as_of))
    customer, day = known.customer[known.net > 0], known.day[known.net > 0]
    same = np.diff(customer) == 0
    found = gaps_between_purchases(sample_shop.transactions, sample_shop.as_of)
    assert np.array_equal(np.sort(found.ended), np.sort(np.diff(day)[same]))
    assert np.array_equal(np.sort(found.still_open), np.sort(known.cutoff - day[np.r_[~same, True]]))


def test_refunded_and_later_orders_are_no_ends_of_gaps(read_rows):
    rows = "customer,order,date,amount\na,1,2024-01-01,5\na,2,2024-01-08,6\na,2,2024-01-09,-6\na,3,2024-01-31,7\n"
    orders = read_rows(rows + "b,4,2024-01-11,5\nb,5,2024-03-01,5\n").transactions
    found = gaps_between_purchases(orders, dt.date(2024, 2, 10))
    assert found.ended.tolist() == [30.0]
    assert sorted(found.still_open) == [10.0, 30.0]


def test_the_sample_suggests_its_own_window(sample_shop):
    window = sample_shop.churn_window
    assert (window.days, round(window.exact_days)) == (150, 129)
    assert window.short == "80 % of repeat orders come within 129 days."


def test_a_table_of_customers_says_nothing_of_gaps(tmp_path):
    (tmp_path / "table.csv").write_text(
        "customer_id,frequency,recency,T,monetary_value\na,1,30,90,5\nb,0,0,60,0\n"
    )
    shop = read_shop([OrderFile("table.csv", tmp_path / "table.csv")]).shop()
    assert shop.churn_window.days == 90
    assert "does not tell" in shop.churn_window.message
