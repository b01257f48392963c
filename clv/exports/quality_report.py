"""The account of a read, to send on: one page to read, and a table for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import pandas as pd

from clv.ingest import Finding, QualityReport
from clv.wording import currency_sign, day_words, money

COLUMNS = ("part", "what", "where", "rows", "value", "what_to_do")
LEFT_OUT, LOOK_AT, NOTE, BESIDE, ASSUMED = (
    "Left out", "Look at this", "Note", "Files beside the orders", "Assumed",
)  # fmt: skip
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933 }
table { border-collapse: collapse; width: 100%; margin: 0.5rem 0 2rem }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.6rem; border-bottom: 1px solid #d9e2ec }
td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
small { color: #52606d }
"""


def report_table(report: QualityReport, beside: Sequence[Finding] = ()) -> pd.DataFrame:
    """One row for everything that was left out, looks odd or was assumed.

    Frame part, what, where, rows, value (money, missing where it is not known), what_to_do.

    Parameters
    ----------
    beside : findings of contacts and spend.
    """
    rows: list[tuple[object, ...]] = [
        (LEFT_OUT, group.reason, ", ".join(group.first_lines), group.rows, group.value, "")
        for group in report.dropped
    ]
    rows += _rows(LOOK_AT, report.findings)
    rows += [(NOTE, remark, "", None, None, "") for remark in (*report.remarks, *report.notes)]
    rows += _rows(BESIDE, beside)
    rows += _rows(ASSUMED, report.assumed)
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"rows": "Int64", "value": "Float64"})


def report_html(report: QualityReport, beside: Sequence[Finding] = ()) -> str:
    """One page without anything from outside, to open in a browser, print or send on."""
    table, sign = report_table(report, beside), currency_sign(report.currency)
    parts = [_section(part, rows, sign) for part, rows in table.groupby("part", sort=False)]
    title = f"What was read from {', '.join(report.files)}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1><p>{escape(_sentence(report, sign))}</p>"
        f"{''.join(parts)}</body></html>"
    )


def _rows(part: str, findings: Iterable[Finding]) -> list[tuple[object, ...]]:
    return [
        (part, finding.what, finding.where, finding.rows, finding.value, finding.todo) for finding in findings
    ]


def _sentence(report: QualityReport, sign: str) -> str:
    return (
        f"{report.rows_read:,} rows were read and {report.rows_kept:,} used: {report.customers:,} customers, "
        f"{report.orders:,} orders and {money(report.revenue, sign)} ({money(report.gross_revenue, sign)} before "
        f"{money(report.refunds, sign)} of refunds) from {day_words(report.first_date)} to {day_words(report.last_date)}."
    )


def _section(part: object, rows: pd.DataFrame, sign: str) -> str:
    """The rows of one part; columns that are empty in all of them are left away."""
    heads = {"what": "What", "rows": "Rows", "value": "Value", "where": "Where", "what_to_do": "What to do"}
    shown = {
        name: head
        for name, head in heads.items()
        if (rows[name].notna() & (rows[name].astype("str") != "")).any()
    }
    head = "".join(f"<th{_class(name)}>{label}</th>" for name, label in shown.items())
    body = "".join(
        "<tr>"
        + "".join(f"<td{_class(name)}>{escape(_cell(name, row[name], sign))}</td>" for name in shown)
        + "</tr>"
        for row in rows.to_dict("records")
    )
    return f"<h2>{escape(str(part))}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _class(name: str) -> str:
    return ' class="n"' if name in ("rows", "value") else ""


def _cell(name: str, value: Any, sign: str) -> str:
    if pd.isna(value):
        return ""
    if name == "rows":
        return f"{value:,}"
    return money(float(value), sign) if name == "value" else str(value)
