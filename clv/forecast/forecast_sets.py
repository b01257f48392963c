"""The forecast under several parameter sets, as far as its spread between them needs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv.forecast.bins import DAYS_OFFSET, EXACT_FREQUENCIES
from clv.forecast.forecast import DAYS_PER_MONTH, Forecast, IntArray
from clv.forecast.own_model import with_own_model
from clv.forecast.parameter_sets import ParameterSets
from clv.models import PurchaseModel
from clv.models.distinct import distinct_rows

FloatArray = NDArray[np.float64]

GRID_STEP = 0.15
# Month ends at which parameter sets are evaluated; between them the growing curve is interpolated.
DRAW_MONTHS = np.array([0, 1, 2, 3, 4, 6, 9, 12, 18, 24, 36])
EVERYBODY = slice(None)


@dataclass(frozen=True)
class ForecastSets:
    """A forecast under every parameter set.

    What a living customer buys is evaluated on a grid of (model, frequency, T) that does not depend on who is
    forecast; P(alive), once per distinct history, and spend are worked out exactly when they are asked for.

    Attributes
    ----------
    forecast : under the estimates.
    parameters : the sets.
    states, state : the distinct histories (model, frequency, recency, T), and which each customer has, shape
        (customers,).
    point : shape (customers,), each customer's point of the grid.
    purchases : shape (sets, points, 11), expected purchases of a living customer up to DRAW_MONTHS.
    """

    forecast: Forecast
    parameters: ParameterSets
    states: tuple[FloatArray, ...]
    state: IntArray
    point: IntArray
    purchases: FloatArray

    def value(self, number: int, customers: slice = EVERYBODY) -> FloatArray:
        """P(alive) x expected spend per purchase of the customers under one set, money."""
        guess, found = self.parameters.guesses[number], self.forecast
        states, place = np.unique(self.state[customers], return_inverse=True)
        model, *history = (column[states] for column in self.states)
        alive = with_own_model(
            lambda model, *own: model.probability_alive(*own),
            guess.purchases,
            model.astype(np.intp),
            *history,
        )
        spend = guess.spend.expected_spend(found.frequency[customers], found.monetary_value[customers])
        return alive[place] * spend


def forecast_under(forecast: Forecast, parameters: ParameterSets) -> ForecastSets:
    """Evaluate every parameter set on the grid: the slow part of all intervals, done once for all."""
    x = forecast.frequency
    frequency = np.where(x <= EXACT_FREQUENCIES, x, _on_log_grid(x, 1.0))
    T = _on_log_grid(forecast.T, DAYS_OFFSET)
    (model, frequency, T), point = distinct_rows(forecast.model_of.astype(float), frequency, T)
    purchases = [
        with_own_model(_purchases_if_alive, guess.purchases, model.astype(np.intp), frequency, T)
        for guess in parameters.guesses
    ]
    states, state = forecast.states
    return ForecastSets(forecast, parameters, tuple(states), state, point, np.stack(purchases))


def _purchases_if_alive(model: PurchaseModel, frequency: FloatArray, T: FloatArray) -> FloatArray:
    return model.purchases_if_alive(DRAW_MONTHS * DAYS_PER_MONTH, frequency[:, None], T[:, None])


def _on_log_grid(values: FloatArray, offset: float) -> FloatArray:
    """Rounded in log(1 + value / offset): steps are even near 0 and 15 % far from it."""
    width = np.log1p(GRID_STEP)
    return offset * np.expm1(width * np.round(np.log1p(values / offset) / width))
