"""The sidebar: assumptions, links that give them, reset, and the way back to the sample."""

from __future__ import annotations

import pytest

from tests.app.screen import assert_sound, boxes, give, open_page, start, words
from tests.app.shops import own_orders


def test_sliders_change_the_answer_and_reset_restores_it(app):
    before = boxes(app)
    app.slider(key="margin").set_value(20).run()
    app.slider(key="cac").set_value(40.0).run()
    changed = boxes(app)
    assert changed["CLV, 12 months"] != before["CLV, 12 months"]
    assert changed["CLV:CAC"] != before["CLV:CAC"]
    app.button(key="reset").click().run()
    assert boxes(app) == before


def test_reset_restores_the_levers_too(app):
    before = boxes(app)
    app.slider(key="lever_retention").set_value(100).run()
    assert boxes(app)["Gain"] != before["Gain"]
    assert boxes(app.button(key="reset").click().run()) == before


def test_assumptions_survive_a_page_switch(app):
    app.slider(key="horizon").set_value(24).run()
    page = open_page(open_page(app, "Data"), "Overview")
    assert "CLV, 24 months" in boxes(page)


def test_the_churn_window_is_the_files_own_until_it_is_moved(data_page):
    assert data_page.slider(key="churn_window").value == 150
    assert "80 % of repeat orders come within 129 days" in words(data_page)
    page = give(data_page, ("zamowienia.csv", own_orders()))
    own = page.session_state["clv_session"].shop.churn_window.days
    assert page.slider(key="churn_window").value == own != 150
    page.slider(key="churn_window").set_value(33).run()
    assert f"That suggests {own}." in words(page)
    page = page.button(key="use_sample").click().run()
    assert page.slider(key="churn_window").value == 33
    assert page.button(key="reset").click().run().slider(key="churn_window").value == 150


def test_a_churn_window_of_a_link_wins_over_the_files_own():
    assert start("Data", churn_window="60").slider(key="churn_window").value == 60


@pytest.mark.parametrize("given", ["gross", "Gross"])
def test_a_link_gives_the_margin(given):
    app = start(margin_kind=given, margin="55", variable_costs="5", lever_retention="30")
    assert_sound(app)
    assert app.segmented_control(key="margin_kind").value == "gross"
    assert [app.slider(key=key).value for key in ("margin", "variable_costs", "lever_retention")] == [
        55,
        5,
        30,
    ]


def test_gross_margin_takes_off_variable_costs(app):
    app.segmented_control(key="margin_kind").set_value("gross").run()
    page = app.slider(key="margin").set_value(55).run()
    assert_sound(page)
    gross = boxes(page)
    app.segmented_control(key="margin_kind").set_value("contribution").run()
    page = app.slider(key="margin").set_value(40).run()
    assert boxes(page) == gross


def test_an_impossible_margin_keeps_the_last_valid_one(app):
    app.segmented_control(key="margin_kind").set_value("gross").run()
    page = app.slider(key="margin").set_value(5).run()
    assert_sound(page)
    assert "eat up the whole gross margin" in words(page)


def test_back_to_the_sample(data_page):
    give(data_page, ("zamowienia.csv", own_orders()))
    page = data_page.button(key="use_sample").click().run()
    assert_sound(page)
    assert "5,000 customers" in words(page)
