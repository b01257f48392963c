"""Who holds the value: CLV tiers and concentration."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Tier names with the share of customers, from the top, at which each ends.
CLV_TIERS: dict[str, float] = {"Top 10 %": 0.10, "Next 20 %": 0.30, "Middle 30 %": 0.60, "Lowest 40 %": 1.0}


def clv_tiers(clv: FloatArray) -> pd.Categorical[str]:
    """The tier of each customer by rank of CLV; equal CLVs share a tier, so row order does not matter."""
    if clv.size == 0:
        return pd.Categorical.from_codes([], categories=pd.Index(CLV_TIERS), ordered=True)
    ranked = np.sort(clv)
    # Share of customers with a higher CLV.
    above = 1 - np.searchsorted(ranked, clv, side="right") / clv.size
    ends = np.array(list(CLV_TIERS.values()))
    # Rounded, because 1 - 0.9 is a hair above 0.1.
    codes = np.searchsorted(ends, np.round(above, 12), side="right")
    return pd.Categorical.from_codes(codes, categories=pd.Index(CLV_TIERS), ordered=True)


def share_of_top(values: FloatArray, share: float) -> float:
    """Share of the total that the top ``share`` of customers hold, 0 to 1; 0 for a total of 0."""
    total = values.sum()
    if total <= 0:
        return 0.0
    count = int(np.ceil(share * values.size))
    return float(np.sort(values)[::-1][:count].sum() / total)


def smallest_share_holding(values: FloatArray, part: float = 0.5) -> float:
    """Smallest share of customers that hold ``part`` of the total, 0 to 1."""
    total = values.sum()
    if total <= 0:
        return 0.0
    held = np.cumsum(np.sort(values)[::-1]) / total
    return float((np.searchsorted(held, part - 1e-12) + 1) / values.size)
