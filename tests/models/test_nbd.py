"""NBD: the baseline without dropout."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from clv.models import NBD, BetaGeoNBD
from clv.models.purchase_model import Histories
from clv.simulate import Group, simulate_shop

MODEL = NBD.from_params(r=0.6, alpha=40.0)
X, T_X, T = (
    np.array([0.0, 1.0, 5.0, 2000.0]),
    np.array([0.0, 50.0, 80.0, 730.0]),
    np.array([0.0, 90.0, 80.0, 730.0]),
)


@pytest.fixture(scope="module")
def shop():
    return simulate_shop(Group(MODEL, 8000, first_purchases=(0.0, 500.0)), 600, seed=3).history


def test_likelihood_is_that_of_the_count_and_the_order_of_the_dates():
    x, t_x, period = X[1:], T_X[1:], T[1:]
    counts = stats.nbinom.logpmf(x, 0.6, 40 / (40 + period))
    dates = x * np.log(period) - special.gammaln(x + 1)
    np.testing.assert_allclose(MODEL.log_likelihood(x, t_x, period) + dates, counts, rtol=1e-10)
    assert MODEL.log_likelihood(0, 0, 0) == 0


def test_it_is_bg_nbd_without_dropout():
    hardly = BetaGeoNBD.from_params(r=0.6, alpha=40.0, a=1e-9, b=1.0)
    np.testing.assert_allclose(MODEL.log_likelihood(X, T_X, T), hardly.log_likelihood(X, T_X, T), rtol=1e-6)
    for verb in ("expected_purchases", "probability_of_purchase"):
        ours, theirs = (getattr(model, verb)(90, X, T_X, T) for model in (MODEL, hardly))
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
    ours, theirs = (model.purchase_pairs_if_alive(90, X, T) for model in (MODEL, hardly))
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_known_parameters_are_recovered(shop):
    fitted = NBD().fit(*shop)
    assert fitted.converged_, fitted.message_
    for name, value in MODEL.params_.items():
        assert abs(fitted.params_[name] - value) < 3.5 * fitted.standard_errors_[name], name
    assert fitted.log_likelihood_ == pytest.approx(fitted.log_likelihood(*shop).sum())
    x, t_x, T = shop
    weeks = NBD().fit(x, t_x / 7, T / 7)
    assert weeks.params_ == pytest.approx(
        {"r": fitted.params_["r"], "alpha": fitted.params_["alpha"] / 7}, rel=1e-4
    )


def test_the_gradient_is_that_of_the_sum(shop):
    rows = Histories(*shop, np.arange(shop[0].size) % 3 + 1.0)
    likelihood, values = NBD().likelihood_of(rows), np.array([0.8, 25.0])
    value, gradient = likelihood(values)
    each = NBD.from_params(r=0.8, alpha=25.0).log_likelihood(*shop)
    assert value == pytest.approx(float(each @ rows.count), rel=1e-12)
    for i, size in enumerate(values):
        step = np.eye(2)[i] * size * 1e-5
        slope = (likelihood(values + step)[0] - likelihood(values - step)[0]) / (2 * step[i])
        assert gradient[i] == pytest.approx(slope, rel=1e-6)


def test_predictions():
    assert np.all(MODEL.probability_alive(X, T_X, T) == 1)
    assert MODEL.expected_purchases(30, 5, 80, 80) == pytest.approx(5.6 / 120 * 30)
    assert MODEL.purchases_if_alive(30, 5, 80, dropout_scale=0.0, rate_scale=2.0) == pytest.approx(
        5.6 / 120 * 60
    )
    assert MODEL.expected_purchases(0, 5, 80, 80) == 0
    assert MODEL.probability_of_purchase(0, 5, 80, 80) == 0
    chances = MODEL.probability_of_n_purchases(np.arange(2000), 90)
    assert chances.sum() == pytest.approx(1)
    assert chances @ np.arange(2000) == pytest.approx(float(MODEL.expected_purchases_new_customer(90)))
    assert 1 - chances[0] == pytest.approx(float(MODEL.probability_of_purchase(90, 0, 0, 0)))
