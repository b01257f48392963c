"""The forecast under several parameter sets, as far as its spread between them needs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv.forecast.bins import DAYS_OFFSET, EXACT_FREQUENCIES
from clv.forecast.forecast import DAYS_PER_MONTH, Forecast, IntArray
from clv.forecast.parameter_sets import ParameterSets

FloatArray = NDArray[np.float64]

GRID_STEP = 0.15
# Month ends at which parameter sets are evaluated; between them the growing curve is interpolated.
DRAW_MONTHS = np.array([0, 1, 2, 3, 4, 6, 9, 12, 18, 24, 36])
EVERYBODY = slice(None)


@dataclass(frozen=True)
class ForecastSets:
    """A forecast under every parameter set.

    What a living customer buys is evaluated on a grid of (frequency, T) that does not depend on who is
    forecast; P(alive) and spend are worked out exactly, customer by customer, when they are asked for.

    Attributes
    ----------
    forecast : under the estimates.
    parameters : the sets.
    point : shape (customers,), each customer's point of the grid.
    purchases : shape (sets, points, 11), expected purchases of a living customer up to DRAW_MONTHS.
    """

    forecast: Forecast
    parameters: ParameterSets
    point: IntArray
    purchases: FloatArray

    def value(self, number: int, customers: slice = EVERYBODY) -> FloatArray:
        """P(alive) x expected spend per purchase of the customers under one set, money."""
        purchases, spend = self.parameters.pairs[number]
        found = self.forecast
        alive = purchases.probability_alive(
            found.frequency[customers], found.recency[customers], found.T[customers]
        )
        return alive * spend.expected_spend(found.frequency[customers], found.monetary_value[customers])


def forecast_under(forecast: Forecast, parameters: ParameterSets) -> ForecastSets:
    """Evaluate every parameter set on the grid: the slow part of all intervals, done once for all."""
    x = forecast.frequency
    frequency = np.where(x <= EXACT_FREQUENCIES, x, _on_log_grid(x, 1.0))
    # As complex numbers, pairs sort like (frequency, T), an order of magnitude faster than rows do.
    points, point = np.unique(frequency + 1j * _on_log_grid(forecast.T, DAYS_OFFSET), return_inverse=True)
    days = DRAW_MONTHS * DAYS_PER_MONTH
    purchases = [
        model.purchases_if_alive(days, points.real[:, None], points.imag[:, None])
        for model, _ in parameters.pairs
    ]
    return ForecastSets(forecast, parameters, point, np.stack(purchases))


def _on_log_grid(values: FloatArray, offset: float) -> FloatArray:
    """Rounded in log(1 + value / offset): steps are even near 0 and 15 % far from it."""
    width = np.log1p(GRID_STEP)
    return offset * np.expm1(width * np.round(np.log1p(values / offset) / width))
