"""How long a customer may be silent before it counts as churned, from the file's own gaps between orders.

Source: Kaplan and Meier (1958), "Nonparametric Estimation from Incomplete Observations": a customer whose next order
has not come yet says only that the gap is longer than the silence so far.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv.validation.order_entries import KnownDays

FloatArray = NDArray[np.float64]

SHARE = 0.80
ROUND_WINDOWS = (14, 21, 30, 45, 60, 90, 120, 150, 180, 270, 365)
DEFAULT_DAYS = 90
FEWEST_GAPS = 30
FEWEST_AT_RISK = 20


@dataclass(frozen=True)
class ChurnWindow:
    """A churn window in days, and why in words.

    Attributes
    ----------
    days : 14 to 365, rounded up to a usual length.
    exact_days : by when 80 % of the repeat orders that come have come; NaN where there are too few gaps.
    gaps : number of completed gaps it was read off.
    """

    days: int
    exact_days: float
    gaps: int
    message: str


def churn_window(known: KnownDays) -> ChurnWindow:
    """The window within which 80 % of the repeat purchases come, of those that come at all."""
    paid = known.net > 0
    customer, day = known.customer[paid], known.day[paid]
    same = np.diff(customer) == 0
    gaps = np.diff(day)[same].astype(float)
    if gaps.size < FEWEST_GAPS:
        return ChurnWindow(
            DEFAULT_DAYS,
            np.nan,
            int(gaps.size),
            f"Only {gaps.size} repeat orders: too few to read a churn window off; {DEFAULT_DAYS} days are assumed.",
        )
    last_days = day[np.r_[~same, True]]
    exact = days_until_share(gaps, (known.cutoff - last_days).astype(float), SHARE)
    days = next((length for length in ROUND_WINDOWS if length >= exact), ROUND_WINDOWS[-1])
    rounded = (
        f"the churn window is {days} days, the longest used"
        if exact > days
        else f"rounded up, the churn window is {days} days"
    )
    return ChurnWindow(
        days,
        exact,
        int(gaps.size),
        f"{SHARE:.0%}".replace("%", " %")
        + f" of the repeat orders come within {exact:,.0f} days of the one before ({gaps.size:,} repeat orders, those "
        f"still to come allowed for): {rounded}.",
    )


def days_until_share(gaps: FloatArray, open_gaps: FloatArray, share: float) -> float:
    """Days by which a share of the gaps that end has ended.

    Gaps that never end are left out: the share is of the Kaplan-Meier curve's height where the last gaps that can be
    judged end, that is, while twenty are still open.

    Parameters
    ----------
    gaps : completed gaps, days; open_gaps : silence of each customer so far, days.
    """
    times = np.unique(gaps)
    ended = np.bincount(np.searchsorted(times, gaps), minlength=times.size)
    lengths = np.sort(np.r_[gaps, open_gaps])
    at_risk = lengths.size - np.searchsorted(lengths, times, side="left")
    judged = at_risk >= min(FEWEST_AT_RISK, int(at_risk.max()))
    returned = 1 - np.cumprod(1 - ended[judged] / at_risk[judged])
    return float(times[judged][np.searchsorted(returned, share * returned[-1] - 1e-12)])
