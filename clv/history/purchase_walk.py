"""Along the sorted orders of each customer: days, then purchase days, then what the models ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# Money is counted in units of the fourth decimal, in 64 bits.
MONEY_UNIT = 10_000
MOST_MONEY = 2**62
KEY_BITS = 63
EPOCH = np.datetime64("1970-01-01", "D")
DAY = np.timedelta64(1, "D").astype("timedelta64[us]").astype(np.int64)

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class SortedOrders:
    """Orders by customer and day.

    Parameters
    ----------
    customer : array, shape (customers,)
        By which name each is known.
    first_moment : datetime64[us] array, shape (customers,)
        Of any line.
    bought : int64 array, shape (customers,)
        Orders that are more than a refund.
    starts : int64 array, shape (customers,)
        Where the orders of each customer begin.
    day : int64 array, shape (orders,)
        Days since 1970.
    money : int64 array, shape (orders,)
        Net, in units of the fourth decimal.
    """

    customer: pa.Array
    first_moment: NDArray[np.datetime64]
    bought: Integers
    starts: Integers
    day: Integers
    money: Integers


@dataclass(frozen=True)
class Placed:
    """Sorted orders, and which of the orders as they stood are at the first moment of their customer.

    Parameters
    ----------
    orders : SortedOrders
    at_first, whose : int64 arrays, shape (orders at a first moment,)
        Places of the orders, ascending within a customer, and the customers' places among the sorted ones.
    """

    orders: SortedOrders
    at_first: Integers
    whose: Integers


def in_order(orders: pa.Table) -> SortedOrders | None:
    """Orders as they come from a query that sorts them by customer and moment.

    Columns: _customer, _moment, money (int64), and where they differ _first_moment from the _moment and bought from 1. None
    where there is more money than can be counted exactly.
    """
    if not _is_countable(orders["money"]):
        return None
    customer = orders["_customer"]
    is_new = pc.not_equal(customer.slice(1), customer.slice(0, len(customer) - 1))
    starts = _starts(is_new.to_numpy())
    return SortedOrders(
        customer.take(pa.array(starts)),
        np.minimum.reduceat(_first_moment(orders), starts),
        _bought(orders, None, starts),
        starts,
        _microseconds(orders) // DAY,
        orders["money"].to_numpy(),
    )


def put_in_order(orders: pa.Table) -> Placed | None:
    """Orders of numbered customers as they stand, sorted here. Columns as of `in_order`.

    None as there, or where customer, day and place do not fit into one number of 63 bits.
    """
    customer = orders["_customer"].to_numpy()
    ordered = _sorted_places(customer, _microseconds(orders) // DAY)
    if ordered is None or not _is_countable(orders["money"]):
        return None
    place, day, starts = ordered
    moments = _first_moment(orders).take(place)
    first_moment = np.minimum.reduceat(moments, starts)
    in_order = SortedOrders(
        pa.array(customer.take(place[starts])),
        first_moment,
        _bought(orders, place, starts),
        starts,
        day,
        orders["money"].to_numpy().take(place),
    )
    at_first = np.flatnonzero(moments == np.repeat(first_moment, np.diff(starts, append=len(orders))))
    return Placed(in_order, place[at_first], np.searchsorted(starts, at_first, side="right") - 1)


def _sorted_places(customer: Integers, day: Integers) -> tuple[Integers, Integers, Integers] | None:
    """Places of the orders by customer and day, their days, and where each customer begins.

    Customer, day and place are sorted as one number, which is faster than any sort by several columns.
    """
    place_bits, day_bits = customer.size.bit_length(), int(np.ptp(day)).bit_length()
    code = customer
    if int(customer.max()) - int(customer.min()) >= 2 ** (KEY_BITS - place_bits - day_bits):
        code = pd.factorize(customer, sort=True)[0]
    if (int(code.max()) - int(code.min())).bit_length() + place_bits + day_bits > KEY_BITS:
        return None
    key = (((code - code.min()) << day_bits) + (day - day.min()) << place_bits) + np.arange(customer.size)
    key.sort()
    place = key & (2**place_bits - 1)
    key >>= place_bits
    days = (key & (2**day_bits - 1)) + day.min()
    key >>= day_bits
    return place, days, _starts(key[1:] != key[:-1])


def first_values(values: pa.ChunkedArray, whose: Integers, customers: int) -> pa.Array:
    """Of each customer the first of the values that is not null, or null; `whose` says to whom each value belongs."""
    filled = np.flatnonzero(values.is_valid().to_numpy())
    customer = whose[filled]
    is_first = np.diff(customer, prepend=-1) > 0
    chosen = np.full(customers, -1)
    chosen[customer[is_first]] = filled[is_first]
    return values.combine_chunks().take(pa.array(chosen, mask=chosen < 0))


def _is_countable(money: pa.ChunkedArray) -> bool:
    return not money.null_count and len(money) * float(pc.max(pc.abs(money)).as_py()) < MOST_MONEY


def _starts(is_new: NDArray[np.bool_]) -> Integers:
    return np.r_[0, np.flatnonzero(is_new) + 1]


def _microseconds(orders: pa.Table) -> Integers:
    return orders["_moment"].to_numpy().astype("datetime64[us]", copy=False).view(np.int64)


def _first_moment(orders: pa.Table) -> NDArray[np.datetime64]:
    name = "_first_moment" if "_first_moment" in orders.column_names else "_moment"
    return orders[name].to_numpy()


def _bought(orders: pa.Table, place: Integers | None, starts: Integers) -> Integers:
    if "bought" not in orders.column_names:
        return np.diff(starts, append=len(orders))
    bought = orders["bought"].to_numpy()
    return np.add.reduceat(bought if place is None else bought.take(place), starts)


def walk(orders: SortedOrders) -> pa.Table:
    """One row per customer: _customer, _first_moment, orders, revenue, and what `summary` says of their purchase days."""
    starts, day = orders.starts, orders.day
    is_new_day = np.r_[True, day[1:] != day[:-1]]
    is_new_day[starts] = True
    at = np.flatnonzero(is_new_day)
    first = np.searchsorted(at, starts)
    net, day = np.add.reduceat(orders.money, at), day[at]
    last = np.append(first[1:], at.size) - 1
    paid = net > 0
    # Where every day was paid for, as in most shops, the purchase days are the days.
    bounds = np.append(first, at.size)
    if not paid.all():
        bounds = np.searchsorted(np.flatnonzero(paid), bounds)
    any_day = day[first], day[last]
    if not paid.all():
        day, net = day[paid], net[paid]
    return pa.table({
        "_customer": orders.customer,
        "_first_moment": orders.first_moment,
        **_purchases(bounds, day, net, any_day),
        "orders": orders.bought,
        "revenue": np.add.reduceat(orders.money, starts) / MONEY_UNIT,
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
        np.zeros_like(count),
        np.zeros_like(count),
    )
    logs, last_gap, previous_gap = (
        np.zeros(count.size),
        np.full(count.size, np.nan),
        np.full(count.size, np.nan),
    )
    if begin.size:
        gap = np.diff(day, prepend=0)
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
