"""When each customer's next order is due."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import elementwise

from clv.assumptions import MAX_HORIZON_MONTHS
from clv.forecast.forecast import DAYS_PER_MONTH, Forecast
from clv.forecast.own_model import with_own_model
from clv.models import PurchaseModel
from clv.models.distinct import distinct_rows

FloatArray = NDArray[np.float64]

WINDOW_QUANTILES = (0.1, 0.5, 0.9)
FURTHEST_DAYS = MAX_HORIZON_MONTHS * DAYS_PER_MONTH
LATER_THAN_FORECAST = f"later than {MAX_HORIZON_MONTHS / 12:g} years"
NEAREST_DAYS = 1e-9  # where the search begins: nobody orders a hundred million times a day
EVER_DAYS = 1e100  # by then everybody who ever orders again has done so
CHUNK = 50_000  # histories at a time, to bound the memory of models that integrate


def next_order_days(forecast: Forecast, quantiles: tuple[float, ...] = WINDOW_QUANTILES) -> FloatArray:
    """Days from today to the next order, for each customer and quantile; shape (customers, quantiles).

    The distribution is that of the time to the next order given that another one comes at all, that is,
    before the customer leaves for good: F(t) / F(infinity), where F(t) is the model's probability of an order
    within t days. Under BG/NBD and MBG/NBD, whose customers leave only right after an order, that is the same
    as given that the customer is alive today; under Pareto/NBD it is given that the customer is alive and
    orders once more. How likely the condition is, P(alive) tells and not these days.

    NaN where the quantile lies more than 36 months ahead, and for whom no further order is possible.
    Computed once per distinct history.
    """

    def in_chunks(model: PurchaseModel, *history: FloatArray) -> FloatArray:
        starts = range(0, max(history[0].size, 1), CHUNK)
        chunks = ((column[start : start + CHUNK] for column in history) for start in starts)
        return np.concatenate([_days_to_quantiles(model, quantiles, *chunk) for chunk in chunks])

    (number, *history), state = distinct_rows(forecast.model_of.astype(float), *forecast.history)
    return with_own_model(in_chunks, forecast.models.purchase_models, number.astype(np.intp), *history)[state]


def _days_to_quantiles(
    model: PurchaseModel, quantiles: tuple[float, ...], x: FloatArray, t_x: FloatArray, T: FloatArray
) -> FloatArray:
    ever, soon, late = (
        model.probability_of_purchase(days, x, t_x, T) for days in (EVER_DAYS, NEAREST_DAYS, FURTHEST_DAYS)
    )
    wanted = ever[:, None] * np.array(quantiles)
    # A sign change between the nearest and the furthest day, or there is nothing to search.
    row, column = np.nonzero((wanted > soon[:, None]) & (wanted <= late[:, None]))

    def excess(
        log_days: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray, wanted: FloatArray
    ) -> FloatArray:
        # Relative to the target, because the probabilities of lapsed customers are tiny.
        return model.probability_of_purchase(np.exp(log_days), x, t_x, T) / wanted - 1

    found = elementwise.find_root(
        excess,
        (np.log(NEAREST_DAYS), np.log(FURTHEST_DAYS)),
        args=(x[row], t_x[row], T[row], wanted[row, column]),
        tolerances={"xatol": 1e-6, "xrtol": 0.0, "fatol": 1e-9, "frtol": 0.0},
    )
    days = np.full(wanted.shape, np.nan)
    days[row, column] = np.exp(found.x)
    return days
