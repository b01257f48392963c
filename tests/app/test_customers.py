"""Customers: found, filtered, and why one is at risk."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.screen import assert_sound, start, words


@pytest.fixture
def page() -> AppTest:
    return start("Customers")


def test_find_and_filter_customers(page):
    page.text_input(key="customers_search").set_value("C00042").run()
    assert_sound(page)
    assert "1 of 5,000 customers" in words(page)
    page.text_input(key="customers_search").set_value("nobody has this").run()
    assert_sound(page)
    assert "No customer matches" in words(page)


def test_a_customer_looked_for_is_found_first(page):
    page.text_input(key="customers_search").set_value("c00010").run()
    assert_sound(page)
    assert "Customer C00010" in [heading.value for heading in page.subheader]


def test_a_risk_is_explained_against_the_customers_own_rhythm(page):
    page.text_input(key="customers_search").set_value("c00010").run()
    page.toggle(key="customers_explain").set_value(True).run()
    assert_sound(page)
    said = words(page)
    assert "points** of risk" in said or "Nothing stands out" in said
    assert "Each day with what was known then" in said
