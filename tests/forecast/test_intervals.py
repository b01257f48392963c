"""Intervals of totals and of customers: their parts, their sources, and what they cover."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clv.assumptions import ModelSetting
from clv.forecast import (
    DAYS_PER_MONTH,
    ParameterSets,
    draw_totals,
    drawn_parameters,
    fit_models,
    forecast_customers,
    forecast_under,
    interval_around,
    relative_parameter_variance,
    resampled_parameters,
    spend_ranges,
)
from clv.forecast.forecast_sets import DRAW_MONTHS
from clv.models import GammaGamma, ModelDataError, ObservedMeanSpend
from tests.forecast.simulated_shops import simulated_shop

SHOPS = 40


@pytest.fixture(scope="module")
def forecast():
    buyers, _ = simulated_shop(1500, seed=23)
    return forecast_customers(buyers, fit_models(buyers, ModelSetting("mbg-nbd")))


@pytest.fixture(scope="module")
def draws(forecast):
    return forecast_under(forecast, drawn_parameters(forecast.models))


@pytest.fixture(scope="module")
def resamples(forecast):
    return forecast_under(forecast, resampled_parameters(forecast, resamples=30))


def everyone(sets):
    return draw_totals(sets, np.zeros(sets.point.size, dtype=np.intp), 1)


def total_interval(sets):
    forecast = sets.forecast
    mean = np.sum(forecast.expected_spend * forecast.expected_purchases(12))
    relative = everyone(sets).relative_sd(np.ones(12))[:, -1]
    return (end[0] for end in interval_around(np.array([mean]), relative))


def test_parts_of_a_total_add_up(forecast, draws):
    groups = (forecast.frequency > 0).astype(np.intp)
    totals = draw_totals(draws, groups, 2)
    weights = np.full(24, 0.9)
    parameter, process = totals.relative_parts(weights)
    assert parameter.shape == process.shape == (2, 24)
    assert np.all((parameter > 0) & (process > 0))
    assert totals.relative_sd(weights) ** 2 == pytest.approx(parameter**2 + process**2)


def test_one_parameter_set_leaves_chance_alone(forecast, draws):
    one = forecast_under(forecast, ParameterSets(draws.parameters.guesses[:1]))
    assert np.all(everyone(one).relative_parts(np.ones(6))[0] == 0)
    ranges = spend_ranges(forecast, relative_parameter_variance(one), 6)
    assert ranges.parameter_sd == pytest.approx(0, abs=1e-6)


def test_a_customers_parameter_part_is_the_spread_of_the_exact_expectation(forecast, draws):
    """The grid serves the spread only: against every set evaluated at the customer's own history."""
    some = slice(0, 400)
    x, t_x, T = forecast.frequency[some], forecast.recency[some], forecast.T[some]
    exact = [
        guess.purchases[0].expected_purchases(12 * DAYS_PER_MONTH, x, t_x, T)
        * guess.spend.expected_spend(x, forecast.monetary_value[some])
        for guess in draws.parameters.guesses
    ]
    spread = np.std(exact, axis=0) / np.mean(exact, axis=0)
    place = DRAW_MONTHS[1:].tolist().index(12)
    found = np.sqrt(relative_parameter_variance(draws)[some, place])
    assert found == pytest.approx(spread, rel=0.15)
    assert np.median(found / spread) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("months", [1, 12, 17, 36])
def test_a_wider_estimate_widens_a_customers_range(forecast, draws, months):
    variance = relative_parameter_variance(draws)
    narrow, wide = (spend_ranges(forecast, factor * variance, months) for factor in (0.0, 400.0))
    usual = spend_ranges(forecast, variance, months)
    assert np.all(narrow.parameter_sd == 0)
    assert wide.parameter_sd == pytest.approx(20 * usual.parameter_sd)
    assert np.array_equal(narrow.process_sd, wide.process_sd)
    bounded = narrow.low > 0
    assert np.all((wide.low <= narrow.low + 1e-9)[bounded])
    assert np.mean((wide.high > narrow.high)[bounded]) > 0.9


def test_a_customers_range_does_not_depend_on_who_else_is_forecast(forecast, draws):
    buyers, _ = simulated_shop(1500, seed=23)
    alone = forecast_customers(buyers.iloc[[100]], forecast.models)
    together = relative_parameter_variance(draws)[100]
    assert relative_parameter_variance(forecast_under(alone, draws.parameters))[0] == pytest.approx(
        together, rel=1e-9
    )


def test_the_size_of_a_chunk_does_not_matter(forecast, draws, monkeypatch):
    whole = relative_parameter_variance(draws)
    monkeypatch.setattr("clv.forecast.customer_ranges.CHUNK", 700)
    assert np.array_equal(relative_parameter_variance(draws), whole)


def test_bootstrap_and_draws_agree(forecast, draws, resamples):
    assert (len(resamples.parameters.guesses), resamples.parameters.skipped) == (30, 0)
    by_draws, by_bootstrap = (
        everyone(sets).relative_parts(np.ones(12))[0][0, -1] for sets in (draws, resamples)
    )
    assert by_bootstrap == pytest.approx(by_draws, rel=0.5)
    variances = (relative_parameter_variance(sets) for sets in (draws, resamples))
    by_draws, by_bootstrap = (np.median(np.sqrt(variance), axis=0) for variance in variances)
    assert by_bootstrap == pytest.approx(by_draws, rel=0.5)


def test_the_bootstrap_is_repeatable_and_centred(forecast, resamples):
    again = resampled_parameters(forecast, resamples=3)
    for first, second in zip(resamples.parameters.guesses, again.guesses, strict=False):
        assert first.purchases[0].params_ == second.purchases[0].params_
    totals = everyone(resamples).cumulative_spend[:, 0, 12]
    expected = np.sum(forecast.expected_spend * forecast.expected_purchases(12))
    assert totals.mean() == pytest.approx(expected, rel=0.05)


def few_buyers(repeaters):
    """So few repeat buyers that some resamples hold too few of them for the spend model."""
    buyers, _ = simulated_shop(400, seed=5)
    keep = np.r_[
        np.flatnonzero(buyers["frequency"] == 0), np.flatnonzero(buyers["frequency"] > 0)[:repeaters]
    ]
    return buyers.iloc[keep]


def test_resamples_that_cannot_be_fitted_are_skipped_and_counted():
    buyers = few_buyers(3)
    found = forecast_customers(buyers, fit_models(buyers, ModelSetting("mbg-nbd")))
    assert isinstance(found.models.spend, GammaGamma)
    sets = resampled_parameters(found, resamples=20)
    assert sets.skipped > 0
    assert len(sets.guesses) == 20 - sets.skipped
    low, high = total_interval(forecast_under(found, sets))
    assert 0 <= low < high


def test_too_few_resamples_are_refused(forecast, monkeypatch):
    def refuse(*_arguments, **_weights):
        raise ModelDataError("not this one")

    monkeypatch.setattr(type(forecast.models.purchases), "fit", refuse)
    with pytest.raises(ModelDataError, match="Only 0 of 12 resamples"):
        resampled_parameters(forecast, resamples=12)


def test_the_observed_mean_is_resampled_too(forecast):
    spend = ObservedMeanSpend(30.0, "equal amounts")
    plain = replace(forecast, models=replace(forecast.models, spend=spend))
    sets = resampled_parameters(plain, resamples=10)
    means = [guess.spend.population_mean_ for guess in sets.guesses]
    assert all(isinstance(guess.spend, ObservedMeanSpend) for guess in sets.guesses)
    assert np.std(means) > 0


@pytest.fixture(scope="module")
def outcomes():
    """40 shops with the year that followed: the forecasts under parameter draws, and the outcomes."""
    found = []
    for seed in range(SHOPS):
        buyers, later = simulated_shop(1200, seed=100 + seed)
        forecast = forecast_customers(buyers, fit_models(buyers, ModelSetting("mbg-nbd")))
        found.append((forecast_under(forecast, drawn_parameters(forecast.models, draws=60)), later))
    return found


@pytest.mark.simulation
def test_total_intervals_cover_what_they_promise(outcomes):
    held = 0
    for sets, later in outcomes:
        low, high = total_interval(sets)
        held += int(low <= later.sum() <= high)
    assert 0.7 <= held / SHOPS <= 0.9


@pytest.mark.simulation
def test_customers_ranges_cover_what_they_promise(outcomes):
    """A range that starts at 0 holds everyone below its end; the two-sided promise is for the others."""
    inside, above = [], []
    for sets, later in outcomes:
        ranges = spend_ranges(sets.forecast, relative_parameter_variance(sets), 12)
        assert np.all(ranges.low <= ranges.high)
        two_sided = ranges.low > 0
        inside.append(((later >= ranges.low) & (later <= ranges.high))[two_sided])
        above.append((later > ranges.high)[ranges.high > 0])
    assert 0.74 <= np.concatenate(inside).mean() <= 0.86
    assert 0.06 <= np.concatenate(above).mean() <= 0.14
