"""How far one customer's forecast spend may be off: chance and the uncertainty of the estimates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clv.forecast.forecast import DAYS_PER_MONTH, Forecast
from clv.forecast.forecast_sets import DRAW_MONTHS, ForecastSets
from clv.forecast.uncertainty import INTERVAL_LEVEL, ratio, spend_moments

FloatArray = NDArray[np.float64]

CHUNK = 20_000  # customers at a time, so that a million need no more memory than their result


@dataclass(frozen=True)
class SpendRanges:
    """What each customer may spend within a horizon, money, undiscounted, shape (customers,).

    Attributes
    ----------
    low, high : 10 % and 90 % quantile of the spend, chance and parameters together.
    parameter_sd : standard deviation of the expected spend, because the parameters are estimates.
    process_sd : standard deviation of the spend if the parameters were known: chance.
    """

    low: FloatArray
    high: FloatArray
    parameter_sd: FloatArray
    process_sd: FloatArray


def relative_parameter_variance(sets: ForecastSets) -> FloatArray:
    """Variance over squared mean, between the parameter sets, of each customer's expected spend.

    Shape (customers, 10), up to the end of each of DRAW_MONTHS but the first. Each customer's value depends
    on the own history alone, not on who else is forecast.
    """
    bought, customers = sets.purchases[:, :, 1:], sets.point.size
    result = np.empty((customers, bought.shape[2]))
    for start in range(0, customers, CHUNK):
        part = slice(start, start + CHUNK)
        total, squares = np.zeros_like(result[part]), np.zeros_like(result[part])
        for i, each in enumerate(bought):
            expected = sets.value(i, part)[:, None] * each[sets.point[part]]
            total += expected
            squares += expected**2
        mean = total / len(bought)
        result[part] = np.maximum(ratio(squares / len(bought), mean**2) - 1, 0.0)
    return result


def spend_ranges(forecast: Forecast, relative_variance: FloatArray, months: float) -> SpendRanges:
    """The range of each customer's spend within so many months, whole or not.

    The spend is 0 with the probability of no purchase, else Gamma; mean and variance are those of the model,
    the variance with the part of the parameters added (law of total variance).

    Parameters
    ----------
    relative_variance : shape (customers, 10), from ``relative_parameter_variance``.
    """
    mean, process = spend_moments(forecast, months)
    parameter = _at_month(relative_variance, months) * mean**2
    low, high = _quantiles(forecast, months, mean, process + parameter)
    return SpendRanges(low, high, np.sqrt(parameter), np.sqrt(process))


def _quantiles(
    forecast: Forecast, months: float, mean: FloatArray, variance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    buys = np.clip(1 - forecast.churn_risk(months * DAYS_PER_MONTH), 1e-12, 1.0)
    mean_if = mean / buys
    variance_if = np.maximum((variance + mean**2) / buys - mean_if**2, 1e-12 * mean_if**2 + 1e-300)
    shape = np.maximum(mean_if, 1e-300) ** 2 / variance_if
    tails = (1 - INTERVAL_LEVEL) / 2, (1 + INTERVAL_LEVEL) / 2
    low, high = (
        special.gammaincinv(shape, np.clip((tail - (1 - buys)) / buys, 0.0, 1.0)) * variance_if / mean_if
        for tail in tails
    )
    # Where nearly all such customers bring nothing, the mean lies beyond the upper quantile.
    return np.where(mean > 0, low, 0.0), np.maximum(high, mean)


def _at_month(values: FloatArray, month: float) -> FloatArray:
    """Before the first draw month as there; between the draw months the relative variance hardly bends: a straight line."""
    months = DRAW_MONTHS[1:]
    month = max(month, float(months[0]))
    after = int(np.searchsorted(months, month))
    if months[after] == month:
        return values[:, after]
    share = (month - months[after - 1]) / (months[after] - months[after - 1])
    return np.asarray((1 - share) * values[:, after - 1] + share * values[:, after])
