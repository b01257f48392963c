"""Segments: broken down by whatever the files hold."""

from __future__ import annotations

from tests.app.screen import assert_sound, give, open_page, start, words
from tests.app.shops import sample_orders
from tests.conftest import SAMPLE_ORDERS

KEYS = {"Segment": "segment", "CLV tier": "clv_tier", "Risk": "risk_band"}


def key_of(label: str) -> str:
    """The column behind a label."""
    return KEYS.get(label, label.lower().replace(" ", "_"))


def test_breakdowns(data_page):
    beside = [(name, (SAMPLE_ORDERS.parent / name).read_bytes()) for name in ("contacts.csv", "spend.csv")]
    options = start("Segments").segmented_control(key="segments_by").options
    page = open_page(give(data_page, ("orders.csv", sample_orders(600)), *beside), "Segments")
    assert page.segmented_control(key="segments_by").options == options
    for by in options:
        page.segmented_control(key="segments_by").set_value(key_of(by)).run()
        assert_sound(page)


def test_the_channels_of_the_spend():
    page = start("Segments")
    page.segmented_control(key="segments_by").set_value("channel").run()
    assert_sound(page)
    assert "Paid social: a new customer costs more than it brings" in words(page)


def test_names_from_a_file_are_shown_as_they_are(data_page):
    rows = SAMPLE_ORDERS.read_text().splitlines()[:4000]
    rows[0] = rows[0].replace("channel", "**bold** [x](http://y)")
    page = open_page(give(data_page, ("a_[b](c)*d*.csv", "\n".join(rows).encode())), "Segments")
    assert_sound(page)
    sidebar = "\n".join(element.value for element in page.sidebar.caption)
    assert r"\[b\]\(c\)" in sidebar
