"""CLV of the customers the shop has: discounted margin of their future purchases.

Source: Fader and Hardie (2007) for discounted expected purchases over a finite horizon; each month's margin
is discounted from that month's end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv.assumptions import Assumptions
from clv.forecast import Forecast, TotalDraws, interval_around, spend_ranges

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Total:
    """A total with its 80 % interval and the two parts of its standard deviation, money.

    Attributes
    ----------
    mean, low, high : the total and the ends of its interval.
    parameter_sd : standard deviation because the parameters are estimates.
    process_sd : standard deviation by chance alone, if the parameters were known.
    """

    mean: float
    low: float
    high: float
    parameter_sd: float
    process_sd: float


@dataclass(frozen=True)
class ClvRanges:
    """The range that holds each customer's CLV in 80 of 100 cases, money, shape (customers,).

    Attributes
    ----------
    low, high : ends of the range.
    parameter_sd, process_sd : standard deviation of the estimates and of chance, as in ``Total``.
    """

    low: FloatArray
    high: FloatArray
    parameter_sd: FloatArray
    process_sd: FloatArray


def discount_weights(horizon_months: int, annual_rate: float) -> FloatArray:
    """Present value of 1 paid at the end of month 1, 2, ..., shape (horizon,)."""
    monthly = (1 + annual_rate) ** (1 / 12) - 1
    return np.asarray((1 + monthly) ** -np.arange(1.0, horizon_months + 1))


def clv_of_customers(forecast: Forecast, assumptions: Assumptions) -> FloatArray:
    """CLV of each customer, money, shape (customers,)."""
    weights = discount_weights(assumptions.horizon_months, assumptions.annual_discount_rate)
    return assumptions.contribution_margin * forecast.expected_spend * forecast.weighted_purchases(weights)


def clv_ranges(forecast: Forecast, relative_variance: FloatArray, assumptions: Assumptions) -> ClvRanges:
    """Each customer's range: that of the undiscounted spend, brought down to CLV in proportion.

    Parameters
    ----------
    relative_variance : shape (customers, 10), from ``clv.forecast.relative_parameter_variance``.
    """
    spend = spend_ranges(forecast, relative_variance, assumptions.horizon_months)
    undiscounted = forecast.expected_spend * forecast.expected_purchases(assumptions.horizon_months)
    clv = clv_of_customers(forecast, assumptions)
    factor = np.where(undiscounted > 0, clv / np.where(undiscounted > 0, undiscounted, 1.0), 0.0)
    return ClvRanges(
        low=spend.low * factor,
        high=spend.high * factor,
        parameter_sd=spend.parameter_sd * factor,
        process_sd=spend.process_sd * factor,
    )


def totals_with_intervals(
    clv_by_group: FloatArray, draws: TotalDraws, assumptions: Assumptions
) -> list[Total]:
    """Each group's total CLV with its interval.

    Parameters
    ----------
    clv_by_group : shape (groups,), sums of the customers' CLV, in the group order of ``draws``.
    """
    weights = discount_weights(assumptions.horizon_months, assumptions.annual_discount_rate)
    parameter, process = (part[:, -1] for part in draws.relative_parts(weights))
    low, high = interval_around(clv_by_group, np.hypot(parameter, process))
    rows = zip(clv_by_group, low, high, clv_by_group * parameter, clv_by_group * process, strict=True)
    return [Total(*map(float, row)) for row in rows]
