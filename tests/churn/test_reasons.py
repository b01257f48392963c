"""Reasons: right in words, measured, sorted, and silent where nothing was measured."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import special

from clv.assumptions import ModelSetting
from clv.churn.calibration import churn_origins
from clv.churn.reasons import SIGNALS, RiskDrivers, learn_drivers, logistic_regression, risk_reasons
from clv.churn.signals import signals
from clv.forecast import fit_models, forecast_customers
from clv.validation.order_entries import day_number, read_entries
from clv.validation.origins import Window, read_origin
from tests.validation.simulated_orders import read

AS_OF = dt.date(2024, 6, 20)
LEARNED = RiskDrivers(
    0.0, 1.0, {"late": 0.0, "value_down": 2.0, "refunds": 0.8, "slowing": 0.5}, dict.fromkeys(SIGNALS, 0.1)
)
OWN = """customer_id,order_id,order_date,amount
a,1,2024-01-01 10:00,100
a,2,2024-01-31 10:00,100
a,3,2024-03-01 10:00,60
a,4,2024-03-11 10:00,60
a,5,2024-03-21 10:00,60
a,4,2024-03-15 10:00,-20
a,,2024-03-25 10:00,-10
b,6,2024-03-10 10:00,30
"""


def test_signals_by_hand(read_rows):
    as_of = dt.date(2024, 3, 25)
    entries = read_entries(read_rows(OWN).transactions, as_of)
    found = signals(entries.known_by(day_number(as_of)), np.array([1, 0]))
    b, a = found.iloc[0], found.iloc[1]
    assert a["value_down"] == pytest.approx(1 - (60 + 40 + 60) / 3 / 100)
    assert a["refunds"] == 2
    assert a["usual_gap"] == 20
    assert (a["late"], b["late"]) == (0, 0)
    assert (a["last_gaps"], a["earlier_gaps"], a["slowing"]) == (10, 30, 0)
    assert b[list(SIGNALS)].tolist() == [0, 0, 0, 0]


@pytest.fixture(scope="module")
def today(lapsing_shop):
    entries = read_entries(lapsing_shop, AS_OF)
    buyers = read_origin(lapsing_shop, Window(AS_OF, AS_OF), entries).buyers
    return entries, buyers, forecast_customers(buyers, fit_models(buyers))


def reasons(today, drivers):
    entries, buyers, forecast = today
    return risk_reasons(forecast, buyers["customer_id"], entries, day_number(AS_OF), 90.0, drivers)


def test_reasons_are_sorted_few_and_above_the_threshold(today):
    found = reasons(today, LEARNED)
    all_of_them = [found.of_customer(row) for row in range(len(today[1]))]
    assert max(len(mine) for mine in all_of_them) >= 2
    for mine in all_of_them:
        points = [reason.points for reason in mine]
        assert points == sorted(points, reverse=True)
        assert len(points) <= 3
        assert all(2 <= each <= 100 for each in points)
    assert found.top.tolist() == [mine[0].text if mine else "" for mine in all_of_them]


def test_silence_adds_the_risk_beyond_the_usual_gap(today):
    _, buyers, forecast = today
    found = reasons(today, RiskDrivers(0.0, 1.0, dict.fromkeys(SIGNALS, 0.0), dict.fromkeys(SIGNALS, 0.1)))
    row = int(np.flatnonzero((forecast.frequency >= 3) & (found.points["silence"] > 10))[0])
    usual = found.facts["usual_gap"].iloc[row]
    model = forecast.models.purchases
    x, t_x, T = (float(values[row]) for values in forecast.history)
    on_time = 1 - model.probability_of_purchase(90.0, x, T - usual, T)
    late = 1 - model.probability_of_purchase(90.0, x, t_x, T)
    assert found.points["silence"].iloc[row] == pytest.approx(100 * float(late - on_time), abs=1e-6)
    assert found.of_customer(row)[0].text == (
        f"usually orders every {usual:,.0f} days, last order {T - t_x:,.0f} days ago"
    )
    in_time = (T_since := forecast.T - forecast.recency) <= found.facts["usual_gap"]
    assert T_since.size == len(buyers)
    assert (found.points["silence"][in_time] == 0).all()


def test_each_signal_is_worth_what_its_weight_moves(today):
    found = reasons(today, LEARNED)
    _, _, forecast = today
    now = LEARNED.log_odds(forecast.churn_risk(90.0), found.facts)
    row = int(found.facts["value_down"].idxmax())
    drop = 2.0 * found.facts["value_down"].iloc[row]
    aim = 100 * (special.expit(now[row]) - special.expit(now[row] - drop))
    assert found.points["value_down"].iloc[row] == pytest.approx(aim)


def test_a_signal_that_announces_leaving_is_learned_and_one_that_does_not_is_not(tmp_path):
    """Customers buy every 20 days; a third spend half on three orders and then leave."""
    rng = np.random.default_rng(8)
    rows = []
    for number in range(1200):
        born, leaves = int(rng.integers(0, 400)), rng.random() < 0.5
        last = int(rng.integers(5, 9)) if leaves else 60
        for order in range(last):
            day = born + int(order * 20 + rng.integers(-5, 6))
            if not 0 <= day < 540:
                continue
            value = 50 * (0.5 if leaves and order >= last - 3 else 1.0) * rng.uniform(0.9, 1.1)
            rows.append((f"c{number:04d}", day, round(value, 2)))
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"]).drop_duplicates(
        ["customer_id", "day"]
    )
    frame["order_date"] = (
        pd.Timestamp("2023-01-01") + pd.to_timedelta(frame.pop("day"), unit="D")
    ).dt.strftime("%Y-%m-%d 12:00")
    shop = read(frame.assign(order_id=np.arange(len(frame))), tmp_path).transactions
    drivers = learn_drivers(churn_origins(shop, dt.date(2024, 6, 20), 45), ModelSetting("bg-nbd"))
    assert drivers.weights["value_down"] > 2
    assert drivers.weights["refunds"] == 0


def test_weights_and_errors_are_those_of_logistic_regression():
    rng = np.random.default_rng(4)
    columns = np.column_stack([np.ones(20_000), rng.normal(size=(20_000, 2)), np.zeros(20_000)])
    outcome = (rng.random(20_000) < special.expit(columns @ [0.3, 1.0, -0.5, 0.0])).astype(float)
    weights, errors = logistic_regression(columns, outcome, np.arange(20_000))
    assert np.all(np.abs(weights[:3] - [0.3, 1.0, -0.5]) < 4 * errors[:3])
    assert errors[1] == pytest.approx(0.0185, rel=0.15)
    assert (weights[3], errors[3]) == (0.0, np.inf)
    # The same customers counted twice say no more than once.
    twice = logistic_regression(
        np.r_[columns, columns], np.r_[outcome, outcome], np.tile(np.arange(20_000), 2)
    )
    assert twice[1][:3] == pytest.approx(errors[:3], rel=0.01)


def test_without_a_past_the_model_alone_counts():
    drivers = learn_drivers([], ModelSetting())
    assert (drivers.level, drivers.slope) == (0.0, 1.0)
    assert set(drivers.weights.values()) == {0.0}
