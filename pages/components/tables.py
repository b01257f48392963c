"""Tables as every page shows them: plain words for columns, money and shares formatted."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from clv.wording import currency_sign
from pages.components.formatting import attribute_label, count, money, percent
from pages.components.sidebar import current_currency

SHOWN_ROWS = 200

MONEY = "money"
SHARE = "share"
COUNT = "count"
DATE = "date"

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
    "clv_to_cac": ("CLV:CAC", "decimal", "New customer CLV divided by the CAC in the sidebar."),
    "payback_month": (
        "Payback, month",
        COUNT,
        "First month in which the margin reaches the CAC in the sidebar.",
    ),
    "largest_cac": (
        "Largest CAC",
        MONEY,
        "What may be paid so that the low end still earns the target CLV:CAC.",
    ),
    "churn_risk": ("Churn risk", SHARE, "Probability of no order within the churn window."),
    "risk_band": ("Risk", "text", "Low, medium or high churn risk, by the bands in the sidebar."),
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
    "orders": ("Orders", COUNT, "Orders so far."),
    "revenue": ("Revenue", MONEY, "Net of refunds, so far."),
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
        if kind == SHARE:
            columns[name] = 100 * frame[name]
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


def _config(name: str):
    label, kind, meaning = COLUMNS.get(
        name, (column_label(name), "text", "From the order file, at the first order.")
    )
    sign = currency_sign(current_currency())
    formats = {MONEY: "localized", SHARE: "%.0f %%", COUNT: "localized", "decimal": "%.1f"}
    if kind == MONEY and sign:
        label = f"{label} ({sign})"
    if kind == DATE:
        return st.column_config.DateColumn(label, help=meaning, format="YYYY-MM-DD")
    if kind in formats:
        return st.column_config.NumberColumn(label, help=meaning, format=formats[kind])
    return st.column_config.TextColumn(label, help=meaning)
