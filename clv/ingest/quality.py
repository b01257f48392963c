"""The account of a read: what came in, what was kept, what was left out and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import duckdb

from clv.ingest import sql
from clv.ingest.columns import ColumnMapping
from clv.ingest.counts import OrderCount, count_customers, count_orders, totals_of
from clv.ingest.currencies import IN_ANOTHER_CURRENCY
from clv.ingest.findings import Finding
from clv.ingest.identifier_form import IdentifierForm
from clv.ingest.layout import Layout
from clv.ingest.oddities import LARGE_SHARE, oddities
from clv.ingest.suspicions import notes_of_rows, repetitions, suspicions

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
    def rows_left_out(self) -> int:
        """Rows that do not count."""
        return self.rows_read - self.rows_kept

    @property
    def share_kept(self) -> float:
        """Of the rows read, 0 to 1."""
        return self.rows_kept / max(self.rows_read, 1)

    @property
    def refund_share(self) -> float:
        """Refunds as a share of the money before them, 0 to 1."""
        return self.refunds / max(self.gross_revenue, 1e-9)

    @property
    def revenue_per_order(self) -> float:
        """Money; 0 without orders."""
        return self.revenue / max(self.orders, 1)

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
    customer_form: IdentifierForm | None = None,
) -> tuple[QualityReport, OrderCount]:
    """Count and sum the lines; there must be one that is kept.

    With a `customer_form` the lines have customers as `customer_number` too.
    """
    totals = totals_of(engine, lines, has_status=bool(mapping.status))
    rows_read = sql.count(engine, lines)
    complete = totals["kept"] == rows_read
    kept = lines if complete else f"(SELECT * FROM {lines} WHERE reason IS NULL)"
    orders = count_orders(engine, kept, totals)
    customers = count_customers(engine, kept, totals, LARGE_SHARE * orders.orders, customer_form)
    said = suspicions(engine, lines, customers, totals, mapping, layout, complete=complete)
    # Lines with an order of their own each differ at least in its number.
    said += repetitions(
        engine, lines, some_repeat=not orders.one_line_per_order, several_files=len(files) > 1
    )
    findings = oddities(engine, lines, customers, totals, orders, dt.date.today())
    report = QualityReport(
        files=tuple(files), rows_read=rows_read, rows_kept=totals["kept"],
        purchase_rows=totals["purchase_rows"], refund_rows=totals["refund_rows"],
        customers=customers.buyers, orders=orders.orders,
        gross_revenue=float(totals["gross"]), refunds=float(totals["returned"]),
        revenue=float(totals["gross"] - totals["returned"]), currency=currency, first_date=totals["first"],
        last_date=totals["last"], dropped=dropped_rows(engine, lines) if not complete else (),
        mapping=mapping, layout=layout.title if layout else None,
        warnings=(*map(str, findings), *warnings, *said),
        notes=tuple(notes_of_rows(engine, lines, layout, currency)), findings=findings, assumed=tuple(assumed),
    )  # fmt: skip
    return report, orders
