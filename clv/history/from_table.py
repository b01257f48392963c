"""The customer summary of a table that came summarised."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clv.history.summary import CustomerSummary
from clv.ingest.customer_table import CustomerTable

FROM_TABLE = "customer table"


def summary_of_table(table: CustomerTable) -> CustomerSummary:
    """The summary as far as the table holds it: no days between purchases, every purchase worth the same."""
    given = table.frame
    now = pd.Timestamp(table.as_of)
    silent = given["T_days"] - given["recency_days"]
    frame = pd.DataFrame(
        {
            "customer_id": given["customer_id"].astype("object"),
            "purchase_days": given["frequency"] + 1,
            "first_order_date": now - pd.to_timedelta(given["T_days"].round(), unit="D"),
            "last_order_date": now - pd.to_timedelta(silent.round(), unit="D"),
            "monetary_value": given["spend"].where(given["frequency"] > 0, 0.0),
            "first_order_value": given["spend"],
            "orders": given["frequency"] + 1,
            "revenue": given["spend"] * (given["frequency"] + 1),
            "recency_days": given["recency_days"],
            "T_days": given["T_days"],
            "days_since_last_order": silent,
            "sum_log_gaps": np.nan,
            "last_gap_days": np.nan,
            "previous_gap_days": np.nan,
            **{name: given[name] for name in table.attributes},
            "frequency": given["frequency"],
        }
    )
    origins = dict.fromkeys(table.attributes, FROM_TABLE)
    ordered = frame.sort_values("customer_id", ignore_index=True)
    return CustomerSummary(ordered, table.as_of, table.attributes, origins)
