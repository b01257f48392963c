"""From the engine that holds the orders to a pandas frame."""

from __future__ import annotations

import pandas as pd
from ibis.expr.types import Table

from clv.ingest import Transactions
from clv.ingest.fetch import to_arrow


def to_frame(expression: Table, transactions: Transactions) -> pd.DataFrame:
    """Run an expression over the transactions where they are and bring the result here."""
    with transactions.lock:
        frame = to_arrow(expression).to_pandas()
    assert isinstance(frame, pd.DataFrame)
    return frame
