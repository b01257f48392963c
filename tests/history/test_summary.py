"""Correctness of the customer summary on orders worked out by hand, and on the sample's truth."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.history import customer_summary, monthly_revenue, orders_of_customer
from clv.ingest import OrderFile, read_orders
from tests.conftest import PROJECT

ROWS = """customer_id,order_id,order_date,amount,channel
a,1,2024-01-01 10:00,10.00,search
a,2,2024-01-01 18:00,5.00,social
a,3,2024-01-11 09:00,30.00,social
a,4,2024-02-10 09:00,50.00,social
b,5,2024-01-05 09:00,20.00,social
b,5,2024-01-25 09:00,-20.00,social
b,6,2024-01-20 09:00,8.00,search
c,7,2024-01-07 09:00,40.00,search
c,8,2024-01-09 09:00,-10.00,search
d,9,2024-02-29 09:00,0.00,search
"""


@pytest.fixture
def summary(read_rows):
    return customer_summary(read_rows(ROWS).transactions)


def row(summary, customer):
    return summary.frame.set_index("customer_id").loc[customer]


def test_lines_of_a_day_are_one_purchase(summary):
    a = row(summary, "a")
    assert (a["purchase_days"], a["frequency"], a["recency_days"]) == (3, 2, 40)
    assert a["orders"] == 4
    assert a["revenue"] == pytest.approx(95.0)
    # Repeat days only: 30 and 50.
    assert a["monetary_value"] == pytest.approx(40.0)
    assert a["first_order_value"] == pytest.approx(15.0)


def test_gaps_between_purchase_days(summary):
    a, b = row(summary, "a"), row(summary, "b")
    assert a["sum_log_gaps"] == pytest.approx(np.log(10) + np.log(30))
    assert (a["previous_gap_days"], a["last_gap_days"]) == (10, 30)
    assert b["sum_log_gaps"] == 0
    assert np.isnan(b["last_gap_days"])


def test_who_got_everything_back_is_not_modelled(read_rows):
    rows = ROWS + "e,10,2024-01-03 09:00,12.00,search\ne,,2024-01-09 09:00,-12.00,search\n"
    summary = customer_summary(read_rows(rows).transactions)
    assert row(summary, "e")["revenue"] == 0
    assert "e" not in set(summary.buyers["customer_id"])
    assert summary.never_paid == 2


def test_the_last_order_is_now(summary):
    assert summary.as_of == dt.date(2024, 2, 29)
    assert row(summary, "a")["T_days"] == 59
    assert row(summary, "a")["days_since_last_order"] == 19


def test_a_refund_nets_against_its_order_wherever_it_happened(summary):
    b = row(summary, "b")
    assert (b["purchase_days"], b["frequency"]) == (1, 0)
    assert b["first_order_date"] == pd.Timestamp("2024-01-20")
    assert b["revenue"] == pytest.approx(8.0)


def test_a_refund_without_its_order_nets_on_its_own_day(summary):
    c = row(summary, "c")
    assert c["purchase_days"] == 1
    assert c["revenue"] == pytest.approx(30.0)
    assert c["first_order_value"] == pytest.approx(40.0)


def test_who_never_paid_is_counted_and_not_modelled(summary):
    assert summary.never_paid == 1
    assert "d" not in set(summary.buyers["customer_id"])
    assert row(summary, "d")["purchase_days"] == 0


def test_attributes_are_those_of_the_first_order(summary):
    assert row(summary, "a")["channel"] == "search"
    assert row(summary, "b")["channel"] == "social"


def test_an_earlier_day_leaves_later_orders_out(read_rows):
    transactions = read_rows(ROWS).transactions
    january = customer_summary(transactions, dt.date(2024, 1, 31))
    assert row(january, "a")["purchase_days"] == 2
    assert row(january, "a")["T_days"] == 30
    assert "d" not in set(january.frame["customer_id"])
    with pytest.raises(ValueError, match="too early"):
        customer_summary(transactions, dt.date(2020, 1, 1))


def test_months_add_up_to_revenue(read_rows):
    transactions = read_rows(ROWS).transactions
    months = monthly_revenue(transactions, dt.date(2024, 2, 29))
    assert months["month"].tolist() == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-02-01")]
    assert months["new"].tolist() == pytest.approx([63.0, 0.0])
    assert months["returning"].tolist() == pytest.approx([20.0, 50.0])


def test_orders_of_one_customer(read_rows):
    orders = orders_of_customer(read_rows(ROWS).transactions, "b")
    assert orders["order_id"].tolist() == ["5", "6"]
    assert orders["amount"].tolist() == pytest.approx([0.0, 8.0])


def test_an_id_is_never_read_as_a_query(read_rows):
    assert orders_of_customer(read_rows(ROWS).transactions, "x' OR '1'='1").empty


def test_the_sample_shop_is_summarised_to_its_truth(sample_shop):
    truth = json.loads((PROJECT / "sample_data" / "truth.json").read_text())
    buyers = sample_shop.buyers
    for channel, known in truth["channels"].items():
        found = buyers[buyers["channel"] == channel]
        expected = known["after_refunds"]
        assert len(found) == expected["customers"], channel
        assert (found["frequency"] > 0).sum() == expected["repeat_customers"], channel
        assert found["purchase_days"].sum() == expected["purchase_days"], channel
        everyone = sample_shop.summary.frame
        revenue = everyone.loc[everyone["channel"] == channel, "revenue"].sum()
        assert revenue == pytest.approx(known["net_revenue"], abs=0.01), channel


orders = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 400), st.integers(-500, 2000)), min_size=1, max_size=60
)


@pytest.mark.slow
@given(orders, st.randoms(use_true_random=False))
@settings(max_examples=25)
def test_row_order_does_not_matter(tmp_path_factory, rows, random):
    """Customers and their doubles, whose rows stand in another order, in one file; a plain computation in pandas agrees."""
    rows = [("a", 0, 100), *rows]
    doubles = [(who.upper(), day, cents) for who, day, cents in random.sample(rows, len(rows))]
    found = _summarise(tmp_path_factory, [*rows, *doubles])
    first, second = (
        found[found["customer_id"].str.islower() == lower].reset_index(drop=True) for lower in (True, False)
    )
    pd.testing.assert_frame_equal(first, second.assign(customer_id=second["customer_id"].str.lower()))
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "cents"])
    days = frame.groupby(["customer_id", "day"])["cents"].sum()
    paid = days[days > 0].reset_index()
    for customer, group in paid.groupby("customer_id"):
        one = first.set_index("customer_id").loc[customer]
        assert one["purchase_days"] == len(group)
        assert one["recency_days"] == group["day"].max() - group["day"].min()
        repeats = group.sort_values("day")["cents"].iloc[1:]
        assert one["monetary_value"] == pytest.approx(repeats.mean() / 100 if len(repeats) else 0.0)


def _summarise(folders, rows):
    start = dt.date(2022, 12, 20)
    lines = [f"{who},{start + dt.timedelta(day)},{cents / 100:.2f}" for who, day, cents in rows]
    path = folders.mktemp("orders") / "orders.csv"
    path.write_text("\n".join(["customer,date,amount", *lines]))
    read = read_orders([OrderFile("orders.csv", path)])
    return customer_summary(read.transactions).frame
