"""The account of a read on the page: what was left out, what looks odd, what was assumed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from clv.exports import report_html, report_table
from clv.ingest import Finding, QualityReport
from clv.shop import Shop
from pages.components.downloads import download_page, download_table
from pages.components.formatting import count, money, plain
from pages.components.tables import show_table


def quality_report(shop: Shop, currency: str | None) -> None:
    """Everything in one place, with what to do, and to take along."""
    report, beside = shop.report, shop.findings_beside
    left_out(report, currency)
    look_at(report, currency)
    beside_the_orders(beside)
    assumptions(report.assumed)
    with st.container(horizontal=True):
        download_page(
            "Download the report to read",
            lambda: report_html(report, beside),
            "quality_report",
            "data_report_page",
        )
        download_table(
            "Download it as a table", lambda: report_table(report, beside), "quality_report", "data_report"
        )


def left_out(report: QualityReport, currency: str | None) -> None:
    """Every row that was left out, by reason."""
    st.subheader("Left out, and why")
    if not report.dropped:
        st.markdown("Nothing: every row of the file counts.")
        return
    frame = pd.DataFrame(
        {
            "reason": [row.reason for row in report.dropped],
            "rows": [row.rows for row in report.dropped],
            "worth": [
                "not readable"
                if row.value is None
                else money(row.value, None if row.is_in_another_currency else currency)
                for row in report.dropped
            ],
            "first_lines": [", ".join(row.first_lines) for row in report.dropped],
        }
    )
    show_table(
        frame,
        currency=currency,
        alt="Rows left out by reason, with value and first lines",
        key="data_dropped",
    )


def look_at(report: QualityReport, currency: str | None) -> None:
    """What looks odd without being wrong for sure, each with what to do."""
    if not report.warnings:
        return
    st.subheader("Worth a look")
    for finding in report.findings:
        st.warning(_in_full(finding, currency))
    for remark in report.remarks:
        st.info(plain(remark))


def _in_full(finding: Finding, currency: str | None) -> str:
    parts = [f"**{plain(finding.what)}.**"]
    if finding.value:
        parts.append(f"Worth {plain(money(finding.value, currency))}.")
    parts.append(f"{plain(_in_app(finding.todo))}.")
    if finding.where:
        parts.append(f"\n\n{plain(finding.where)}")
    return " ".join(parts)


def _in_app(todo: str) -> str:
    """What to do, without the options of the command line."""
    return re.sub(r" \(--[^)]*\)", "", todo)


def beside_the_orders(findings: Sequence[Finding]) -> None:
    """How contacts and spend fit the orders."""
    if not findings:
        return
    st.subheader("Files beside the orders")
    st.markdown("\n".join(f"- {plain(_in_app(str(finding)))}" for finding in findings))


def assumptions(assumed: Sequence[Finding]) -> None:
    """What was taken for granted, with what to do where it is not so."""
    if not assumed:
        return
    with st.expander(f"What was assumed ({count(len(assumed))})", key="data_assumed"):
        frame = pd.DataFrame(
            {
                "assumed": [finding.what for finding in assumed],
                "where": [finding.where for finding in assumed],
                "if_not_so": [_in_app(finding.todo) for finding in assumed],
            }
        )
        show_table(
            frame, currency=None, alt="What was assumed in reading the files", key="data_assumed_table"
        )
