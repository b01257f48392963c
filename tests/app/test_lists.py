"""Lists: every ready list, with reasons on request."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.screen import assert_sound, start


@pytest.fixture
def page() -> AppTest:
    return start("Lists")


def test_ready_made_lists(page):
    for name in page.selectbox(key="lists_ready_made").options:
        page.selectbox(key="lists_ready_made").set_value(name).run()
        assert_sound(page)


def test_the_main_reason_goes_with_a_list_on_request(page):
    assert "main_reason" not in page.dataframe[0].value
    page.selectbox(key="lists_ready_made").set_value("Win back the valuable").run()
    page.toggle(key="lists_reasons").set_value(True).run()
    assert_sound(page)
    said = page.dataframe[0].value["main_reason"]
    assert (
        said.str.contains("last order .* days ago|ordered only once|order value down|apart lately").mean()
        > 0.5
    )
