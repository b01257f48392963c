"""Models by group: found where groups differ, drawn together where they do not, whatever the groups are."""

from __future__ import annotations

import json
from itertools import pairwise
from math import inf
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.models import BetaGeoNBD, ModelDataError, ModifiedBetaGeoNBD, ParetoNBD
from clv.models.by_group import BLANK, PooledPrior, fit_by_group
from clv.models.purchase_model import distinct_histories
from clv.simulate import Group, simulate_shop

LOYAL = ModifiedBetaGeoNBD.from_params(r=1.2, alpha=50.0, a=0.6, b=2.6)
FICKLE = ModifiedBetaGeoNBD.from_params(r=0.8, alpha=90.0, a=1.3, b=1.4)
TRUTH = Path(__file__).parents[2] / "sample_data" / "truth.json"


def simulate(model, customers, seed):
    """Histories (x, t_x, T) in whole days."""
    group = Group(model, customers, first_purchases=(0.0, 800.0))
    return simulate_shop(group, 900, seed, whole_days=True).history


def together(*parts):
    return tuple(np.concatenate(columns) for columns in zip(*parts, strict=True))


def two_groups(loyal, fickle, seed=1):
    history = together(simulate(LOYAL, loyal, seed), simulate(FICKLE, fickle, seed + 1))
    return history, np.repeat(["loyal", "fickle"], [loyal, fickle])


def year(model):
    return float(model.expected_purchases_new_customer(365.0))


@pytest.fixture(scope="module")
def different():
    """Two groups that differ, and the fit by them."""
    history, groups = two_groups(3000, 2000)
    return history, groups, fit_by_group(ModifiedBetaGeoNBD, *history, groups, noun="channels")


def test_groups_that_differ_are_found_and_recovered(different):
    _, _, fitted = different
    assert fitted.helps
    assert fitted.gain > 2 * fitted.standard_error
    assert fitted.held_out_grouped > fitted.held_out_pooled
    assert fitted.prior_strength < inf
    assert fitted.message.startswith("Channels buy differently: held-out log-likelihood rises by")
    for name, truth in {"loyal": LOYAL, "fickle": FICKLE}.items():
        model = fitted.models[name]
        for parameter, value in truth.params_.items():
            assert abs(model.params_[parameter] - value) < 3.5 * model.standard_errors_[parameter], parameter


def test_the_gain_holds_on_customers_never_seen(different):
    _, _, fitted = different
    for name, truth in {"loyal": LOYAL, "fickle": FICKLE}.items():
        fresh = simulate(truth, 4000, seed=77)
        grouped, pooled = (m.log_likelihood(*fresh).mean() for m in (fitted.models[name], fitted.pooled))
        assert grouped > pooled


def test_group_models_are_ordinary_fitted_models(different):
    history, groups, fitted = different
    assert fitted.customers == {"loyal": 3000, "fickle": 2000}
    for name, model in fitted.models.items():
        rows = tuple(values[groups == name] for values in history)
        assert type(model) is ModifiedBetaGeoNBD
        assert model.log_likelihood_ == pytest.approx(model.log_likelihood(*rows).sum())
        assert model.converged_
        assert "everybody counts as" in model.message_
        draws = model.sample_params(4000, seed=1)
        spread = np.std(np.log(draws["r"]))
        assert spread == pytest.approx(model.standard_errors_["r"] / model.params_["r"], rel=0.06)


def test_one_population_split_at_random_keeps_the_pooled_fit():
    """With the one-standard-error rule some splits pass by chance: few, and with next to no effect."""
    passed = 0
    for seed in range(4):
        history = simulate(LOYAL, 1200, 100 + seed)
        groups = np.random.default_rng(seed).integers(0, 3, 1200)
        fitted = fit_by_group(ModifiedBetaGeoNBD, *history, groups)
        passed += fitted.helps
        assert fitted.gain < 0.004
        for model in fitted.models.values():
            assert year(model) == pytest.approx(year(fitted.pooled), rel=0.15)
        if not fitted.helps:
            assert fitted.prior_strength == inf
            assert set(fitted.models.values()) == {fitted.pooled}
            assert "does not help" in fitted.message
            assert "pooled fit stays" in fitted.message
    assert passed <= 1


def prior_of(history):
    """The pooled fit of a shop as a prior."""
    x, t_x, T = history
    model = ModifiedBetaGeoNBD().fit(x, t_x, T)
    unit = float(T.mean())
    near = np.log(model._values() / model._time_power(unit))
    return PooledPrior.of(model, distinct_histories(x, t_x, T, None).in_unit(unit), unit, near)


def distance(prior, model):
    """How far a group's model is from the pooled one, in the prior's own measure."""
    away = np.log(model._values() / prior.model._values())
    return float(away @ prior.precision(1e6) @ away)


@pytest.fixture(scope="module")
def loyal_prior():
    return prior_of(simulate(LOYAL, 2000, seed=3))


@given(seed=st.integers(0, 1000), customers=st.integers(1, 60))
@settings(max_examples=8)
def test_a_small_group_comes_closer_the_more_the_pooled_fit_counts(loyal_prior, seed, customers):
    prior = loyal_prior
    small = distinct_histories(*simulate(FICKLE, customers, seed), None).in_unit(prior.unit)
    models = [prior.fit_near(small, strength) for strength in (30.0, 300.0, 3000.0, 1e5, 1e8)]
    away = [distance(prior, model) for model in models]
    assert all(nearer <= farther + 1e-6 for farther, nearer in pairwise(away))
    assert models[-1].params_ == pytest.approx(prior.model.params_, rel=1e-3)
    own = [model.log_likelihood_ for model in models]
    assert all(looser >= tighter - 1e-4 for looser, tighter in pairwise(own))
    assert all(model.converged_ for model in models)


def test_a_large_group_keeps_what_its_own_data_say():
    prior = prior_of(two_groups(3000, 3000)[0])
    history = simulate(FICKLE, 20_000, seed=9)
    alone = ModifiedBetaGeoNBD().fit(*history)
    near = prior.fit_near(distinct_histories(*history, None).in_unit(prior.unit), 30.0)
    assert near.params_ == pytest.approx(alone.params_, rel=0.05)
    assert near.standard_errors_ == pytest.approx(alone.standard_errors_, rel=0.1)


def test_a_group_of_one_and_a_group_without_repeats_get_nearly_the_pooled_fit(different):
    history, groups, _ = different
    history = together(history, ([1.0], [3.0], [400.0]), (np.zeros(5), np.zeros(5), np.full(5, 300.0)))
    groups = np.r_[groups, ["one"], ["once"] * 5]
    fitted = fit_by_group(ModifiedBetaGeoNBD, *history, groups, strengths=[300.0])
    assert fitted.helps
    assert list(fitted.models) == ["loyal", "fickle", "once", "one"]
    for name in ("one", "once"):
        assert year(fitted.models[name]) == pytest.approx(year(fitted.pooled), rel=0.1)
        assert fitted.models[name].converged_
    assert year(fitted.models["once"]) < year(fitted.pooled)


@pytest.mark.parametrize("model", [BetaGeoNBD, ModifiedBetaGeoNBD, ParetoNBD])
def test_neither_the_order_of_rows_nor_names_matter(model):
    history, groups = two_groups(500, 300)
    names = {"loyal": "a", "fickle": "b"}
    mixed = np.random.default_rng(4).permutation(groups.size)
    plain = fit_by_group(model, *history, groups)
    other = fit_by_group(model, *(v[mixed] for v in history), [names[g] for g in groups[mixed]])
    assert other.prior_strength == plain.prior_strength
    assert other.gain == pytest.approx(plain.gain, abs=1e-6)
    assert other.standard_error == pytest.approx(plain.standard_error, rel=1e-3)
    for name, renamed in names.items():
        assert other.models[renamed].params_ == pytest.approx(plain.models[name].params_, rel=1e-3)


def test_the_unit_of_time_does_not_matter(different):
    (x, t_x, T), groups, days = different
    weeks = fit_by_group(ModifiedBetaGeoNBD, x, t_x / 7, T / 7, groups)
    assert weeks.gain == pytest.approx(days.gain, abs=1e-6)
    assert weeks.held_out_pooled == pytest.approx(days.held_out_pooled + x.mean() * np.log(7), abs=1e-5)
    for name, model in weeks.models.items():
        scaled = {**model.params_, "alpha": 7 * model.params_["alpha"]}
        assert days.models[name].params_ == pytest.approx(scaled, rel=1e-3)


def test_missing_groups_are_a_group_of_their_own(different):
    history, groups, _ = different
    blanks = [None, np.nan, pd.NA, "", "  "]
    missing = [blanks[i % 5] if g == "fickle" else g for i, g in enumerate(groups)]
    fitted = fit_by_group(ModifiedBetaGeoNBD, *history, missing)
    assert fitted.customers == {"loyal": 3000, BLANK: 2000}
    assert fitted.model_for(None) is fitted.model_for(np.nan) is fitted.models[BLANK]
    assert fitted.model_for("never seen") is fitted.pooled
    frame = pd.Categorical(np.where(groups == "fickle", None, groups))
    assert fit_by_group(ModifiedBetaGeoNBD, *history, frame).gain == fitted.gain


def test_beyond_the_largest_groups_the_pooled_fit_serves(different):
    history, groups, _ = different
    many = [f"rest {i % 40}" if i % 10 == 0 else g for i, g in enumerate(groups)]
    fitted = fit_by_group(ModifiedBetaGeoNBD, *history, many, most_groups=2, noun="countries")
    assert list(fitted.models) == ["loyal", "fickle"]
    assert len(fitted.in_pooled) == 4
    assert fitted.model_for(fitted.in_pooled[0]) is fitted.pooled
    assert fitted.message.endswith(
        "Only the 2 largest countries were fitted; the other 4 are given the pooled fit."
    )


def test_what_cannot_be_compared_is_said(different):
    history, _, _ = different
    alone = fit_by_group(ModifiedBetaGeoNBD, *history, ["x"] * history[0].size, noun="channels")
    assert not alone.helps
    assert alone.message == "Channels: there is only one, so the pooled fit stays."
    assert np.isnan(alone.gain)
    x = np.array([2.0, 0, 0, 0, 0, 0])
    scarce = fit_by_group(ModifiedBetaGeoNBD, x, 10 * x, np.full(6, 90.0), list("aabbcc"))
    assert not scarce.helps
    assert "too few customers bought twice" in scarce.message


def test_impossible_input_is_refused():
    with pytest.raises(ModelDataError, match="Nobody bought"):
        fit_by_group(BetaGeoNBD, [0, 0], [0, 0], [10, 20], ["a", "b"])
    with pytest.raises(ValueError, match="groups must have the length"):
        fit_by_group(BetaGeoNBD, [1, 0], [5, 0], [10, 20], ["a"])
    with pytest.raises(ValueError, match=r"strengths.*most_groups.*folds"):
        fit_by_group(BetaGeoNBD, [1], [5], [10], ["a"], strengths=[0.0], most_groups=0, folds=1)


@given(st.integers(0, 10_000), st.integers(2, 40), st.integers(1, 8))
@settings(max_examples=6)
def test_any_small_shop_fits_by_any_groups_or_says_why(seed, customers, kinds):
    rng = np.random.default_rng(seed)
    T = rng.integers(1, 400, customers).astype(float)
    x = np.minimum(rng.poisson(rng.gamma(0.5, 2, customers)), T)
    t_x = np.where(x > 0, np.maximum(np.round(T * rng.random(customers)), 1), 0)
    groups = rng.integers(0, kinds, customers)
    try:
        fitted = fit_by_group(ModifiedBetaGeoNBD, x, t_x, T, groups)
    except ModelDataError:
        assert not np.any(x > 0)
        return
    assert set(fitted.models) == set(map(str, groups))
    for model in fitted.models.values():
        assert np.all(np.isfinite(model.covariance_))
        assert np.all(np.isfinite(model.expected_purchases(365, x, t_x, T)))
        assert model is fitted.pooled or model.converged_, model.message_


def test_the_sample_shops_channels_rank_as_in_truth(sample_shop):
    buyers = sample_shop.buyers
    history = (buyers["frequency"], buyers["recency_days"], buyers["T_days"])
    fitted = fit_by_group(ModifiedBetaGeoNBD, *history, buyers["channel"], noun="channels")
    channels = json.loads(TRUTH.read_text(encoding="utf-8"))["channels"]
    truth = {
        name: year(ModifiedBetaGeoNBD.from_params(**channel["mbg_nbd"])) for name, channel in channels.items()
    }
    assert fitted.helps
    assert fitted.gain > 5 * fitted.standard_error
    assert sorted(fitted.models, key=lambda name: year(fitted.models[name])) == sorted(truth, key=truth.get)
    by_country = fit_by_group(ModifiedBetaGeoNBD, *history, buyers["country"])
    assert not by_country.helps  # the process knows no country
