"""The account of a read: what came in, what was kept, what was left out and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import duckdb

from clv.ingest.columns import ColumnMapping
from clv.ingest.currencies import IN_ANOTHER_CURRENCY
from clv.ingest.findings import Finding
from clv.ingest.layout import Layout
from clv.ingest.oddities import oddities
from clv.ingest.suspicions import how_taken, suspicions

SHOWN_LINES = 5


@dataclass(frozen=True)
class DroppedRows:
    """Rows left out for one reason.

    Parameters
    ----------
    reason : str
        In plain words.
    rows : int
        How many.
    value : float or None
        Sum of their amounts; None where no amount could be read.
    first_lines : tuple of str
        Where the first of them are, such as "orders.csv line 17".
    """

    reason: str
    rows: int
    value: float | None
    first_lines: tuple[str, ...]

    @property
    def is_in_another_currency(self) -> bool:
        """Whether the value is in another currency than that of the report."""
        return self.reason.startswith(IN_ANOTHER_CURRENCY)


@dataclass(frozen=True)
class QualityReport:
    """What was read, kept and dropped; `rows_read` is `rows_kept` plus the dropped rows, always.

    Parameters
    ----------
    files : tuple of str
        As the user calls them.
    rows_read, rows_kept, purchase_rows, refund_rows : int
        Rows of data; kept rows are purchase rows, refund rows and rows with amount 0.
    customers, orders : int
        Different ones among kept rows that are no refunds.
    gross_revenue, refunds, revenue : float
        Money before refunds, refunds as positive money, and the difference.
    currency : str or None
        ISO 4217 code.
    first_date, last_date : date
        Of the kept rows.
    dropped : tuple of DroppedRows
        The most frequent reason first.
    warnings : tuple of str
        What the user should know, in plain sentences.
    mapping : ColumnMapping
        The columns that were used.
    layout : str or None
        The make of the export that was recognised, such as "Shopify orders".
    notes : tuple of str
        How the rows were taken, in plain sentences: nothing to worry about.
    findings : tuple of Finding
        Those of the warnings that say where and what to do, the gravest first.
    assumed : tuple of Finding
        What was taken for granted.
    """

    files: tuple[str, ...]
    rows_read: int
    rows_kept: int
    purchase_rows: int
    refund_rows: int
    customers: int
    orders: int
    gross_revenue: float
    refunds: float
    revenue: float
    currency: str | None
    first_date: dt.date
    last_date: dt.date
    dropped: tuple[DroppedRows, ...]
    warnings: tuple[str, ...]
    mapping: ColumnMapping
    layout: str | None = None
    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    assumed: tuple[Finding, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """The warnings that no finding says."""
        said = {str(finding) for finding in self.findings}
        return tuple(warning for warning in self.warnings if warning not in said)

    def to_dict(self) -> dict[str, object]:
        """JSON-ready form, dates in ISO 8601; the notes stand behind the warnings."""
        return {
            **{name: getattr(self, name) for name in self.__dataclass_fields__ if name != "notes"},
            "files": list(self.files),
            "first_date": self.first_date.isoformat(),
            "last_date": self.last_date.isoformat(),
            "dropped": [asdict(group) | {"first_lines": list(group.first_lines)} for group in self.dropped],
            "warnings": [*self.warnings, *self.notes],
            "mapping": self.mapping.to_dict(),
            "findings": [finding.to_dict() for finding in self.findings],
            "assumed": [finding.to_dict() for finding in self.assumed],
        }


def count_rows(engine: duckdb.DuckDBPyConnection, lines: str) -> tuple[int, int]:
    """Rows read and rows kept."""
    counted = engine.execute(f"SELECT count(*), count(*) FILTER (reason IS NULL) FROM {lines}").fetchone()
    return (int(counted[0]), int(counted[1])) if counted else (0, 0)


def dropped_rows(engine: duckdb.DuckDBPyConnection, lines: str) -> tuple[DroppedRows, ...]:
    """Rows left out, by reason, the most frequent first."""
    found = engine.execute(f"""
        SELECT reason, count(*), CAST(sum(amount_net) AS DOUBLE),
               min_by(source_file || ' line ' || source_line, file_no * 1000000000000 + source_line, {SHOWN_LINES})
        FROM {lines} WHERE reason IS NOT NULL GROUP BY reason ORDER BY count(*) DESC, reason""").fetchall()
    return tuple(DroppedRows(reason, rows, value, tuple(first)) for reason, rows, value, first in found)


def make_report(
    engine: duckdb.DuckDBPyConnection,
    lines: str,
    *,
    files: Sequence[str],
    mapping: ColumnMapping,
    layout: Layout | None,
    currency: str | None,
    warnings: Sequence[str],
    assumed: Sequence[Finding] = (),
) -> QualityReport:
    """Count and sum the lines; there must be one that is kept."""
    order = (
        "(customer_id, ordered_at)"
        if mapping.order_id is None
        else "coalesce(order_id, customer_id || ordered_at)"
    )
    counted = engine.execute(f"""
        SELECT count(*) FILTER (NOT is_refund AND amount_net > 0), count(*) FILTER (is_refund),
               count(DISTINCT customer_id) FILTER (NOT is_refund), count(DISTINCT {order}) FILTER (NOT is_refund),
               coalesce(sum(greatest(gross, 0)), 0), coalesce(sum(greatest(-gross, 0) + returned), 0),
               min(ordered_at)::DATE, max(ordered_at)::DATE
        FROM {lines} WHERE reason IS NULL""").fetchone()
    assert counted is not None
    purchases, refunds, customers, orders, gross, returned, first, last = counted
    rows_read, rows_kept = count_rows(engine, lines)
    findings = oddities(engine, lines, dt.date.today())
    return QualityReport(
        files=tuple(files), rows_read=rows_read, rows_kept=rows_kept, purchase_rows=purchases, refund_rows=refunds,
        customers=customers, orders=orders, gross_revenue=float(gross), refunds=float(returned),
        revenue=float(gross - returned), currency=currency, first_date=first, last_date=last,
        dropped=dropped_rows(engine, lines), mapping=mapping, layout=layout.title if layout else None,
        warnings=(*map(str, findings), *warnings, *suspicions(engine, lines, mapping, layout)),
        notes=tuple(how_taken(engine, lines, layout, currency)), findings=findings, assumed=tuple(assumed),
    )  # fmt: skip
