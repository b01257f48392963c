"""CLV, acquisition and tiers: published and worked examples."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv.assumptions import Assumptions, ModelSetting
from clv.economics import (
    clv_of_customers,
    clv_ranges,
    clv_tiers,
    discount_weights,
    share_of_top,
    smallest_share_holding,
    totals_with_intervals,
    value_of_new_customer,
)
from clv.economics.acquisition import NewCustomerSpend, new_customer_spend, repeat_spend
from clv.forecast import (
    FittedModels,
    draw_totals,
    drawn_parameters,
    fit_models,
    forecast_customers,
    forecast_under,
    relative_parameter_variance,
    resampled_parameters,
)
from clv.models import BetaGeoNBD, GammaGamma


@pytest.fixture(scope="module")
def cdnow_days(cdnow):
    return cdnow.assign(recency_days=7 * cdnow["recency"], T_days=7 * cdnow["T"])


@pytest.fixture(scope="module")
def forecast(cdnow_days):
    return forecast_customers(cdnow_days, fit_models(cdnow_days, ModelSetting("bg-nbd")))


def test_clv_of_cdnow_customer_1(cdnow_days):
    """12 months at 1 % a month, revenue: 36.31 at the papers' three-digit parameters, months of 365.25/12 days."""
    purchases = BetaGeoNBD.from_params(r=0.243, alpha=7 * 4.414, a=0.793, b=2.426)
    models = FittedModels(purchases, GammaGamma.from_params(p=6.25, q=3.74, v=15.44), ())
    assumptions = Assumptions(margin=1.0, annual_discount_rate=1.01**12 - 1, horizon_months=12)
    clv = clv_of_customers(forecast_customers(cdnow_days, models), assumptions)
    assert clv[0] == pytest.approx(36.31, abs=0.005)


def test_rate_zero_is_a_product(forecast):
    assumptions = Assumptions(margin=0.3, annual_discount_rate=0.0, horizon_months=18)
    clv = clv_of_customers(forecast, assumptions)
    assert clv == pytest.approx(0.3 * forecast.expected_spend * forecast.expected_purchases(18), rel=1e-9)


def test_months_are_discounted_from_their_ends():
    weights = discount_weights(12, 0.21)
    assert weights[-1] == pytest.approx(1 / 1.21)
    assert weights[5] == pytest.approx(1 / 1.1)
    assert discount_weights(3, 0.0).tolist() == [1, 1, 1]


def test_the_unit_of_time_does_not_change_money(cdnow, forecast):
    params = BetaGeoNBD().fit(cdnow["frequency"], cdnow["recency"], cdnow["T"]).params_
    days = BetaGeoNBD.from_params(**{**params, "alpha": 7 * params["alpha"]})
    models = FittedModels(days, forecast.models.spend, ())
    same = forecast_customers(cdnow.assign(recency_days=7 * cdnow["recency"], T_days=7 * cdnow["T"]), models)
    assumptions = Assumptions()
    assert clv_of_customers(same, assumptions) == pytest.approx(
        clv_of_customers(forecast, assumptions), rel=1e-4
    )


@pytest.fixture(scope="module")
def sets(forecast):
    return forecast_under(forecast, drawn_parameters(forecast.models))


def test_ranges_hold_the_mean_or_start_at_zero(forecast, sets):
    ranges = clv_ranges(forecast, relative_parameter_variance(sets), Assumptions())
    assert np.all((ranges.low >= 0) & (ranges.low <= ranges.high))
    assert np.all(ranges.low <= clv_of_customers(forecast, Assumptions()))
    assert np.all((ranges.parameter_sd > 0) & (ranges.process_sd > 0))


def test_parts_of_the_range_are_money_of_clv(forecast, sets):
    """Twice the margin, twice the spread; customers' chance adds up to that of the total, estimates do not."""
    variance = relative_parameter_variance(sets)
    plain, double = (
        clv_ranges(forecast, variance, Assumptions(margin=margin, annual_discount_rate=0.0))
        for margin in (0.4, 0.8)
    )
    assert double.parameter_sd == pytest.approx(2 * plain.parameter_sd)
    assert double.high == pytest.approx(2 * plain.high)
    clv = clv_of_customers(forecast, Assumptions(annual_discount_rate=0.0))
    draws = draw_totals(sets, np.zeros(clv.size, dtype=np.intp), 1)
    total = totals_with_intervals(np.array([clv.sum()]), draws, Assumptions(annual_discount_rate=0.0))[0]
    # The total's parts are read off the mean of the draws, a little beside the estimate.
    assert total.process_sd == pytest.approx(np.sqrt(np.sum(plain.process_sd**2)), rel=0.05)
    assert total.parameter_sd > np.sqrt(np.sum(plain.parameter_sd**2))
    assert total.low < total.mean < total.high


def test_predict_one_is_predict_all(cdnow_days, forecast, sets):
    one = cdnow_days.iloc[[100]]
    alone = forecast_customers(one, forecast.models)
    clv = clv_of_customers(forecast, Assumptions())[100]
    assert clv_of_customers(alone, Assumptions())[0] == pytest.approx(clv, rel=1e-9)
    for_one = relative_parameter_variance(forecast_under(alone, sets.parameters))
    one_range = clv_ranges(alone, for_one, Assumptions())
    all_ranges = clv_ranges(forecast, relative_parameter_variance(sets), Assumptions())
    for part in ("low", "high", "parameter_sd", "process_sd"):
        assert getattr(one_range, part)[0] == pytest.approx(getattr(all_ranges, part)[100], rel=1e-6)


def spend_evenly(per_month, first=0.0):
    repeat = per_month * np.arange(37.0)
    return NewCustomerSpend(first, 0.0, repeat, np.tile(repeat, (5, 1)))


def test_payback_worked_example():
    """CAC 1500 and 3000 of margin spread evenly over 24 months pays back in month 12."""
    found = value_of_new_customer(
        spend_evenly(3000 / 24),
        Assumptions(margin=1.0, cac=1500, annual_discount_rate=0.0, horizon_months=24),
    )
    assert found.payback_month == 12
    assert found.clv.mean == pytest.approx(3000)
    assert found.ratio == pytest.approx(2.0)
    assert found.allowable_cac == pytest.approx(1000)


def test_payback_at_once_and_never():
    assert value_of_new_customer(spend_evenly(1, first=100), Assumptions(cac=20)).payback_month == 0
    assert value_of_new_customer(spend_evenly(1), Assumptions(cac=20)).payback_month is None
    free = value_of_new_customer(spend_evenly(1), Assumptions(cac=0))
    assert free.ratio is None
    assert free.payback_month == 0


def test_first_order_counts_in_full():
    found = value_of_new_customer(
        spend_evenly(0, first=50), Assumptions(margin=0.4, annual_discount_rate=0.5)
    )
    assert found.clv.mean == pytest.approx(20.0)
    assert found.curve["cumulative_margin"].tolist() == pytest.approx([20.0] * 37)


values = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=200).map(np.array)


@given(values)
def test_tiers_rank_by_value(clv):
    tiers = clv_tiers(clv)
    frame = pd.DataFrame({"clv": clv, "tier": tiers.codes}).sort_values("clv", ascending=False)
    assert frame["tier"].is_monotonic_increasing
    assert frame.groupby("clv")["tier"].nunique().eq(1).all()


def test_tier_sizes():
    sizes = pd.Series(clv_tiers(np.arange(100.0))).value_counts(sort=False)
    assert sizes.tolist() == [10, 20, 30, 40]


@given(values)
def test_concentration_is_a_share(clv):
    assert 0 <= share_of_top(clv, 0.1) <= 1 + 1e-9
    assert share_of_top(clv, 1.0) == pytest.approx(1.0 if clv.sum() > 0 else 0.0)
    assert 0 <= smallest_share_holding(clv) <= 1


def test_concentration_worked_example():
    values = np.array([50.0, 30.0, 10.0, 5.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    assert share_of_top(values, 0.1) == pytest.approx(0.5)
    assert share_of_top(values, 0.2) == pytest.approx(0.8)
    assert smallest_share_holding(values) == pytest.approx(0.1)


def test_new_customer_is_not_the_residual_value_of_the_base(forecast, cdnow_days, sets):
    """The average new customer, first order included, is worth more than the average old one has left."""
    assert isinstance(forecast.models.spend, GammaGamma)
    later = repeat_spend(forecast.models, sets.parameters)
    spend = new_customer_spend(later, forecast.model_of, np.full(len(cdnow_days), 30.0))
    new = value_of_new_customer(spend, Assumptions())
    assert new.clv.low < new.clv.mean < new.clv.high
    assert new.clv.mean > clv_of_customers(forecast, Assumptions()).mean()


def test_a_new_customers_interval_takes_either_source(forecast, sets, cdnow_days):
    first_orders = np.full(len(cdnow_days), 30.0)
    by_draws, by_bootstrap = (
        value_of_new_customer(
            new_customer_spend(repeat_spend(forecast.models, parameters), forecast.model_of, first_orders),
            Assumptions(),
        ).clv
        for parameters in (sets.parameters, resampled_parameters(forecast, resamples=20))
    )
    assert by_bootstrap.mean == by_draws.mean
    assert by_bootstrap.parameter_sd == pytest.approx(by_draws.parameter_sd, rel=0.6)
    assert by_draws.process_sd == 0
