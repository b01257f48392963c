"""Attributes of a customer: contact data of the last order, the rest of the first; contacts beside the orders."""

from __future__ import annotations

import random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.history import customer_summary, with_contacts
from clv.ingest import Contacts, OrderFile, read_orders

HEADER = "customer_id,order_id,order_date,amount,channel,phone,sms_consent\n"
ROWS = [
    "a,1,2024-01-01 10:00,10,,,yes",
    "a,1,2024-01-01 10:00,5,search,1,",
    "a,2,2024-02-01 10:00,5,social,2,no",
    "a,3,2024-03-01 10:00,5,social,,",
    "b,4,2024-01-05 10:00,20,,,",
    "b,5,2024-04-05 10:00,20,social,9,",
]


def attributes(read_rows, rows) -> dict[str, list[object]]:
    frame = customer_summary(read_rows(HEADER + "\n".join(rows)).transactions).frame
    return {
        row["customer_id"]: [row["channel"], row["phone"], row["sms_consent"]]
        for row in frame.to_dict("records")
    }


def test_first_order_or_last_one_that_says_it(read_rows):
    found = attributes(read_rows, ROWS)
    assert found["a"] == ["search", "2", "no"]
    # The first order of b names no channel, so how b was won is not known.
    assert pd.isna(found["b"][0])
    assert found["b"][1:] == ["9", "unknown"]


def test_what_is_from_where_is_said(read_rows):
    summary = customer_summary(read_rows(HEADER + "\n".join(ROWS)).transactions)
    assert summary.origins == {
        "channel": "first order", "phone": "last order that says it", "sms_consent": "last order that says it",
    }  # fmt: skip


@pytest.mark.slow
@given(seed=st.integers(0, 10_000))
@settings(max_examples=8)
def test_the_order_of_the_rows_does_not_matter_between_different_moments(tmp_path_factory, seed):
    rows = [row for row in ROWS if ",1,2024-01-01 10:00,5," not in row]
    shuffled = random.Random(seed).sample(rows, len(rows))
    folder = tmp_path_factory.mktemp("rows")

    def read(lines: list[str]) -> pd.DataFrame:
        path = folder / "orders.csv"
        path.write_text(HEADER + "\n".join(lines))
        return customer_summary(read_orders([OrderFile(path.name, path)]).transactions).frame

    pd.testing.assert_frame_equal(read(rows), read(shuffled))


@pytest.fixture
def summary(read_rows):
    rows = ["A@x.org,2024-01-01,10,DE", "b@x.org,2024-01-05,20,DE", "b@x.org,2024-03-05,20,DE"]
    return customer_summary(read_rows("email,date,amount,country\n" + "\n".join(rows)).transactions)


def contacts(**columns) -> Contacts:
    return Contacts(pd.DataFrame(columns, dtype="object"), ("customer_id", "email"), ("people.csv",))


def test_contacts_match_by_the_column_that_matches_most(summary):
    people = contacts(
        customer_id=["1", "2", "3", "4"],
        email=["a@X.org", "b@x.org", "b@x.org", "nobody@x.org"],
        phone=["1", "2", None, "4"],
        country=["FR", None, "PL", None],
        revenue=["1", "2", "3", "4"],
        sms_consent=["yes", "no", "unknown", "yes"],
    )
    found, said = with_contacts(summary, people)
    rows = found.frame.set_index("customer_id")
    assert rows.loc["a@x.org", ["phone", "contact_country", "contact_revenue", "sms_consent"]].tolist() == [
        "1", "FR", "1", "yes",
    ]  # fmt: skip
    assert rows.loc["b@x.org", ["phone", "contact_country"]].tolist() == ["2", "PL"]
    assert rows.loc["b@x.org", "revenue"] == 40
    texts = [str(finding) for finding in said]
    assert "2 of 2 customers have a row in the contacts, matched by email" in texts[0]
    assert "1 rows match no customer" in texts[1]
    assert "1 rows stand for a customer once more" in texts[2]
    assert {found.origins[name] for name in ("phone", "contact_country")} == {"contacts file"}


def test_a_column_that_says_nothing_new_is_not_repeated(summary):
    found, _ = with_contacts(summary, contacts(customer_id=["1"], email=["a@x.org"], country=["DE"]))
    assert "contact_country" not in found.frame.columns


def test_customers_without_a_row_have_an_unknown_consent(summary):
    people = contacts(customer_id=["1"], email=["a@x.org"], sms_consent=["yes"])
    found, _ = with_contacts(summary, people)
    assert found.frame.set_index("customer_id")["sms_consent"].to_dict() == {
        "a@x.org": "yes",
        "b@x.org": "unknown",
    }
    assert len(found.frame) == len(summary.frame)


def test_attributes_may_have_any_name_and_orders_any_date(read_rows):
    header = "customer_id,order_date,amount,customer,first_moment,place,moment\n"
    rows = ["7,1900-01-01,5,Ann,a,Rome,x", "7,2024-02-01,5,Anna,b,Oslo,y", "8,2024-03-01,6,Bob,c,Bonn,z"]
    for ids in (("7,", "8,"), ("c7,", "c8,")):
        text = header + "\n".join(rows).replace("7,", ids[0]).replace("8,", ids[1])
        frame = customer_summary(read_rows(text).transactions).frame
        found = frame[["customer", "first_moment", "place", "moment"]].to_numpy().tolist()
        assert found == [["Ann", "a", "Rome", "x"], ["Bob", "c", "Bonn", "z"]]


def test_files_of_one_name_are_distinguished_by_their_lines(tmp_path):
    header = "order_id,customer_id,order_date,amount,channel\n"
    files = []
    for number, (folder, channel) in enumerate((("a", "z"), ("b", "y"))):
        path = tmp_path / folder / "orders.csv"
        path.parent.mkdir()
        path.write_text(header + "9,5,2024-01-02,1,w\n" * number + f"{number + 1},7,2024-01-01,5,{channel}\n")
        files.append(OrderFile("orders.csv", path))
    transactions = read_orders(files).transactions
    frame = customer_summary(transactions).frame.set_index("customer_id")
    assert transactions.source_files == ()
    assert frame.loc["7", "channel"] == "z"
