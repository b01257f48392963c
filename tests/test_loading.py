"""Files of a shop, whatever each holds, to one data set; every problem of every file at once."""

from __future__ import annotations

import datetime as dt

import pytest

from clv.ingest import InputError, OrderFile
from clv.loading import read_shop

ORDERS = "customer_id,date,amount,channel\n" + "".join(
    f"c{n % 7},2024-{n % 12 + 1:02d}-05,1{n % 9},{'tv' if n % 2 else 'web'}\n" for n in range(60)
)
CONTACTS = "customer_id,email,nps\nc1,c1@example.com,9\nstranger,s@example.com,1\n"
SPEND = "date,channel,spend\n2024-01-05,tv,50\n2024-02-05,web,20\n"
TABLE = "customer_id,frequency,recency,T,monetary_value\n" + "".join(
    f"c{n},{n % 4},{n % 4 * 10},100,{n % 4 * 9}\n" for n in range(40)
)


@pytest.fixture
def write(tmp_path):
    def file(name: str, text: str) -> OrderFile:
        path = tmp_path / name
        path.write_text(text)
        return OrderFile(name, path)

    return file


def test_files_in_any_order_find_their_place(write):
    files = [write("s.csv", SPEND), write("c.csv", CONTACTS), write("o.csv", ORDERS)]
    dataset = read_shop(files).dataset()
    assert dataset.report.files == ("o.csv",)
    assert dataset.summary.frame.set_index("customer_id").loc["c1", "email"] == "c1@example.com"
    assert dataset.media.spend == 70
    assert any("1 rows match no customer" in str(finding) for finding in dataset.companions)


def test_files_named_as_contacts_and_spend_are_taken_as_such(write):
    contacts = write("c.csv", "id,colour\nc1,red\n")
    shop = read_shop([write("o.csv", ORDERS)], contacts=[contacts], spend=[write("s.csv", SPEND)])
    assert shop.dataset().summary.origins["colour"] == "contacts file"
    assert shop.spend is not None


def test_problems_of_all_files_are_said_together(write):
    files = [write("o.csv", ORDERS.replace("date", "when exactly"))]
    with pytest.raises(InputError) as refused:
        read_shop(
            files,
            contacts=[write("c.csv", "shirt size,city\n1,Bonn\n")],
            spend=[write("s.csv", "a,b\n1,2\n")],
        )
    said = str(refused.value)
    assert "o.csv: no column was recognised as the order date" in said
    assert "c.csv: no column names the customer" in said
    assert "s.csv: it has no channel, date and spend" in said


def test_a_table_of_customers_stands_alone(write):
    day = dt.date(2024, 6, 1)
    dataset = read_shop([write("t.csv", TABLE)], unit="weeks", as_of=day).dataset()
    assert dataset.as_of == day
    assert dataset.buyers["T_days"].max() == 700
    with pytest.raises(InputError, match=r"cannot be added to o\.csv"):
        read_shop([write("t.csv", TABLE), write("o.csv", ORDERS)])


def test_contacts_join_a_table_of_customers_too(write):
    dataset = read_shop([write("t.csv", TABLE), write("c.csv", CONTACTS)]).dataset()
    assert "nps" in dataset.summary.attributes
