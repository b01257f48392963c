"""Lists: exactly who, ready for the tool that writes to them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.column_dictionary import column_label
from clv.economics import customer_totals
from clv.lists import READY_LISTS
from clv.models import ModelDataError
from clv.rules import Rule
from clv.validation.origins import BacktestError
from pages.components.downloads import download_table
from pages.components.filters import filter_customers, filter_key
from pages.components.formatting import count, money, months, plain
from pages.components.history_view import history_finding
from pages.components.page_top import can_forecast, finding, open_page
from pages.components.sidebar import current_currency
from pages.components.tables import SHOWN_ROWS, show_table

OWN_CHOICE = "Your own choice"
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
        [OWN_CHOICE, *READY_LISTS],
        key="lists_ready_made",
        persist_state="session",
        on_change=_apply_ready_made,
        help="Each sets the filters below; change them as you like.",
    )
    chosen = READY_LISTS.get(st.session_state["lists_ready_made"])
    st.caption(chosen.purpose if chosen else "Filter below.")
    found = filter_customers(analysis, "lists")
    with place:
        finding(list_sentence(found, analysis, currency))
    if found.empty:
        st.info("Nobody matches. Loosen a filter.")
        return
    write(found, main_reasons(found, analysis), analysis.shop.summary.origins, currency)


def without_forecast(analysis: Analysis, currency: str | None) -> None:
    """Lists by segment, which need no forecast."""
    history_finding(analysis, currency)
    chosen = st.multiselect(
        "Segment", analysis.shop.segment_names, key="lists_history_segment", placeholder="All"
    )
    found = Rule.from_dict({"segment": chosen} if chosen else {}).apply(analysis.shop.history)
    download_table(
        f"Download {count(len(found))} customers", lambda: found, "customers", "lists_history", primary=True
    )
    show_table(
        found[[name for name in COLUMNS if name in found.columns]],
        currency=currency,
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
            return {"main_reason": analysis.main_reasons(found)}
    except (BacktestError, ModelDataError) as error:
        st.caption(plain(str(error)))
        return {}


def write(
    found: pd.DataFrame, beside: dict[str, pd.Series], origins: Mapping[str, str], currency: str | None
) -> None:
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
        download_table("Download ids only", lambda: found[["customer_id"]], "customer_ids", "lists_ids")
    st.caption(
        "CSV for any spreadsheet or mailing tool. Cells that a spreadsheet would run as a formula are made harmless. "
        f"Shown: the first {min(SHOWN_ROWS, len(found))} rows."
    )
    show_table(chosen, currency=currency, origins=origins, alt="The list", key="lists_table", height=420)


def list_sentence(found: pd.DataFrame, analysis: Analysis, currency: str | None) -> str:
    """Who is on the list."""
    totals = customer_totals(found)
    return (
        f"{count(totals.customers)} customers are on this list; they are worth {money(totals.clv, currency)} "
        f"over {months(analysis.assumptions.horizon_months)}."
    )


def _apply_ready_made() -> None:
    """Set the filters that ready lists use to what the chosen one says; to nothing where it says nothing."""
    chosen = READY_LISTS.get(st.session_state["lists_ready_made"])
    used = {condition.column for ready in READY_LISTS.values() for condition in ready.rule.conditions}
    for column in used:
        st.session_state[filter_key("lists", column)] = list(chosen.rule.values_of(column)) if chosen else []


draw()
