"""Data: what was read, what stands beside the orders, and what a file leaves open."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.screen import assert_sound, give, words
from tests.app.shops import NOBODY_TWICE, customer_table
from tests.conftest import PATIENCE, SAMPLE_ORDERS


def table_page() -> None:
    """The sidebar and the form of a table of customers: a form that AppTest can press, unlike one of a page."""
    from pages.components.column_form import table_form
    from pages.components.sidebar import draw_sidebar

    draw_sidebar()
    table_form()


def test_a_table_of_customers_in_weeks():
    app = AppTest.from_function(table_page, default_timeout=PATIENCE).run()
    page = give(app, ("summary.csv", customer_table()))
    page.selectbox(key="data_unit").set_value("weeks")
    next(button for button in page.button if button.label == "Read the table again").click().run()
    assert_sound(page)
    shop = page.session_state["clv_session"].shop
    assert "Recency and T are in weeks" in [finding.what for finding in shop.report.assumed]
    assert shop.buyers["T_days"].min() >= 7 * 200


def test_contacts_and_spend_beside_the_orders(data_page):
    files = [(name, (SAMPLE_ORDERS.parent / name).read_bytes()) for name in
             ("contacts.csv", "orders.csv", "spend.csv")]  # fmt: skip
    page = give(data_page, *files)
    assert_sound(page)
    assert not page.error
    assert r"5,000 of 5,000 customers have a row in the contacts" in words(page)
    page.button(key="use_media_cac").click().run()
    assert page.slider(key="cac").value == 18.5


@pytest.mark.parametrize(("order", "first"), [("dmy", "3 Apr 2024"), ("mdy", "4 Mar 2024")])
def test_an_open_order_of_day_and_month_is_asked_for_with_both_readings(data_page, order, first):
    dates = [f"{day:02d}/{month:02d}/2024" for day in range(3, 12) for month in range(4, 9)]
    orders = "customer,date,amount\n" + "".join(
        f"c{number % 20},{date},{number}.50\n" for number, date in enumerate(dates)
    )
    page = give(data_page, ("open.csv", orders.encode()))
    assert_sound(page)
    assert not page.error
    assert "Sample shop stays loaded" in words(page)
    assert page.dataframe[0].value.iloc[0].to_list() == ["03/04/2024", "3 April 2024", "4 March 2024"]
    page.button(key=f"date_order_{order}").click().run()
    assert_sound(page)
    assert not page.info
    assert "20 customers" in words(page)
    assert f"from {first}" in words(page)


def test_an_open_order_of_day_and_month_in_the_spend_is_asked_for(data_page):
    spend = b"date,channel,spend\n03/04/2024,tv,50\n05/04/2024,web,20\n"
    page = give(data_page, ("orders.csv", NOBODY_TWICE), ("spend.csv", spend))
    assert_sound(page)
    assert not page.error
    assert r"spend\.csv is read once you answer one question" in words(page)
    assert page.dataframe[0].value.iloc[0].to_list() == ["03/04/2024", "3 April 2024", "4 March 2024"]
    page.button(key="date_order_mdy").click().run()
    assert_sound(page)
    assert "70.00 were spent from 2024-03-04 to 2024-05-04" in words(page).replace("\\", "")
    assert page.selectbox(key="data_spend_date_order_mdy").value == "mdy"
