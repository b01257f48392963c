"""What in a customer's own orders may announce leaving, each against the customer's own normal."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.validation.order_entries import KnownDays

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

LAST_PURCHASES = 3
PURCHASES_OF_ONE_GAP = 2


def signals(known: KnownDays, places: IntArray) -> pd.DataFrame:
    """One row per customer of ``places`` (in the entries), in that order; 0 where nothing is out of the ordinary.

    Columns: late, log of the days since the last purchase over the customer's usual gap, 0 where not longer or
    with fewer than two gaps; value_down, how far the mean of the last three purchases is below that of the earlier
    ones, share 0 to 1; refunds, how many of the last three orders were refunded in part or whole, 0 to 3; slowing,
    log of the last two gaps' mean over the earlier ones' mean, 0 where not longer. Also usual_gap (median days
    between purchases), last_gaps and earlier_gaps (means, days), NaN without enough of them.
    """
    size = int(max(places.max(initial=-1), known.customer.max(initial=-1))) + 1
    paid = known.net > 0
    purchases = _ranked(known.customer[paid])
    net, day = known.net[paid], known.day[paid].astype(float)
    who, from_last = purchases
    earlier_value, late_value = (
        _mean(who, net, from_last >= LAST_PURCHASES, size),
        _mean(who, net, from_last < LAST_PURCHASES, size),
    )
    gap = np.diff(day, prepend=day[:1])
    is_gap = np.r_[False, np.diff(who) == 0][: who.size]
    earlier_gaps = _mean(who, gap, is_gap & (from_last >= LAST_PURCHASES - 1), size)
    last_gaps = _mean(who, gap, is_gap & (from_last < LAST_PURCHASES - 1), size)
    with np.errstate(invalid="ignore", divide="ignore"):
        down = np.clip(1 - late_value / earlier_value, 0.0, 1.0)
        slowing = np.maximum(np.log(last_gaps / earlier_gaps), 0.0)
    usual_gap = (
        pd.Series(gap[is_gap]).groupby(who[is_gap]).median().reindex(range(size)).to_numpy(dtype=float)
    )
    last_day = np.full(size, np.nan)
    last_day[who[from_last == 0]] = day[from_last == 0]
    with np.errstate(divide="ignore"):
        late = np.maximum(np.log((known.cutoff - last_day) / usual_gap), 0.0)
    late = late * (np.bincount(who, minlength=size) > PURCHASES_OF_ONE_GAP)
    frame = pd.DataFrame(
        {
            "late": np.nan_to_num(late),
            "value_down": np.nan_to_num(down),
            "refunds": _refunds_of_last(known, size),
            "slowing": np.nan_to_num(slowing, posinf=0.0),
            "usual_gap": usual_gap,
            "last_gaps": last_gaps,
            "earlier_gaps": earlier_gaps,
        }
    )
    return frame.iloc[places].reset_index(drop=True)


def _ranked(customer: IntArray) -> tuple[IntArray, IntArray]:
    """The customers, sorted, and each row's place from the customer's last one: 0, 1, ..."""
    ends = np.searchsorted(customer, customer, side="right")
    return customer, ends - 1 - np.arange(customer.size)


def _mean(who: IntArray, values: FloatArray, chosen: NDArray[np.bool_], size: int) -> FloatArray:
    count = np.bincount(who, chosen, size)
    return np.bincount(who, values * chosen, size) / np.where(count > 0, count, np.nan)


def _refunds_of_last(known: KnownDays, size: int) -> FloatArray:
    """Of each customer's last three order days, those refunded; a refund on a day without an order is the last order's."""
    orders = np.cumsum(known.orders > 0)
    with_order = known.orders > 0
    first = np.searchsorted(known.customer, known.customer, side="left")
    before: IntArray = orders[first] - with_order[first]
    # The order day that each row belongs to, counted over all customers; rows before any order have none.
    has_order = orders > before
    refunded = np.bincount((orders - 1)[has_order], known.refunded[has_order], int(with_order.sum())) > 0
    who, from_last = _ranked(known.customer[with_order])
    return np.bincount(who, refunded & (from_last < LAST_PURCHASES), size).astype(float)
