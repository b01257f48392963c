"""The column form says what was recognised, lets every column be overruled, and remembers the choice."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.screen import assert_sound, give, words
from tests.conftest import PATIENCE

ODD = "who,day it was,gross,net\n" + "".join(
    f"c{number % 9},2024-{number % 12 + 1:02d}-15,{number}.50,{number}.25\n" for number in range(40)
)
STRIPE = "Created date (UTC),Amount,Currency,Status,Captured,Customer ID\n" + "".join(
    f"2024-{number % 12 + 1:02d}-15 10:00:00,{10 + number},{('eur', 'usd')[number % 2]},Paid,TRUE,cus_{number % 7}\n"
    for number in range(40)
)


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def form() -> None:
    """Sidebar and form alone: the rows used are said below, and what went wrong."""
    import streamlit as st

    from pages.components.column_form import column_form
    from pages.components.session import session
    from pages.components.sidebar import draw_sidebar

    draw_sidebar()
    column_form()
    st.caption(f"{session().shop.report.rows_kept} rows used")
    st.caption(" ".join(session().problems))


def with_file(content: str) -> AppTest:
    """A new session that a file was given to."""
    page = give(AppTest.from_function(form, default_timeout=PATIENCE).run(), ("orders.csv", content.encode()))
    assert_sound(page)
    return page


def submit(page: AppTest) -> AppTest:
    """Press the form's button."""
    (button,) = [button for button in page.button if button.label == "Read the file again"]
    button.click().run()
    assert_sound(page)
    return page


def test_a_choice_is_remembered_and_forgotten() -> None:
    page = with_file(ODD)
    assert "no column was recognised" in words(page)
    for field, column in {"customer": "who", "date": "day it was", "amount": "net"}.items():
        page.selectbox(key=f"data_column_{field}").set_value(column)
    assert "40 rows used" in words(submit(page))

    again = with_file(ODD)
    assert "40 rows used" in words(again)
    assert again.selectbox(key="data_column_amount").value == "net"
    assert "columns are those that you chose" in words(again)

    forgotten = again.button(key="data_forget_columns").click().run()
    assert_sound(forgotten)
    assert "no column was recognised" in words(forgotten)
    assert "columns are those that you chose" not in words(forgotten)
    assert "no column was recognised" in words(with_file(ODD))


def test_a_layout_is_named_and_a_currency_chosen() -> None:
    page = with_file(STRIPE)
    assert "2 currencies" in words(page)
    assert "**Stripe payments**" in words(page)
    page.selectbox(key="data_currency").set_value("EUR")
    page = submit(page)
    assert "20 rows used" in words(page)
    # What was recognised is no choice of the user's, so nothing is remembered.
    assert "columns are those that you chose" not in words(page)


def test_a_recognised_column_can_be_left_out() -> None:
    page = with_file(STRIPE.replace("usd", "eur").replace("Paid", "Failed", 5))
    assert "35 rows used" in words(page)
    page.selectbox(key="data_column_status").set_value("(none)")
    assert "40 rows used" in words(submit(page))
    assert "40 rows used" in words(with_file(STRIPE.replace("usd", "eur").replace("Paid", "Failed", 5)))


def test_repeated_rows_leave_on_request() -> None:
    page = with_file(ODD.replace("who,day it was", "customer,date") + "c1,2024-02-15,1.50,1.25\n")
    assert "41 rows used" in words(page)
    page.checkbox(key="data_remove_duplicates").check()
    assert "40 rows used" in words(submit(page))


def test_the_order_of_day_and_month_of_the_spend_can_be_set() -> None:
    spend = b"date,channel,spend\n03/04/2024,tv,50\n05/04/2024,web,20\n"
    files = [("orders.csv", STRIPE.encode(), "text/csv"), ("spend.csv", spend, "text/csv")]
    page = AppTest.from_function(form, default_timeout=PATIENCE).run()
    page.file_uploader(key="uploads").set_value(files).run()
    assert "spend.csv, column «date»: every day is at most 12" in words(page)
    page.selectbox(key="data_currency").set_value("EUR")
    for before, order, first in ((None, "mdy", "2024-03-04"), ("mdy", "dmy", "2024-04-03")):
        page.selectbox(key=f"data_spend_date_order_{before}").set_value(order)
        submit(page)
        assert page.selectbox(key=f"data_spend_date_order_{order}").value == order
        said = " ".join(map(str, page.session_state["clv_session"].shop.findings_beside))
        assert f"were spent from {first}" in said
