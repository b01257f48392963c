"""The account of orders that stay in a database: counts and sums, worked out there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
from ibis.expr.types import Table

from clv.ingest import vocabulary
from clv.ingest.columns import ColumnMapping
from clv.ingest.database_lines import Words
from clv.ingest.fetch import to_arrow
from clv.ingest.quality import DroppedRows, QualityReport
from clv.ingest.suspicions import MANY_ROWS

OTHER_CURRENCY = "in another currency ({code})"
NO_CURRENCY = "no currency"
OLD = dt.datetime(1990, 1, 1)


@dataclass(frozen=True)
class Group:
    """Rows of one reason and one currency: how many, and the sums of their amounts before and after refunds."""

    reason: str | None
    currency: str | None
    is_refund: bool | None
    rows: int
    gross: float | None
    net: float | None


def count_groups(rows: Table) -> list[Group]:
    """Count the rows by reason and currency: all that is needed to refuse them, or to account for them."""
    counted = rows.group_by("reason", "currency", "is_refund").agg(
        rows=rows.count(), gross=rows.gross.sum().cast("float64"), net=rows.amount.sum().cast("float64")
    )
    return [Group(**row) for row in to_arrow(counted).to_pylist()]


def dropped_rows(groups: Sequence[Group], currency: str | None) -> tuple[DroppedRows, ...]:
    """Rows left out, by reason, the most frequent first."""
    found: dict[str, list[Group]] = {}
    for group in groups:
        reason = left_out(group, currency)
        if reason is not None:
            found.setdefault(reason, []).append(group)
    dropped = [
        DroppedRows(reason, sum(group.rows for group in of_it), _sum([group.net for group in of_it]), ())
        for reason, of_it in found.items()
    ]
    return tuple(sorted(dropped, key=lambda group: (-group.rows, group.reason)))


def left_out(group: Group, currency: str | None) -> str | None:
    """The reason why the rows are left out, also because they are not in the one currency; None where they count."""
    if group.reason or currency is None or group.currency == currency:
        return group.reason
    return NO_CURRENCY if group.currency is None else OTHER_CURRENCY.format(code=group.currency)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def make_report(
    kept: Table,
    *,
    label: str,
    mapping: ColumnMapping,
    words: Words,
    dropped: tuple[DroppedRows, ...],
    currency: str | None,
) -> QualityReport:
    """Count and sum the rows that are kept; there must be one."""
    counted = _counted(kept, words)
    gross, returned = float(counted["gross"] or 0), float(counted["returned"] or 0)
    return QualityReport(
        files=(label,),
        rows_read=counted["rows"] + sum(group.rows for group in dropped),
        rows_kept=counted["rows"],
        purchase_rows=counted["purchases"],
        refund_rows=counted["refunds"],
        customers=counted["customers"],
        orders=counted["orders"],
        gross_revenue=gross,
        refunds=returned,
        revenue=round(gross - returned, 4),
        currency=currency,
        first_date=counted["first"].date(),
        last_date=counted["last"].date(),
        dropped=dropped,
        warnings=tuple(_warnings(kept, counted, mapping)),
        mapping=mapping,
    )


def _counted(kept: Table, words: Words) -> dict[str, Any]:
    bought = ~kept.is_refund
    order = ibis.coalesce(kept.order_id, kept.customer_id + " " + kept.ordered_at.cast("string"))
    refunded = kept.status.isin(words.refunded or ("",))
    tomorrow = dt.datetime.combine(dt.date.today(), dt.time()) + dt.timedelta(days=1)
    aggregates = kept.agg(
        rows=kept.count(),
        purchases=(bought & (kept.amount > 0)).sum(),
        refunds=kept.is_refund.sum(),
        customers=kept.customer_id.nunique(where=bought),
        orders=order.nunique(where=bought),
        gross=kept.gross.sum(where=kept.gross > 0),
        returned=ibis.coalesce(kept.returned.sum(), 0)
        - ibis.coalesce(kept.gross.sum(where=kept.gross < 0), 0),
        first=kept.ordered_at.min(),
        last=kept.ordered_at.max(),
        zero=(kept.gross == 0).sum(),
        future=(kept.ordered_at >= ibis.literal(tomorrow)).sum(),
        old=(kept.ordered_at < ibis.literal(OLD)).sum(),
        refunded=refunded.sum(),
        refunded_value=kept.gross.sum(where=refunded),
    )
    counted: dict[str, Any] = to_arrow(aggregates).to_pylist()[0]
    return counted


def _warnings(kept: Table, counted: dict[str, Any], mapping: ColumnMapping) -> list[str]:
    found = []
    if counted["zero"]:
        found.append(
            f"{_rows(counted['zero'])} with amount 0: the customers count, but the rows are no purchases."
        )
    if counted["future"]:
        found.append(f"{_rows(counted['future'])} dated after today, up to {counted['last'].date()}.")
    if counted["old"]:
        found.append(f"{_rows(counted['old'])} dated before 1990, from {counted['first'].date()} on.")
    if counted["refunded"] and not mapping.refund:
        found.append(
            f"{_rows(counted['refunded'])} with the status refunded, worth {float(counted['refunded_value']):,.2f}:"
            " they count as purchases, for no column says how much was refunded."
        )
    return found + _guests(kept) + _duplicates(kept)


def _rows(number: int) -> str:
    return "1 row is" if number == 1 else f"{number:,} rows are"


def _guests(kept: Table) -> list[str]:
    guests = kept.filter(kept.customer_id.lower().isin(vocabulary.words("guests")))
    counted = guests.group_by("customer_id").agg(rows=guests.count())
    found = to_arrow(counted.filter(counted.rows > MANY_ROWS)).to_pylist()
    return [
        f"The customer «{row['customer_id']}» has {row['rows']:,} rows: shops write it for guests, who are not one"
        " customer."
        for row in sorted(found, key=lambda row: str(row["customer_id"]))
    ]


def _duplicates(kept: Table) -> list[str]:
    alike = kept.group_by("source_file").agg(copies=kept.count(), amount=kept.amount.max())
    repeated = alike.filter(alike.copies > 1).agg(
        rows=(alike.copies - 1).sum(), value=((alike.copies - 1) * alike.amount).sum().cast("float64")
    )
    found = to_arrow(repeated).to_pylist()[0]
    if not found["rows"]:
        return []
    said = "1 row repeats" if found["rows"] == 1 else f"{int(found['rows']):,} rows repeat"
    return [f"{said} another row exactly, worth {found['value']:,.2f} in all; they count as they stand."]
