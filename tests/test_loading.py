"""Files of a shop, whatever each holds, to one data set; every problem of every file at once."""

from __future__ import annotations

import datetime as dt

import pytest

from clv.ingest import InputError, OpenDateOrder, OrderFile, read_orders
from clv.loading import read_shop, with_files_beside

ORDERS = "customer_id,date,amount,channel\n" + "".join(
    f"c{n % 7},2024-{n % 12 + 1:02d}-05,1{n % 9},{'tv' if n % 2 else 'web'}\n" for n in range(60)
)
CONTACTS = "customer_id,email,nps\nc1,c1@example.com,9\nstranger,s@example.com,1\n"
SPEND = "date,channel,spend\n2024-01-05,tv,50\n2024-02-05,web,20\n"
TABLE = "customer_id,frequency,recency,T,monetary_value\n" + "".join(
    f"c{n},{n % 4},{n % 4 * 10},100,{n % 4 * 9}\n" for n in range(40)
)
# 3 April or 4 March; the orders of DAY_FIRST say it themselves.
OPEN_SPEND = "date,channel,spend\n03/04/2024,tv,50\n05/04/2024,web,20\n"
OPEN_ORDERS = "customer_id,date,amount\n" + "".join(f"c{n % 7},0{n % 8 + 1}/03/2024,10\n" for n in range(60))
DAY_FIRST = OPEN_ORDERS + "c1,25/03/2024,10\n"


@pytest.fixture
def write(tmp_path):
    def file(name: str, text: str) -> OrderFile:
        path = tmp_path / name
        path.write_text(text)
        return OrderFile(name, path)

    return file


def test_files_in_any_order_find_their_place(write):
    files = [write("s.csv", SPEND), write("c.csv", CONTACTS), write("o.csv", ORDERS)]
    shop = read_shop(files).shop()
    assert shop.report.files == ("o.csv",)
    assert shop.summary.frame.set_index("customer_id").loc["c1", "email"] == "c1@example.com"
    assert shop.media.spend == 70
    assert any("1 rows match no customer" in str(finding) for finding in shop.findings_beside)


def test_files_named_as_contacts_and_spend_are_taken_as_such(write):
    contacts = write("c.csv", "id,colour\nc1,red\n")
    shop = read_shop([write("o.csv", ORDERS)], contacts=[contacts], spend=[write("s.csv", SPEND)])
    assert shop.shop().summary.origins["colour"] == "contacts file"
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
    shop = read_shop([write("t.csv", TABLE)], unit="weeks", as_of=day).shop()
    assert shop.as_of == day
    assert shop.buyers["T_days"].max() == 700
    with pytest.raises(InputError, match=r"cannot be added to o\.csv"):
        read_shop([write("t.csv", TABLE), write("o.csv", ORDERS)])


def test_contacts_join_a_table_of_customers_too(write):
    shop = read_shop([write("t.csv", TABLE), write("c.csv", CONTACTS)]).shop()
    assert "nps" in shop.summary.attributes


def first_day_of_spend(shop):
    return shop.spend.frame["date"].min().date()


def said_beside(shop):
    return " ".join(map(str, shop.shop().findings_beside))


def test_spend_with_an_open_order_of_dates_is_read_as_the_orders_are_and_said(write):
    files = [write("o.csv", DAY_FIRST), write("s.csv", OPEN_SPEND)]
    shop = read_shop(files)
    assert first_day_of_spend(shop) == dt.date(2024, 4, 3)
    assert "Dates are read day/month/year, as those of the orders are (s.csv)" in said_beside(shop)
    other = read_shop(files, spend_date_order="mdy")
    assert first_day_of_spend(other) == dt.date(2024, 3, 4)
    assert "Dates are read" not in said_beside(other)


@pytest.mark.parametrize(("order", "day"), [("dmy", dt.date(2024, 4, 3)), ("mdy", dt.date(2024, 3, 4))])
def test_one_answer_holds_for_orders_and_spend(write, order, day):
    files = [write("o.csv", OPEN_ORDERS), write("s.csv", OPEN_SPEND)]
    with pytest.raises(InputError) as refused:
        read_shop(files)
    (question,) = refused.value.problems
    assert (question.setting, question.where) == ("date_order", "o.csv, column «date»")
    assert first_day_of_spend(read_shop(files, date_order=order)) == day


def test_the_order_of_the_dates_of_the_spend_is_asked_for_where_the_orders_do_not_tell(write):
    files = [write("o.csv", ORDERS), write("s.csv", OPEN_SPEND)]
    with pytest.raises(InputError) as refused:
        read_shop(files)
    (question,) = refused.value.problems
    assert isinstance(question, OpenDateOrder)
    assert (question.setting, question.where) == ("spend_date_order", "s.csv, column «date»")
    assert first_day_of_spend(read_shop(files, spend_date_order="dmy")) == dt.date(2024, 4, 3)
    beside = with_files_beside(read_orders(files[:1]), spend=files[1:], date_order="mdy")
    assert first_day_of_spend(beside) == dt.date(2024, 3, 4)


def test_dates_of_the_spend_that_tell_their_order_are_read_by_it(write):
    files = [write("o.csv", OPEN_ORDERS), write("s.csv", OPEN_SPEND + "04/25/2024,tv,1\n")]
    assert first_day_of_spend(read_shop(files, date_order="dmy")) == dt.date(2024, 3, 4)


def test_spend_of_mixed_orders_wants_a_word_and_what_is_left_out_is_said(write):
    mixed = OPEN_SPEND + "25/04/2024,tv,1\n04/25/2024,tv,1\n"
    files = [write("o.csv", DAY_FIRST), write("s.csv", mixed)]
    with pytest.raises(InputError, match="some dates can only be day/month/year"):
        read_shop(files)
    shop = read_shop(files, date_order="dmy")
    assert len(shop.spend.frame) == 3
    assert first_day_of_spend(shop) == dt.date(2024, 4, 3)
