"""Along the days of each customer: purchase days, then what the models ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# Money is counted in units of the fourth decimal, in 64 bits.
MONEY_UNIT = 10_000
MOST_MONEY = 2**62
DAYS_PER_PART = 250_000
EPOCH = np.datetime64("1970-01-01", "D")
# In microseconds.
DAY = 86_400_000_000

Integers = NDArray[np.integer[Any]]


@dataclass(frozen=True)
class OrderDays:
    """Days with an order, by customer and day.

    Parameters
    ----------
    customer : array, shape (customers,)
        By which name or number each is known.
    bought : integers, shape (customers,)
        Orders that are more than a refund.
    starts : integers, shape (customers,)
        Where the days of each customer begin.
    day : integers, shape (days,)
        Days since 1970.
    net : int64 array, shape (days,)
        Money less refunds, in units of the fourth decimal.
    """

    customer: pa.Array
    bought: Integers
    starts: Integers
    day: Integers
    net: Integers

    def parts(self) -> Iterator[OrderDays]:
        """Days of some customers after the other, in general few enough to stay in the processor's cache."""
        ends = np.searchsorted(self.starts, np.arange(DAYS_PER_PART, self.day.size, DAYS_PER_PART))
        bounds = np.append(self.starts, self.day.size)
        for first, last in pairwise(np.unique([0, *ends, len(self.starts)])):
            begin, end = bounds[first], bounds[last]
            yield OrderDays(
                self.customer[first:last],
                self.bought[first:last],
                self.starts[first:last] - begin,
                self.day[begin:end],
                self.net[begin:end],
            )


def is_countable(money: pa.ChunkedArray) -> bool:
    """Whether sums of the money (int64) are exact: none is missing or too much."""
    if money.null_count:
        return False
    least, most = (end.as_py() for end in pc.min_max(money).values())
    return bool(len(money) * max(-least, most) < MOST_MONEY)


def days_of(moments: pa.ChunkedArray) -> NDArray[np.int32]:
    """Days since 1970."""
    days, begin = np.empty(len(moments), dtype=np.int32), 0
    # Part by part, as they came over, they stay in the processor's cache.
    for part in moments.chunks:
        end = begin + len(part)
        np.floor_divide(part.view(pa.int64()).to_numpy(), DAY, out=days[begin:end], casting="unsafe")
        begin = end
    return days


def walk(days: OrderDays) -> pa.Table:
    """One row per customer: _customer, orders, revenue, and what `summary` says of their purchase days."""
    day, net = days.day, days.net
    bounds = np.append(days.starts, day.size)
    any_day = day[bounds[:-1]], day[bounds[1:] - 1]
    paid = net > 0
    # Where every day was paid for, as in most shops, the purchase days are the days.
    if not paid.all():
        bounds = np.searchsorted(np.flatnonzero(paid), bounds)
        day, net = day[paid], net[paid]
    return pa.table({
        "_customer": days.customer,
        **_purchases(bounds, day, net, any_day),
        "orders": days.bought,
        "revenue": np.add.reduceat(days.net, days.starts) / MONEY_UNIT,
    })  # fmt: skip


def _purchases(
    bounds: Integers, day: Integers, net: Integers, any_day: tuple[Integers, Integers]
) -> dict[str, NDArray[np.generic]]:
    """What each customer's purchase days say, which begin and end at `bounds`; `any_day` stands in where there is none."""
    count = np.diff(bounds)
    known, again, thrice = count > 0, count > 1, count > 2
    begin, last = bounds[:-1][known], bounds[1:] - 1
    begun, ended, value, total = (
        any_day[0].copy(),
        any_day[1].copy(),
        np.zeros(count.size, dtype=np.int64),
        np.zeros(count.size, dtype=np.int64),
    )
    logs, last_gap, previous_gap = (
        np.zeros(count.size),
        np.full(count.size, np.nan),
        np.full(count.size, np.nan),
    )
    if begin.size:
        gap = np.empty_like(day)
        np.subtract(day[1:], day[:-1], out=gap[1:])
        gap[begin] = 1
        begun[known], ended[known], value[known] = day[begin], day[last[known]], net[begin]
        total[known], logs[known] = np.add.reduceat(net, begin), np.add.reduceat(np.log(gap), begin)
        last_gap[again], previous_gap[thrice] = gap[last[again]], gap[last[thrice] - 1]
    return {
        "purchase_days": count,
        "first_order_date": (EPOCH + begun).astype("datetime64[s]"),
        "last_order_date": (EPOCH + ended).astype("datetime64[s]"),
        "monetary_value": np.where(again, (total - value) / np.maximum(count - 1, 1), 0.0) / MONEY_UNIT,
        "first_order_value": value / MONEY_UNIT,
        "recency_days": ended - begun,
        "sum_log_gaps": logs,
        "last_gap_days": last_gap,
        "previous_gap_days": previous_gap,
    }
