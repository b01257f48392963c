"""Customers: the table with filters, and one customer in detail."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.charts import alive_history, order_history
from clv.economics import customer_totals
from clv.filters import find_by_id
from clv.forecast.next_order import LATER_THAN_FORECAST
from clv.history.repeat_buying import mean_gap_days
from clv.models import ModelDataError
from clv.validation.origins import BacktestError
from pages.components.boxes import ValueBox, show_boxes
from pages.components.charts import draw_chart, draw_figure
from pages.components.downloads import download_table
from pages.components.filters import filter_customers
from pages.components.formatting import count, day, days, in_prose, money, months, percent, plain
from pages.components.history_view import NO_ORDERS, history_finding
from pages.components.page_top import can_forecast, finding, open_page
from pages.components.sidebar import current_currency
from pages.components.tables import SHOWN_ROWS, select_row

SHOWN = [
    "customer_id", "segment", "clv", "clv_low", "clv_high", "churn_risk", "value_at_risk", "orders", "revenue",
    "last_order_date", "days_since_last_order", "probability_alive", "next_order_date", "expected_purchases", "clv_tier",
]  # fmt: skip
HISTORY = [
    "customer_id", "segment", "orders", "revenue", "first_order_date", "last_order_date", "days_since_last_order",
]  # fmt: skip


def draw() -> None:
    """The table first; a click on a row, or an id, opens the customer below."""
    analysis = open_page()
    currency = current_currency()
    waiting = st.container()  # holds the spinner's place, so that nothing below moves
    if not can_forecast(analysis):
        without_forecast(analysis, currency)
        return
    with waiting, st.spinner("Working out each customer's range …", show_time=True):
        _ = analysis.customers
    place = st.container()
    found = filter_customers(analysis, "customers")
    found = search(found)
    with place:
        finding(found_sentence(found, analysis, currency))
    if found.empty:
        st.info("No customer matches. Loosen a filter or clear the search.")
        return
    st.caption(shown_words(len(found)))
    summary = analysis.shop.summary
    position = select_row(
        found[[*SHOWN, *summary.attributes]], currency=currency, origins=summary.origins,
        alt="Customers with CLV, churn risk and history", key="customers_table", height=420,
    )  # fmt: skip
    download_table("Download these customers", lambda: found, "clv_customers_filtered", "customers_download")
    one_customer(found.iloc[position or 0], analysis, currency)


def without_forecast(analysis: Analysis, currency: str | None) -> None:
    """The customers by what they have done so far, found and opened as always."""
    history_finding(analysis, currency)
    found = search(analysis.shop.history)
    if found.empty:
        st.info("No customer matches. Clear the search.")
        return
    summary = analysis.shop.summary
    position = select_row(
        found[[*HISTORY, *summary.attributes]], currency=currency, origins=summary.origins,
        alt="Customers by revenue", key="customers_history", height=420,
    )  # fmt: skip
    download_table("Download these customers", lambda: found, "customers", "customers_history_download")
    one_customer(found.iloc[position or 0], analysis, currency)


def search(customers: pd.DataFrame) -> pd.DataFrame:
    """Those whose id holds what is typed in; everybody where nothing is."""
    wanted = st.text_input(
        "Customer id", key="customers_search", type="search", placeholder="Find by id, or part of it"
    ).strip()
    return find_by_id(customers, wanted) if wanted else customers


def found_sentence(found: pd.DataFrame, analysis: Analysis, currency: str | None) -> str:
    """How many, worth what, and what is at stake with those at high risk."""
    totals = customer_totals(found)
    return (
        f"{count(totals.customers)} of {count(len(analysis.customers))} customers, worth "
        f"{money(totals.clv, currency)} over {months(analysis.assumptions.horizon_months)}; "
        f"{count(totals.at_high_risk)} of them at high risk, with "
        f"{money(totals.value_at_risk, currency)} at stake."
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
        if pd.notna(row.get("clv")):
            prospects(row, analysis, currency)
        if not analysis.shop.has_orders:
            st.caption(NO_ORDERS)
            return
        orders = analysis.shop.orders_of(row["customer_id"])
        draw_chart(
            order_history,
            orders.rename(columns={"ordered_at": "date"}),
            currency,
            analysis.shop.as_of,
            alt=f"Orders of customer {row['customer_id']} over time",
            key="customers_orders",
        )
        if pd.notna(row.get("clv")):
            explain(row, analysis)


def explain(row: pd.Series, analysis: Analysis) -> None:
    """Why the risk is what it is, against the customer's own rhythm, and how it came to be."""
    if not st.toggle(
        "Why this risk?",
        key="customers_explain",
        help="Compares the customer with the own rhythm, and with who left in earlier windows of the same length. Takes "
        "some seconds the first time.",
    ):
        return
    try:
        with st.spinner("Comparing with who left before …", show_time=True):
            found = analysis.reasons_of(row["customer_id"])
    except (BacktestError, ModelDataError) as error:
        st.caption(plain(str(error)))
        return
    if found:
        st.markdown(
            "\n".join(
                f"- {plain(in_prose(each.text))} (**+{each.points:.0f} points** of risk)" for each in found
            )
        )
    else:
        st.markdown(
            "Nothing stands out against the customer's own rhythm; the risk is that of customers with such a history."
        )
    st.caption(in_prose(analysis.risk_message))
    path, days_of_orders = analysis.alive_path(row["customer_id"])
    draw_figure(
        alive_history(path, days_of_orders),
        alt=f"Probability over time that {row['customer_id']} was still a customer, with the days of orders",
        key="customers_alive",
    )
    st.caption(
        "Each day with what was known then, under today's model. Marks at the bottom: days with an order."
    )


def story(row: pd.Series, analysis: Analysis, currency: str | None) -> str:
    """The customer in a sentence or two."""
    times = "once" if row["orders"] == 1 else f"{count(row['orders'])} times"
    if 0 < row["frequency"] < row["orders"] - 1:
        times += f" on {days(row['frequency'] + 1)}"
    sentence = (
        f"Ordered {times} since {day(row['first_order_date'])} for {money(row['revenue'], currency)} in all; "
        f"last on {day(row['last_order_date'])}, {days(row['days_since_last_order'])} before the end of the file."
    )
    gap = mean_gap_days(row)
    if gap is not None:
        sentence += f" Between two order days {days(gap)} pass on average."
    if "clv" not in row:
        return sentence
    if pd.isna(row["clv"]):
        return sentence + " Every order was free or refunded, so there is nothing to forecast from."
    return sentence + (
        f" The probability of no order in the next {analysis.assumptions.churn_window_days} days is "
        f"{percent(row['churn_risk'])}."
    )


def prospects(row: pd.Series, analysis: Analysis, currency: str | None) -> None:
    """Six boxes of what is expected."""
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
            "Still a customer",
            percent(row["probability_alive"]),
            "has not left for good",
            help="Probability that the customer has not left for good, however long the pause.",
        ),
        ValueBox(
            "Next order",
            next_order_day(row["next_order_date"]),
            next_order_window(row),
            help="If another order comes at all, it has come by this day in 5 of 10 cases, and in 8 of 10 cases it "
            "comes between the two days beneath. How likely it is that the customer has not left for good stands "
            "beside it.",
        ),
        ValueBox(
            "Order days ahead",
            f"{row['expected_purchases']:.1f}",
            f"in {horizon}",
            help="Expected days with an order within the horizon.",
        ),
        ValueBox(
            "Spend per order day",
            money(row["expected_spend"], currency),
            "before margin",
            help="The customer's own average, drawn toward that of all customers the less is known.",
        ),
        columns=3,
    )


def next_order_day(date: pd.Timestamp) -> str:
    """The day, or that it lies beyond what is forecast."""
    return LATER_THAN_FORECAST if pd.isna(date) else day(date)


def next_order_window(row: pd.Series) -> str:
    """From the early to the late day, and on what condition."""
    early, late = next_order_day(row["next_order_low"]), next_order_day(row["next_order_high"])
    return "if another comes" if early == LATER_THAN_FORECAST else f"{early} to {late}, if another comes"


draw()
