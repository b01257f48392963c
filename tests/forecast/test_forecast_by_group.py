"""The forecast where each group has a purchase model of its own: exact, additive, honest about shared error."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clv.assumptions import Assumptions, ModelSetting
from clv.economics import clv_of_customers
from clv.forecast import (
    DAYS_PER_MONTH,
    draw_totals,
    drawn_parameters,
    fit_models,
    forecast_customers,
    forecast_under,
    next_order_days,
    relative_parameter_variance,
    resampled_parameters,
    spend_ranges,
)
from clv.forecast.own_model import with_own_model
from clv.models import GammaGamma, ModifiedBetaGeoNBD
from clv.scenarios import Levers, prepare_levers, spend_under
from clv.simulate import Group, simulate_shop

TRUTH = {
    "loyal": ModifiedBetaGeoNBD.from_params(r=1.2, alpha=50.0, a=0.6, b=2.6),
    "fickle": ModifiedBetaGeoNBD.from_params(r=0.8, alpha=90.0, a=1.3, b=1.4),
}
BY_CHANNEL = ModelSetting("mbg-nbd", "channel")
SPEND = GammaGamma.from_params(p=5.0, q=4.2, v=25.0)


@pytest.fixture(scope="module")
def buyers():
    groups = [
        Group(model, customers, SPEND, (0.0, 600.0), {"channel": name})
        for customers, (name, model) in zip((1500, 1000), TRUTH.items(), strict=True)
    ]
    table = simulate_shop(groups, 700, seed=1, horizon=365.0).summary
    return table.sample(frac=1, random_state=4, ignore_index=True)


@pytest.fixture(scope="module")
def grouped(buyers):
    return forecast_customers(buyers, fit_models(buyers, BY_CHANNEL))


@pytest.fixture(scope="module")
def pooled(buyers):
    return forecast_customers(buyers, fit_models(buyers, ModelSetting("mbg-nbd")))


@pytest.fixture(scope="module")
def sets(grouped):
    return forecast_under(grouped, drawn_parameters(grouped.models))


def channels(buyers):
    """Each channel's rows and model number."""
    return [(np.flatnonzero(buyers["channel"] == name), name) for name in TRUTH]


def test_every_customer_is_forecast_by_the_own_groups_model(buyers, grouped):
    assert grouped.models.groups.helps
    for rows, name in channels(buyers):
        model = grouped.models.groups.model_for(name)
        history = [column[rows] for column in grouped.history]
        assert grouped.probability_alive[rows] == pytest.approx(model.probability_alive(*history))
        bought = model.expected_purchases(12 * DAYS_PER_MONTH, *history)
        assert grouped.expected_purchases(12)[rows] == pytest.approx(bought)
        assert 1 - grouped.churn_risk(90)[rows] == pytest.approx(model.probability_of_purchase(90, *history))


def test_groups_predict_their_own_future_better(buyers, grouped, pooled):
    """What the channels then did: the grouped forecast is near for each, the pooled one only for their sum."""
    for rows, name in channels(buyers):
        later = buyers["future_purchases"].to_numpy()[rows].sum()
        own, everybody = (found.expected_purchases(12)[rows].sum() for found in (grouped, pooled))
        assert own == pytest.approx(later, rel=0.12), name
        assert abs(own - later) < abs(everybody - later), name


def test_next_orders_come_from_the_own_model(buyers, grouped):
    days = next_order_days(grouped)
    for rows, _ in channels(buyers):
        alone = forecast_customers(buyers.iloc[rows[:50]], grouped.models)
        assert next_order_days(alone) == pytest.approx(days[rows[:50]], rel=1e-5, nan_ok=True)


def test_row_order_and_who_else_is_forecast_do_not_matter(buyers, grouped):
    shuffled = np.random.default_rng(9).permutation(len(buyers))
    again = forecast_customers(buyers.iloc[shuffled], grouped.models)
    assert again.expected_purchases(12) == pytest.approx(grouped.expected_purchases(12)[shuffled])


def test_levers_work_on_each_group_by_its_own_model(buyers, grouped):
    base, levers = prepare_levers(grouped), Levers(0.4, 0.2, 0.1, reactivation=0.3)
    exact = 0.0
    for rows, name in channels(buyers):
        model, history = grouped.models.groups.model_for(name), [c[rows] for c in grouped.history]
        scales = {"dropout_scale": 0.6, "rate_scale": 1.2}
        alive, spend = grouped.probability_alive[rows], grouped.expected_spend[rows]
        days = 12 * DAYS_PER_MONTH
        stayed = model.purchases_if_alive(days, history[0], history[2], **scales)
        back = model.purchases_if_reactivated(days, *history, **scales)
        exact += 1.1 * np.sum(spend * (alive * stayed + 0.3 * (1 - alive) * back))
    assert spend_under(base, levers, 12)[-1] == pytest.approx(exact, rel=5e-3)
    assert spend_under(base, Levers(), 12)[-1] == pytest.approx(
        np.sum(grouped.expected_spend * grouped.expected_purchases(12)), rel=1e-12
    )
    parts = [
        spend_under(prepare_levers(grouped, buyers["channel"].to_numpy() == name), levers, 12)[-1]
        for name in TRUTH
    ]
    assert sum(parts) == pytest.approx(spend_under(base, levers, 12)[-1], rel=1e-3)


def test_draws_of_the_groups_are_centred_and_as_wide_as_their_errors(grouped):
    guesses = grouped.models.groups.sample_models(3000, seed=5)
    for place, model in enumerate(grouped.models.purchase_models[1:], start=1):
        logs = np.log([list(guess[place].params_.values()) for guess in guesses])
        errors = np.sqrt(np.diag(model.covariance_)) / np.array(list(model.params_.values()))
        assert logs.mean(axis=0) == pytest.approx(np.log(list(model.params_.values())), abs=0.02)
        # The error of the centre comes on top of that of the group around it.
        assert np.all(logs.std(axis=0) > 0.97 * errors)
        assert np.all(logs.std(axis=0) < 1.6 * errors)


def test_groups_share_the_error_of_the_fit_of_everybody(grouped):
    """Were the groups' errors independent, the total's would be too small: they rise and fall together."""
    guesses = grouped.models.groups.sample_models(2000, seed=6)
    loyal, fickle = np.log(
        [[float(m.expected_purchases_new_customer(365.0)) for m in g[1:]] for g in guesses]
    ).T
    assert np.corrcoef(loyal, fickle)[0, 1] > 0.0


def test_totals_and_ranges_follow(buyers, grouped, sets):
    groups = (buyers["channel"] == "fickle").to_numpy().astype(np.intp)
    draws = draw_totals(sets, groups, 2)
    expected = np.bincount(groups, grouped.expected_spend * grouped.expected_purchases(12))
    assert draws.cumulative_spend[:, :, 12].mean(axis=0) == pytest.approx(expected, rel=0.05)
    variance = relative_parameter_variance(sets)
    assert np.all(np.isfinite(variance))
    ranges = spend_ranges(grouped, variance, 12)
    mean = grouped.expected_spend * grouped.expected_purchases(12)
    assert np.all((ranges.low <= mean) & (mean <= ranges.high))


def test_the_bootstrap_refits_every_group(grouped, sets):
    resampled = resampled_parameters(grouped, resamples=15)
    assert len(resampled.guesses) + resampled.skipped == 15
    one = np.zeros(grouped.T.size, dtype=np.intp)
    by_draws, by_bootstrap = (
        draw_totals(found, one, 1).relative_parts(np.ones(12))[0][0, -1]
        for found in (sets, forecast_under(grouped, resampled))
    )
    assert by_bootstrap == pytest.approx(by_draws, rel=0.6)


def test_where_grouping_does_not_help_nothing_changes(buyers, pooled):
    noise = np.random.default_rng(3).choice(["a", "b", "c"], len(buyers))
    at_random = fit_models(buyers.assign(channel=noise), BY_CHANNEL)
    if at_random.groups.helps:  # one split in seven passes by chance
        pytest.skip("this split at random happens to predict better")
    found = forecast_customers(buyers.assign(channel=noise), at_random)
    assert found.expected_purchases(12) == pytest.approx(pooled.expected_purchases(12), rel=1e-6)
    assert any("pooled fit stays" in note for note in at_random.notes)
    ours, plain = (drawn_parameters(models).guesses for models in (at_random, pooled.models))
    assert ours[7].purchases[0].params_ == pytest.approx(plain[7].purchases[0].params_, rel=1e-4)


def test_a_group_that_was_not_fitted_is_forecast_by_everybodys_model(buyers, grouped):
    stranger = buyers.iloc[:20].assign(channel="never seen")
    found = forecast_customers(stranger, grouped.models)
    history = found.history
    assert found.probability_alive == pytest.approx(grouped.models.purchases.probability_alive(*history))


def test_pareto_nbd_by_group(buyers):
    some = buyers.iloc[:700]
    models = fit_models(some, ModelSetting("pareto-nbd", "channel"))
    found = forecast_customers(some, models)
    clv = clv_of_customers(found, Assumptions())
    assert np.all(np.isfinite(clv) & (clv >= 0))


def test_each_row_gets_its_own_model_in_the_order_of_the_rows():
    models = tuple(GammaGamma.from_params(p=float(p), q=3.0, v=10.0) for p in (1, 2, 3))
    model_of = np.array([2, 0, 1, 1, 0, 2])
    found = with_own_model(lambda m, v: v * m.params_["p"], models, model_of, np.arange(6.0))
    assert found.tolist() == [0.0, 1.0, 4.0, 6.0, 4.0, 15.0]
    nobody = with_own_model(lambda m, v: np.outer(v, [1, 2]), models, model_of[:0], np.zeros(0))
    assert nobody.shape == (0, 2)


def test_money_by_group_adds_up(buyers, grouped):
    whole = clv_of_customers(grouped, Assumptions()).sum()
    parts = [
        clv_of_customers(forecast_customers(buyers.iloc[rows], grouped.models), Assumptions()).sum()
        for rows, _ in channels(buyers)
    ]
    assert sum(parts) == pytest.approx(whole)
    assert replace(grouped, model_of=np.zeros_like(grouped.model_of)).churn_risk(90) != pytest.approx(
        grouped.churn_risk(90), rel=1e-3
    )
