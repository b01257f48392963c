"""Tables as every page shows them: plain words for columns, money and shares formatted."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from clv.history.contacts import CONTACTS_FILE
from clv.history.from_table import FROM_TABLE
from clv.history.summary import FIRST_ORDER, LAST_ORDER
from clv.wording import currency_sign
from pages.components.formatting import attribute_label, count, money, percent
from pages.components.session import session
from pages.components.sidebar import current_currency

SHOWN_ROWS = 200

MONEY = "money"
SHARE = "share"
COUNT = "count"
DATE = "date"

# Where a column of the user's own is from: (short, in full).
ORIGINS = {
    FIRST_ORDER: (
        "first order",
        "From the order file, at the customer's first order: how the customer was won.",
    ),
    LAST_ORDER: ("latest", "From the order file, of the customer's last order that says it: contact data."),
    CONTACTS_FILE: ("contacts", "From the file of contacts."),
    FROM_TABLE: ("table", "From the table of customers."),
}
# Column: (label, kind, what it means).
COLUMNS: dict[str, tuple[str, str, str]] = {
    "customer_id": ("Customer", "text", "The id in the order file."),
    "segment": ("Segment", "text", "RFM segment: how recently, how often and for how much they bought."),
    "clv_tier": ("CLV tier", "text", "Rank among all customers by predicted CLV."),
    "customers": ("Customers", COUNT, "Customers with at least one paid order."),
    "customers_share": ("Share of customers", SHARE, "Of all customers with a paid order."),
    "clv": ("CLV", MONEY, "Predicted contribution margin over the horizon, discounted."),
    "clv_low": ("CLV, low", MONEY, "The outcome is above this in 9 of 10 cases."),
    "clv_high": (
        "CLV, high",
        MONEY,
        "The outcome is below this in 9 of 10 cases or more. Where most such customers bring nothing and a few "
        "bring much, it is the CLV itself, the average over them all.",
    ),
    "parameter_sd": (
        "Spread, estimates",
        MONEY,
        "Standard deviation of the CLV because the model's parameters are estimates.",
    ),
    "process_sd": (
        "Spread, chance",
        MONEY,
        "Standard deviation of the CLV by chance alone, if the parameters were known.",
    ),
    "clv_total": (
        "CLV",
        MONEY,
        "Predicted contribution margin of the whole group over the horizon, discounted.",
    ),
    "clv_total_share": ("Share of CLV", SHARE, "Of the predicted CLV of all customers."),
    "clv_per_customer": ("CLV each", MONEY, "Predicted CLV per customer of the group."),
    "new_customer_clv": (
        "New customer CLV",
        MONEY,
        "What a newly won customer brings over the horizon, first order included, times margin, discounted.",
    ),
    "new_customer_low": ("low", MONEY, "Low end of its 80 % interval."),
    "new_customer_high": ("high", MONEY, "High end of its 80 % interval."),
    "cac": ("CAC", MONEY, "Spend divided by new customers, by the spend file; 0 where nothing was spent."),
    "clv_to_cac": (
        "CLV:CAC",
        "decimal",
        "New customer CLV divided by the CAC of this row, or by the one in the sidebar where no spend file gives it.",
    ),
    "payback_month": (
        "Payback, month",
        COUNT,
        "First month in which the margin reaches the CAC of this row, or else the one in the sidebar.",
    ),
    "largest_cac": (
        "Largest CAC",
        MONEY,
        "What may be paid so that the low end still earns the target CLV:CAC.",
    ),
    "churn_risk": ("Churn risk", SHARE, "Probability of no order within the churn window."),
    "risk_band": ("Risk", "text", "Low, medium or high churn risk, by the bands in the sidebar."),
    "main_reason": (
        "Main reason",
        "text",
        "What adds most to the churn risk, against the customer's own rhythm.",
    ),
    "value_at_risk": ("Value at risk", MONEY, "Churn risk times CLV, of every customer."),
    "probability_alive": ("Still a customer", SHARE, "Probability that the customer has not left for good."),
    "next_order_date": (
        "Next order",
        DATE,
        "By this day the next order has come in 5 of 10 cases, if another one comes at all. How likely that is, "
        "Still a customer tells. Blank: later than 3 years.",
    ),
    "next_order_low": (
        "Next order, early",
        DATE,
        "By this day the next order has come in 1 of 10 cases, if another one comes at all. Blank: later than 3 years.",
    ),
    "next_order_high": (
        "Next order, late",
        DATE,
        "By this day the next order has come in 9 of 10 cases, if another one comes at all. Blank: later than 3 years.",
    ),
    "expected_purchases": ("Order days ahead", "decimal", "Expected days with an order within the horizon."),
    "expected_spend": (
        "Spend per order day",
        MONEY,
        "Expected spend per future day with an order, before margin.",
    ),
    "forecast": ("Forecast", "text", "Which forecast, and what it is here."),
    "ahead_order_days": ("Order days ahead", COUNT, "Expected days with an order, of all customers."),
    "ahead_spend": ("Spend ahead", MONEY, "Expected net spend of all customers, before margin."),
    "ahead_customers": (
        "Customers who order",
        COUNT,
        "Expected number of customers with at least one order.",
    ),
    "ahead_tested": (
        "Spend in the backtest",
        "text",
        "How far off its total spend was in the period held out.",
    ),
    **{
        f"{role}_{what}": (f"{heading}, {words}", kind, meaning)
        for role, words in (("chosen", "chosen"), ("model", "model"), ("baseline", "naive"))
        for what, heading, kind, meaning in (
            ("order_days", "Order days", "decimal", "Expected days with an order in the days ahead."),
            ("spend", "Spend", MONEY, "Expected net spend in the days ahead, before margin."),
            ("chance", "Will order", SHARE, "Probability of at least one order in the days ahead."),
        )
    },
    "orders": ("Orders", COUNT, "Orders so far."),
    "revenue": ("Revenue", MONEY, "Net of refunds, so far."),
    "revenue_per_customer": ("Revenue each", MONEY, "Revenue so far per customer of the group."),
    "repeat_rate": ("Bought again", SHARE, "Share of customers with paid orders on two days or more."),
    "revenue_share": ("Share of revenue", SHARE, "Of the revenue of all customers with a paid order."),
    "first_order_date": ("First order", DATE, "Day of the first paid order."),
    "last_order_date": ("Last order", DATE, "Day of the last paid order."),
    "days_since_last_order": ("Days since last order", COUNT, "Counted from the last order in the file."),
    "frequency": ("Repeat days", COUNT, "Days with an order after the first one (frequency, x)."),
    "recency_days": ("First to last order, days", COUNT, "Recency in the sense of the models (t_x)."),
    "T_days": ("Days since first order", COUNT, "Age of the customer (T)."),
    "monetary_value": ("Spend per repeat day", MONEY, "Mean spend on the days after the first."),
    "first_order_value": ("First order value", MONEY, "Spend on the first day."),
    "recency_score": ("R", COUNT, "Recency score, 5 bought most recently."),
    "frequency_score": ("F", COUNT, "Frequency score: 1, 2, 3, 4-5, 6+ order days."),
    "monetary_score": ("M", COUNT, "Monetary score, 5 spent most."),
    "candidate": ("Forecast by", "text", "Model or naive rule, the one chosen marked."),
    "by_value": (
        "As an expected value",
        "text",
        "Against the one chosen, by the loss that models are chosen by (deviance of order days and spend): whose forecast "
        "is nearer, beyond chance?",
    ),
    "by_error": (
        "By absolute error",
        "text",
        "Against the one chosen, by the absolute error in order days: it favours whoever says 0 for rare buyers.",
    ),
    "orders_bias": (
        "Total off by",
        "signed share",
        "Expected order days of all customers over those that came, less 1.",
    ),
    "orders_mae": ("Off per customer (MAE)", "fine", "Mean absolute error in order days per customer."),
    "orders_rmse": ("RMSE", "fine", "Root mean squared error in order days per customer."),
    "orders_msle": (
        "MSLE",
        "fine",
        "Mean squared error of ln(1 + order days): a few large customers count for less.",
    ),
    "spend_bias": (
        "Revenue off by",
        "signed share",
        "Expected spend of all customers over what they spent, less 1.",
    ),
    "spend_mae": ("Spend MAE", MONEY, "Mean absolute error in spend per customer."),
    "spend_gini": (
        "Ranking (Gini)",
        "fine",
        "Normalised Gini by spend: 1 ranks customers perfectly, 0 not at all.",
    ),
    "top_decile": ("Best tenth", SHARE, "Share of the spend that the tenth predicted highest brought."),
    "spearman": ("Spearman", "fine", "Rank correlation of expected and actual order days."),
    "auc": (
        "AUC",
        "fine",
        "Of one who ordered and one who did not, how often the right one is ranked higher.",
    ),
    "log_likelihood": (
        "Log-likelihood",
        "fine",
        "Mean log probability of what each customer did, ordered or not; nearer to 0 is better.",
    ),
    "brier": ("Brier", "fine", "Mean squared error of the probability of ordering; smaller is better."),
    "coverage": (
        "Ranges hold",
        SHARE,
        "Share of customers whose spend lay in the 80 % range; ties at nothing shared.",
    ),
}


def show_table(frame: pd.DataFrame, *, alt: str, key: str, height: int | str = "auto", select: bool = False):
    """Show a frame with known column names; with ``select``, give the selected row's position or None."""
    shown = frame.head(SHOWN_ROWS)
    event = st.dataframe(
        _as_shown(shown),
        hide_index=True,
        column_config={name: _config(name) for name in shown.columns},
        key=key,
        alt=alt,
        height=height,
        on_select="rerun" if select else "ignore",
        selection_mode="single-row",
    )
    if not select:
        return None
    rows = event.selection.rows
    return rows[0] if rows else None


def summary_table(frame: pd.DataFrame, caption: str) -> None:
    """A table of a few rows with known column names, to be read rather than worked with.

    It is plain HTML, which the browser repaints in a fifth of the time that st.dataframe takes.
    """
    currency = current_currency()
    head = "".join(f'<th scope="col">{escape(column_label(name))}</th>' for name in frame.columns)
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(_in_words(name, row[name], currency))}</td>" for name in frame.columns)
        + "</tr>"
        for row in frame.to_dict("records")
    )
    st.html(
        f'<table class="clv-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def column_label(name: str) -> str:
    """The column's name as a reader knows it."""
    return COLUMNS[name][0] if name in COLUMNS else attribute_label(name)


def _as_shown(frame: pd.DataFrame) -> pd.DataFrame:
    """Shares in percent; money without cents where the column reaches hundreds."""
    columns = {}
    for name in frame.columns:
        kind = COLUMNS.get(name, ("", "", ""))[1]
        if kind in (SHARE, "signed share"):
            columns[name] = (100 * frame[name]).round(1 if kind == SHARE else 0) + 0.0  # no -0
        elif kind == MONEY:
            columns[name] = frame[name].round(0 if frame[name].abs().max() >= 100 else 2)
    return frame.assign(**columns)


def _in_words(name: str, value: Any, currency: str | None) -> str:
    kind = COLUMNS[name][1]
    if kind == MONEY:
        return money(value, currency)
    if kind == SHARE:
        return percent(value)
    return count(value) if kind == COUNT else str(value)


def _attribute(name: str) -> tuple[str, str, str]:
    """Label, kind and meaning of a column of the user's own: which file and which order it is from."""
    origin = session().shop.summary.origins.get(name, FIRST_ORDER)
    short, meaning = ORIGINS[origin]
    return f"{column_label(name)} · {short}", "text", meaning


def _config(name: str):
    label, kind, meaning = COLUMNS.get(name) or _attribute(name)
    sign = currency_sign(current_currency())
    formats = {
        MONEY: "localized",
        SHARE: "%.0f %%",
        COUNT: "localized",
        "decimal": "%.1f",
        "fine": "%.3f",
        "signed share": "%+.0f %%",
    }
    if kind == MONEY and sign:
        label = f"{label} ({sign})"
    if kind == DATE:
        return st.column_config.DateColumn(label, help=meaning, format="YYYY-MM-DD")
    if kind in formats:
        return st.column_config.NumberColumn(label, help=meaning, format=formats[kind])
    return st.column_config.TextColumn(label, help=meaning)
