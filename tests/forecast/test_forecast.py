"""The forecast: sums of the models, intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clv.assumptions import ModelSetting
from clv.forecast import (
    DAYS_PER_MONTH,
    draw_totals,
    drawn_parameters,
    fit_models,
    forecast_customers,
    forecast_under,
    interval_around,
    relative_parameter_variance,
    spend_ranges,
)
from clv.forecast.bins import bin_histories, weighted_means
from clv.models import NBD, BetaGeoNBD, ModelDataError, ObservedMeanSpend, ParetoNBD
from clv.simulate import Group, simulate_shop
from tests.forecast.simulated_shops import TRUTH, simulated_shop


@pytest.fixture(scope="module")
def shop():
    return simulated_shop(6000, seed=11)


@pytest.fixture(scope="module")
def forecast(shop):
    return forecast_customers(shop[0], fit_models(shop[0], ModelSetting("mbg-nbd")))


def test_purchases_are_those_of_the_model(forecast):
    model = forecast.models.purchases
    for month in (1, 12, 36):
        exact = model.expected_purchases(
            month * DAYS_PER_MONTH, forecast.frequency, forecast.recency, forecast.T
        )
        assert forecast.expected_purchases(month) == pytest.approx(exact, rel=1e-9)


def test_weights_of_one_give_the_plain_total(forecast):
    assert forecast.weighted_purchases(np.ones(12)) == pytest.approx(
        forecast.expected_purchases(12), rel=1e-9
    )


def test_churn_risk_falls_with_a_longer_window(forecast):
    short, long = forecast.churn_risk(30), forecast.churn_risk(180)
    assert np.all((long >= 0) & (short <= 1) & (long <= short + 1e-12))


def test_who_bought_once_long_ago_is_high_risk_under_every_model(shop):
    for choice in ("bg-nbd", "mbg-nbd", "pareto-nbd"):
        models = fit_models(shop[0], ModelSetting(choice))
        old = pd.DataFrame({"frequency": [0], "recency_days": [0], "T_days": [730], "monetary_value": [0.0]})
        assert forecast_customers(old, models).churn_risk(90)[0] > 0.8, choice


def test_the_forecast_is_near_what_followed(shop, forecast):
    spent = shop[1].sum()
    predicted = np.sum(forecast.expected_spend * forecast.expected_purchases(12))
    assert predicted == pytest.approx(spent, rel=0.08)


def test_groups_and_whole_agree(forecast):
    groups = (forecast.frequency > 0).astype(np.intp)
    sets = forecast_under(forecast, drawn_parameters(forecast.models, draws=20))
    draws = draw_totals(sets, groups, 2)
    alone = draw_totals(sets, np.zeros_like(groups), 1)
    assert draws.pooled().cumulative_spend == pytest.approx(alone.cumulative_spend, rel=1e-5)
    assert draws.pooled().process_variance == pytest.approx(alone.process_variance, rel=1e-4)


def test_auto_keeps_the_likelier(shop):
    chosen = fit_models(shop[0], ModelSetting("auto")).purchases
    others = [fit_models(shop[0], ModelSetting(choice)).purchases for choice in ("bg-nbd", "mbg-nbd")]
    assert chosen.log_likelihood_ == max(model.log_likelihood_ for model in others)


def test_equal_amounts_fall_back_to_the_average(shop):
    buyers = shop[0].assign(monetary_value=np.where(shop[0]["frequency"] > 0, 25.0, 0.0))
    models = fit_models(buyers, ModelSetting("mbg-nbd"))
    assert isinstance(models.spend, ObservedMeanSpend)
    assert models.notes
    found = forecast_customers(buyers, models)
    assert np.all(found.expected_spend == 25.0)
    ranges = spend_ranges(
        found, relative_parameter_variance(forecast_under(found, drawn_parameters(models, 20))), 12
    )
    assert np.all(np.isfinite(ranges.low) & np.isfinite(ranges.high))


def test_data_without_dropout_say_so(shop):
    stays = Group(NBD.from_params(r=1.0, alpha=60.0), 3000, first_purchases=(0.0, 200.0))
    loyal = simulate_shop(stays, 400, seed=8).summary
    assert any(
        "no sign of customers leaving" in note for note in fit_models(loyal, ModelSetting("mbg-nbd")).notes
    )
    assert not any("leaving" in note for note in fit_models(shop[0], ModelSetting("mbg-nbd")).notes)


def test_nobody_paid(shop):
    with pytest.raises(ModelDataError, match="Nobody in the file has paid"):
        fit_models(shop[0].iloc[:0])


def test_an_interval_holds_its_mean():
    low, high = interval_around(np.array([100.0, 100.0, 0.0]), np.array([0.05, 50.0, 0.0]))
    assert np.all(low <= [100, 100, 0])
    assert np.all(high >= [100, 100, 0])


def test_nobody_bought_twice():
    once = pd.DataFrame(
        {"frequency": [0] * 5, "recency_days": [0] * 5, "T_days": range(5), "monetary_value": [0.0] * 5}
    )
    with pytest.raises(ModelDataError, match="second day"):
        fit_models(once)


@pytest.mark.parametrize("model", [TRUTH, ParetoNBD.from_params(r=0.6, alpha=60.0, s=0.6, beta=80.0)])
def test_variance_matches_simulation(model):
    """Mean and variance of one customer's purchases, drawn from the posterior of a living customer.

    Who is alive goes on as a new customer with these parameters would, and may next leave at the next purchase.
    """
    t, x, T = 365, 3, 200.0
    r, alpha, first, second = model.params_.values()
    if isinstance(model, ParetoNBD):
        posterior = ParetoNBD.from_params(r=r + x, alpha=alpha + T, s=first, beta=second + T)
    else:
        posterior = BetaGeoNBD.from_params(r=r + x, alpha=alpha + T, a=first, b=second + x + 1)
    bought, _, _ = simulate_shop(Group(posterior, 200_000, first_purchases=(0.0, 0.0)), t, seed=2).history
    mean, pairs = model.purchases_if_alive(t, x, T), model.purchase_pairs_if_alive(t, x, T)
    assert bought.mean() == pytest.approx(float(mean), rel=0.01)
    assert bought.var() == pytest.approx(float(pairs + mean - mean**2), rel=0.03)


def test_bins_keep_frequencies_apart_and_ages_close():
    rng = np.random.default_rng(4)
    x, T = rng.integers(0, 200, 5000).astype(float), rng.integers(0, 1100, 5000).astype(float)
    bins = bin_histories(np.zeros(x.size, dtype=np.intp), x, T, 0.05)
    frame = pd.DataFrame({"bin": bins, "x": x, "T": T + 30})
    spread = frame.groupby("bin").agg(["min", "max"])
    assert (spread["T"]["max"] / spread["T"]["min"]).max() <= 1.05 + 1e-9
    small = spread["x"]["max"] <= 20
    assert (spread["x"]["min"] == spread["x"]["max"])[small].all()
    assert set(bins) == set(range(bins.max() + 1))


def test_weighted_means_without_weight_are_plain():
    means = weighted_means(
        np.array([0, 0, 1, 1]), np.array([1.0, 3.0, 5.0, 7.0]), np.array([0.0, 0.0, 1.0, 3.0])
    )
    assert means.tolist() == [2.0, 6.5]
