"""What the customers of each group have done so far: sums and shares, no model."""

from __future__ import annotations

import pandas as pd


def history_of_groups(buyers: pd.DataFrame, groups: pd.Categorical[str], name: str) -> pd.DataFrame:
    """One row per group that occurs, in the order of the categories.

    Frame with the group under ``name``, customers, customers_share, revenue and revenue_share (money, and share of all
    buyers'), revenue_per_customer (money), repeat_rate (share of the group who bought on two days or more) and
    days_since_last_order (median).

    Parameters
    ----------
    buyers : frame with revenue, purchase_days and days_since_last_order.
    groups : the group of every buyer, in order.
    """
    by_group = buyers.assign(_repeats=buyers["purchase_days"] > 1).groupby(
        pd.Series(groups, index=buyers.index, name=name), observed=True
    )
    table = by_group.agg(
        customers=("revenue", "size"),
        revenue=("revenue", "sum"),
        repeat_rate=("_repeats", "mean"),
        days_since_last_order=("days_since_last_order", "median"),
    )
    table = table.assign(
        customers_share=table["customers"] / len(buyers),
        revenue_share=table["revenue"] / buyers["revenue"].sum(),
        revenue_per_customer=table["revenue"] / table["customers"],
    ).reset_index()
    table[name] = table[name].astype("str")
    return table[
        [
            name, "customers", "customers_share", "revenue", "revenue_share", "revenue_per_customer", "repeat_rate",
            "days_since_last_order",
        ]
    ]  # fmt: skip
