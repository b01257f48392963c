"""Expected purchases by month, spend and risk for every customer, computed once per distinct history."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import MAX_HORIZON_MONTHS
from clv.forecast.fit import FittedModels
from clv.models.distinct import distinct_rows

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

DAYS_PER_MONTH = 365.25 / 12
MONTH_ENDS = DAYS_PER_MONTH * np.arange(MAX_HORIZON_MONTHS + 1)


@dataclass(frozen=True)
class Forecast:
    """What each customer is expected to do, before any money assumption.

    Arrays of shape (customers,) follow the rows of the frame forecast. What a living customer will buy
    depends on (frequency, T), with regular timing also on recency: it is kept once per distinct state, a
    "cell", and ``cell`` points there.

    Attributes
    ----------
    frequency, recency, T : history in days; monetary_value : money.
    probability_alive, expected_spend (money per purchase) : shape (customers,).
    cell : shape (customers,), row of the cell arrays.
    cell_state : frequency, T and, for models that ask for it, recency of each cell, shape (cells, 1).
    cell_purchases : shape (cells, 37), expected purchases of a living customer up to each month's end.
    """

    models: FittedModels
    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    monetary_value: FloatArray
    probability_alive: FloatArray
    expected_spend: FloatArray
    cell: IntArray
    cell_state: tuple[FloatArray, ...]
    cell_purchases: FloatArray

    @cached_property
    def cell_pairs(self) -> FloatArray:
        """E[X(X-1)] of the purchases of each cell, shape (cells, 37); only ranges and intervals ask for it."""
        frequency, T, *recency = self.cell_state
        pairs = self.models.purchases.purchase_pairs_if_alive
        return pairs(MONTH_ENDS, frequency, T, recency=recency[0] if recency else None)

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
        bought = self.models.purchases.probability_of_purchase(
            window_days, self.frequency, self.recency, self.T
        )
        return 1 - bought


def forecast_customers(buyers: pd.DataFrame, models: FittedModels) -> Forecast:
    """Forecast every customer of the frame (frequency, recency_days, T_days, monetary_value)."""
    x, t_x, T, m = (
        buyers[column].to_numpy(dtype=float)
        for column in ("frequency", "recency_days", "T_days", "monetary_value")
    )
    purchases = models.purchases
    # Equal rates and equal chances to stay: one cell. Only some models also ask when the last purchase was.
    cells, cell = distinct_rows(x, T, t_x) if purchases.needs_recency else distinct_rows(x, T)
    state = tuple(column[:, None] for column in cells)
    recency = state[2] if purchases.needs_recency else None
    return Forecast(
        models=models,
        frequency=x,
        recency=t_x,
        T=T,
        monetary_value=m,
        probability_alive=purchases.probability_alive(x, t_x, T),
        expected_spend=models.spend.expected_spend(x, m),
        cell=cell,
        cell_state=state,
        cell_purchases=purchases.purchases_if_alive(MONTH_ENDS, state[0], state[1], recency=recency),
    )
