"""Orders are put to their customers, whether these are known by names or by numbers, and wherever a chunk ends."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from clv.history import customer_summary, purchase_walk
from clv.history.by_customer import CustomerRange, customer_codes, first_values
from clv.history.purchase_walk import OrderDays, is_countable
from clv.ingest import Ingested, OrderFile, read_orders

NAMES = st.lists(st.sampled_from(["b", "a", "ä", "Z", "10", "9", ""]), min_size=1, max_size=6)
CHUNKS = st.lists(NAMES, min_size=1, max_size=6)
NUMBERS = st.lists(st.lists(st.integers(3, 12), min_size=1, max_size=6), min_size=1, max_size=6)


def orders(folder: Path, rows: str) -> Ingested:
    path = folder / "orders.csv"
    path.write_text(f"customer_id,order_date,amount,order_id\n{rows}")
    return read_orders([OrderFile(path.name, path)])


@given(chunks=CHUNKS)
def test_distinct_names_are_in_the_order_of_their_bytes(chunks: list[list[str]]) -> None:
    written = [name for chunk in chunks for name in chunk]
    names, codes = customer_codes(pa.chunked_array(chunks), CustomerRange())
    assert names.to_pylist() == sorted(set(written), key=str.encode)
    assert names.take(pa.array(codes)).to_pylist() == written


@given(chunks=NUMBERS, offset=st.sampled_from([0, -(2**63) - 3, 2**63 - 13]))
def test_distinct_numbers_are_found_dense_or_not(chunks: list[list[int]], offset: int) -> None:
    written = [number for chunk in chunks for number in chunk]
    dense = pa.chunked_array([[number - 3 for number in chunk] for chunk in chunks], pa.int32())
    far = pa.chunked_array([[number + offset for number in chunk] for chunk in chunks], pa.int64())
    for column, some, first in ((dense, CustomerRange(dense=(3, 12)), 0), (far, CustomerRange(), offset)):
        customers, codes = customer_codes(column, some)
        assert customers.to_pylist() == sorted({number + first for number in written})
        assert customers.take(pa.array(codes)).to_pylist() == [number + first for number in written]


@given(
    values=st.lists(st.lists(st.sampled_from(["x", "y", None]), max_size=4), min_size=1, max_size=5),
    draw=st.randoms(use_true_random=False),
)
def test_first_values_are_the_first_that_are_not_null(
    values: list[list[str | None]], draw: st.DataObject
) -> None:
    flat = [value for chunk in values for value in chunk]
    codes = np.array([draw.randrange(3) for _ in flat], dtype=np.int32)
    at_first = np.array([at for at in range(len(flat)) if draw.random() < 0.7], dtype=np.int64)
    found = first_values(pa.chunked_array(values, pa.string()), at_first, codes, 3).to_pylist()
    for customer in range(3):
        own = [flat[at] for at in at_first if codes[at] == customer and flat[at] is not None]
        assert found[customer] == (own[0] if own else None)


def test_parts_hold_whole_customers() -> None:
    sizes = [300_000, 1, 249_999, 2, 500_001, 400_000]
    starts = np.cumsum([0, *sizes[:-1]])
    days = OrderDays(pa.array(range(6)), np.arange(6), starts, np.arange(sum(sizes)), np.arange(sum(sizes)))
    parts = list(days.parts())
    assert len(parts) > 1
    assert [number for part in parts for number in part.customer.to_pylist()] == list(range(6))
    assert np.array_equal(np.concatenate([part.day for part in parts]), days.day)
    for part in parts:
        assert part.starts[0] == 0
        first = part.customer[0].as_py()
        assert np.array_equal(part.starts + starts[first], starts[first : first + len(part.customer)])


def test_money_beyond_what_can_be_summed_is_said() -> None:
    assert is_countable(pa.chunked_array([[10**15, -(10**15)], [5]]))
    assert not is_countable(pa.chunked_array([[2**61, 1]]))
    assert not is_countable(pa.chunked_array([[-(2**62)]]))
    assert not is_countable(pa.chunked_array([[1, None]]))


def test_amounts_too_large_for_their_type_are_summed_all_the_same(tmp_path: Path) -> None:
    rows = "a,2024-01-01,10000000000.00,1\na,2024-01-02,5.00,2\nb,2024-01-03,6.00,3\n"
    read = orders(tmp_path, rows)
    assert customer_summary(read.transactions).frame["revenue"].tolist() == [10_000_000_005.0, 6.0]


def test_a_customer_of_more_days_than_a_part_is_walked_along_whole(tmp_path: Path) -> None:
    rows = "a,2024-01-01,5.00,1\n" + "".join(f"b,2024-01-{day:02d},5.00,{day + 1}\n" for day in range(1, 8))
    read = orders(tmp_path, rows)
    with patch.object(purchase_walk, "DAYS_PER_PART", 3):
        assert customer_summary(read.transactions).frame["purchase_days"].tolist() == [1, 7]
