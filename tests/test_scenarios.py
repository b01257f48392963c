"""Levers: no lift changes nothing, more lift never hurts, full retention is buying without dropout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.assumptions import Assumptions
from clv.forecast import DAYS_PER_MONTH, FittedModels, forecast_customers
from clv.models import BetaGeoNBD, GammaGamma, ModifiedBetaGeoNBD, ParetoNBD
from clv.scenarios import LeverError, Levers, prepare_levers, spend_under, what_if

SPEND = GammaGamma.from_params(p=6.25, q=3.74, v=15.44)
MODELS = [
    BetaGeoNBD.from_params(r=0.24, alpha=31.0, a=0.79, b=2.43),
    ModifiedBetaGeoNBD.from_params(r=0.52, alpha=43.0, a=0.89, b=1.61),
    ParetoNBD.from_params(r=0.55, alpha=74.0, s=0.61, beta=82.0),
]
ASSUMPTIONS = Assumptions()


def histories(customers=3000, seed=1):
    rng = np.random.default_rng(seed)
    T = rng.integers(0, 1000, customers)
    x = np.where(T > 5, np.minimum(rng.poisson(rng.gamma(0.6, 4, customers)), T), 0)
    t_x = np.where(x > 0, np.round(T * rng.uniform(0.2, 1, customers)), 0)
    return pd.DataFrame(
        {
            "frequency": x,
            "recency_days": np.maximum(t_x, x > 0),
            "T_days": T,
            "monetary_value": np.where(x > 0, rng.gamma(4, 9, customers), 0),
        }
    )


@pytest.fixture(scope="module", params=MODELS, ids=lambda model: model.name)
def forecast(request):
    return forecast_customers(histories(), FittedModels(request.param, SPEND, ()))


@pytest.fixture(scope="module")
def base(forecast):
    return prepare_levers(forecast)


def test_no_lift_is_the_base_case(forecast, base):
    result = what_if(base, Levers(), ASSUMPTIONS)
    assert result.scenario == pytest.approx(result.base, rel=1e-9)
    assert result.gains["gain"].abs().max() <= 1e-9 * result.base
    exact = np.sum(forecast.expected_spend * forecast.expected_purchases(12))
    assert spend_under(base, Levers(), 12)[-1] == pytest.approx(exact, rel=1e-12)


def test_the_gain_is_what_all_levers_together_bring(base):
    levers = Levers(0.2, 0.1, 0.05, cost=1.0, reactivation=0.02)
    result = what_if(base, levers, ASSUMPTIONS)
    assert result.gain == pytest.approx(result.gains["gain"].iloc[-1])
    assert result.gain_share == pytest.approx(result.gain / result.base)
    assert (levers.dropout_factor, levers.rate_factor, levers.spend_factor) == pytest.approx((0.8, 1.1, 1.05))


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 36))
@settings(max_examples=30)
def test_more_retention_never_lowers_anything(base, one, other, horizon):
    less, more = sorted((one, other))
    low = spend_under(base, Levers(retention_lift=less), horizon)
    high = spend_under(base, Levers(retention_lift=more), horizon)
    assert np.all(high >= low * (1 - 1e-9))


def test_full_retention_is_buying_without_dropout(forecast, base):
    params = forecast.models.purchases.params_
    rate = (params["r"] + forecast.frequency) / (params["alpha"] + forecast.T)
    value = forecast.probability_alive * forecast.expected_spend
    forever = np.sum(value * rate * 12 * DAYS_PER_MONTH)
    assert spend_under(base, Levers(retention_lift=1.0), 12)[-1] == pytest.approx(forever, rel=2e-4)


@pytest.mark.parametrize("levers", [Levers(0.1), Levers(0.5, 0.2), Levers(1.0, 1.0, 0.3), Levers(0, -0.3)])
def test_bins_cost_less_than_half_a_percent(forecast, base, levers):
    model = forecast.models.purchases
    for horizon in (1, 12, 36):
        exact = model.purchases_if_alive(
            horizon * DAYS_PER_MONTH,
            forecast.frequency,
            forecast.T,
            dropout_scale=1 - levers.retention_lift,
            rate_scale=1 + levers.frequency_lift,
        )
        total = np.sum(forecast.probability_alive * forecast.expected_spend * exact) * (
            1 + levers.upsell_lift
        )
        assert spend_under(base, levers, horizon)[-1] == pytest.approx(total, rel=1e-3)


def test_upsell_scales_and_cost_is_taken_off(base):
    result = what_if(base, Levers(upsell_lift=0.1, cost=0.5), ASSUMPTIONS)
    gain = result.gains.set_index("lever")["gain"]
    assert gain["Upsell"] == pytest.approx(0.1 * result.base)
    assert gain["All together"] == pytest.approx(gain["Upsell"])
    assert result.cost == 1500.0
    assert result.net_gain == pytest.approx(gain["Upsell"] - 1500.0)
    assert result.break_even_cost == pytest.approx(gain["Upsell"] / 3000)
    last = result.curve.groupby("scenario")["value"].last()
    assert last["With levers"] - last["Base"] == pytest.approx(result.net_gain)


def test_groups_add_up(forecast, base):
    members = forecast.frequency > 1
    levers = Levers(0.3, 0.1, 0.05)
    parts = [spend_under(prepare_levers(forecast, part), levers, 12)[-1] for part in (members, ~members)]
    assert sum(parts) == pytest.approx(spend_under(base, levers, 12)[-1], rel=1e-3)


def test_wrong_levers_are_all_named():
    with pytest.raises(LeverError, match=r"retention.*upsell.*cost"):
        Levers(retention_lift=1.5, upsell_lift=-2, cost=-1)


@pytest.mark.parametrize("levers", [Levers(reactivation=0.1), Levers(0.4, 0.2, 0.1, reactivation=0.5)])
def test_bins_of_those_won_back_cost_less_than_half_a_percent(forecast, base, levers):
    model = forecast.models.purchases
    scales = {"dropout_scale": 1 - levers.retention_lift, "rate_scale": 1 + levers.frequency_lift}
    left_value = (1 - forecast.probability_alive) * forecast.expected_spend
    for horizon in (1, 12, 36):
        history = forecast.frequency, forecast.recency, forecast.T
        bought = model.purchases_if_reactivated(horizon * DAYS_PER_MONTH, *history, **scales)
        exact = levers.reactivation * (1 + levers.upsell_lift) * np.sum(left_value * bought)
        without = replace(levers, reactivation=0.0)
        total = spend_under(base, levers, horizon)[-1]
        added = total - spend_under(base, without, horizon)[-1]
        assert abs(added - exact) < min(5e-3 * total, 2e-2 * exact)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 36))
@settings(max_examples=20)
def test_winning_more_back_never_lowers_anything(base, one, other, horizon):
    fewer, more = sorted((one, other))
    low = spend_under(base, Levers(reactivation=fewer), horizon)
    high = spend_under(base, Levers(reactivation=more), horizon)
    assert np.all(high >= low)
    assert high[0] == 0


def test_a_longer_horizon_after_a_shorter_one(base):
    levers = Levers(0.17, 0.03, reactivation=0.1)
    short = spend_under(base, levers, 6)
    assert spend_under(base, levers, 36)[:7] == pytest.approx(short, rel=1e-12)
