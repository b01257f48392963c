"""Expected purchases by month, spend and risk for every customer, computed once per distinct history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import MAX_HORIZON_MONTHS
from clv.forecast.fit import FittedModels
from clv.forecast.own_model import with_own_model
from clv.memo import cached_property
from clv.models import PurchaseModel
from clv.models.distinct import distinct_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

DAYS_PER_MONTH = 365.25 / 12
MONTH_ENDS = DAYS_PER_MONTH * np.arange(MAX_HORIZON_MONTHS + 1)


@dataclass(frozen=True)
class Forecast:
    """What each customer is expected to do, before any money assumption.

    Arrays of shape (customers,) follow the rows of the frame forecast. What a living customer will buy
    depends on the model and (frequency, T), with regular timing also on recency: it is kept once per distinct
    state, a "cell", and ``cell`` points there.

    Attributes
    ----------
    model_of : shape (customers,), place of each customer's model in ``models.purchase_models``.
    frequency, recency, T : history in days; monetary_value : money.
    probability_alive, expected_spend (money per purchase) : shape (customers,).
    cell : shape (customers,), row of the cell arrays.
    cell_model : shape (cells,), place of each cell's model.
    cell_state : frequency, T and, for models that ask for it, recency of each cell, shape (cells,).
    cell_purchases : shape (cells, 37), expected purchases of a living customer up to each month's end.
    """

    models: FittedModels
    model_of: IntArray
    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    monetary_value: FloatArray
    probability_alive: FloatArray
    expected_spend: FloatArray
    cell: IntArray
    cell_model: IntArray
    cell_state: tuple[FloatArray, ...]
    cell_purchases: FloatArray

    @cached_property
    def cell_pairs(self) -> FloatArray:
        """E[X(X-1)] of the purchases of each cell, shape (cells, 37); only ranges and intervals ask for it."""
        return with_own_model(_pairs_if_alive, self.models.purchase_models, self.cell_model, *self.cell_state)

    def expected_purchases(self, horizon_months: int) -> FloatArray:
        """Expected purchase days of each customer within the horizon, shape (customers,)."""
        return self.probability_alive * self.cell_purchases[self.cell, horizon_months]

    def weighted_purchases(self, monthly_weights: FloatArray) -> FloatArray:
        """Each customer's expected purchases of month 1, 2, ... times that month's weight, summed."""
        months = monthly_weights.size
        per_cell = np.diff(self.cell_purchases[:, : months + 1], axis=1) @ monthly_weights
        return self.probability_alive * per_cell[self.cell]

    def churn_risk(self, window_days: float) -> FloatArray:
        """Probability of no purchase within the window, shape (customers,)."""
        (model, *history), state = self.states
        bought = with_own_model(
            lambda model, *own: model.probability_of_purchase(window_days, *own),
            self.models.purchase_models,
            model.astype(np.intp),
            *history,
        )
        return 1 - bought[state]

    @cached_property
    def states(self) -> tuple[list[FloatArray], IntArray]:
        """The distinct histories (model, frequency, recency, T), and which each customer has, shape (customers,)."""
        return distinct_rows(self.model_of.astype(float), *self.history)

    @property
    def history(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Frequency, recency and T, days, each of shape (customers,)."""
        return self.frequency, self.recency, self.T


def forecast_customers(buyers: pd.DataFrame, models: FittedModels) -> Forecast:
    """Forecast every customer of the frame (frequency, recency_days, T_days, monetary_value)."""
    x, t_x, T, m = (
        buyers[column].to_numpy(dtype=float)
        for column in ("frequency", "recency_days", "T_days", "monetary_value")
    )
    in_use, model_of = models.purchase_models, models.model_numbers(buyers)
    # Equal rates and equal chances to stay: one cell. Only some models also ask when the last purchase was.
    recency = (t_x,) if models.purchases.needs_recency else ()
    (cell_model, *state), cell = distinct_rows(model_of.astype(float), x, T, *recency)
    number = cell_model.astype(np.intp)
    return Forecast(
        models=models,
        model_of=model_of,
        frequency=x,
        recency=t_x,
        T=T,
        monetary_value=m,
        probability_alive=with_own_model(
            lambda model, *history: model.probability_alive(*history), in_use, model_of, x, t_x, T
        ),
        expected_spend=models.spend.expected_spend(x, m),
        cell=cell,
        cell_model=number,
        cell_state=tuple(state),
        cell_purchases=with_own_model(_purchases_if_alive, in_use, number, *state),
    )


def _purchases_if_alive(
    model: PurchaseModel, frequency: FloatArray, T: FloatArray, recency: FloatArray | None = None
) -> FloatArray:
    return model.purchases_if_alive(MONTH_ENDS, frequency[:, None], T[:, None], recency=_column(recency))


def _pairs_if_alive(
    model: PurchaseModel, frequency: FloatArray, T: FloatArray, recency: FloatArray | None = None
) -> FloatArray:
    return model.purchase_pairs_if_alive(MONTH_ENDS, frequency[:, None], T[:, None], recency=_column(recency))


def _column(values: FloatArray | None) -> FloatArray | None:
    return None if values is None else values[:, None]
