"""Consistency: what must hold for every valid parameter and history."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.models import BetaGeoNBD, GammaGamma, ModifiedBetaGeoNBD, ParetoNBD

positive = st.floats(0.02, 50.0)
lengths = st.floats(0.1, 2000.0)
shares = st.floats(0.0, 1.0)
geometric = st.builds(
    lambda model, r, alpha, a, b: model.from_params(r=r, alpha=alpha, a=a, b=b),
    st.sampled_from([BetaGeoNBD, ModifiedBetaGeoNBD]),
    positive,
    lengths,
    positive,
    positive,
)
pareto = st.builds(
    lambda r, alpha, s, beta: ParetoNBD.from_params(r=r, alpha=alpha, s=s, beta=beta),
    positive,
    lengths,
    positive,
    lengths,
)
models = st.one_of(geometric, pareto)


@st.composite
def histories(draw):
    x = draw(st.one_of(st.integers(0, 30), st.integers(0, 2000)))
    T = draw(st.one_of(st.just(0.0) if x == 0 else lengths, lengths))
    t_x = T * draw(shares) if x else 0.0
    return float(x), t_x, T


@pytest.mark.slow
@given(models, histories(), lengths)
@settings(max_examples=300)
def test_finite_and_in_range(model, history, t):
    assert np.isfinite(model.log_likelihood(*history))
    alive = model.probability_alive(*history)
    bought = model.probability_of_purchase(t, *history)
    expected = model.expected_purchases(t, *history)
    assert 0 <= alive <= 1
    assert 0 <= bought <= alive + 1e-9
    assert np.isfinite(expected)
    # At least one purchase has at most the probability of the expected number.
    assert expected >= bought * (1 - 1e-6) - 1e-9


@given(models, histories())
def test_nothing_at_horizon_zero_and_more_later(model, history):
    horizons = np.array([0.0, 1.0, 30.0, 365.0, 1095.0])
    expected = model.expected_purchases(horizons, *history)
    assert expected[0] == 0
    assert model.probability_of_purchase(0.0, *history) == 0
    assert np.all(np.diff(expected) >= -1e-9 * (1 + expected[1:]))


@given(models, histories(), lengths, st.floats(0.01, 100.0))
def test_the_time_unit_does_not_matter(model, history, t, unit):
    x, t_x, T = history
    times = {"alpha", "beta"}
    params = {name: value * (unit if name in times else 1) for name, value in model.params_.items()}
    other = type(model).from_params(**params)
    assert other.expected_purchases(t * unit, x, t_x * unit, T * unit) == pytest.approx(
        float(model.expected_purchases(t, x, t_x, T)), rel=1e-6, abs=1e-12
    )


@given(models, histories(), lengths)
def test_one_customer_gets_the_same_alone_and_in_company(model, history, t):
    company = np.array([(0.0, 0.0, 5.0), history, (3.0, 2.0, 400.0)])
    together = model.expected_purchases(t, *company.T)[1]
    assert together == pytest.approx(float(model.expected_purchases(t, *history)), rel=1e-7, abs=1e-12)


@pytest.mark.slow
@given(models, st.floats(0.5, 400.0))
def test_counts_of_a_new_customer_are_a_distribution(model, t):
    total = model.probability_of_n_purchases(np.arange(3000), t)
    assert np.all(total >= 0)
    assert total.sum() <= 1 + 1e-6


@given(models, histories(), lengths, st.floats(0, 1), st.floats(0, 1))
def test_more_retention_never_lowers_purchases(model, history, t, one, other):
    x, _, T = history
    less, more = sorted((one, other))
    kept_less, kept_more = (
        model.purchases_if_alive(t, x, T, dropout_scale=1 - lift) for lift in (less, more)
    )
    assert kept_more >= kept_less * (1 - 1e-7)


@given(models, histories(), lengths)
def test_full_retention_is_buying_without_dropout(model, history, t):
    r, alpha = model.params_["r"], model.params_["alpha"]
    x, _, T = history
    forever = model.purchases_if_alive(t, x, T, dropout_scale=0.0)
    assert forever == pytest.approx((r + x) / (alpha + T) * t, rel=1e-9)


@given(models, histories(), lengths)
def test_variance_is_not_negative(model, history, t):
    x, _, T = history
    mean = model.purchases_if_alive(t, x, T)
    pairs = model.purchase_pairs_if_alive(t, x, T)
    assert pairs + mean - mean**2 >= -1e-6 * (1 + mean**2)


@given(positive, positive, lengths, st.integers(0, 500), st.floats(0.01, 1e5))
def test_spend_is_never_negative(p, q, v, x, m):
    model = GammaGamma.from_params(p=p, q=q, v=v)
    spend = model.expected_spend(x, m)
    squared, variance = model.spend_second_moments(x, m)
    assert np.isfinite(spend)
    assert spend > 0
    assert squared >= spend**2 * (1 - 1e-12)
    assert variance >= 0
