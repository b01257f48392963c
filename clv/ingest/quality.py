"""The account of a read: what came in, what was kept, what was left out and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from clv.ingest import sql, vocabulary
from clv.ingest.columns import ColumnMapping, normalised
from clv.ingest.order_count import ORDER_NUMBER, OrderCount, count_orders
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
    currency: str | None,
    warnings: Sequence[str],
) -> tuple[QualityReport, OrderCount]:
    """Count and sum the lines; there must be one that is kept."""
    totals = _totals(engine, lines)
    rows_read = sql.count(engine, lines)
    orders = count_orders(engine, lines, totals)
    people = sql.unique_name("people")
    engine.execute(f"""
        CREATE TEMP TABLE {people} AS
        SELECT customer_id, count(*) AS rows, count(*) FILTER (NOT is_refund) AS bought
        FROM {lines} WHERE reason IS NULL GROUP BY customer_id""")
    found = _suspicions(totals, mapping) + _ids(engine, people, mapping, totals["kept"])
    # Lines with an order of their own each differ at least in its number.
    duplicates = [] if orders.a_line_each else _duplicates(engine, lines)
    report = QualityReport(
        files=tuple(files), rows_read=rows_read, rows_kept=totals["kept"],
        purchase_rows=totals["purchase_rows"], refund_rows=totals["refund_rows"],
        customers=sql.count(engine, f"{people} WHERE bought > 0"), orders=orders.orders,
        gross_revenue=float(totals["gross"]), refunds=float(totals["returned"]),
        revenue=float(totals["gross"] - totals["returned"]), currency=currency, first_date=totals["first"],
        last_date=totals["last"], dropped=dropped_rows(engine, lines) if totals["kept"] < rows_read else (), mapping=mapping,
        warnings=(*warnings, *found, *_guests(engine, people), *duplicates),
    )  # fmt: skip
    return report, orders


def _totals(engine: duckdb.DuckDBPyConnection, lines: str) -> dict[str, Any]:
    """Counts, sums and extremes of the kept lines, in one pass."""
    refunded = sql.one_of("status", vocabulary.words("refunded"))
    counts = {
        "kept": "count(*)",
        "purchase_rows": "count(*) FILTER (NOT is_refund AND amount_net > 0)",
        "refund_rows": "count(*) FILTER (is_refund)",
        "gross": "coalesce(sum(gross) FILTER (gross > 0), 0)",
        "returned": "coalesce(-sum(gross) FILTER (gross < 0), 0) + coalesce(sum(returned) FILTER (returned <> 0), 0)",
        "first": "min(ordered_at)::DATE",
        "last": "max(ordered_at)::DATE",
        "numbered": f"count({ORDER_NUMBER})",
        "first_number": f"min({ORDER_NUMBER})",
        "last_number": f"max({ORDER_NUMBER})",
        "zero": "count(*) FILTER (gross = 0)",
        "future": "count(*) FILTER (ordered_at > ?)",
        "old": "count(*) FILTER (ordered_at < TIMESTAMP '1990-01-01')",
        "refunded": f"count(*) FILTER ({refunded})",
        "refunded_value": f"CAST(sum(gross) FILTER ({refunded}) AS DOUBLE)",
    }
    tonight = dt.datetime.combine(dt.date.today(), dt.time.max)
    found = engine.execute(
        f"SELECT {', '.join(counts.values())} FROM {lines} WHERE reason IS NULL", [tonight]
    ).fetchone()
    assert found is not None
    return dict(zip(counts, found, strict=True))


def _suspicions(totals: Mapping[str, Any], mapping: ColumnMapping) -> list[str]:
    found = []
    if totals["zero"]:
        found.append(
            f"{_rows(totals['zero'])} with amount 0: the customers count, but the rows are no purchases."
        )
    if totals["future"]:
        found.append(f"{_rows(totals['future'])} dated after today, up to {totals['last']}.")
    if totals["old"]:
        found.append(f"{_rows(totals['old'])} dated before 1990, from {totals['first']} on.")
    if totals["refunded"] and not mapping.refund:
        found.append(
            f"{_rows(totals['refunded'])} with the status refunded, worth {totals['refunded_value']:,.2f}: they count"
            " as purchases, for no column says how much was refunded."
        )
    return found


def _ids(engine: duckdb.DuckDBPyConnection, people: str, mapping: ColumnMapping, kept: int) -> list[str]:
    """Customer ids that a spreadsheet has rounded, or that are another thing's."""
    rounded = "regexp_full_match(customer_id, '\\d([.,]\\d+)?[eE]\\+?\\d+')"
    counted = engine.execute(
        f"SELECT sum(rows) FILTER ({rounded}), min(customer_id) FILTER ({rounded}), count(*) FROM {people}"
    ).fetchone()
    assert counted is not None
    lost, example, customers = counted
    found = []
    if lost:
        found.append(
            f"{_rows(int(lost))} with a customer id such as {example}: a spreadsheet has rounded these ids and"
            " different customers may share one. Export again without opening the file in a spreadsheet."
        )
    if normalised(mapping.customer) in ("id", "cid") and customers == kept > 1:
        found.append(
            f"Every row has another «{mapping.customer}»: check that it is the customer, not the order."
        )
    return found


def _rows(number: int) -> str:
    return "1 row is" if number == 1 else f"{number:,} rows are"


def _guests(engine: duckdb.DuckDBPyConnection, people: str) -> list[str]:
    found = engine.execute(f"""
        SELECT customer_id, rows FROM {people}
        WHERE rows > {MANY_ROWS} AND lower(customer_id) IN ({literals(vocabulary.words("guests"))})
        ORDER BY customer_id""").fetchall()
    return [
        f"The customer «{customer}» has {rows:,} rows: shops write it for guests, who are not one customer."
        for customer, rows in found
    ]


def _duplicates(engine: duckdb.DuckDBPyConnection, lines: str) -> list[str]:
    extra = engine.execute(f"""
        SELECT coalesce(sum(copies - 1), 0), CAST(coalesce(sum((copies - 1) * amount), 0) AS DOUBLE)
        FROM (SELECT count(*) AS copies, any_value(amount_net) AS amount FROM {lines} WHERE reason IS NULL
              GROUP BY line_hash HAVING count(*) > 1)""").fetchone()
    if not extra or not extra[0]:
        return []
    repeated = "1 row repeats" if extra[0] == 1 else f"{int(extra[0]):,} rows repeat"
    return [f"{repeated} another row exactly, worth {extra[1]:,.2f} in all; they count as they stand."]
