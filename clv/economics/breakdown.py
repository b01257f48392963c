"""Figures of groups of customers: size, revenue, CLV with interval, risk."""

from __future__ import annotations

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
    Frame with the group, customers, revenue, orders, clv_total, clv_low, clv_high, clv_per_customer (money),
    churn_risk (mean), value_at_risk (risk x CLV, money), days_since_last_order (median), and the shares
    customers_share, revenue_share and clv_total_share.
    """
    codes, count = groups.codes.astype(np.intp), len(groups.categories)

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(codes, values, count), dtype=np.float64)

    table = pd.DataFrame(
        {
            by: groups.categories.astype(str),
            "customers": np.bincount(codes, minlength=count),
            "revenue": total(buyers["revenue"].to_numpy(dtype=float)),
            "orders": total(buyers["orders"].to_numpy(dtype=float)).astype(int),
            "clv_total": total(clv),
            "value_at_risk": total(churn_risk * clv),
        }
    )
    table["churn_risk"] = total(churn_risk) / table["customers"]
    table["clv_per_customer"] = table["clv_total"] / table["customers"]
    days = buyers["days_since_last_order"].to_numpy(dtype=float)
    table["days_since_last_order"] = [np.median(days[codes == code]) for code in range(count)]
    intervals = totals_with_intervals(np.asarray(table["clv_total"], dtype=np.float64), draws, assumptions)
    table["clv_low"] = [interval.low for interval in intervals]
    table["clv_high"] = [interval.high for interval in intervals]
    for column in ("customers", "revenue", "clv_total"):
        table[f"{column}_share"] = table[column] / table[column].sum()
    return table
