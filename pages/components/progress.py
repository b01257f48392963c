"""What is being done, for anything that takes longer than a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


@contextmanager
def reading_progress(on_cancel: Callable[[], None] | None = None) -> Iterator[Callable[[float, str], None]]:
    """A progress bar, shown with the first report and gone when the work is done.

    With `on_cancel` there is a button to cancel (a form may not hold one): a click interrupts the script at the next
    report, and `on_cancel` is called before the page is drawn anew.
    """
    slot = st.container()
    shown: list[DeltaGenerator] = []

    def report(share: float, doing: str) -> None:
        if not shown:
            shown.extend((slot.empty(), slot.empty()))
            if on_cancel is not None:
                shown[1].button("Cancel", on_click=on_cancel, key="cancel_reading", width="stretch")
        shown[0].progress(min(max(share, 0.0), 1.0), text=doing)

    yield report
    for place in shown:
        place.empty()
