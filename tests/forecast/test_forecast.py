"""The forecast: sums of the models, intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clv.forecast import (
    DAYS_PER_MONTH,
    draw_totals,
    fit_models,
    forecast_customers,
    value_quantiles,
)
from clv.forecast.bins import bin_histories, weighted_means
from clv.forecast.uncertainty import interval_around
from clv.models import GammaGamma, ModelDataError, ModifiedBetaGeoNBD, ObservedMeanSpend, ParetoNBD

TRUTH = ModifiedBetaGeoNBD.from_params(r=0.8, alpha=45.0, a=0.8, b=2.4)
SPEND = GammaGamma.from_params(p=5.0, q=4.2, v=25.0)
CALIBRATION, HOLDOUT = 540, 365


def simulated_shop(customers, seed):
    """Orders of a shop with known parameters: history up to day 540 and spend in the year after it."""
    rng = np.random.default_rng(seed)
    rate, dropout = rng.gamma(0.8, 1 / 45.0, customers), rng.beta(0.8, 2.4, customers)
    nu = rng.gamma(4.2, 1 / 25.0, customers)
    born = rng.integers(0, 500, customers).astype(float)
    rows, clock, alive = [], born.copy(), rng.random(customers) >= dropout
    who = np.arange(customers)
    while alive.any():
        clock = clock + rng.exponential(1 / rate)
        alive = alive & (clock < CALIBRATION + HOLDOUT)
        rows.append(
            pd.DataFrame({"who": who[alive], "day": clock[alive], "spend": rng.gamma(5.0, 1 / nu[alive])})
        )
        alive = alive & (rng.random(customers) >= dropout)
    orders = pd.concat(rows)
    seen = orders[orders["day"] < CALIBRATION].groupby("who")
    later = orders[orders["day"] >= CALIBRATION].groupby("who")["spend"].sum().reindex(who, fill_value=0.0)
    x = seen.size().reindex(who, fill_value=0)
    buyers = pd.DataFrame(
        {
            "frequency": x,
            "recency_days": (seen["day"].max().reindex(who) - born).fillna(0.0),
            "T_days": CALIBRATION - born,
            "monetary_value": seen["spend"].mean().reindex(who, fill_value=0.0),
        }
    )
    return buyers, later.to_numpy()


@pytest.fixture(scope="module")
def shop():
    return simulated_shop(6000, seed=11)


@pytest.fixture(scope="module")
def forecast(shop):
    return forecast_customers(shop[0], fit_models(shop[0], "mbg-nbd"))


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
        models = fit_models(shop[0], choice)
        old = pd.DataFrame({"frequency": [0], "recency_days": [0], "T_days": [730], "monetary_value": [0.0]})
        assert forecast_customers(old, models).churn_risk(90)[0] > 0.8, choice


def test_the_forecast_is_near_what_followed(shop, forecast):
    spent = shop[1].sum()
    predicted = np.sum(forecast.expected_spend * forecast.expected_purchases(12))
    assert predicted == pytest.approx(spent, rel=0.08)


def test_customers_intervals_cover_what_they_promise(shop, forecast):
    low, high = value_quantiles(forecast, 12)
    covered = (shop[1] >= low) & (shop[1] <= high)
    assert np.all(low <= high)
    # Most one-time buyers spend nothing, and 0 lies in their range: judged where the range has a width.
    open_range = high > 0
    assert 0.74 <= covered[open_range].mean() <= 0.90
    upper = shop[1][open_range] > high[open_range]
    assert 0.05 <= upper.mean() <= 0.14


def test_total_interval_covers_the_outcome_in_most_shops():
    held, shops = 0, 20
    for seed in range(shops):
        buyers, later = simulated_shop(1200, seed=100 + seed)
        found = forecast_customers(buyers, fit_models(buyers, "mbg-nbd"))
        draws = draw_totals(found, np.zeros(len(buyers), dtype=np.intp), 1, draws=60)
        mean = np.sum(found.expected_spend * found.expected_purchases(12))
        low, high = interval_around(np.array([mean]), draws.relative_sd(np.ones(12))[:, -1])
        held += int(low[0] <= later.sum() <= high[0])
    # 80 % of 20 is 16; 11 or fewer has a probability below 1 % if the interval keeps its promise.
    assert held >= 12


def test_groups_and_whole_agree(forecast):
    groups = (forecast.frequency > 0).astype(np.intp)
    draws = draw_totals(forecast, groups, 2, draws=20)
    alone = draw_totals(forecast, np.zeros_like(groups), 1, draws=20)
    assert draws.pooled().cumulative_spend == pytest.approx(alone.cumulative_spend, rel=2e-3)
    assert draws.pooled().process_variance == pytest.approx(alone.process_variance, rel=1e-4)


def test_auto_keeps_the_likelier(shop):
    chosen = fit_models(shop[0], "auto").purchases
    others = [fit_models(shop[0], choice).purchases for choice in ("bg-nbd", "mbg-nbd")]
    assert chosen.log_likelihood_ == max(model.log_likelihood_ for model in others)


def test_equal_amounts_fall_back_to_the_average(shop):
    buyers = shop[0].assign(monetary_value=np.where(shop[0]["frequency"] > 0, 25.0, 0.0))
    models = fit_models(buyers, "mbg-nbd")
    assert isinstance(models.spend, ObservedMeanSpend)
    assert models.notes
    found = forecast_customers(buyers, models)
    assert np.all(found.expected_spend == 25.0)
    low, high = value_quantiles(found, 12)
    assert np.all(np.isfinite(low) & np.isfinite(high))


def test_data_without_dropout_say_so(shop):
    rng = np.random.default_rng(8)
    T = rng.integers(200, 400, 3000).astype(float)
    bought = rng.poisson(rng.gamma(1.0, 1 / 60.0, T.size) * T)
    last = np.where(bought > 0, T * rng.random(T.size) ** (1 / np.maximum(bought, 1)), 0.0)
    loyal = pd.DataFrame(
        {"frequency": bought, "recency_days": last, "T_days": T, "monetary_value": rng.gamma(4, 9, T.size)}
    )
    assert any("no sign of customers leaving" in note for note in fit_models(loyal, "mbg-nbd").notes)
    assert not any("leaving" in note for note in fit_models(shop[0], "mbg-nbd").notes)


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
    """Mean and variance of one customer's purchases, drawn from the posterior of a living customer."""
    rng = np.random.default_rng(2)
    size, t, x, T = 200_000, 365.0, 3, 200.0
    rate = rng.gamma(model.params_["r"] + x, 1 / (model.params_["alpha"] + T), size)
    if isinstance(model, ParetoNBD):
        mu = rng.gamma(model.params_["s"], 1 / (model.params_["beta"] + T), size)
        bought = rng.poisson(rate * np.minimum(rng.exponential(1 / mu), t))
    else:
        p = rng.beta(model.params_["a"], model.params_["b"] + x + 1, size)
        bought = np.minimum(rng.poisson(rate * t), rng.geometric(p))
    mean, pairs = model.purchases_if_alive(t, x, T), model.purchase_pairs_if_alive(t, x, T)
    assert bought.mean() == pytest.approx(float(mean), rel=0.01)
    assert bought.var() == pytest.approx(float(pairs + mean - mean**2), rel=0.03)


def test_bins_keep_frequencies_apart_and_ages_close():
    rng = np.random.default_rng(4)
    x, T = rng.integers(0, 200, 5000).astype(float), rng.integers(0, 1100, 5000).astype(float)
    bins = bin_histories(x, T, 0.05)
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
