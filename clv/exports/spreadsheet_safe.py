"""Text that a spreadsheet would run as a formula is made harmless.

Source: OWASP, "CSV Injection".
"""

from __future__ import annotations

import pandas as pd

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0")


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy whose text cells and headers that begin like a formula carry a leading apostrophe.

    Numbers, dates and booleans stay as they are.
    """
    safe = frame.copy()
    for column in safe.columns:
        values = safe[column]
        is_plain = pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values)
        if not is_plain:
            safe[column] = values.map(_safe_cell)
    return safe.rename(columns=_safe_cell)


def _safe_cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value
