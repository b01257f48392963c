"""The days ahead, customer by customer: by the forecast chosen, by the app's model and by the best naive rule."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.models import ModelDataError
from clv.validation.backtest import Backtest
from clv.validation.origins import BacktestError
from clv.validation.outlook import Outlook
from clv.validation.words import off_by
from pages.components.downloads import download_table
from pages.components.formatting import count, customers, day, days, in_prose, plain
from pages.components.tables import SHOWN_ROWS, show_table, summary_table

ROLE_WORDS = {
    "chosen": "Chosen by the backtest",
    "model": "Used on the other pages",
    "baseline": "Best naive rule",
}
CHOSEN_AND_USED = "Chosen, and used on the other pages"


def outlook_view(found: Backtest, analysis: Analysis) -> None:
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
    _show(ahead, found)


def _show(ahead: Outlook, found: Backtest) -> None:
    st.caption(
        f"After {day(ahead.window.cutoff)} and up to {day(ahead.window.end)}, of the {customers(len(ahead.customer_ids))} known "
        f"today: net spend, before margin and not discounted. Chosen: {in_prose(ahead.names['chosen'])}. Model: "
        f"{in_prose(ahead.names['model'])}. Naive: {in_prose(ahead.names['baseline'])}."
    )
    for role, why in ahead.failed.items():
        st.caption(in_prose(f"{ahead.names[role]} could not be worked out: {why}"))
    totals = ahead.totals()
    if ahead.names["chosen"] == ahead.names["model"]:
        totals = totals[totals["role"] != "model"]
    summary_table(
        _in_words(totals, ahead, found), "Expected order days and spend of all customers by each forecast"
    )
    table = ahead.table()
    shown = [f"{role}_{what}" for what in ("spend", "order_days", "chance") for role in totals["role"]]
    show_table(
        table[["customer_id", *shown]],
        alt="What each customer is expected to order, by each forecast",
        key="trust_outlook_table",
        height=420,
    )
    st.caption(
        f"Shown: {min(SHOWN_ROWS, len(table))} of {count(len(table))}, the largest expected spend first."
    )
    download_table("Download all customers", lambda: table, "customers_ahead", "trust_outlook_download")


def _in_words(totals: pd.DataFrame, ahead: Outlook, found: Backtest) -> pd.DataFrame:
    words = dict(ROLE_WORDS)
    if ahead.names["chosen"] == ahead.names["model"]:
        words["chosen"] = CHOSEN_AND_USED
    bias = {scored.candidate.name: scored.money.bias for scored in found.scored}
    tested = [off_by(bias[name]) if name in bias else "not tried" for name in totals["forecast"]]
    return pd.DataFrame(
        {
            "forecast": totals["role"].map(words),
            "ahead_order_days": totals["order_days"],
            "ahead_spend": totals["spend"],
            "ahead_customers": totals["customers"],
            "ahead_tested": tested,
        }
    )
