"""What a newly acquired customer brings, against what it costs to win one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import Assumptions
from clv.economics.customer_value import Total, discount_weights
from clv.forecast import FittedModels, ParameterSets
from clv.forecast.forecast import MONTH_ENDS, IntArray
from clv.forecast.uncertainty import INTERVAL_LEVEL
from clv.models import PurchaseModel, SpendModel

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class NewCustomerSpend:
    """Average spend of a new customer: on the first order, and cumulatively on the orders after it.

    ``repeat_spend`` and its ``draws`` hold money up to each month's end, shape (37,) and (sets, 37), one
    row of draws for each parameter set. Those who never come back are part of the average.
    """

    first_order: float
    first_order_error: float
    repeat_spend: FloatArray
    draws: FloatArray


@dataclass(frozen=True)
class NewCustomer:
    """Value of a newly acquired customer, first order included, money of contribution margin.

    Attributes
    ----------
    clv : discounted over the horizon, with interval. It is the average over many new customers, in which
        chance evens out: process_sd is 0.
    ratio : clv / CAC; None where CAC is 0.
    payback_month : first month whose cumulative margin (undiscounted) reaches CAC, 0 when the first order
        does; None when it is not reached within 36 months.
    allowable_cac : what may be paid so that the low end of clv still gives the target ratio.
    curve : frame month (0..36), cumulative_margin, low, high: undiscounted, averaged over new customers.
    """

    clv: Total
    ratio: float | None
    payback_month: int | None
    allowable_cac: float
    curve: pd.DataFrame


@dataclass(frozen=True)
class RepeatSpend:
    """What a new customer of each purchase model spends after the first order, up to each month's end, money.

    ``expected`` has shape (models, 37) and ``draws`` (sets, models, 37), one for each parameter set.
    """

    expected: FloatArray
    draws: FloatArray


def repeat_spend(models: FittedModels, parameters: ParameterSets) -> RepeatSpend:
    """Expected later spend of a new customer under each purchase model and every parameter set."""

    def of_each(purchases: tuple[PurchaseModel, ...], spend: SpendModel) -> FloatArray:
        bought = [model.expected_purchases_new_customer(MONTH_ENDS) for model in purchases]
        return np.stack(bought) * spend.population_mean_

    return RepeatSpend(
        expected=of_each(models.purchase_models, models.spend),
        draws=np.stack([of_each(guess.purchases, guess.spend) for guess in parameters.guesses]),
    )


def new_customer_spend(
    later: RepeatSpend, model_of: IntArray, first_order_values: FloatArray
) -> NewCustomerSpend:
    """Expected spend of a new customer who is like one of those given.

    Parameters
    ----------
    later : under each purchase model.
    model_of, first_order_values : each customer's model and first order (money), shape (customers,).
    """
    shares = np.bincount(model_of, minlength=len(later.expected)) / model_of.size
    error = float(np.std(first_order_values) / np.sqrt(max(first_order_values.size, 1)))
    return NewCustomerSpend(
        first_order=float(np.mean(first_order_values)),
        first_order_error=error,
        repeat_spend=shares @ later.expected,
        draws=shares @ later.draws,
    )


def value_of_new_customer(spend: NewCustomerSpend, assumptions: Assumptions) -> NewCustomer:
    """CLV, CLV:CAC, payback and allowable CAC of a new customer under the assumptions."""
    margin, cac = assumptions.contribution_margin, assumptions.cac
    weights = discount_weights(assumptions.horizon_months, assumptions.annual_discount_rate)
    months = weights.size + 1
    clv = margin * (spend.first_order + np.diff(spend.repeat_spend[:months]) @ weights)
    clv_draws = margin * (_first_order_draws(spend) + np.diff(spend.draws[:, :months], axis=1) @ weights)
    low, high = _quantiles(clv_draws, clv)
    cumulative = margin * (spend.first_order + spend.repeat_spend)
    curve_low, curve_high = _quantiles(
        margin * (_first_order_draws(spend)[:, None] + spend.draws), cumulative
    )
    reached = np.flatnonzero(cumulative >= cac)
    return NewCustomer(
        clv=Total(float(clv), float(low), float(high), parameter_sd=float(clv_draws.std()), process_sd=0.0),
        ratio=float(clv / cac) if cac > 0 else None,
        payback_month=int(reached[0]) if reached.size else None,
        allowable_cac=float(low / assumptions.target_ratio),
        curve=pd.DataFrame(
            {
                "month": np.arange(MONTH_ENDS.size),
                "cumulative_margin": cumulative,
                "low": curve_low,
                "high": curve_high,
            }
        ),
    )


def losing_groups(acquisition: pd.DataFrame, by: str) -> list[str]:
    """Groups of new customers that cost more than they bring within the horizon.

    Parameters
    ----------
    acquisition : frame with the groups under ``by``, new_customer_clv and cac (money, 0 where nothing was spent).
    """
    costs, brings = acquisition["cac"], acquisition["new_customer_clv"]
    return acquisition.loc[(costs > 0) & (brings < costs), by].astype("str").tolist()


def _first_order_draws(spend: NewCustomerSpend) -> FloatArray:
    noise = np.random.default_rng(3).standard_normal(spend.draws.shape[0])
    return np.maximum(spend.first_order + spend.first_order_error * noise, 0.0)


def _quantiles(draws: FloatArray, estimate: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The 80 % interval of the draws, widened to hold the estimate where few data leave it outside."""
    tail = (1 - INTERVAL_LEVEL) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    return np.minimum(low, estimate), np.maximum(high, estimate)
