"""How long a customer may be silent before it counts as churned, from the file's own gaps between orders.

Source: Kaplan and Meier (1958), "Nonparametric Estimation from Incomplete Observations": a customer whose next order
has not come yet says only that the gap is longer than the silence so far.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import ibis
import numpy as np
from numpy.typing import NDArray

from clv.assumptions import Assumptions
from clv.history.engine import to_frame
from clv.history.purchase_days import purchase_days
from clv.ingest import Transactions

FloatArray = NDArray[np.float64]

SHARE_RETURNED = 0.80
ROUND_WINDOWS = (14, 21, 30, 45, 60, 90, 120, 150, 180, 270, 365)
DEFAULT_DAYS = Assumptions.churn_window_days
FEWEST_GAPS = 30
FEWEST_AT_RISK = 20
# So many customers' gaps tell the 80 % point to a few days, and windows are rounded to usual lengths.
MOST_CUSTOMERS = 20_000


@dataclass(frozen=True)
class ChurnWindow:
    """A churn window in days, and why in words.

    Attributes
    ----------
    days : 14 to 365, rounded up to a usual length.
    exact_days : by when 80 % of the repeat orders that come have come; NaN where there are too few gaps.
    gaps : number of completed gaps it was read off.
    short : in a few words; message : in full.
    """

    days: int
    exact_days: float
    gaps: int
    short: str
    message: str

    @property
    def is_measured(self) -> bool:
        """Whether there were gaps enough to read it off."""
        return bool(np.isfinite(self.exact_days))


@dataclass(frozen=True)
class Gaps:
    """Days between the purchases of customers: those ended by another purchase, and those still open."""

    ended: FloatArray
    still_open: FloatArray


def gaps_between_purchases(transactions: Transactions, as_of: dt.date) -> Gaps:
    """The gaps of all customers, counted where the orders are: only lengths and counts come over."""
    days = purchase_days(transactions, as_of)
    in_order = ibis.window(group_by="customer_id", order_by="day")
    paid = days.filter(days.net > 0)
    paid = paid.mutate(next_day=paid.day.lead().over(in_order))
    gaps = paid.mutate(
        ended=paid.next_day.notnull(), days=ibis.coalesce(paid.next_day, ibis.date(as_of)).delta(paid.day, unit="day")
    )  # fmt: skip
    counted = to_frame(gaps.group_by("ended", "days").agg(times=gaps.count()), transactions)
    ended = counted["ended"].astype(bool)
    lengths = (
        np.repeat(part["days"].to_numpy(dtype=float), part["times"].to_numpy(dtype=np.int64))
        for part in (counted[ended], counted[~ended])
    )
    return Gaps(*lengths)


def churn_window(gaps: Gaps) -> ChurnWindow:
    """The window within which 80 % of the repeat purchases come, of those that come at all."""
    count = int(gaps.ended.size)
    if count < FEWEST_GAPS:
        return assumed_window(
            f"Only {count} repeat orders: too few to read a churn window off; {DEFAULT_DAYS} days are assumed.",
            count,
        )
    exact = days_until_share(gaps.ended, gaps.still_open, SHARE_RETURNED)
    days = next((length for length in ROUND_WINDOWS if length >= exact), ROUND_WINDOWS[-1])
    rounded = (
        f"the churn window is {days} days, the longest used"
        if exact > days
        else f"rounded up, the churn window is {days} days"
    )
    share = f"{SHARE_RETURNED:.0%}".replace("%", " %")
    return ChurnWindow(
        days,
        exact,
        count,
        f"{share} of repeat orders come within {exact:,.0f} days.",
        f"{share} of the repeat orders come within {exact:,.0f} days of the one before ({count:,} repeat orders, those "
        f"still to come allowed for): {rounded}.",
    )


def assumed_window(why: str, gaps: int = 0) -> ChurnWindow:
    """The usual window, where the data say nothing."""
    return ChurnWindow(DEFAULT_DAYS, np.nan, gaps, f"{DEFAULT_DAYS} days are assumed.", why)


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
