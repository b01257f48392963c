"""What happened so far, without any model: shown where there is no forecast."""

from __future__ import annotations

import streamlit as st

from clv.analysis import Analysis
from clv.charts import monthly_revenue
from pages.components.boxes import ValueBox, show_boxes
from pages.components.charts import card_title, draw_chart
from pages.components.downloads import download_table
from pages.components.formatting import count, customers, days, money, percent
from pages.components.page_top import finding
from pages.components.tables import show_table

TOP_CUSTOMERS = 10
TOP_COLUMNS = ["customer_id", "segment", "orders", "revenue", "last_order_date", "days_since_last_order"]
GROUP_COLUMNS = [
    "customers", "customers_share", "revenue", "revenue_share", "revenue_per_customer", "repeat_rate",
    "days_since_last_order",
]  # fmt: skip
NO_ORDERS = (
    "These customers came as a table with one row each, without their orders: revenue by month, order histories and "
    "the regular-timing model are left out."
)


def history_finding(analysis: Analysis, currency: str | None) -> None:
    """The finding where there is no forecast: who bought, for how much, and how many came back."""
    shop = analysis.shop
    again = shop.repeat_buying.repeaters
    finding(
        f"{customers(len(shop.summary.frame))} brought {money(shop.report.revenue, currency)} so far; "
        f"{'nobody' if not again else count(again)} bought again."
    )


def history_boxes(analysis: Analysis, currency: str | None) -> None:
    """Customers, revenue, order value, who came back."""
    shop, report, repeat = analysis.shop, analysis.shop.report, analysis.shop.repeat_buying
    never = f"{count(shop.summary.never_paid)} never paid" if shop.summary.never_paid else "all paid"
    show_boxes(
        ValueBox("Customers", count(len(shop.summary.frame)), never, "Distinct customers in the file."),
        ValueBox(
            "Revenue so far",
            money(report.revenue, currency),
            f"{money(shop.revenue_shared_out, currency)} per paying customer",
            "Net of refunds and discounts.",
        ),
        ValueBox(
            "Average order",
            money(report.revenue_per_order, currency),
            f"{count(report.orders)} orders",
            "Revenue divided by orders.",
        ),
        ValueBox(
            "Bought again",
            percent(repeat.share),
            f"{count(repeat.repeaters)} of {count(repeat.buyers)} paying customers",
            "Customers with paid orders on two days or more: the repeat rate.",
        ),
    )


def revenue_card(analysis: Analysis, currency: str | None, key: str) -> None:
    """Revenue by month, or why there is none."""
    if not analysis.shop.has_orders:
        st.info(NO_ORDERS)
        return
    with st.container(border=True):
        card_title(
            "Revenue by month",
            "From customers on their first order day and from customers who came back. Gaps here are gaps in the file.",
        )
        draw_chart(
            monthly_revenue,
            analysis.shop.monthly_revenue,
            currency,
            alt="Monthly revenue of new and returning customers",
            key=key,
        )


def groups_table(analysis: Analysis, by: str, currency: str | None, key: str) -> None:
    """What the customers of each group have done so far, with a download."""
    table = analysis.shop.history_by(by)
    show_table(
        table[[by, *GROUP_COLUMNS]],
        currency=currency,
        origins=analysis.shop.summary.origins,
        alt=f"Customers and revenue by {by}",
        key=key,
        height="content",
    )
    download_table("Download the table", lambda: table, f"history_by_{by}", f"{key}_download")


def history_overview(analysis: Analysis, currency: str | None) -> None:
    """The page of what happened: boxes, months, segments, the best customers, the list."""
    history_finding(analysis, currency)
    history_boxes(analysis, currency)
    revenue_card(analysis, currency, "history_monthly")
    st.subheader("Segments by recency, frequency and revenue")
    groups_table(analysis, "segment", currency, "history_segments")
    st.subheader("The customers who brought most")
    show_table(
        analysis.shop.history[TOP_COLUMNS].head(TOP_CUSTOMERS),
        currency=currency,
        alt="The ten customers with most revenue",
        key="history_top",
        height="content",
    )
    download_table(
        "Download all customers", lambda: analysis.shop.history, "customers", "history_all", primary=True
    )


def repeat_words(analysis: Analysis) -> str:
    """How customers have come back so far, in a sentence or two."""
    repeat = analysis.shop.repeat_buying
    if not repeat.repeaters:
        return (
            "Nobody has come back on a second day so far, so there is nothing to say of what keeps customers."
        )
    return (
        f"{count(repeat.repeaters)} of {count(repeat.buyers)} paying customers came back; those who did bought on "
        f"{repeat.days_each:.1f} days on average, typically {days(repeat.typical_gap_days)} apart."
    )
