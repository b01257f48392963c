"""Lists: exactly who, ready for the tool that writes to them."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.models import ModelDataError
from clv.validation.origins import BacktestError
from pages.components.downloads import download_table
from pages.components.filters import filter_customers
from pages.components.formatting import count, money, months, plain
from pages.components.history_view import history_finding
from pages.components.page_top import can_forecast, finding, open_page
from pages.components.sidebar import current_currency
from pages.components.tables import SHOWN_ROWS, column_label, show_table

# Name: (what it is for, filters on segment, risk_band, clv_tier).
READY_MADE: dict[str, tuple[str, dict[str, list[str]]]] = {
    "Your own choice": ("Filter below.", {}),
    "Win back the valuable": (
        "The top 30 % by CLV whose churn risk is medium or high: the first to write to.",
        {"clv_tier": ["Top 10 %", "Next 20 %"], "risk_band": ["Medium", "High"]},
    ),
    "Look after the best": (
        "Champions and Loyal: reward, ask for referrals, do not discount.",
        {"segment": ["Champions", "Loyal"]},
    ),
    "Lead to the second order": (
        "New and promising customers: the second order decides.",
        {"segment": ["New Customers", "Promising"]},
    ),
    "Call before they go": (
        "At Risk and Cannot Lose Them: spent much, silent for long. Look at their CLV before you spend on it.",
        {"segment": ["At Risk", "Cannot Lose Them"]},
    ),
    "Do not spend on": (
        "Lost and hibernating customers in the lowest CLV tier: leave out of paid campaigns.",
        {"segment": ["Lost", "Hibernating"], "clv_tier": ["Lowest 40 %"]},
    ),
}
FILTERS = ("segment", "risk_band", "clv_tier")
COLUMNS = [
    "customer_id",
    "segment",
    "clv",
    "churn_risk",
    "value_at_risk",
    "orders",
    "revenue",
    "last_order_date",
]


def draw() -> None:
    """Choose, look, download."""
    analysis = open_page()
    currency = current_currency()
    if not can_forecast(analysis):
        without_forecast(analysis, currency)
        return
    place = st.container()
    st.selectbox(
        "Ready-made lists",
        list(READY_MADE),
        key="lists_ready_made",
        persist_state="session",
        on_change=_apply_ready_made,
        help="Each sets the filters below; change them as you like.",
    )
    st.caption(READY_MADE[st.session_state["lists_ready_made"]][0])
    found = filter_customers(analysis, "lists")
    with place:
        finding(list_sentence(found, analysis, currency))
    if found.empty:
        st.info("Nobody matches. Loosen a filter.")
        return
    write(found, main_reasons(found, analysis))


def without_forecast(analysis: Analysis, currency: str | None) -> None:
    """Lists by segment, which need no forecast."""
    history_finding(analysis, currency)
    chosen = st.multiselect(
        "Segment", analysis.shop.segment_names, key="lists_history_segment", placeholder="All"
    )
    history = analysis.shop.history
    found = history[history["segment"].isin(chosen)] if chosen else history
    download_table(
        f"Download {count(len(found))} customers", lambda: found, "customers", "lists_history", primary=True
    )
    show_table(
        found[[name for name in COLUMNS if name in found.columns]],
        alt="The list",
        key="lists_history_table",
        height=420,
    )


def main_reasons(found: pd.DataFrame, analysis: Analysis) -> dict[str, pd.Series]:
    """On request, a column that says why each customer's risk is what it is."""
    if not analysis.shop.has_orders or not st.toggle(
        "Add the main reason behind each churn risk",
        key="lists_reasons",
        persist_state="session",
        help="Such as “usually orders every 30 days, last order 120 days ago”; blank where nothing stands out against the "
        "customer's own rhythm. Takes some seconds the first time.",
    ):
        return {}
    try:
        with st.spinner("Comparing with who left before …", show_time=True):
            reasons = analysis.risk_reasons.top
    except (BacktestError, ModelDataError) as error:
        st.caption(plain(str(error)))
        return {}
    of_customer = pd.Series(reasons.to_numpy(), index=analysis.shop.buyers["customer_id"])
    return {"main_reason": found["customer_id"].map(of_customer).fillna("")}


def write(found: pd.DataFrame, beside: dict[str, pd.Series]) -> None:
    """Columns to write, those always beside them, the button, and a look at the list."""
    columns = st.multiselect(
        "Columns of the file",
        list(found.columns),
        default=COLUMNS,
        format_func=column_label,
        key="lists_columns",
        placeholder="All columns",
    )
    chosen = (found[columns] if columns else found).assign(**beside)
    with st.container(horizontal=True):
        download_table(
            f"Download {count(len(found))} customers", lambda: chosen, st.session_state["lists_ready_made"], "lists_download",
            primary=True,
        )  # fmt: skip
        download_table("Ids only", lambda: found[["customer_id"]], "customer_ids", "lists_ids")
    st.caption(
        "CSV for any spreadsheet or mailing tool. Cells that a spreadsheet would run as a formula are made harmless. "
        f"Shown: the first {min(SHOWN_ROWS, len(found))} rows."
    )
    show_table(chosen, alt="The list", key="lists_table", height=420)


def list_sentence(found: pd.DataFrame, analysis: Analysis, currency: str | None) -> str:
    """Who is on the list."""
    return (
        f"{count(len(found))} customers are on this list; they are worth {money(float(found['clv'].sum()), currency)} "
        f"over {months(analysis.assumptions.horizon_months)}."
    )


def _apply_ready_made() -> None:
    filters = READY_MADE[st.session_state["lists_ready_made"]][1]
    for name in FILTERS:
        st.session_state[f"lists_{name}"] = filters.get(name, [])


draw()
