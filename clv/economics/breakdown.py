"""Figures of groups of customers: size, revenue, CLV with interval, risk."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import Assumptions
from clv.economics.customer_value import totals_with_intervals
from clv.forecast import TotalDraws

FloatArray = NDArray[np.float64]


def breakdown(
    by: str,
    groups: pd.Categorical[str],
    buyers: pd.DataFrame,
    clv: FloatArray,
    churn_risk: FloatArray,
    draws: TotalDraws,
    assumptions: Assumptions,
) -> pd.DataFrame:
    """One row per group, in the order of its categories.

    Parameters
    ----------
    by : name of the column that holds the group.
    groups : group of each buyer, none missing, every category in use.
    buyers : frame with revenue, orders, days_since_last_order, one row per buyer.
    clv, churn_risk : shape (buyers,), money and probability.
    draws : totals of the same groups under parameter draws.

    Returns
    -------
    Frame with the group, customers, revenue, orders, clv_total, clv_low, clv_high, clv_per_customer,
    parameter_sd and process_sd (of clv_total, as in ``Total``; money),
    churn_risk (mean), value_at_risk (risk x CLV, money), days_since_last_order (median), and the shares
    customers_share, revenue_share and clv_total_share.
    """
    codes, count = groups.codes.astype(np.intp), len(groups.categories)

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(codes, values, count), dtype=np.float64)

    customers, clv_total = np.bincount(codes, minlength=count), total(clv)
    revenue = total(buyers["revenue"].to_numpy(dtype=float))
    intervals = totals_with_intervals(clv_total, draws, assumptions)
    days = buyers["days_since_last_order"].to_numpy(dtype=float)
    return pd.DataFrame(
        {
            by: groups.categories.astype(str),
            "customers": customers,
            "revenue": revenue,
            "orders": total(buyers["orders"].to_numpy(dtype=float)).astype(int),
            "clv_total": clv_total,
            "value_at_risk": total(churn_risk * clv),
            "churn_risk": total(churn_risk) / customers,
            "clv_per_customer": clv_total / customers,
            "days_since_last_order": [np.median(days[codes == code]) for code in range(count)],
            "clv_low": [interval.low for interval in intervals],
            "clv_high": [interval.high for interval in intervals],
            "parameter_sd": [interval.parameter_sd for interval in intervals],
            "process_sd": [interval.process_sd for interval in intervals],
            "customers_share": _share(customers),
            "revenue_share": _share(revenue),
            "clv_total_share": _share(clv_total),
        }
    )


def group_with_most(table: pd.DataFrame) -> pd.Series:
    """The row of ``breakdown`` with the largest predicted CLV."""
    return table.iloc[int(table["clv_total"].argmax())]


def _share(totals: NDArray[Any]) -> FloatArray:
    whole = totals.sum()
    return np.asarray(totals / whole if whole else np.full(totals.size, np.nan))
