"""The churn risks held against the shop's own past, and the switch to the corrected ones."""

from __future__ import annotations

import streamlit as st

from clv.analysis import Analysis
from clv.charts import calibration_chart
from clv.churn.calibration import RiskCalibration, reliability
from clv.models import ModelDataError
from clv.settings import CALIBRATED_RISK
from pages.components.charts import card_title, draw_figure
from pages.components.formatting import in_prose, plain


def risk_check(analysis: Analysis) -> None:
    """Of those given 70 %, how many stayed away? With the corrected risks on offer where they were nearer."""
    st.subheader("Is the churn risk right?")
    try:
        with st.spinner("Holding churn risks against the past …", show_time=True):
            found = analysis.risk_calibration
    except ModelDataError as error:
        st.caption(plain(str(error)))
        return
    st.markdown(in_prose(analysis.risk_message))
    if found.applied:
        _offer(analysis)
    if found.checked is not None:
        with st.container(border=True):
            _reliability(found, analysis.assumptions.churn_window_days)


def _reliability(found: RiskCalibration, window_days: int) -> None:
    assert found.checked is not None
    card_title(
        "Churn risk given, and who stayed away",
        f"Each point is a tenth of the customers known {window_days} days before the last order; on the dashed line as many "
        "stayed away as the risk said.",
    )
    draw_figure(
        calibration_chart(reliability(found.checked), "staying away", "stayed away"),
        alt="Churn risk given against the share who stayed away",
        key="risk_reliability",
    )


def _offer(analysis: Analysis) -> None:
    if analysis.assumptions.calibrated_risk:
        st.caption("All pages show the corrected risks.")
        return
    st.button(
        "Use the corrected risks on all pages",
        on_click=_use_corrected,
        key="trust_use_risk",
        help="Also under More in the sidebar. Risk, risk bands and value at risk follow; CLV does not change.",
    )


def _use_corrected() -> None:
    st.session_state[CALIBRATED_RISK.key] = True
