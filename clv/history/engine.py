"""From the engine that holds the orders to a pandas frame."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
from ibis.expr.types import Table


def to_frame(expression: Table) -> pd.DataFrame:
    """Run the expression where its data are and bring the result here."""
    frame = _to_arrow(expression).to_pandas()
    assert isinstance(frame, pd.DataFrame)
    return frame


def _to_arrow(expression: Table) -> pa.Table:
    backend = expression.get_backend()
    if backend.name != "pyspark":
        return expression.to_pyarrow()
    # Ibis would bring the rows of Spark here one by one.
    rows = backend.raw_sql(backend.compile(expression)).toArrow()
    return rows.cast(expression.schema().to_pyarrow())
