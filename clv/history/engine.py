"""From the engine that holds the orders to a pandas frame."""

from __future__ import annotations

import pandas as pd
from ibis.expr.types import Table

from clv.ingest.fetch import to_arrow


def to_frame(expression: Table) -> pd.DataFrame:
    """Run the expression where its data are and bring the result here."""
    frame = to_arrow(expression).to_pandas()
    assert isinstance(frame, pd.DataFrame)
    return frame
