"""Correctness: what was known on a day is what a read up to that day gives."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from clv.history.engine import to_frame
from clv.history.purchase_days import purchase_days
from clv.validation.order_entries import day_number, read_entries

ROWS = """customer_id,order_id,order_date,amount
a,1,2024-01-01 10:00,10.10
a,2,2024-01-01 18:00,5.00
a,1,2024-01-20 09:00,-10.10
a,3,2024-02-11 09:00,30.00
a,3,2024-02-14 09:00,-12.50
b,4,2024-01-05 09:00,20.00
b,4,2024-03-05 09:00,-9.99
b,4,2024-03-15 09:00,-10.01
b,9,2024-03-20 09:00,-1.00
"""


@pytest.fixture
def transactions(read_rows):
    return read_rows(ROWS).transactions


@pytest.mark.parametrize(
    "day", ["2024-01-01", "2024-01-20", "2024-02-12", "2024-03-10", "2024-03-15", "2024-04-01"]
)
def test_known_by_a_day_is_the_read_up_to_it(transactions, day):
    cutoff = dt.date.fromisoformat(day)
    entries = read_entries(transactions, dt.date(2024, 4, 1))
    known = entries.known_by(day_number(cutoff))
    days = purchase_days(transactions, cutoff)
    direct = to_frame(days.mutate(net=days.net.cast("float64")).order_by("customer_id", "day"), transactions)
    assert entries.customer_ids[known.customer].tolist() == direct["customer_id"].tolist()
    assert known.net == pytest.approx(direct["net"].to_numpy(), abs=1e-12)
    assert known.orders.tolist() == direct["orders"].tolist()
    assert known.day.tolist() == [day_number(day) for day in direct["day"]]


def test_a_full_refund_in_parts_leaves_exactly_nothing(transactions):
    entries = read_entries(transactions, dt.date(2024, 3, 15))
    known = entries.known_by(day_number(dt.date(2024, 3, 15)))
    of_b = known.customer == entries.customer_ids.get_loc("b")
    assert known.net[of_b].tolist() == [0.0]
    assert known.refunded[of_b].tolist() == [20.0]


def test_until_forgets_what_came_later(transactions):
    entries = read_entries(transactions, dt.date(2024, 4, 1))
    cutoff = day_number(dt.date(2024, 2, 12))
    before = entries.until(cutoff)
    assert before.known_on.max() <= cutoff
    assert np.array_equal(before.known_by(cutoff).net, entries.known_by(cutoff).net)


def test_discounts_are_added_up_by_day_and_those_of_returns_left_aside(read_rows):
    read = read_rows("""customer_id,order_id,order_date,quantity,unit_price,discount
a,1,2024-01-01 10:00,2,10.00,4.00
a,2,2024-01-01 18:00,1,5.00,-1.00
a,3,2024-01-09 18:00,1,5.00,
a,3,2024-01-10 09:00,-1,5.00,2.00
""").transactions
    known = read_entries(read, dt.date(2024, 2, 1)).known_by(day_number(dt.date(2024, 2, 1)))
    assert read.has_discount
    assert known.discounted.tolist() == [5.0, 0.0]


def test_without_a_discount_column_nothing_was_discounted(transactions):
    known = read_entries(transactions, dt.date(2024, 4, 1)).known_by(day_number(dt.date(2024, 4, 1)))
    assert not transactions.has_discount
    assert not known.discounted.any()
