"""From the engine that holds the orders to Arrow: the one way in which anything travels."""

from __future__ import annotations

import pyarrow as pa
from ibis.expr.types import Table


def to_arrow(expression: Table) -> pa.Table:
    """Run the expression where its data are and bring the result here."""
    backend = expression.get_backend()
    if backend.name != "pyspark":
        return expression.to_pyarrow()
    # Ibis would go through pandas, row by row.
    rows = backend.raw_sql(backend.compile(expression)).toArrow()
    return rows.cast(expression.schema().to_pyarrow())
