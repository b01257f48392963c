"""What every page opens with under its title: what went wrong with the last upload, and the finding."""

from __future__ import annotations

import streamlit as st

from clv.analysis import Analysis
from clv.models import ModelDataError
from pages.components.date_question import ask_date_order
from pages.components.formatting import in_prose, plain
from pages.components.navigation import enter_through_app
from pages.components.session import analysis_under, session, set_aside_loaded
from pages.components.sidebar import current_assumptions

SHOWN_PROBLEMS = 8
WAITING_FOR = {
    "draws": "Fitting how customers buy and leave …",
    "bootstrap": "Fitting how customers buy and leave, again and again on resampled customers …",
}


def open_page() -> Analysis:
    """Draw any upload problem; give the analysis under the sidebar's assumptions."""
    enter_through_app()
    _show_problems()
    return analysis_under(current_assumptions())


def finding(sentence: str) -> None:
    """The page's answer in one plain sentence."""
    st.markdown(f"#### {in_prose(sentence)}")


def can_forecast(analysis: Analysis) -> bool:
    """Whether the data identify a model; fits it on first use and says in words why where they do not."""
    try:
        with st.container():  # holds the spinner's place, so that nothing below moves
            if not analysis.is_ready:
                with st.spinner(WAITING_FOR[analysis.assumptions.intervals], show_time=True):
                    _ = analysis.total_clv
                    set_aside_loaded()
        notes = analysis.notes
    except ModelDataError as error:
        st.warning(
            f"**No forecast from these data.** {plain(str(error))} What happened so far is shown; "
            "CLV, churn risk and what-if need a model.",
            icon="⚠️",
        )
        return False
    for note in notes:
        st.caption(f"⚠️ {in_prose(note)}")
    return True


def _show_problems() -> None:
    state = session()
    if not state.problems:
        return
    said = "\n".join(state.problems)
    names = ", ".join(plain(file.name) for file in state.files if file.name in said or len(state.files) == 1)
    if state.question is not None and len(state.problems) == 1:
        st.info(
            f"**{names} is read once you answer one question.** {plain(state.name)} stays loaded until then.",
            icon="❓",
        )
        ask_date_order(state.question)
        return
    lines = "\n".join(f"- {plain(problem)}" for problem in state.problems[:SHOWN_PROBLEMS])
    st.error(
        f"**{names or 'The files'} could not be used. {plain(state.name)} stays loaded.**\n\n{lines}",
        icon="🚫",
    )
    if state.question is not None:
        ask_date_order(state.question)
    st.page_link(
        "pages/data.py", label="See the columns and settings of the file on the Data page", icon="📄"
    )
