"""Customers: the table with filters, and one customer in detail."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.charts import order_history
from pages.components.boxes import ValueBox, show_boxes
from pages.components.charts import draw_chart
from pages.components.downloads import download_table
from pages.components.filters import filter_customers
from pages.components.formatting import count, day, days, in_prose, money, months, percent, plain
from pages.components.page_top import can_forecast, finding, open_page
from pages.components.sidebar import current_currency
from pages.components.tables import SHOWN_ROWS, show_table

SHOWN = [
    "customer_id", "segment", "clv", "clv_low", "clv_high", "churn_risk", "value_at_risk", "orders", "revenue",
    "last_order_date", "days_since_last_order", "expected_purchases", "clv_tier",
]  # fmt: skip


def draw() -> None:
    """The table first; a click on a row, or an id, opens the customer below."""
    analysis = open_page("Customers")
    currency = current_currency()
    if not can_forecast(analysis):
        show_table(
            analysis.dataset.summary.frame.sort_values("revenue", ascending=False),
            alt="Customers by revenue",
            key="customers_history",
        )
        return
    place = st.container()
    found = filter_customers(analysis, "customers")
    wanted = st.text_input(
        "Customer id", key="customers_search", type="search", placeholder="Find by id, or part of it"
    ).strip()
    if wanted:
        found = found[found["customer_id"].str.contains(wanted, case=False, regex=False)]
    with place:
        finding(found_sentence(found, analysis, currency))
    if found.empty:
        st.info("No customer matches. Loosen a filter or clear the search.")
        return
    st.caption(shown_words(len(found)))
    attributes = list(analysis.dataset.summary.attributes)
    position = show_table(
        found[[*SHOWN, *attributes]], alt="Customers with CLV, churn risk and history", key="customers_table",
        height=420, select=True,
    )  # fmt: skip
    download_table("These customers", lambda: found, "clv_customers_filtered", "customers_download")
    one_customer(found.iloc[position or 0], analysis, currency)


def found_sentence(found: pd.DataFrame, analysis: Analysis, currency: str | None) -> str:
    """How many, worth what, at what risk; value at risk counts those at high risk, as on the Overview."""
    at_risk = found.loc[found["risk_band"] == "High", "value_at_risk"].sum()
    return (
        f"{count(len(found))} of {count(len(analysis.customers))} customers, worth "
        f"{money(float(found['clv'].sum()), currency)} over {months(analysis.assumptions.horizon_months)}, of which "
        f"{money(float(at_risk), currency)} is at high risk of leaving."
    )


def shown_words(number: int) -> str:
    """What the table shows of what was found."""
    shown = (
        "all of them"
        if number <= SHOWN_ROWS
        else f"the {SHOWN_ROWS} with the highest CLV; the download has all"
    )
    return f"Click a row to see the customer below. Shown: {shown}."


def one_customer(row: pd.Series, analysis: Analysis, currency: str | None) -> None:
    """History and prospects of one customer."""
    with st.container(border=True):
        st.subheader(f"Customer {plain(row['customer_id'])}")
        st.markdown(in_prose(story(row, analysis, currency)))
        if pd.notna(row["clv"]):
            prospects(row, analysis, currency)
        orders = analysis.dataset.orders_of(row["customer_id"])
        draw_chart(
            order_history,
            orders.rename(columns={"ordered_at": "date"})[["date", "amount"]],
            currency,
            analysis.dataset.as_of,
            alt=f"Orders of customer {row['customer_id']} over time",
            key="customers_orders",
        )


def story(row: pd.Series, analysis: Analysis, currency: str | None) -> str:
    """The customer in a sentence or two."""
    times = "once" if row["orders"] == 1 else f"{count(row['orders'])} times"
    sentence = (
        f"Ordered {times} since {day(row['first_order_date'])} for {money(row['revenue'], currency)} in all; "
        f"last on {day(row['last_order_date'])}, {days(row['days_since_last_order'])} before the end of the file."
    )
    if row["frequency"] > 0:
        gap = row["recency_days"] / row["frequency"]
        sentence += f" Between two order days {days(max(round(gap), 1))} pass on average."
    if pd.isna(row["clv"]):
        return sentence + " Every order was free or refunded, so there is nothing to forecast from."
    return sentence + (
        f" The probability of no order in the next {analysis.assumptions.churn_window_days} days is "
        f"{percent(row['churn_risk'])}."
    )


def prospects(row: pd.Series, analysis: Analysis, currency: str | None) -> None:
    """Four boxes of what is expected."""
    horizon = months(analysis.assumptions.horizon_months)
    show_boxes(
        ValueBox(
            f"CLV, {horizon}",
            money(row["clv"], currency),
            f"{money(row['clv_low'], currency)} to {money(row['clv_high'], currency)}",
            help="Expected contribution margin. The range holds the outcome in 8 of 10 cases; it is wide because one "
            "customer's behaviour is mostly chance.",
        ),
        ValueBox(
            "Churn risk",
            percent(row["churn_risk"]),
            f"{row['risk_band']} risk",
            help="Probability of no order within the churn window.",
        ),
        ValueBox(
            "Orders ahead",
            f"{row['expected_purchases']:.1f}",
            f"in {horizon}",
            help="Expected days with an order within the horizon.",
        ),
        ValueBox(
            "Spend per order",
            money(row["expected_spend"], currency),
            "before margin",
            help="The customer's own average, drawn toward that of all customers the less is known.",
        ),
    )


draw()
