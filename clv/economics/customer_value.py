"""CLV of the customers the shop has: discounted margin of their future purchases.

Source: Fader and Hardie (2007) for discounted expected purchases over a finite horizon; each month's margin
is discounted from that month's end.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv.assumptions import Assumptions
from clv.forecast import Forecast, TotalDraws, interval_around, value_quantiles

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Total:
    """A total with its 80 % interval, money."""

    mean: float
    low: float
    high: float


def discount_weights(horizon_months: int, annual_rate: float) -> FloatArray:
    """Present value of 1 paid at the end of month 1, 2, ..., shape (horizon,)."""
    monthly = (1 + annual_rate) ** (1 / 12) - 1
    return np.asarray((1 + monthly) ** -np.arange(1.0, horizon_months + 1))


def clv_of_customers(forecast: Forecast, assumptions: Assumptions) -> FloatArray:
    """CLV of each customer, money, shape (customers,)."""
    weights = discount_weights(assumptions.horizon_months, assumptions.annual_discount_rate)
    return assumptions.contribution_margin * forecast.expected_spend * forecast.weighted_purchases(weights)


def clv_ranges(forecast: Forecast, assumptions: Assumptions) -> tuple[FloatArray, FloatArray]:
    """Low and high end of the range that holds each customer's CLV in 80 of 100 cases, shape (customers,)."""
    low, high = value_quantiles(forecast, assumptions.horizon_months)
    undiscounted = forecast.expected_spend * forecast.expected_purchases(assumptions.horizon_months)
    clv = clv_of_customers(forecast, assumptions)
    factor = np.where(undiscounted > 0, clv / np.where(undiscounted > 0, undiscounted, 1.0), 0.0)
    return low * factor, high * factor


def totals_with_intervals(
    clv_by_group: FloatArray, draws: TotalDraws, assumptions: Assumptions
) -> list[Total]:
    """Each group's total CLV with its interval.

    Parameters
    ----------
    clv_by_group : shape (groups,), sums of the customers' CLV, in the group order of ``draws``.
    """
    weights = discount_weights(assumptions.horizon_months, assumptions.annual_discount_rate)
    low, high = interval_around(clv_by_group, draws.relative_sd(weights)[:, -1])
    return [Total(*map(float, row)) for row in zip(clv_by_group, low, high, strict=True)]
