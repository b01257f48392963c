"""Every page with the sample and with files that can be used, large and small."""

from __future__ import annotations

import pytest

from tests.app.screen import PAGES, WITHOUT_FORECAST, assert_sound, open_page, wait_for_backtests, words
from tests.app.shops import NOBODY_TWICE, ONE_CUSTOMER, customer_table, few_orders, own_orders
from tests.conftest import real_file


@pytest.mark.parametrize(
    "name", [name for name in PAGES if name != "Trust"]
)  # test_trust.py looks at that one
def test_sample(showing, name):
    page = open_page(showing(), name)
    assert_sound(page)
    assert page.title[0].value == name
    assert not page.error
    assert "#### " in words(page)


@pytest.mark.parametrize("name", PAGES)
def test_uploaded_file(showing, name):
    page = open_page(showing(("zamowienia.csv", own_orders(customers=510))), name)
    assert_sound(page)
    assert not page.error, page.error[0].value
    assert "510 customers" in words(page)
    if name == "Trust":
        assert_sound(wait_for_backtests(page))


@pytest.mark.parametrize("name", PAGES)
def test_nobody_buys_twice(showing, name):
    page = open_page(showing(("once.csv", NOBODY_TWICE)), name)
    assert_sound(page)
    if name not in WITHOUT_FORECAST:
        assert "No forecast from these data" in words(page)
        assert "Nobody bought on a second day" in words(page)


@pytest.mark.parametrize("name", PAGES)
def test_one_customer(showing, name):
    page = open_page(showing(("one.csv", ONE_CUSTOMER)), name)
    assert_sound(page)
    assert page.error or "No forecast" in words(page) or name in WITHOUT_FORECAST


@pytest.mark.parametrize("name", PAGES)
def test_few_customers_get_the_history_and_a_rough_forecast_on_request(showing, name):
    page = open_page(showing(("few.csv", few_orders())), name)
    assert_sound(page)
    if name in WITHOUT_FORECAST:
        return
    assert "Only 120 customers ever paid" in words(page)
    assert "120 customers brought" in words(page)
    page.toggle(key="rough_forecast").set_value(True).run()
    assert_sound(page)
    assert "120 customers brought" not in words(page)
    page.toggle(key="rough_forecast").set_value(False).run()


@pytest.mark.parametrize("name", PAGES)
def test_a_table_of_customers(showing, name):
    page = open_page(showing(("summary.csv", customer_table())), name)
    assert_sound(page)
    assert not page.error
    assert "900 customers" in words(page)
    if name in ("Data", "Customers"):
        assert "without their orders" in words(page)


@pytest.mark.parametrize("name", ["Overview", "Data", "What-if"])
def test_cdnow(showing, name):
    path = real_file("cdnow", "CDNOW_master.csv")
    page = open_page(showing((path.name, path.read_bytes())), name)
    assert_sound(page)
    assert "23,570 customers" in words(page)
