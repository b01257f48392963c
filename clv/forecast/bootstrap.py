"""The customer bootstrap: both models fitted again and again to customers drawn with replacement.

Slower than draws from the asymptotic normal, and free of its assumption that the likelihood is a paraboloid
around the estimates. Source: Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 6.
"""

from __future__ import annotations

import copy

import numpy as np
from numpy.typing import NDArray

from clv.forecast.fit import FittedModels
from clv.forecast.forecast import Forecast, IntArray
from clv.forecast.parameter_sets import ParameterSet, ParameterSets, with_finite_mean
from clv.models import GammaGamma, ModelDataError, ObservedMeanSpend, PurchaseModel, SpendModel
from clv.models.distinct import distinct_rows

FloatArray = NDArray[np.float64]

RESAMPLES = 50
FEWEST_RESAMPLES = 10


def resampled_parameters(forecast: Forecast, resamples: int = RESAMPLES, seed: int = 1) -> ParameterSets:
    """Fit both models of the forecast to its customers, drawn with replacement, ``resamples`` times.

    One resample serves both models. A resample that a model cannot be fitted to is skipped and counted.
    The kind of model stays: with "auto", that which was chosen on the real customers.

    Raises
    ------
    ModelDataError : too few resamples can be fitted to tell a spread.
    """
    customers = forecast.frequency.size
    rng = np.random.default_rng(seed)
    (number, *history), state = distinct_rows(forecast.model_of.astype(float), *forecast.history)
    guesses: list[ParameterSet] = []
    for _ in range(resamples):
        times_drawn = rng.multinomial(customers, np.full(customers, 1 / customers)).astype(float)
        weights = np.bincount(state, times_drawn, number.size).astype(float)
        try:
            purchases = _refit_purchases(forecast.models, history, number.astype(np.intp), weights)
            guesses.append(ParameterSet(purchases, _refit_spend(forecast, times_drawn)))
        except ModelDataError:  # counted below, as skipped
            continue
    if len(guesses) < min(FEWEST_RESAMPLES, resamples):
        raise ModelDataError(
            f"Only {len(guesses)} of {resamples} resamples of the customers can be fitted, too few for an interval. "
            "Draws from the estimates need fewer data."
        )
    return ParameterSets(tuple(guesses), skipped=resamples - len(guesses))


def _refit_purchases(
    models: FittedModels, history: list[FloatArray], number: IntArray, weights: FloatArray
) -> tuple[PurchaseModel, ...]:
    drawn = weights > 0
    x, t_x, T = (column[drawn] for column in history)
    if models.groups is not None:
        return models.groups.refit(x, t_x, T, number[drawn], weights[drawn])
    # A copy keeps whatever settings the model was made with.
    return (copy.copy(models.purchases).fit(x, t_x, T, weights=weights[drawn]),)


def _refit_spend(forecast: Forecast, times_drawn: FloatArray) -> SpendModel:
    spend = forecast.models.spend
    drawn = (times_drawn > 0) & (forecast.frequency > 0)
    frequency, value, weights = forecast.frequency[drawn], forecast.monetary_value[drawn], times_drawn[drawn]
    if isinstance(spend, ObservedMeanSpend) and drawn.any():
        return ObservedMeanSpend(float(np.average(value, weights=weights)), spend.message_)
    if isinstance(spend, GammaGamma) and spend.params_["q"] > 1:
        return with_finite_mean(GammaGamma().fit(frequency, value, weights=weights), spend)
    return spend
