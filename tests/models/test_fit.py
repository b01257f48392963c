"""Input checks and runability of fitting; recovery of known parameters."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.models import (
    NBD,
    BetaGeoNBD,
    GammaGamma,
    ModelDataError,
    ModifiedBetaGeoNBD,
    NotFittedError,
    ParetoNBD,
)
from clv.models.lifetimes_reference import reference_params
from clv.simulate import Group, simulate_shop

MODELS = [BetaGeoNBD, ModifiedBetaGeoNBD, ParetoNBD]


@pytest.mark.parametrize("model", MODELS)
def test_lifetimes_finds_the_same(model, cdnow):
    history = (cdnow["frequency"], cdnow["recency"], cdnow["T"])
    fitted, reference = model().fit(*history), reference_params(model.name, *history)
    # lifetimes stops a little short of the maximum of Pareto/NBD.
    assert fitted.params_ == pytest.approx(reference, rel=2e-4 if model is ParetoNBD else 1e-4)
    assert fitted.log_likelihood_ >= model.from_params(**reference).log_likelihood(*history).sum()


@pytest.mark.parametrize("model", MODELS)
def test_weights_stand_for_repeated_rows(model, cdnow):
    rows = cdnow.sample(400, random_state=1)
    counts = np.arange(len(rows)) % 3 + 1
    weighted = model().fit(rows["frequency"], rows["recency"], rows["T"], weights=counts)
    repeated = rows.loc[rows.index.repeat(counts)]
    plain = model().fit(repeated["frequency"], repeated["recency"], repeated["T"])
    assert weighted.params_ == pytest.approx(plain.params_, rel=1e-4)
    assert weighted.log_likelihood_ == pytest.approx(plain.log_likelihood_)
    rows_sum = plain.log_likelihood(repeated["frequency"], repeated["recency"], repeated["T"]).sum()
    assert plain.log_likelihood_ == pytest.approx(rows_sum)


@pytest.mark.parametrize("model", MODELS)
def test_row_order_and_unit_of_time_do_not_matter(model, cdnow):
    weeks = model().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    mixed = cdnow.sample(frac=1, random_state=2)
    days = model().fit(mixed["frequency"], 7 * mixed["recency"], 7 * mixed["T"])
    scaled = {name: value * (7 if name in ("alpha", "beta") else 1) for name, value in weeks.params_.items()}
    assert days.params_ == pytest.approx(scaled, rel=1e-4)


@pytest.mark.parametrize("model", [BetaGeoNBD, ModifiedBetaGeoNBD])
def test_known_parameters_are_recovered(model):
    truth = model.from_params(r=0.8, alpha=40.0, a=0.9, b=2.5)
    fitted = model().fit(*simulate_shop(Group(truth, 20_000), 700, seed=5).history)
    for name, value in truth.params_.items():
        assert abs(fitted.params_[name] - value) < 3.5 * fitted.standard_errors_[name], name


def test_spend_parameters_are_recovered():
    truth = GammaGamma.from_params(p=6.0, q=4.0, v=20.0)
    shop = simulate_shop(Group(NBD.from_params(r=2.0, alpha=100.0), 10_000, truth), 700, seed=7).summary
    again = shop[shop["frequency"] > 0]
    assert len(again) > 8000
    fitted = GammaGamma().fit(again["frequency"], again["monetary_value"])
    for name, value in truth.params_.items():
        assert abs(fitted.params_[name] - value) < 3.5 * fitted.standard_errors_[name], name


def test_draws_have_the_mean_and_spread_of_the_estimate(cdnow):
    fitted = BetaGeoNBD().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"])
    draws = fitted.sample_params(4000, seed=1)
    spread = np.std(np.log(draws["r"]))
    assert spread == pytest.approx(fitted.standard_errors_["r"] / fitted.params_["r"], rel=0.06)
    assert np.median(draws["r"]) == pytest.approx(fitted.params_["r"], rel=0.01)
    assert np.array_equal(draws["alpha"], fitted.sample_params(4000, seed=1)["alpha"])


@pytest.mark.parametrize("model", MODELS)
def test_what_the_data_lack_is_said(model):
    with pytest.raises(ModelDataError, match="at least two"):
        model().fit([2], [10], [20])
    with pytest.raises(ModelDataError, match="Nobody bought"):
        model().fit([0, 0, 0], [0, 0, 0], [10, 20, 30])


def test_every_impossible_history_is_named_at_once():
    with pytest.raises(ValueError, match=r"recency above T.*frequency 0 but recency"):
        BetaGeoNBD().fit([1, 0, 2], [30, 5, 1], [20, 10, 10])
    with pytest.raises(ValueError, match="whole number"):
        BetaGeoNBD().probability_alive(1.5, 1, 2)
    with pytest.raises(ValueError, match="not finite"):
        BetaGeoNBD().fit([1, 2], [np.nan, 1], [2, 2])
    with pytest.raises(ValueError, match="same length"):
        BetaGeoNBD().fit([1, 2], [1, 1, 1], [2, 2])


def test_constant_amounts_are_refused_in_words():
    with pytest.raises(ModelDataError, match="same value"):
        GammaGamma().fit([1, 2, 3], [10.0, 10.0, 10.0])
    with pytest.raises(ModelDataError, match="two customers"):
        GammaGamma().fit([1], [10.0])
    with pytest.raises(ValueError, match=r"frequency not above 0.*monetary value not above 0"):
        GammaGamma().fit([0, 1], [5.0, -1.0])


def test_spend_without_a_finite_mean_falls_back_in_words():
    spend = GammaGamma.from_params(p=2.0, q=0.6, v=5.0)
    shop = simulate_shop(Group(NBD.from_params(r=1.0, alpha=30.0), 4000, spend), 1, seed=3)
    fitted = GammaGamma().fit(np.ones(shop.amounts.size), shop.amounts)
    assert fitted.params_["q"] < 1
    assert "observed mean" in fitted.message_
    assert fitted.population_mean_ > 0
    assert fitted.expected_spend(0, 0.0) == fitted.population_mean_


def test_an_unfitted_model_says_so():
    with pytest.raises(NotFittedError, match="fit"):
        BetaGeoNBD().probability_alive(1, 1, 2)
    with pytest.raises(NotFittedError, match="covariance"):
        BetaGeoNBD.from_params(r=1, alpha=1, a=1, b=1).sample_params(5, 1)
    with pytest.raises(ValueError, match="exactly r, alpha, a, b"):
        BetaGeoNBD.from_params(r=1, alpha=1)
    with pytest.raises(ValueError, match="alpha must be positive"):
        BetaGeoNBD.from_params(r=1, alpha=-1, a=1, b=1)


@pytest.mark.slow
@given(st.integers(0, 10_000), st.integers(2, 60))
@settings(max_examples=40)
def test_any_small_shop_fits_or_says_why(seed, customers):
    rng = np.random.default_rng(seed)
    T = rng.integers(1, 400, customers).astype(float)
    x = np.minimum(rng.poisson(rng.gamma(0.5, 2, customers)), T)
    t_x = np.where(x > 0, np.maximum(np.round(T * rng.random(customers)), 1), 0)
    try:
        fitted = ModifiedBetaGeoNBD().fit(x, t_x, T)
    except ModelDataError:
        assert not np.any(x > 0)
        return
    assert np.all(np.isfinite(list(fitted.params_.values())))
    assert np.all(np.isfinite(fitted.covariance_))
    assert np.all(np.isfinite(fitted.expected_purchases(365, x, t_x, T)))
    assert fitted.converged_, fitted.message_


def test_draws_keep_the_mean_where_customers_spend_alike():
    """Only the ratio of v to q is told by such data: draws must move the two together, beyond any bound."""
    rng = np.random.default_rng(2)
    x = rng.integers(1, 12, 1500)
    model = GammaGamma().fit(x, rng.gamma(5.0 * x) / x * 6.0)
    assert model.params_["q"] > 1000
    draws = model.sample_params(200, seed=1)
    mean = draws["p"] * draws["v"] / (draws["q"] - 1)
    assert mean == pytest.approx(model.population_mean_, rel=0.03)
