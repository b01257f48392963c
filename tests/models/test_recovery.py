"""Simulated shops: are the parameters found again, and do 80 % intervals hold what they promise?

Parameters are looked for in shops drawn from the models' own process in continuous time, so that a miss is the
fault of the fit and not of rounding to days. Totals are forecast from whole days, as the app knows them: two
purchases of a day are one.

The errors of a fit are asymptotic in the logarithms of the parameters (where the likelihood is nearest to a
paraboloid), so "standard error" means that of log(parameter), and intervals are exp(log(estimate) ± 1.28 of it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache, partial
from multiprocessing import get_context
from typing import TypeVar

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import special

from clv.assumptions import Assumptions
from clv.economics import clv_of_customers, totals_with_intervals
from clv.forecast import (
    DAYS_PER_MONTH,
    FittedModels,
    ForecastSets,
    ParameterSets,
    draw_totals,
    drawn_parameters,
    forecast_customers,
    forecast_under,
)
from clv.models import GammaGamma, ObservedMeanSpend
from clv.models.purchase_model import ParametricModel
from clv.simulate import ORDINARY, ORDINARY_SPEND, Group, SimulatedShop, simulate_shop

pytestmark = [pytest.mark.simulation, pytest.mark.timeout(900)]

SHOPS = 100
CUSTOMERS = 3000
DAYS = 730
FORECAST_SHOPS = 200
FORECAST_CUSTOMERS = 1000
REACH = float(special.ndtri(0.9))  # of an 80 % interval
MONTHS = 12
SPEND = "Gamma-Gamma"
# All of the spend, undiscounted: the total that the simulated future can be held against.
ALL_SPEND = Assumptions(margin=1.0, annual_discount_rate=0.0, horizon_months=MONTHS)

Result = TypeVar("Result")


def in_band(share: float) -> bool:
    """Whether a measured coverage is that of an 80 % interval."""
    return 0.74 <= share <= 0.86


def for_each_shop(compute: Callable[[int], Result], seeds: Iterable[int]) -> list[Result]:
    """``compute`` of every seed, on two processes of one thread each."""
    with pytest.MonkeyPatch.context() as patch:
        # Threads of two processes on two cores wait for each other most of the time.
        patch.setenv("OPENBLAS_NUM_THREADS", "1")
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            return list(pool.map(compute, seeds, chunksize=5))


# --- parameters ---------------------------------------------------------------------------------------------


@lru_cache
def standard_scores(name: str) -> NDArray[np.float64]:
    """Log estimate less log truth in standard errors, for every shop and parameter, shape (shops, k)."""
    return np.array(for_each_shop(partial(scores_of_shop, name), range(1000, 1000 + SHOPS)))


def scores_of_shop(name: str, seed: int) -> list[float]:
    """How many standard errors of the logarithm each estimate of one shop is off."""
    fitted, truth = fit(name, seed)
    assert fitted.converged_, fitted.message_
    return [
        np.log(value / truth.params_[parameter]) / (fitted.standard_errors_[parameter] / value)
        for parameter, value in fitted.params_.items()
    ]


def fit(name: str, seed: int) -> tuple[ParametricModel, ParametricModel]:
    """A model fitted to a simulated shop, and the truth behind it."""
    truth = ORDINARY["BG/NBD" if name == SPEND else name]
    shop = simulate_shop(Group(truth, CUSTOMERS), DAYS, seed)
    if name == SPEND:
        return fit_spend(shop), ORDINARY_SPEND
    return type(truth)().fit(*shop.history), truth


def fit_spend(shop: SimulatedShop) -> GammaGamma:
    again = shop.summary[shop.summary["frequency"] > 0]
    return GammaGamma().fit(again["frequency"], again["monetary_value"])


@pytest.mark.parametrize("name", [*ORDINARY, SPEND])
def test_parameters_lie_within_three_standard_errors(name: str) -> None:
    found = np.all(np.abs(standard_scores(name)) <= 3, axis=1)
    assert found.mean() >= 0.95


@pytest.mark.parametrize("name", [*ORDINARY, SPEND])
def test_parameter_intervals_cover(name: str) -> None:
    """Pooled over a model's parameters: 100 shops tell one parameter's coverage to 4 points only."""
    assert in_band(np.mean(np.abs(standard_scores(name)) <= REACH))


# --- totals -------------------------------------------------------------------------------------------------


@lru_cache
def total_coverage(name: str) -> tuple[float, float]:
    """Share of shops whose next 12 months lie within the app's interval: of purchases, of spend.

    200 shops, which tell the coverage to 3 points.
    """
    seeds = range(5000, 5000 + FORECAST_SHOPS)
    purchases, spend = np.mean(for_each_shop(partial(held_by_intervals, name), seeds), axis=0)
    return float(purchases), float(spend)


def held_by_intervals(name: str, seed: int) -> tuple[bool, bool]:
    """Whether the total purchases and the total spend of one shop came out within their intervals."""
    horizon = MONTHS * DAYS_PER_MONTH
    group = Group(ORDINARY[name], FORECAST_CUSTOMERS)
    shop = simulate_shop(group, DAYS, seed, horizon=horizon, whole_days=True)
    models = FittedModels(type(ORDINARY[name])().fit(*shop.history), fit_spend(shop), ())
    money = forecast_under(forecast_customers(shop.summary, models), drawn_parameters(models))
    return (
        shop.summary["future_purchases"].sum() in interval(purchases_as_money(money)),
        shop.summary["future_spend"].sum() in interval(money),
    )


def purchases_as_money(sets: ForecastSets) -> ForecastSets:
    """The same forecast with every purchase worth 1 for sure, so that its spend is the number of purchases."""
    one = ObservedMeanSpend(1.0, "every purchase counts 1")
    ones = np.ones(sets.forecast.T.size)
    models = replace(sets.forecast.models, spend=one)
    return replace(
        sets,
        forecast=replace(sets.forecast, models=models, monetary_value=ones, expected_spend=ones),
        parameters=ParameterSets(tuple(replace(guess, spend=one) for guess in sets.parameters.guesses)),
    )


def interval(sets: ForecastSets) -> pd.Interval:
    """The interval of the base's total over the next 12 months, as the app computes it."""
    draws = draw_totals(sets, np.zeros(sets.forecast.T.size, dtype=np.intp), 1)
    value = np.array([clv_of_customers(sets.forecast, ALL_SPEND).sum()])
    found = totals_with_intervals(value, draws, ALL_SPEND)[0]
    return pd.Interval(found.low, found.high, closed="both")


@pytest.mark.parametrize("name", ORDINARY)
def test_total_purchase_intervals_cover(name: str) -> None:
    assert in_band(total_coverage(name)[0])


@pytest.mark.parametrize("name", ORDINARY)
def test_total_spend_intervals_cover(name: str) -> None:
    assert in_band(total_coverage(name)[1])
