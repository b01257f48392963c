"""What-if: a lever moves the answer, of all or of a segment."""

from __future__ import annotations

from tests.app.screen import assert_sound, boxes, start


def test_a_lever_moves_the_answer():
    page = start("What-if")
    before = boxes(page)["Gain"]
    page.slider(key="lever_retention").set_value(50).run()
    assert_sound(page)
    assert boxes(page)["Gain"] != before
    page.selectbox(key="what_if_segment").set_value("Champions").run()
    assert_sound(page)
