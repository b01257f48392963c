"""The next order: the closed form, the order of quantiles and customers, what is too far ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate

from clv.assumptions import ModelSetting
from clv.forecast import DAYS_PER_MONTH, FittedModels, fit_models, forecast_customers, next_order_days
from clv.models import NBD, BetaGeoNBD, GammaGamma, ModifiedBetaGeoNBD, ParetoNBD
from clv.simulate import Group, simulate_shop
from tests.forecast.simulated_shops import simulated_shop

QUANTILES = np.array([0.1, 0.5, 0.9])
SPEND = GammaGamma.from_params(p=6.25, q=3.74, v=15.44)
BETA_GEOMETRIC = {"r": 0.243, "alpha": 31.0, "a": 0.793, "b": 2.426}
PARETO = ParetoNBD.from_params(r=0.553, alpha=74.0, s=0.606, beta=82.0)
MODELS = [BetaGeoNBD.from_params(**BETA_GEOMETRIC), ModifiedBetaGeoNBD.from_params(**BETA_GEOMETRIC), PARETO]


def forecast_of(model, frequency, recency, T):
    histories = {"frequency": frequency, "recency_days": recency, "T_days": T, "monetary_value": 20.0}
    return forecast_customers(pd.DataFrame(histories), FittedModels(model, SPEND, ()))


@pytest.fixture(scope="module")
def histories():
    often = NBD.from_params(r=0.5, alpha=50.0)
    return simulate_shop(Group(often, 400), 900, seed=6, whole_days=True).history


@pytest.mark.parametrize("model", MODELS[:2], ids=lambda model: model.name)
def test_closed_form(model, histories):
    """Alive, the time to the next order is Lomax: 1 - ((alpha + T) / (alpha + T + t))^(r + x) = q."""
    frequency, _, T = histories
    exact = (31.0 + T[:, None]) * np.expm1(-np.log1p(-QUANTILES) / (0.243 + frequency[:, None]))
    found = next_order_days(forecast_of(model, *histories))
    far = exact > 36 * DAYS_PER_MONTH
    assert np.array_equal(np.isnan(found), far)
    assert found[~far] == pytest.approx(exact[~far], rel=1e-5)
    assert far.any()


def test_pareto_nbd_against_the_integral():
    """F(t) is the integral of the density of an order at u times the probability to be a customer until then."""
    x, T = 3, 300.0
    r, alpha, s, beta = PARETO.params_.values()

    def density(log_u):
        u = np.exp(log_u)
        return u * (r + x) / (alpha + T + u) * (1 + u / (alpha + T)) ** -(r + x) * (1 + u / (beta + T)) ** -s

    ever = integrate.quad(density, -20, 60, limit=500)[0]
    found = next_order_days(forecast_of(PARETO, [x], [280.0], [T]))[0]
    shares = [integrate.quad(density, -20, np.log(days), limit=500)[0] / ever for days in found]
    assert shares == pytest.approx(QUANTILES, abs=1e-4)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_quantiles_rise(model, histories):
    found = next_order_days(forecast_of(model, *histories), quantiles=(0.05, 0.1, 0.25, 0.5, 0.75))
    steps = np.diff(found, axis=1)
    assert np.all(found[np.isfinite(found)] > 0)
    assert np.all(steps[np.isfinite(steps)] > 0)
    # Once a quantile is too far ahead, so are all later ones.
    assert np.all(np.diff(np.isnan(found).astype(int), axis=1) >= 0)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_who_buys_less_often_comes_later(model):
    frequency = np.array([40.0, 12.0, 5.0, 2.0, 1.0])
    found = next_order_days(forecast_of(model, frequency, np.full(5, 350.0), np.full(5, 365.0)))
    assert np.all(np.diff(found[:, 1]) > 0)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_extreme_histories_give_a_day_or_nothing(model):
    frequency = np.array([0.0, 0.0, 2000.0, 2000.0, 300.0])
    recency = np.array([0.0, 0.0, 2000.0, 10.0, 1.0])
    found = next_order_days(
        forecast_of(model, frequency, recency, np.array([0.0, 4000.0, 2000.0, 2000.0, 9000.0]))
    )
    assert np.all(np.isnan(found) | ((found > 0) & (found <= 36 * DAYS_PER_MONTH)))
    assert np.all(np.isfinite(found[2]))


def test_later_than_three_years_is_blank():
    slow = BetaGeoNBD.from_params(r=0.5, alpha=2000.0, a=0.8, b=2.4)
    found = next_order_days(forecast_of(slow, [0.0, 0.0], [0.0, 0.0], [10.0, 100.0]))
    assert np.all(np.isfinite(found[:, 0]))
    assert np.all(np.isnan(found[:, 1:]))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_one_customer_is_as_among_all(model, histories, monkeypatch):
    whole = next_order_days(forecast_of(model, *histories))
    alone = next_order_days(forecast_of(model, *(values[[7]] for values in histories)))
    assert alone[0] == pytest.approx(whole[7], nan_ok=True)
    monkeypatch.setattr("clv.forecast.next_order.CHUNK", 30)
    assert next_order_days(forecast_of(model, *histories)) == pytest.approx(whole, nan_ok=True)


def test_the_window_holds_the_next_order_of_eight_in_ten():
    """The gap to the first order after the file, of customers known to order again within what is simulated."""
    rng = np.random.default_rng(9)
    buyers, _ = simulated_shop(3000, seed=31)
    found = forecast_customers(buyers, fit_models(buyers, ModelSetting("mbg-nbd")))
    days = next_order_days(found)
    params = found.models.purchases.params_
    # For who is alive the rate is Gamma(r + x, alpha + T), and an order comes before any leaving.
    rate = rng.gamma(params["r"] + found.frequency, 1 / (params["alpha"] + found.T))
    gap = rng.exponential(1 / rate)
    low, high = (np.where(np.isnan(end), np.inf, end) for end in (days[:, 0], days[:, 2]))
    known = np.isfinite(low)
    assert np.mean(gap[known] < low[known]) == pytest.approx(0.1, abs=0.02)
    bounded = np.isfinite(high)
    assert np.mean(gap[bounded] > high[bounded]) == pytest.approx(0.1, abs=0.02)
