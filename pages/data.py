"""Data: what was read, what was left out and why, and which column is which."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.charts import monthly_revenue
from clv.ingest import FilePreview, InputError, OrderFile, QualityReport, preview
from pages.components.boxes import ValueBox, show_boxes
from pages.components.charts import card_title, draw_chart
from pages.components.downloads import download_table
from pages.components.formatting import count, day, money, percent, plain
from pages.components.page_top import finding, open_page
from pages.components.progress import reading_progress
from pages.components.session import SAMPLE_ORDERS, reread, session
from pages.components.sidebar import CURRENCIES, current_currency

NOT_THERE = "(none)"
FIELDS = {
    "customer": ("Customer", "Who bought: an id or an email address. Needed."),
    "date": ("Date", "When the order was placed. Needed."),
    "amount": ("Amount", "What the line or order cost. Needed, unless quantity and unit price are given."),
    "quantity": ("Quantity", "Pieces on the line."),
    "unit_price": ("Unit price", "Price of one piece; amount = quantity x unit price less discount."),
    "order_id": ("Order number", "Lines with the same number are one order; refunds net against it."),
    "discount": ("Discount", "Money off the line; used with quantity x unit price."),
    "refund": ("Refund", "Money given back, as a positive amount."),
    "currency": ("Currency", "The currency code of each line."),
    "status": ("Status", "Cancelled and failed orders are left out by it."),
}
DATE_ORDERS = {
    None: "Decide from the file",
    "dmy": "Day, month, year",
    "mdy": "Month, day, year",
    "ymd": "Year, month, day",
}


def draw() -> None:
    """The report first, then the columns, then how to prepare a file."""
    analysis = open_page()
    report, currency = analysis.dataset.report, current_currency()
    finding(report_sentence(report, currency))
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
                "not readable" if row.value is None else money(row.value, currency) for row in report.dropped
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


def column_form() -> None:
    """Which column is which, to be corrected."""
    state = session()
    st.subheader("Which column is which")
    if not state.files:
        _form_of(OrderFile("orders.csv (sample shop)", SAMPLE_ORDERS), {}, editable=False)
        return
    _form_of(state.files[0], state.settings, editable=True)


def _form_of(file: OrderFile, settings: dict[str, Any], *, editable: bool) -> None:
    try:
        seen = preview(file)
    except InputError as error:
        st.info(plain(str(error)))
        return
    st.caption(f"First rows of {plain(file.name)}, as they stand in the file.")
    st.dataframe(seen.head, hide_index=True, alt="First rows of the file", key="data_preview")
    if not editable:
        st.caption("Upload a file of your own to choose its columns here.")
        return
    with st.form("data_columns"):
        chosen = _column_choices(seen, settings.get("mapping") or {})
        left, right = st.columns(2)
        order = left.selectbox(
            "Order of day and month",
            list(DATE_ORDERS),
            index=list(DATE_ORDERS).index(settings.get("date_order")),
            format_func=DATE_ORDERS.__getitem__,
            key="data_date_order",
            help="Only needed where the file leaves it open, as in 03/04/2026.",
        )
        only = right.selectbox(
            "Keep one currency",
            [None, *CURRENCIES],
            index=_position([None, *CURRENCIES], settings.get("currency")),
            format_func=lambda code: code or "All rows are in one currency",
            key="data_currency",
            help="Currencies are never added together. Rows in other currencies are left out and counted.",
        )
        if st.form_submit_button("Read the file again", type="primary"):
            with reading_progress() as progress:
                reread({"mapping": chosen, "date_order": order, "currency": only}, progress)
            st.rerun()


def _column_choices(seen: FilePreview, current: dict[str, str]) -> dict[str, str]:
    options = [NOT_THERE, *seen.columns]
    chosen: dict[str, str] = {}
    with st.grid(4, min_column_width=150):
        for field, (label, meaning) in FIELDS.items():
            start = current.get(field, NOT_THERE) if current else seen.guess.get(field, NOT_THERE)
            column = st.selectbox(
                label, options, index=_position(options, start), key=f"data_column_{field}", help=meaning
            )
            if column != NOT_THERE:
                chosen[field] = column
    return chosen


def _position(options: list[Any], wanted: Any) -> int:
    return options.index(wanted) if wanted in options else 0


def file_guide() -> None:
    """What a file needs."""
    with st.expander("What a file needs"):
        st.markdown(
            "- **One row per order or per order line**, with a customer, a date and an amount (or quantity and unit "
            "price). An order number, discount, refund, status and currency are used where present; any further "
            "column (channel, country, category) becomes a filter.\n"
            "- **CSV** with comma, semicolon, tab or pipe, **Excel** or **Parquet**, also in gzip or ZIP; several files, or "
            "sheets of one workbook with the same columns, are read as one.\n"
            "- **Customer ids are text**: leading zeros and 20-digit ids stay as they are.\n"
            "- **A purchase** is a day on which a customer's orders, refunds taken off, come to more than nothing. "
            "Several orders of one day count as one purchase.\n"
            "- **Nothing leaves this machine.** A reload of the browser starts anew with the sample shop."
        )


draw()
