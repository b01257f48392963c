"""What every page opens with: whose figures these are, what went wrong with the last upload, and the finding."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from clv.analysis import Analysis
from clv.models import ModelDataError
from clv.shop import Shop
from pages.components.date_question import ask_date_order
from pages.components.formatting import day, in_prose, plain
from pages.components.housekeeping import set_aside_loaded
from pages.components.navigation import enter_through_app
from pages.components.session import Session, analysis_under, session, use_sample
from pages.components.sidebar import current_assumptions
from pages.components.tab_memory import names_lost

SHOWN_PROBLEMS = 8
SHOWN_NAMES = 2
WAITING_FOR = {
    "draws": "Fitting how customers buy and leave …",
    "bootstrap": "Fitting how customers buy and leave, again and again on resampled customers …",
}


def open_page() -> Analysis:
    """Say whose figures these are, and any upload problem; give the analysis under the sidebar's assumptions."""
    enter_through_app()
    _say_what_is_not_yours(session())
    _show_problems()
    return analysis_under(current_assumptions(session().shop))


def shop_line(state: Session) -> str:
    """Name and period of the shop, to stand beside the title of every page."""
    return f"**{_listed(state.names)}** · {_period(state.shop)}"


def _period(shop: Shop) -> str:
    if not shop.has_orders:
        return f"as of {day(shop.as_of)}"
    return f"{day(shop.report.first_date)} to {day(shop.report.last_date)}"


def _listed(names: Sequence[str]) -> str:
    """The names as text; of many, the first ones and how many more."""
    more = len(names) - SHOWN_NAMES
    shown = ", ".join(plain(name) for name in names[:SHOWN_NAMES])
    return f"{shown} and {more} more" if more > 0 else shown


def _say_what_is_not_yours(state: Session) -> None:
    """A banner with the sample shop: these figures are made up; where files were lost, which."""
    if not state.is_sample:
        return
    lost = names_lost(state)
    if not lost:
        st.info(
            "**These are the figures of a made-up shop.** Upload your own orders in the sidebar to see yours."
        )
        return
    names, them = ", ".join(plain(name) for name in lost), "it" if len(lost) == 1 else "them"
    st.warning(
        f"**What you had loaded is gone: {names}.** The server was started anew, or this page was reloaded or without "
        f"connection for too long. Load {them} again in the sidebar; until then the figures are those of a made-up shop."
    )
    st.button("Go on with the sample shop", on_click=use_sample, key="forget_lost")


def finding(sentence: str) -> None:
    """The page's answer in one plain sentence."""
    st.markdown(f"#### {in_prose(sentence)}")


def can_forecast(analysis: Analysis) -> bool:
    """Whether to show a forecast: enough data, or the user wants a rough one, and a model that they identify.

    Fits the model on first use, and says in words why where there is no forecast.
    """
    if analysis.shop.data_notes and not (_identifies_a_model(analysis) and _wants_rough(analysis)):
        return False
    try:
        with st.container():  # holds the spinner's place, so that nothing below moves
            if not analysis.is_ready:
                with st.spinner(WAITING_FOR[analysis.assumptions.intervals], show_time=True):
                    _ = analysis.total_clv
                    set_aside_loaded()
            if analysis.assumptions.calibrated_risk:
                with st.spinner("Holding churn risks against the past …", show_time=True):
                    _ = analysis.churn_risk
        notes = analysis.notes
    except ModelDataError as error:
        _say_no_forecast(error)
        return False
    for note in notes:
        st.caption(f"Note: {in_prose(note)}")
    if analysis.assumptions.calibrated_risk:
        st.caption(in_prose(analysis.risk_calibration.why))
    return True


def _say_no_forecast(error: ModelDataError) -> None:
    st.warning(
        f"**No forecast from these data.** {plain(str(error))} What happened so far is shown; "
        "CLV, churn risk and what-if need a model.",
    )


def _identifies_a_model(analysis: Analysis) -> bool:
    """Whether few data identify a model at all; says why where they do not."""
    try:
        _ = analysis.models
    except ModelDataError as error:
        _say_no_forecast(error)
        return False
    return True


def _wants_rough(analysis: Analysis) -> bool:
    """Say what the data lack for a forecast, and offer a rough one."""
    reasons = "\n".join(f"- {in_prose(note)}" for note in analysis.shop.data_notes)
    st.warning(
        f"**No forecast from these data unless you ask for a rough one.**\n\n{reasons}\n\nWhat happened so far is "
        "shown; add older orders for a forecast to rely on.",
    )
    return st.toggle(
        "Show a rough forecast all the same",
        key="rough_forecast",
        persist_state="session",
        help="CLV, churn risk and what-if from too few data: read the ranges, not the single figures.",
    )


def _show_problems() -> None:
    state = session()
    if not state.problems:
        return
    said = "\n".join(state.problems)
    names = ", ".join(plain(name) for name in state.refused if name in said or len(state.refused) == 1)
    if state.question is not None and len(state.problems) == 1:
        st.info(
            f"**{names} is read once you answer one question.** {plain(state.name)} stays loaded until then.",
        )
        ask_date_order(state.question)
        return
    lines = "\n".join(f"- {plain(problem)}" for problem in state.problems[:SHOWN_PROBLEMS])
    st.error(
        f"**{names or 'The files'} could not be used. {plain(state.name)} stays loaded.**\n\n{lines}",
    )
    if state.question is not None:
        ask_date_order(state.question)
    st.page_link("pages/data.py", label="See the columns and settings of the file on the Data page")
