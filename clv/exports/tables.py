"""Tables as CSV."""

from __future__ import annotations

import pandas as pd

from clv.exports.spreadsheet_safe import neutralise

DECIMALS = {
    "clv": 2,
    "clv_low": 2,
    "clv_high": 2,
    "parameter_sd": 2,
    "process_sd": 2,
    "value_at_risk": 2,
    "revenue": 2,
    "monetary_value": 2,
    "first_order_value": 2,
    "expected_spend": 2,
    "churn_risk": 4,
    "probability_alive": 4,
    "expected_purchases": 4,
    **{
        f"{role}_{what}": digits
        for role in ("chosen", "model", "baseline")
        for what, digits in (("order_days", 4), ("spend", 2), ("chance", 4))
    },
}


def to_csv(frame: pd.DataFrame) -> str:
    """The table as CSV: snake_case header, plain numbers, ISO dates, formula cells neutralised."""
    rounded = frame.round({column: digits for column, digits in DECIMALS.items() if column in frame})
    return neutralise(rounded).to_csv(index=False, date_format="%Y-%m-%d", lineterminator="\n")
