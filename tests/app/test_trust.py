"""Trust: the forecast held against the past, and what follows from it on the other pages."""

from __future__ import annotations

from tests.app.screen import (
    assert_refused,
    assert_sound,
    boxes,
    give,
    open_page,
    start,
    wait_for_backtests,
    words,
)
from tests.app.shops import NOBODY_TWICE, WITHOUT_DATES, gone_orders


def test_it_tests_the_forecast_and_hands_the_model_over():
    page = start("Trust")
    assert_sound(page)
    assert page.title[0].value == "Trust"
    page = wait_for_backtests(page)
    assert_sound(page)
    assert not page.error
    assert "#### " in words(page)
    assert "Told only what was known on 31 December 2025" in words(page)
    assert set(boxes(page)) == {"Order days", "Revenue", "Best tenth", "Ranges hold"}
    page.button(key="trust_use").click().run()
    assert_sound(page)
    assert page.selectbox(key="group_by").value == "channel"
    assert "The other pages use" in words(page)


def test_each_customers_days_ahead_on_request():
    page = wait_for_backtests(start("Trust"))
    assert not page.dataframe or "chosen_spend" not in page.dataframe[-1].value
    page.toggle(key="trust_outlook").set_value(True).run()
    assert_sound(page)
    assert "After 30 Sep 2026 and up to 30 Jun 2027, of the 4,979 customers known today" in words(page)
    assert "Used on the other pages" in "".join(html.value for html in page.get("html"))
    assert {"chosen_spend", "model_spend", "baseline_spend"} <= set(page.dataframe[-1].value.columns)


def test_what_the_backtest_says_stands_beside_the_clv(data_page):
    page = open_page(give(data_page, ("gone.csv", gone_orders())), "Overview")
    assert "held possible" not in words(page)
    page = wait_for_backtests(open_page(page, "Trust"))
    assert "than the model held possible" in words(page)
    assert "what it allowed from the week of" in words(page)
    page = open_page(page, "Overview")
    assert_sound(page)
    assert "than the model held possible" in words(page)


def test_corrected_risks_are_offered_and_used_on_all_pages(app):
    before = boxes(app.slider(key="churn_window").set_value(30).run())
    page = wait_for_backtests(open_page(app, "Trust"))
    assert "In the last 30 days 92 % of 4,803 customers stayed away, where 92 % were expected to" in words(
        page
    )
    page.button(key="trust_use_risk").click().run()
    assert_sound(page)
    assert "All pages show the corrected risks" in words(page)
    page = open_page(page, "Overview")
    assert_sound(page)
    assert "Churn risks are corrected by how many left after such risks before" in words(page)
    assert boxes(page)["At high risk"] != before["At high risk"]
    assert boxes(page)["CLV, 12 months"] == before["CLV, 12 months"]
    page.slider(key="churn_window").set_value(150).run()
    assert "Churn risks are as the model gives them" in words(page)
    page.button(key="reset").click().run()
    assert "Churn risks are" not in words(page)


def test_a_bad_file_is_explained_there_too(data_page):
    assert_refused(open_page(give(data_page, ("nodate.csv", WITHOUT_DATES)), "Trust"))


def test_it_says_why_there_is_no_backtest(data_page):
    page = wait_for_backtests(open_page(give(data_page, ("few.csv", NOBODY_TWICE)), "Trust"))
    assert_sound(page)
    assert "cannot be backtested" in words(page)
