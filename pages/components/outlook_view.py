"""The days ahead, customer by customer: by the forecast chosen, by the app's model and by the best naive rule."""

from __future__ import annotations

import streamlit as st

from clv.analysis import Analysis
from clv.models import ModelDataError
from clv.validation.backtest import Backtest
from clv.validation.origins import BacktestError
from clv.validation.outlook import Outlook
from clv.validation.tables import outlook_totals
from pages.components.downloads import download_table
from pages.components.formatting import count, customers, day, days, in_prose, plain
from pages.components.tables import SHOWN_ROWS, show_table, summary_table


def outlook_view(found: Backtest, analysis: Analysis, currency: str | None) -> None:
    """On request, what each customer is expected to do in as many days as were held out."""
    st.subheader(f"The next {days(found.holdout.days)}, customer by customer")
    if not st.toggle(
        "Work out each customer's orders and spend",
        key="trust_outlook",
        persist_state="session",
        help="The forecast that was chosen, trained on everything known today, beside the model of the other pages and the "
        "best naive rule. Takes some seconds the first time.",
    ):
        return
    try:
        with st.spinner("Training on everything known today …", show_time=True):
            ahead = analysis.shop_past.outlook(found, analysis.assumptions.model_setting)
    except (BacktestError, ModelDataError) as error:
        st.info(plain(str(error)))
        return
    _show(ahead, found, currency)


def _show(ahead: Outlook, found: Backtest, currency: str | None) -> None:
    st.caption(
        f"After {day(ahead.window.cutoff)} and up to {day(ahead.window.end)}, of the {customers(len(ahead.customer_ids))} known "
        f"today: net spend, before margin and not discounted. Chosen: {in_prose(ahead.names['chosen'])}. Model: "
        f"{in_prose(ahead.names['model'])}. Naive: {in_prose(ahead.names['baseline'])}."
    )
    for role, why in ahead.failed.items():
        st.caption(in_prose(f"{ahead.names[role]} could not be worked out: {why}"))
    totals = outlook_totals(ahead, found)
    summary_table(
        totals.drop(columns="role"),
        "Expected order days and spend of all customers by each forecast",
        currency,
    )
    table = ahead.table()
    shown = [f"{role}_{what}" for what in ("spend", "order_days", "chance") for role in totals["role"]]
    show_table(
        table[["customer_id", *shown]],
        currency=currency,
        alt="What each customer is expected to order, by each forecast",
        key="trust_outlook_table",
        height=420,
    )
    st.caption(
        f"Shown: {min(SHOWN_ROWS, len(table))} of {count(len(table))}, the largest expected spend first."
    )
    download_table("Download all customers", lambda: table, "customers_ahead", "trust_outlook_download")
