"""Which model forecasts, and whether each group has its own."""

from __future__ import annotations

import pytest

from tests.app.screen import assert_sound, boxes, give, start, words
from tests.app.shops import own_orders

OWN_MODELS = "Groups by channel buy differently"


@pytest.mark.parametrize("model", ["bg-nbd", "mbg-nbd", "pareto-nbd", "cnbd-k"])
def test_each_model(app, model):
    app.session_state["model"] = model
    assert_sound(app.run())


def test_a_model_for_each_channel_and_one_model_again_with_another_file(app):
    before = boxes(app)
    app.selectbox(key="group_by").set_value("channel").run()
    assert_sound(app)
    assert OWN_MODELS in words(app)
    assert boxes(app)["At high risk"] != before["At high risk"]
    page = give(app, ("zamowienia.csv", own_orders()))
    assert_sound(page)
    assert page.selectbox(key="group_by").value == "One model for all customers"


@pytest.mark.parametrize("given", ["channel", "By channel"])
def test_a_link_gives_the_column_to_group_by(given):
    app = start(group_by=given, model="bg-nbd")
    assert_sound(app)
    assert app.selectbox(key="group_by").value == "channel"
    assert app.selectbox(key="model").value == "bg-nbd"
    assert OWN_MODELS in words(app)
