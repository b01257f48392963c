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


@dataclass(frozen=True)
class SpendDistribution:
    """What each customer may spend within a period: nothing with some probability, else a Gamma amount of money.

    Attributes
    ----------
    mean : expected spend, money.
    probability_of_nothing : of no purchase.
    shape, scale : of the Gamma distribution of the spend, given a purchase; scale in money.
    parameter_sd, process_sd : as in ``SpendRanges``.
    """

    mean: FloatArray
    probability_of_nothing: FloatArray
    shape: FloatArray
    scale: FloatArray
    parameter_sd: FloatArray
    process_sd: FloatArray

    def quantile(self, level: float) -> FloatArray:
        """The amount that is not exceeded with probability ``level``, money."""
        nothing = self.probability_of_nothing
        given_purchase = np.clip((level - nothing) / (1 - nothing), 0.0, 1.0)
        return np.asarray(special.gammaincinv(self.shape, given_purchase) * self.scale)

    def share_inside(self, spend: FloatArray, level: float = INTERVAL_LEVEL) -> FloatArray:
        """How much of each outcome lies in the middle ``level`` of the distribution, 0 to 1.

        An amount lies inside or not. Where nothing was bought, the outcome stands for all levels from 0 to the
        probability of nothing, and the part of these that lies inside counts (the probability integral transform of
        a discrete outcome: Czado, Gneiting, Held (2009), "Predictive Model Assessment for Count Data"). Over many
        customers the mean is ``level`` where the distribution is right.
        """
        low, high = (1 - level) / 2, (1 + level) / 2
        nothing = self.probability_of_nothing
        rank = nothing + (1 - nothing) * special.gammainc(self.shape, spend / self.scale)
        inside = (rank >= low) & (rank <= high)
        of_nothing = np.clip(np.minimum(nothing, high) - low, 0.0, None) / nothing
        return np.where(spend > 0, inside, of_nothing)


def spend_distribution(forecast: Forecast, relative_variance: FloatArray, months: float) -> SpendDistribution:
    """The distribution of each customer's spend within so many months, whole or not.

    Mean and variance are those of the model, the variance with the part of the parameters added (law of total
    variance).

    Parameters
    ----------
    relative_variance : shape (customers, 10), from ``relative_parameter_variance``.
    """
    mean, process = spend_moments(forecast, months)
    parameter = _at_month(relative_variance, months) * mean**2
    nothing = np.clip(forecast.churn_risk(months * DAYS_PER_MONTH), 1e-12, 1 - 1e-12)
    mean_if = mean / (1 - nothing)
    variance_if = np.maximum(
        (process + parameter + mean**2) / (1 - nothing) - mean_if**2, 1e-12 * mean_if**2 + 1e-300
    )
    safe_mean = np.maximum(mean_if, 1e-300)
    return SpendDistribution(
        mean=mean,
        probability_of_nothing=nothing,
        shape=safe_mean**2 / variance_if,
        scale=variance_if / safe_mean,
        parameter_sd=np.sqrt(parameter),
        process_sd=np.sqrt(process),
    )


def spend_ranges(forecast: Forecast, relative_variance: FloatArray, months: float) -> SpendRanges:
    """The range of each customer's spend within so many months; parameters as ``spend_distribution``."""
    spend = spend_distribution(forecast, relative_variance, months)
    low, high = (spend.quantile(level) for level in ((1 - INTERVAL_LEVEL) / 2, (1 + INTERVAL_LEVEL) / 2))
    # Where nearly all such customers bring nothing, the mean lies beyond the upper quantile.
    return SpendRanges(low, np.maximum(high, spend.mean), spend.parameter_sd, spend.process_sd)


def _at_month(values: FloatArray, month: float) -> FloatArray:
    """Before the first draw month as there; between the draw months the relative variance hardly bends: a straight line."""
    months = DRAW_MONTHS[1:]
    month = max(month, float(months[0]))
    after = int(np.searchsorted(months, month))
    if months[after] == month:
        return values[:, after]
    share = (month - months[after - 1]) / (months[after] - months[after - 1])
    return np.asarray((1 - share) * values[:, after - 1] + share * values[:, after])
