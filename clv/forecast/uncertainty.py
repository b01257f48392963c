"""How far the forecast totals of groups of customers may be off.

Two sources are kept apart: the parameters are estimates (several parameter sets are equally good guesses),
and customers with known parameters still buy at random. A total's interval contains both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, special

from clv.forecast.forecast import MONTH_ENDS, Forecast, IntArray
from clv.forecast.forecast_sets import DRAW_MONTHS, ForecastSets

FloatArray = NDArray[np.float64]

INTERVAL_LEVEL = 0.80
INTERVAL_REACH = float(special.ndtri(0.5 + INTERVAL_LEVEL / 2))  # standard deviations to either side


@dataclass(frozen=True)
class TotalDraws:
    """Undiscounted spend totals of groups of customers, by parameter set and month.

    Attributes
    ----------
    cumulative_spend : shape (sets, groups, 37), money spent up to each month's end under each set.
    process_variance : shape (groups, 37), variance of that money when the parameters are known.
    """

    cumulative_spend: FloatArray
    process_variance: FloatArray

    def pooled(self) -> TotalDraws:
        """All groups as one."""
        return TotalDraws(
            self.cumulative_spend.sum(axis=1, keepdims=True),
            self.process_variance.sum(axis=0, keepdims=True),
        )

    def of_group(self, group: int) -> TotalDraws:
        """One group alone."""
        return TotalDraws(
            self.cumulative_spend[:, group : group + 1], self.process_variance[group : group + 1]
        )

    def relative_parts(self, monthly_weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Standard deviation over mean of each group's weighted total up to each month, in its two parts.

        Returns the part of the parameters and the part of chance, each of shape (groups, months); they are
        independent, so the squares add up.
        """
        months = monthly_weights.size
        totals = np.cumsum(
            np.diff(self.cumulative_spend[:, :, : months + 1], axis=2) * monthly_weights, axis=2
        )
        mean = totals.mean(axis=0)
        undiscounted = self.cumulative_spend[:, :, 1 : months + 1].mean(axis=0)
        process = np.sqrt(self.process_variance[:, 1 : months + 1])
        return ratio(totals.std(axis=0), mean), ratio(process, undiscounted)

    def relative_sd(self, monthly_weights: FloatArray) -> FloatArray:
        """Standard deviation over mean, both parts together, shape (groups, months)."""
        return np.hypot(*self.relative_parts(monthly_weights))


def draw_totals(sets: ForecastSets, groups: IntArray, group_count: int) -> TotalDraws:
    """Totals of each group (``groups``: number of each customer's group) under every parameter set."""
    points = sets.purchases.shape[1]
    place = groups * points + sets.point
    totals = np.empty((len(sets.purchases), group_count, MONTH_ENDS.size))
    for i, bought in enumerate(sets.purchases):
        weight = np.bincount(place, sets.value(i), group_count * points).reshape(group_count, points)
        totals[i] = _every_month(weight @ bought)
    return TotalDraws(totals, _process_variance(sets.forecast, groups, group_count))


def interval_around(mean: FloatArray, relative_sd: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Low and high end of the 80 % interval: log-normal with the given mean and relative deviation."""
    sd = np.sqrt(np.log1p(relative_sd**2))
    reach = INTERVAL_REACH * sd
    low, high = mean * np.exp(-reach - sd**2 / 2), mean * np.exp(reach - sd**2 / 2)
    # With a deviation of many times the mean, the mean itself lies beyond the upper quantile.
    return low, np.maximum(high, mean)


def spend_moments(forecast: Forecast, months: float) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of each customer's spend within so many months, parameters known, money, undiscounted.

    With N purchases of mean spend z: E[S^2] = E[N^2] E[z^2] + E[N] E[variance of one purchase].
    """
    alive, cell = forecast.probability_alive, forecast.cell
    purchases, pairs = (at_month(values, months) for values in (forecast.cell_purchases, forecast.cell_pairs))
    count = alive * purchases[cell]
    squared = count + alive * pairs[cell]
    z_squared, z_variance = forecast.models.spend.spend_second_moments(
        forecast.frequency, forecast.monetary_value
    )
    mean = count * forecast.expected_spend
    return mean, np.maximum(squared * z_squared + count * z_variance - mean**2, 0.0)


def at_month(values: FloatArray, months: float) -> FloatArray:
    """Cumulative values at month ends 0, 1, ... (last axis), taken at a time between them by a straight line."""
    whole = int(months)
    if whole == months:
        return values[..., whole]
    share = months - whole
    return np.asarray((1 - share) * values[..., whole] + share * values[..., whole + 1])


def ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Part over whole; 0 where the whole is 0."""
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)


def _process_variance(forecast: Forecast, groups: IntArray, group_count: int) -> FloatArray:
    variance = np.zeros((group_count, MONTH_ENDS.size))
    for month in DRAW_MONTHS[1:]:
        variance[:, month] = np.bincount(groups, spend_moments(forecast, month)[1], group_count)
    return _every_month(variance[:, DRAW_MONTHS])


def _every_month(values: FloatArray) -> FloatArray:
    """From the draw months to all 37 month ends, shape-preserving."""
    months = np.arange(MONTH_ENDS.size)
    return np.asarray(interpolate.PchipInterpolator(DRAW_MONTHS, values, axis=-1)(months))
