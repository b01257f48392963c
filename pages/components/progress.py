"""What is being done, for anything that takes longer than a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


@contextmanager
def reading_progress() -> Iterator[Callable[[float, str], None]]:
    """A progress bar that appears with the first report and goes when the work is done."""
    slot = st.container()
    shown: list[DeltaGenerator] = []

    def report(share: float, doing: str) -> None:
        if not shown:
            shown.append(slot.empty())
        shown[0].progress(min(max(share, 0.0), 1.0), text=doing)

    yield report
    for place in shown:
        place.empty()
