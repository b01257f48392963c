"""The summary of customers who are known by whole numbers: their orders come over as they stand and are sorted here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clv.history.order_lines import OrderLines
from clv.history.purchase_walk import Integers, first_values, put_in_order, walk
from clv.ingest import sql
from clv.ingest.side_by_side import side_by_side

# Orders come over in ranges of customers, and are walked along in several parts.
ORDERS_A_RANGE = 12_000_000
ORDERS_A_PART, SAMPLED = 2_000_000, 1_000


@dataclass(frozen=True)
class _Part:
    """The summary of some customers, and the places of the orders at their first moments, and whose they are."""

    summary: pa.Table
    at_first: Integers
    whose: Integers


def summary_of_numbered(lines: OrderLines) -> pa.Table | None:
    """One row per customer as of `walk`, with the attributes that are carried, sorted by number.

    None as of `put_in_order`, or where there is no customer.
    """
    found: list[pa.Table] = []
    for condition in _ranges(lines):
        orders = lines.engine.sql(lines.orders(condition)).to_arrow_table()
        if not len(orders):
            continue
        summary = _summary_of(orders, lines, condition)
        if summary is None:
            return None
        found.append(summary)
    return pa.concat_tables(found) if found else None


def _ranges(lines: OrderLines) -> list[str]:
    """Conditions for ranges of customers with about as many lines each, in ascending order."""
    count = sql.count(lines.engine, lines.relation)
    ranges = -(-count // ORDERS_A_RANGE)
    if ranges < 2:
        return ["TRUE"] if count else []
    shares = ", ".join(str(number / ranges) for number in range(1, ranges))
    found = lines.engine.execute(
        f"SELECT approx_quantile(customer_number, [{shares}]) FROM {lines.relation}"
    ).fetchone()
    firsts = sorted(set(found[0])) if found else []
    between = [f"customer_number >= {low} AND customer_number < {high}" for low, high in pairwise(firsts)]
    return [f"customer_number < {firsts[0]}", *between, f"customer_number >= {firsts[-1]}"]


def _summary_of(orders: pa.Table, lines: OrderLines, condition: str) -> pa.Table | None:
    """The summary of the orders that fulfil a condition."""
    # The texts of the attributes come over while the orders are walked along.
    with ThreadPoolExecutor(1) as aside:
        fetched = aside.submit(_carried, lines, condition)
        walked = list(side_by_side(partial(_walk_between, orders), _bounds(orders)))
        texts = fetched.result()
    parts = [part for part in walked if part is not None]
    if len(parts) < len(walked):
        return None
    summary = pa.concat_tables([part.summary for part in parts])
    at_first = pa.array(np.concatenate([part.at_first for part in parts]))
    sizes = [len(part.summary) for part in parts]
    whose = np.concatenate([part.whose for part in parts])
    whose += np.repeat(np.cumsum(sizes) - sizes, [len(part.whose) for part in parts])
    values = side_by_side(
        lambda name: first_values(texts[name].take(at_first), whose, len(summary)), lines.carried
    )
    for name, column in zip(lines.carried, list(values), strict=True):
        summary = summary.append_column(name, column)
    return summary


def _carried(lines: OrderLines, condition: str) -> dict[str, pa.ChunkedArray]:
    names = ", ".join(sql.identifier(name) for name in lines.carried)
    if not names:
        return {}
    found = lines.engine.sql(f"SELECT {names} FROM {lines.relation} WHERE {condition}").to_arrow_table()
    return dict(zip(found.column_names, found.columns, strict=True))


def _bounds(orders: pa.Table) -> list[tuple[int, int]]:
    """First and last number of the customers of each part."""
    customer = orders["_customer"]
    ends = pc.min_max(customer)
    every = np.arange(0, len(customer), len(customer) // SAMPLED + 1)
    sample = np.sort(customer.take(pa.array(every)).to_numpy())
    parts = -(-len(customer) // ORDERS_A_PART)
    between = sample[len(sample) * np.arange(1, parts) // parts]
    firsts = np.unique([ends["min"].as_py(), *between]).tolist()
    return list(zip(firsts, [*(first - 1 for first in firsts[1:]), ends["max"].as_py()], strict=True))


def _walk_between(orders: pa.Table, bounds: tuple[int, int]) -> _Part | None:
    customer = orders["_customer"]
    own = pc.and_(pc.greater_equal(customer, bounds[0]), pc.less_equal(customer, bounds[1]))
    placed = put_in_order(orders.filter(own).combine_chunks())
    if placed is None:
        return None
    places = pc.indices_nonzero(own).to_numpy().astype(np.int64)
    return _Part(walk(placed.orders), places[placed.at_first], placed.whose)
