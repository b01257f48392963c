"""What is being done, for anything that takes longer than a moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st


@contextmanager
def reading_progress() -> Iterator[Callable[[float, str], None]]:
    """A progress bar that appears with the first report and goes when the work is done."""
    place = st.empty()

    def report(share: float, doing: str) -> None:
        place.progress(min(max(share, 0.0), 1.0), text=doing)

    yield report
    place.empty()
