"""Data: what was read, what was left out and why, and which column is which."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.charts import monthly_revenue
from clv.ingest import QualityReport
from pages.components.boxes import ValueBox, show_boxes
from pages.components.charts import card_title, draw_chart
from pages.components.column_form import column_form
from pages.components.downloads import download_table
from pages.components.formatting import count, day, money, percent, plain
from pages.components.page_top import finding, open_page
from pages.components.sidebar import current_currency


def draw() -> None:
    """The report first, then the columns, then how to prepare a file."""
    analysis = open_page()
    report, currency = analysis.dataset.report, current_currency()
    finding(report_sentence(report, currency))
    how_taken(report)
    boxes(report, currency)
    dropped_rows(report, currency)
    suspicions(report)
    revenue_by_month(analysis, currency)
    column_form()
    file_guide()


def report_sentence(report: QualityReport, currency: str | None) -> str:
    """How much of the file was used, in one sentence."""
    left_out = report.rows_read - report.rows_kept
    used = "all of them" if left_out == 0 else f"{count(report.rows_kept)} of them"
    return (
        f"{count(report.rows_read)} rows were read and {used} used: {count(report.customers)} customers, "
        f"{count(report.orders)} orders and {money(report.revenue, currency)} "
        f"from {day(report.first_date)} to {day(report.last_date)}."
    )


def how_taken(report: QualityReport) -> None:
    """What kind of export this is, and how its rows were taken."""
    if report.layout is not None:
        st.markdown(plain(" ".join([f"Read as: {report.layout}.", *report.notes])))


def boxes(report: QualityReport, currency: str | None) -> None:
    """Rows, money before and after refunds."""
    show_boxes(
        ValueBox(
            "Rows used",
            count(report.rows_kept),
            f"{percent(report.rows_kept / max(report.rows_read, 1), 1)} of {count(report.rows_read)}",
            help="Order lines and refund lines that count. Every other row is listed below with its reason.",
        ),
        ValueBox(
            "Before refunds",
            money(report.gross_revenue, currency),
            f"{count(report.purchase_rows)} order lines",
            help="The sum of all order lines, discounts taken off.",
        ),
        ValueBox(
            "Refunds",
            money(report.refunds, currency),
            f"{percent(report.refunds / max(report.gross_revenue, 1e-9), 1)} of it",
            help="Money given back. It is netted against the order it belongs to, else against the day it happened.",
        ),
        ValueBox(
            "Revenue",
            money(report.revenue, currency),
            f"{money(report.revenue / max(report.orders, 1), currency)} per order",
            help="Before refunds less refunds.",
        ),
    )


def dropped_rows(report: QualityReport, currency: str | None) -> None:
    """Every row that was left out, by reason."""
    st.subheader("Left out, and why")
    if not report.dropped:
        st.markdown("Nothing: every row of the file counts.")
        return
    frame = pd.DataFrame(
        {
            "Reason": [row.reason for row in report.dropped],
            "Rows": [row.rows for row in report.dropped],
            "Value": [
                "not readable"
                if row.value is None
                else money(row.value, None if row.is_in_another_currency else currency)
                for row in report.dropped
            ],
            "First lines": [", ".join(row.first_lines) for row in report.dropped],
        }
    )
    st.dataframe(
        frame,
        hide_index=True,
        column_config={"Rows": st.column_config.NumberColumn(format="localized")},
        alt="Rows left out by reason, with value and first lines",
        key="data_dropped",
    )
    download_table("Quality report", lambda: frame, "quality_report", "data_report")


def suspicions(report: QualityReport) -> None:
    """What looks odd without being wrong for sure."""
    for warning in report.warnings:
        st.warning(plain(warning), icon="⚠️")


def revenue_by_month(analysis: Analysis, currency: str | None) -> None:
    """Whether the file holds what the analyst expects it to hold."""
    with st.container(border=True):
        card_title(
            "Revenue by month",
            "From customers on their first order day and from customers who came back. Gaps here are gaps in the file.",
        )
        draw_chart(
            monthly_revenue,
            analysis.dataset.monthly_revenue,
            currency,
            alt="Monthly revenue of new and returning customers",
            key="data_monthly",
        )


def file_guide() -> None:
    """What a file needs."""
    with st.expander("What a file needs"):
        st.markdown(
            "- **One row per order or per order line**, with a customer, a date and an amount (or quantity and unit "
            "price). An order number, discount, refund, status and currency are used where present; any further "
            "column (channel, country, category) becomes a filter.\n"
            "- **CSV** with comma, semicolon, tab or pipe, **Excel** or **Parquet**; several files are read as one, and "
            "orders that are in more than one of them count once.\n"
            "- **Exports** of Shopify, WooCommerce, Stripe, Recurly and PayPal are recognised by their columns.\n"
            "- **Customer ids are text**: leading zeros and 20-digit ids stay as they are.\n"
            "- **A purchase** is a day on which a customer's orders, refunds taken off, come to more than nothing. "
            "Several orders of one day count as one purchase.\n"
            "- **Nothing leaves this machine.** A reload of the browser starts anew with the sample shop."
        )


draw()
