"""What `check` says in words."""

from __future__ import annotations

from clv.command_line.answers import money
from clv.ingest import QualityReport


def report_text(report: QualityReport) -> str:
    """The account of a read, a line for each thing to know."""
    lines = [
        f"{report.rows_read:,} rows read, {report.rows_kept:,} used."
        + (f" Recognised: {report.layout}." if report.layout else ""),
        f"{report.customers:,} customers, {report.orders:,} orders, {money(report.revenue, report.currency)} "
        f"({money(report.gross_revenue, report.currency)} before {money(report.refunds, report.currency)} of refunds), "
        f"{report.first_date} to {report.last_date}.",
    ]
    lines += [
        f"Dropped: {row.rows:,} rows, {row.reason}"
        + (
            f", {money(row.value, None if row.is_in_another_currency else report.currency)}"
            if row.value is not None
            else ""
        )
        + (f" (first: {', '.join(row.first_lines)})" if row.first_lines else "")
        for row in report.dropped
    ]
    lines += [f"Note: {warning}" for warning in (*report.warnings, *report.notes)]
    lines += [
        f"Assumed: {finding.what}{f' ({finding.where})' if finding.where else ''}."
        for finding in report.assumed
    ]
    return "\n".join(lines)
