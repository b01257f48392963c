"""The summary of each customer: orders come over from the engine as they stand and are grouped here.

Orders are entries of a sparse matrix of customers and days, whose compressed rows are what is walked along. To count
them into its rows is faster than any sort.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from clv.history.order_lines import OrderLines
from clv.history.purchase_walk import Integers, OrderDays, days_of, is_countable, walk
from clv.ingest import sql
from clv.ingest.parallel import WORKERS, parallel_map

# Orders come over in ranges of customers, so that memory stays bounded.
ORDERS_PER_RANGE = 12_000_000
# Numbers of a range up to so many times as wide as there are lines need no table to be counted apart.
NUMBERS_PER_LINE = 2


@dataclass(frozen=True)
class CustomerRange:
    """Some customers: SQL for their lines, and their first and last number where not many more numbers than lines lie between."""

    condition: str = "TRUE"
    dense: tuple[int, int] | None = None

    def orders(self, lines: OrderLines) -> str:
        """SQL of the orders; dense numbers are counted from the first one on, which takes less room."""
        orders = lines.orders(self.condition)
        if self.dense is None:
            return orders
        return f"SELECT * REPLACE ((_customer - {self.dense[0]})::INTEGER AS _customer) FROM ({orders})"


def summary_by_customer(lines: OrderLines) -> pa.Table | None:
    """One row per customer as of `walk`, with _first_moment and the attributes that are carried, sorted by customer.

    None where there is more money than can be counted exactly, or no customer.
    """
    found: list[pa.Table] = []
    for customer_range in _ranges(lines):
        orders = lines.engine.sql(customer_range.orders(lines)).to_arrow_table()
        if not len(orders):
            continue
        if not is_countable(orders["money"]):
            return None
        found.append(_summary_of(orders, customer_range, lines))
    if not found:
        return None
    summary = pa.concat_tables(found)
    # Ranges of names hold names from everywhere.
    is_sorted = lines.transactions.customer_form is not None or len(found) == 1
    return summary if is_sorted else summary.sort_by("_customer")


def _ranges(lines: OrderLines) -> list[CustomerRange]:
    """Ranges of customers with about as many lines each, those of numbers in ascending order."""
    is_numbered = lines.transactions.customer_form is not None
    ends = "min(customer_number), max(customer_number)" if is_numbered else "NULL, NULL"
    count, low, high = lines.engine.execute(f"SELECT count(*), {ends} FROM {lines.relation}").fetchall()[0]
    ranges = -(-count // ORDERS_PER_RANGE)
    if not is_numbered or not count:
        return [
            CustomerRange(f"hash(customer_id) % {ranges} = {at}" if ranges > 1 else "TRUE")
            for at in range(ranges)
        ]
    if ranges == 1:
        return [CustomerRange("TRUE", _if_dense(low, high, count))]
    firsts = [low, *_quantiles(lines, ranges)]
    lasts = [*(first - 1 for first in firsts[1:]), high]
    return [
        CustomerRange(f"customer_number BETWEEN {first} AND {last}", _if_dense(first, last, count // ranges))
        for first, last in zip(firsts, lasts, strict=True)
    ]


def _if_dense(first: int, last: int, lines: int) -> tuple[int, int] | None:
    return (first, last) if last - first < NUMBERS_PER_LINE * lines else None


def _quantiles(lines: OrderLines, ranges: int) -> list[int]:
    """The least numbers of the second and the further ranges, of about as many lines each."""
    shares = [number / ranges for number in range(ranges)]
    found = lines.engine.execute(
        f"SELECT approx_quantile(customer_number, {shares}) FROM {lines.relation}"
    ).fetchone()
    low, *others = found[0] if found else [0]
    return sorted({number for number in others if number > low})


def _summary_of(orders: pa.Table, customer_range: CustomerRange, lines: OrderLines) -> pa.Table:
    """The summary of the orders of a range of customers."""
    with ThreadPoolExecutor(1) as aside:
        entries = aside.submit(lambda: (days_of(orders["_moment"]), orders["money"].to_numpy()))
        customers, codes = customer_codes(orders["_customer"], customer_range)
        # The first orders are looked for while all are put into their places.
        at_first = aside.submit(_at_first, orders, codes, len(customers), customer_range, lines)
        days = _order_days(customers, codes, *entries.result(), _bought(orders, codes, len(customers)))
        found = at_first.result()
    summary = pa.concat_tables(parallel_map(walk, days.parts()))
    for name, values in found.items():
        summary = summary.append_column(name, values)
    return summary


def customer_codes(customer: pa.ChunkedArray, customer_range: CustomerRange) -> tuple[pa.Array, Integers]:
    """The distinct customers in ascending order, and the place of each order's customer among them."""
    if pa.types.is_string(customer.type):
        return _named(customer)
    if customer_range.dense is None:
        places, distinct = pd.factorize(customer.to_numpy(), sort=True)
        return pa.array(distinct), places.astype(np.int32)
    first, last = customer_range.dense
    occurs = np.zeros(last - first + 1, dtype=np.bool_)
    for part in customer.chunks:
        occurs[part.to_numpy()] = True
    codes = customer.to_numpy()
    if not occurs.all():
        codes = (np.cumsum(occurs, dtype=np.int32) - 1)[codes]
    return pa.array(first + np.flatnonzero(occurs)), codes


def _named(customer: pa.ChunkedArray) -> tuple[pa.Array, Integers]:
    """As `customer_codes`, of names: the distinct ones of each part of the orders, then those of all parts."""
    size = -(-customer.num_chunks // WORKERS)
    parts = [pa.chunked_array(customer.chunks[at : at + size]) for at in range(0, customer.num_chunks, size)]
    names, places = pa.array([], pa.string()), []
    for encoded in parallel_map(pc.dictionary_encode, parts):
        # The dictionary of the last chunk has all names of the part.
        own = encoded.chunk(encoded.num_chunks - 1).dictionary
        known = pc.index_in(own, value_set=names)
        is_new = known.is_null().to_numpy(zero_copy_only=False)
        place = known.fill_null(0).to_numpy().copy()
        place[is_new] = len(names) + np.arange(np.count_nonzero(is_new))
        names = pa.concat_arrays([names, own.filter(pa.array(is_new))])
        places += [place[chunk.indices.to_numpy()] for chunk in encoded.chunks]
    order = pc.sort_indices(names)
    rank = np.empty(len(names), dtype=np.int32)
    rank[order.to_numpy()] = np.arange(len(names))
    return names.take(order), rank[np.concatenate(places)]


def _order_days(
    customers: pa.Array, codes: Integers, day: Integers, money: Integers, bought: Integers
) -> OrderDays:
    # Days before 1970 are below zero, which no column is.
    if (first := min(0, day.min())) < 0:
        day = day - first
    # Money of the same customer and day is added up.
    net = sparse.coo_array((money, (codes, day)), shape=(len(customers), day.max() + 1)).tocsr()
    return OrderDays(
        customers, bought, net.indptr[:-1], net.indices + first if first else net.indices, net.data
    )


def _bought(orders: pa.Table, codes: Integers, customers: int) -> Integers:
    """Orders of each customer that are more than a refund."""
    bought = np.zeros(customers, dtype=np.int64)
    if "bought" in orders.column_names:
        for customer, number in _parts(codes, orders["bought"]):
            np.add.at(bought, customer, number)
    else:
        for customer, _ in _parts(codes, orders["money"]):
            np.add.at(bought, customer, np.int64(1))
    return bought


def _at_first(
    orders: pa.Table, codes: Integers, customers: int, customer_range: CustomerRange, lines: OrderLines
) -> dict[str, pa.Array]:
    """Of each customer the first moment, and at it the first values of the attributes that are carried."""
    moments = orders["_first_moment" if "_first_moment" in orders.column_names else "_moment"]
    first = np.full(customers, np.iinfo(np.int64).max)
    # Part by part, as they came over, they stay in the processor's cache.
    parts = list(_parts(codes, moments))
    for customer, moment in parts:
        np.minimum.at(first, customer, moment)
    found = {"_first_moment": pa.array(first).view(moments.type)}
    if lines.carried:
        at_first = np.flatnonzero(np.concatenate([moment == first[customer] for customer, moment in parts]))
        for name, values in _carried(lines, customer_range, len(moments)).items():
            found[name] = first_values(values, at_first, codes, customers)
    return found


def _parts(codes: Integers, values: pa.ChunkedArray) -> Iterator[tuple[Integers, Integers]]:
    """The values as whole numbers, and the place of the customer of each."""
    begin = 0
    for chunk in values.chunks:
        yield codes[begin : begin + len(chunk)], chunk.view(pa.int64()).to_numpy()
        begin += len(chunk)


def _carried(lines: OrderLines, customer_range: CustomerRange, orders: int) -> dict[str, pa.ChunkedArray]:
    """The attributes that are carried, in the order of the orders."""
    held = dict(zip(lines.transactions.attributes, lines.transactions.attributes_in_memory, strict=False))
    # Each order is a line where attributes are carried; as many of them as lines: each is the line at its place.
    if held and all(len(held[name]) == orders for name in lines.carried):
        return {name: held[name] for name in lines.carried}
    names = ", ".join(sql.identifier(name) for name in lines.carried)
    found = lines.engine.sql(
        f"SELECT {names} FROM {lines.relation} WHERE {customer_range.condition}"
    ).to_arrow_table()
    return dict(zip(found.column_names, found.columns, strict=True))


def first_values(values: pa.ChunkedArray, at_first: Integers, codes: Integers, customers: int) -> pa.Array:
    """Of each customer the first of the values at their first moment that is not null, or null."""
    if values.null_count:
        at_first = at_first[values.is_valid().to_numpy()[at_first]]
    chosen = np.full(customers, len(at_first))
    np.minimum.at(chosen, codes[at_first], np.arange(len(at_first)))
    return _taken(values, at_first).take(pa.array(chosen, mask=chosen == len(at_first)))


def _taken(values: pa.ChunkedArray, ascending: Integers) -> pa.Array:
    """The values at ascending places; `take` alone would join all values first."""
    ends = np.cumsum([0, *(len(chunk) for chunk in values.chunks)])
    bounds = np.searchsorted(ascending, ends)
    return pa.concat_arrays(
        [
            chunk.take(pa.array(ascending[first:last] - begin))
            for chunk, begin, first, last in zip(
                values.chunks, ends[:-1], bounds[:-1], bounds[1:], strict=True
            )
        ]
    )
