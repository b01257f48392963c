"""The account of a read: what came in, what was kept, what was left out and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import duckdb

from clv.ingest import duplicates, row_rules, vocabulary
from clv.ingest.columns import ColumnMapping
from clv.ingest.currencies import IN_ANOTHER_CURRENCY, converted
from clv.ingest.layout import Layout
from clv.ingest.names import normalised
from clv.ingest.sql import literals

SHOWN_LINES = 5
# More rows than this under an id such as 0 are hardly one customer.
MANY_ROWS = 20


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

    def to_dict(self) -> dict[str, object]:
        """JSON-ready form, dates in ISO 8601."""
        return {
            **{name: getattr(self, name) for name in self.__dataclass_fields__},
            "files": list(self.files),
            "first_date": self.first_date.isoformat(),
            "last_date": self.last_date.isoformat(),
            "dropped": [asdict(group) | {"first_lines": list(group.first_lines)} for group in self.dropped],
            "warnings": list(self.warnings),
            "mapping": self.mapping.to_dict(),
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
    return QualityReport(
        files=tuple(files), rows_read=rows_read, rows_kept=rows_kept, purchase_rows=purchases, refund_rows=refunds,
        customers=customers, orders=orders, gross_revenue=float(gross), refunds=float(returned),
        revenue=float(gross - returned), currency=currency, first_date=first, last_date=last,
        dropped=dropped_rows(engine, lines), mapping=mapping, layout=layout.title if layout else None,
        warnings=(*warnings, *_of_layout(engine, lines, layout), *_warnings(engine, lines, mapping),
                  *_converted(engine, lines, currency)),
    )  # fmt: skip


def _of_layout(engine: duckdb.DuckDBPyConnection, lines: str, layout: Layout | None) -> list[str]:
    """What the user should know of the make of the export."""
    if layout is None:
        return []
    found = [layout.note] if layout.note else []
    if not layout.amount_of_order:
        return found
    counted = engine.execute(
        f"SELECT count(*) FILTER (reason IS NULL AND is_further) FROM {lines}"
    ).fetchone()
    if counted and counted[0]:
        found.append(
            f"{_rows(counted[0])} further lines of orders, whose amount stands on the first line:"
            " they belong to the order and add nothing to it."
        )
    return found + _unknown_statuses(engine, lines, layout)


def _unknown_statuses(engine: duckdb.DuckDBPyConnection, lines: str, layout: Layout) -> list[str]:
    words = layout.statuses
    known = (*words.only, *words.counted, *words.refunded)
    if not known:
        return []
    found = engine.execute(f"""
        SELECT status, count(*), CAST(sum(gross) AS DOUBLE) FROM {lines}
        WHERE reason IS NULL AND NOT is_further AND status NOT IN ({literals(known)})
        GROUP BY status ORDER BY count(*) DESC, status LIMIT {SHOWN_LINES}""").fetchall()
    return [
        f"{_rows(rows)} of the status «{status}», which {layout.title} do not have by themselves, worth {value:,.2f}:"
        " they count as orders."
        for status, rows, value in found
    ]


def _converted(engine: duckdb.DuckDBPyConnection, lines: str, currency: str | None) -> list[str]:
    return (
        [
            f"{_rows(rows)} converted from {code} at the rate you gave; they come to {value:,.2f} {currency}."
            for code, rows, value in converted(engine, lines, currency)
        ]
        if currency
        else []
    )


def _warnings(engine: duckdb.DuckDBPyConnection, lines: str, mapping: ColumnMapping) -> list[str]:
    refunded_status = (
        f"status IN ({literals(vocabulary.words('refunded'))}) AND returned = 0 AND NOT is_further"
    )
    counted = engine.execute(f"""
        SELECT count(*) FILTER (gross = 0 AND NOT is_further), count(*) FILTER (ordered_at > ?),
               count(*) FILTER (ordered_at < '1990-01-01'),
               max(ordered_at)::DATE, min(ordered_at)::DATE,
               count(*) FILTER (regexp_full_match(customer_id, '\\d([.,]\\d+)?[eE]\\+?\\d+')),
               min(customer_id) FILTER (regexp_full_match(customer_id, '\\d([.,]\\d+)?[eE]\\+?\\d+')),
               count(*) FILTER ({refunded_status}), CAST(sum(gross) FILTER ({refunded_status}) AS DOUBLE),
               count(DISTINCT customer_id), count(*)
        FROM {lines} WHERE reason IS NULL""", [dt.datetime.combine(dt.date.today(), dt.time.max)]).fetchone()  # fmt: skip
    assert counted is not None
    zero, future, old, last, first, lost, lost_example, refunded, refunded_value, customers, rows = counted
    found = []
    if zero:
        found.append(f"{_rows(zero)} with amount 0: the customers count, but the rows are no purchases.")
    if future:
        found.append(f"{_rows(future)} dated after today, up to {last}.")
    if old:
        found.append(f"{_rows(old)} dated before 1990, from {first} on.")
    if lost:
        found.append(
            f"{_rows(lost)} with a customer id such as {lost_example}: a spreadsheet has rounded these ids and"
            " different customers may share one. Export again without opening the file in a spreadsheet."
        )
    if refunded and not mapping.refund and not mapping.type:
        found.append(
            f"{_rows(refunded)} with the status refunded, worth {refunded_value:,.2f}: they count as purchases,"
            " for no column says how much was refunded."
        )
    if normalised(mapping.customer) in ("id", "cid") and customers == rows > 1:
        found.append(
            f"Every row has another «{mapping.customer}»: check that it is the customer, not the order."
        )
    return found + _guests(engine, lines) + _duplicates(engine, lines)


def _rows(number: int) -> str:
    return "1 row is" if number == 1 else f"{number:,} rows are"


def _guests(engine: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    """Buyers who are not known: by a word that means a guest, by their email address only, or not at all."""
    found = engine.execute(f"""
        SELECT customer_id, count(*) FROM {lines}
        WHERE reason IS NULL AND lower(customer_id) IN ({literals(vocabulary.words("guests"))})
        GROUP BY customer_id HAVING count(*) > {MANY_ROWS} ORDER BY customer_id""").fetchall()
    said = [
        f"The customer «{customer}» has {rows:,} rows: shops write it for guests, who are not one customer."
        for customer, rows in found
    ]
    return said + _known_by_email(engine, lines) + _without_customer(engine, lines)


def _known_by_email(engine: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    counted = engine.execute(f"""
        SELECT count(*), count(DISTINCT customer_id), CAST(coalesce(sum(gross), 0) AS DOUBLE) FROM {lines}
        WHERE reason IS NULL AND known_by_email AND NOT is_further AND NOT is_refund""").fetchone()
    if not counted or not counted[0]:
        return []
    rows, customers, value = counted
    people = "1 customer" if customers == 1 else f"{customers:,} customers"
    return [
        f"{_rows(rows)} of guests, worth {value:,.2f}: they count under their email address, as {people}."
    ]


def _without_customer(engine: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    """Rows without a customer, with their share of all revenue."""
    counted = engine.execute(f"""
        SELECT count(*) FILTER (nameless), count(DISTINCT order_id) FILTER (nameless),
               CAST(coalesce(sum(amount_net) FILTER (nameless), 0) AS DOUBLE), CAST(coalesce(sum(amount_net), 0) AS DOUBLE)
        FROM (SELECT *, coalesce(reason IN ({literals((row_rules.NO_CUSTOMER, row_rules.GUEST))}), FALSE) AS nameless
              FROM {lines})
        WHERE reason IS NULL OR nameless""").fetchone()
    rows, orders, value, total = counted or (0, 0, 0.0, 0.0)
    if not rows:
        return []
    numbered = "" if not orders else " in 1 order" if orders == 1 else f" in {orders:,} orders"
    share = f", {100 * value / total:.1f} % of all revenue" if value > 0 and total > 0 else ""
    return [
        f"{_rows(rows)} without a customer{numbered}, worth {value:,.2f}{share}: they count for no customer."
    ]


def _duplicates(engine: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    overlap = engine.execute(f"""
        SELECT count(*), count(DISTINCT order_id), CAST(coalesce(sum(amount_net), 0) AS DOUBLE) FROM {lines}
        WHERE reason = {literals([duplicates.IN_ANOTHER_FILE])}""").fetchone()
    said = []
    if overlap and overlap[0]:
        rows, orders, value = overlap
        what = "1 order" if orders == 1 else f"{orders:,} orders" if orders else f"{rows:,} rows"
        said.append(
            f"The files overlap: {what}, worth {value:,.2f}, are in more than one of them and count once."
        )
    extra, worth = duplicates.repeated_rows(engine, lines)
    if extra:
        repeated = "1 row repeats" if extra == 1 else f"{extra:,} rows repeat"
        said.append(f"{repeated} another row exactly, worth {worth:,.2f} in all; they count as they stand.")
    return said
