"""What would change: levers on retention, order frequency and order value.

A lever changes the model, not the answer. Retention scales each customer's dropout probability (BG/NBD,
MBG/NBD: p after each purchase; Pareto/NBD: mu) and integrates over that customer's posterior; frequency
scales the purchase rate; upsell scales the spend per order.

Customers are binned by frequency and T for speed. The bins serve only for the difference to the base case,
which is itself exact: with every lever at 0 the result is the base case.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import Assumptions
from clv.economics import discount_weights
from clv.forecast import Forecast
from clv.forecast.bins import bin_histories, weighted_means
from clv.forecast.forecast import MONTH_ENDS

FloatArray = NDArray[np.float64]

BIN_STEP = 0.1
MOST_KEPT = 256


class LeverError(ValueError):
    """One or more levers are out of range; the message names every one."""


@dataclass(frozen=True)
class Levers:
    """Changes from now on. Shares are fractions; ``cost`` is money per customer the programme reaches.

    Raises
    ------
    LeverError : with every value that is out of range.
    """

    retention_lift: float = 0.0
    frequency_lift: float = 0.0
    upsell_lift: float = 0.0
    cost: float = 0.0

    def __post_init__(self) -> None:
        checks = {
            "The retention lift must be 0 % to 100 %.": 0 <= self.retention_lift <= 1,
            "The frequency lift must be between -100 % and +300 %.": -1 <= self.frequency_lift <= 3,
            "The upsell lift must be between -100 % and +300 %.": -1 <= self.upsell_lift <= 3,
            "The cost per customer must be 0 or more.": 0 <= self.cost < float("inf"),
        }
        problems = [text for text, holds in checks.items() if not holds]
        if problems:
            raise LeverError(" ".join(problems))


@dataclass(frozen=True)
class LeverBase:
    """A group of customers ready for levers: value weights in bins of (frequency, T).

    Attributes
    ----------
    forecast : of all customers.
    customers : number of customers in the group.
    bin_frequency, bin_T, bin_value : shape (bins,); value is the sum of P(alive) x expected spend, money.
    spend : shape (37,), exact expected spend of the group up to each month's end, money.
    binned_spend : shape (37,), the same from the bins.
    computed : spend from the bins, shape (37,), by (retention lift, frequency lift).
    """

    forecast: Forecast
    customers: int
    bin_frequency: FloatArray
    bin_T: FloatArray
    bin_value: FloatArray
    spend: FloatArray
    binned_spend: FloatArray
    computed: dict[tuple[float, float], FloatArray] = field(default_factory=dict)


@dataclass(frozen=True)
class WhatIf:
    """Base case and scenario for one group, money of contribution margin within the horizon.

    Attributes
    ----------
    base, scenario : total CLV without and with all levers together, before cost.
    gains : frame lever, gain: each lever alone and all together, before cost.
    cost : total cost of the programme.
    net_gain : gain of all levers together less cost.
    break_even_cost : cost per customer at which the programme just pays for itself.
    curve : frame month (0..horizon), scenario ("Base", "With levers"), value: cumulative discounted margin,
        the levers' cost taken off from the start.
    """

    base: float
    scenario: float
    gains: pd.DataFrame
    cost: float
    net_gain: float
    break_even_cost: float
    curve: pd.DataFrame


def prepare_levers(forecast: Forecast, members: NDArray[np.bool_] | None = None) -> LeverBase:
    """Bin the customers (or those where ``members`` is true) once, before any slider moves."""
    chosen = np.ones(forecast.frequency.size, dtype=bool) if members is None else members
    frequency, T, cell = forecast.frequency[chosen], forecast.T[chosen], forecast.cell[chosen]
    value = (forecast.probability_alive * forecast.expected_spend)[chosen]
    bins = bin_histories(frequency, T, BIN_STEP)
    base = LeverBase(
        forecast=forecast,
        customers=int(chosen.sum()),
        bin_frequency=weighted_means(bins, frequency, value),
        bin_T=weighted_means(bins, T, value),
        bin_value=np.bincount(bins, value).astype(float),
        spend=np.bincount(cell, value, forecast.cell_purchases.shape[0]) @ forecast.cell_purchases,
        binned_spend=np.zeros(MONTH_ENDS.size),
    )
    return replace(base, binned_spend=_binned_spend(base, Levers()))


def spend_under(base: LeverBase, levers: Levers, horizon_months: int) -> FloatArray:
    """Expected spend of the group up to each month's end under the levers, money, shape (horizon + 1,)."""
    months = horizon_months + 1
    spend = base.spend[:months]
    if levers.retention_lift != 0 or levers.frequency_lift != 0:
        spend = spend + (_binned_spend(base, levers) - base.binned_spend)[:months]
    return np.asarray((1 + levers.upsell_lift) * spend)


def what_if(base: LeverBase, levers: Levers, assumptions: Assumptions) -> WhatIf:
    """Compare the base case with each lever alone and with all together."""
    horizon = assumptions.horizon_months
    weights = assumptions.contribution_margin * discount_weights(horizon, assumptions.annual_discount_rate)

    def margin_by_month(case: Levers) -> FloatArray:
        return np.diff(spend_under(base, case, horizon)) * weights

    together = margin_by_month(levers)
    before = margin_by_month(Levers())
    alone = {
        "Retention": Levers(retention_lift=levers.retention_lift),
        "Order frequency": Levers(frequency_lift=levers.frequency_lift),
        "Upsell": Levers(upsell_lift=levers.upsell_lift),
    }
    gains = {name: float(margin_by_month(case).sum() - before.sum()) for name, case in alone.items()}
    gains["All together"] = float(together.sum() - before.sum())
    cost = levers.cost * base.customers
    return WhatIf(
        base=float(before.sum()),
        scenario=float(together.sum()),
        gains=pd.DataFrame({"lever": list(gains), "gain": list(gains.values())}),
        cost=cost,
        net_gain=gains["All together"] - cost,
        break_even_cost=gains["All together"] / max(base.customers, 1),
        curve=_curve({"Base": (before, 0.0), "With levers": (together, cost)}),
    )


def _binned_spend(base: LeverBase, levers: Levers) -> FloatArray:
    """Kept per pair of lifts, so that sliders of margin, rate, horizon and cost compute no purchases."""
    key = levers.retention_lift, levers.frequency_lift
    if key not in base.computed:
        if len(base.computed) >= MOST_KEPT:
            base.computed.clear()
        base.computed[key] = _spend_in_bins(base, *key)
    return base.computed[key]


def _spend_in_bins(base: LeverBase, retention_lift: float, frequency_lift: float) -> FloatArray:
    purchases = base.forecast.models.purchases.purchases_if_alive(
        MONTH_ENDS,
        base.bin_frequency[:, None],
        base.bin_T[:, None],
        dropout_scale=1 - retention_lift,
        rate_scale=1 + frequency_lift,
    )
    return np.asarray(base.bin_value @ purchases)


def _curve(cases: dict[str, tuple[FloatArray, float]]) -> pd.DataFrame:
    values = [np.r_[0.0, np.cumsum(margin)] - cost for margin, cost in cases.values()]
    months = values[0].size
    return pd.DataFrame(
        {
            "month": np.tile(np.arange(months), len(cases)),
            "scenario": np.repeat(list(cases), months),
            "value": np.concatenate(values),
        }
    )
