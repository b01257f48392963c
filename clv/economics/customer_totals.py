"""What the customers of any selection are worth together, and what is at stake with them."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class CustomerTotals:
    """Figures of some customers together.

    Attributes
    ----------
    customers : how many.
    clv : their CLV, money.
    at_high_risk : how many of them are at high risk.
    value_at_risk : churn risk x CLV, summed over those at high risk, money.
    """

    customers: int
    clv: float
    at_high_risk: int
    value_at_risk: float


def customer_totals(customers: pd.DataFrame) -> CustomerTotals:
    """Add up rows of the customer table (``Analysis.customers``): clv, risk_band, value_at_risk."""
    at_risk = customers[customers["risk_band"] == "High"]
    return CustomerTotals(
        customers=len(customers),
        clv=float(customers["clv"].sum()),
        at_high_risk=len(at_risk),
        value_at_risk=float(at_risk["value_at_risk"].sum()),
    )
