"""Data: what was read, what was left out and why, and which column is which."""

from __future__ import annotations

import streamlit as st

from clv.ingest import QualityReport
from pages.components.boxes import ValueBox, show_boxes
from pages.components.column_form import column_form, table_form
from pages.components.database import database_columns
from pages.components.formatting import count, customers, day, money, percent, plain
from pages.components.history_view import revenue_card
from pages.components.page_top import finding, open_page
from pages.components.quality_view import quality_report
from pages.components.session import session
from pages.components.sidebar import current_currency


def draw() -> None:
    """The report first, then the columns, then how to prepare a file."""
    analysis = open_page()
    report, currency = analysis.shop.report, current_currency()
    finding(report_sentence(report, currency))
    how_taken(report)
    boxes(report, currency)
    quality_report(analysis.shop, currency)
    revenue_card(analysis, currency, "data_monthly")
    if session().database is not None:
        database_columns()
    elif analysis.shop.has_orders:
        column_form()
    else:
        table_form()
    file_guide()


def report_sentence(report: QualityReport, currency: str | None) -> str:
    """How much of the file was used, in one sentence."""
    used = "all of them" if report.rows_left_out == 0 else f"{count(report.rows_kept)} of them"
    return (
        f"{count(report.rows_read)} rows were read and {used} used: {customers(report.customers)}, "
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
            f"{percent(report.share_kept, 1)} of {count(report.rows_read)}",
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
            f"{percent(report.refund_share, 1)} of it",
            help="Money given back. It is netted against the order it belongs to, else against the day it happened.",
        ),
        ValueBox(
            "Revenue",
            money(report.revenue, currency),
            f"{money(report.revenue_per_order, currency)} per order",
            help="Before refunds less refunds.",
        ),
    )


def file_guide() -> None:
    """What a file needs."""
    with st.expander("What a file needs"):
        st.markdown(
            "- **One row per order or per order line**, with a customer, a date and an amount (or quantity and unit "
            "price). An order number, discount, refund, status and currency are used where present; any further "
            "column becomes a filter: channel, campaign, coupon, country or category as of a customer's first order, "
            "contact data and consent as of the last order that has them.\n"
            "- **Contacts** (customer or email, any columns) and **marketing spend** (date, channel, amount) may be "
            "uploaded along; they are told apart by their header. A **table of customers** (frequency, recency, T, "
            "spend) will do in place of orders.\n"
            "- **CSV** with comma, semicolon, tab or pipe, **Excel** or **Parquet**, also in gzip or ZIP; several files, or "
            "sheets of one workbook with the same columns, are read as one, and orders that are in more than one of them "
            "count once.\n"
            "- **Exports** of Shopify, WooCommerce, Stripe, Recurly and PayPal are recognised by their columns.\n"
            "- **Customer ids are text**: leading zeros and 20-digit ids stay as they are.\n"
            "- **A purchase** is a day on which a customer's orders, refunds taken off, come to more than nothing. "
            "Several orders of one day count as one purchase.\n"
            "- **Nothing leaves this machine.** A reload of the browser starts anew with the sample shop."
        )


draw()
