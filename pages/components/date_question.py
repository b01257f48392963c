"""Which of two readings of the dates is right: asked with the user's own dates, answered with one click."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import streamlit as st

from clv.ingest import DATE_ORDERS, OpenDateOrder
from pages.components.formatting import plain
from pages.components.progress import reading_progress
from pages.components.session import reread, session

ANSWER = "date_order_answer"


def ask_date_order(question: OpenDateOrder) -> None:
    """Show both readings of the first dates side by side, with a button for each; read again when answered."""
    answer = st.session_state.pop(ANSWER, None)
    if answer in question.orders:
        with reading_progress() as progress:
            reread({**session().settings, question.setting: answer}, progress)
        st.rerun()
    names = [DATE_ORDERS[order] for order in question.orders]
    with st.container(border=True):
        st.markdown(
            f"**How are the dates written?** These are dates of {plain(question.where)}, read both ways."
        )
        frame = pd.DataFrame(
            [[reading.text, *map(_written, reading.dates)] for reading in question.readings],
            columns=["In the file", *(f"As {name}" for name in names)],
        )
        st.dataframe(
            frame, hide_index=True, alt="First dates of the file, read both ways", key="date_readings"
        )
        example = question.readings[0]
        with st.container(horizontal=True):
            for order, date in zip(question.orders, example.dates, strict=True):
                st.button(
                    f"{plain(example.text)} is {_written(date)}",
                    key=f"date_order_{order}",
                    help=f"Read all dates as {DATE_ORDERS[order]}.",
                    on_click=_answered,
                    args=(order,),
                )


def _answered(order: str) -> None:
    st.session_state[ANSWER] = order


def _written(date: dt.date) -> str:
    return f"{date.day} {date:%B %Y}"
