"""The rows of a table of orders read where they are: who, when, how much, or the reason why a row is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

import ibis
from ibis.expr.types import BooleanValue, NumericValue, StringValue, Table

from clv.ingest import line_amounts, lines, row_rules, vocabulary
from clv.ingest.columns import MEANINGS, ColumnMapping
from clv.ingest.database_backends import computed_once
from clv.ingest.database_cells import MONEY, fitting, moment, number, text
from clv.ingest.staging import NUMBERS
from clv.ingest.transactions import snake_case

# The digest that every database computes alike, in hexadecimal.
md5 = ibis.udf.scalar.builtin(lambda row: row, name="md5", signature=((str,), str))
# Between the cells of a row; stands in no cell.
SEPARATOR = "\x1f"


@dataclass(frozen=True)
class Words:
    """The few texts of a column that mean something, as they are written in it.

    Parameters
    ----------
    left_out : mapping of str to str
        Status -> the reason why its rows are no purchases.
    refunded : tuple of str
        Statuses of orders that were paid back.
    currencies : mapping of str to str
        Text of the currency column -> ISO 4217 code.
    """

    left_out: Mapping[str, str]
    refunded: tuple[str, ...]
    currencies: Mapping[str, str]


def read_rows(orders: Table, mapping: ColumnMapping, words: Words) -> Table:
    """One row for each of the table's.

    Columns: `source_file` (a digest of the row, which settles ties: a table has no order of its own),
    `source_line` (0), `customer_id`, `order_id`, `ordered_at`, `gross` (before the refund column), `returned`,
    `amount` (net), `is_refund`, `currency`, `status`, `reason` (NULL for a row that is kept) and the attributes.
    """
    numbers = [field for field in NUMBERS if getattr(mapping, field)]
    attributes = dict(zip(snake_case(mapping.attributes), mapping.attributes, strict=True))
    cells = orders.select(
        customer_id=_customer(text(orders[mapping.customer])),
        order_id=_text(orders, mapping.order_id),
        status=_text(orders, mapping.status),
        currency_text=_text(orders, mapping.currency),
        date_text=text(orders[mapping.date]),
        ordered_at=moment(orders[mapping.date]),
        source_file=_digest(orders, mapping),
        source_line=ibis.literal(0, type="int64"),
        **{field: number(orders[getattr(mapping, field)]) for field in numbers},
        **{f"{field}_text": text(orders[getattr(mapping, field)]) for field in numbers},
        **{f"kept_{name}": text(orders[column]) for name, column in attributes.items()},
    )
    cells = computed_once(cells)
    money = cells.mutate(gross=_gross(cells, mapping), returned=_returned(cells, mapping))
    money = computed_once(money)
    netted = money.mutate(amount=(money.gross - money.returned).cast(MONEY))
    rows = netted.select(
        "source_file", "source_line", "customer_id", "order_id", "ordered_at", "gross", "returned", "amount", "status",
        is_refund=(netted.gross < 0) | (netted.amount < 0),
        currency=_coded(netted.currency_text, words.currencies),
        reason=_reason(netted, mapping, words),
        **{name: netted[f"kept_{name}"] for name in attributes},
    )  # fmt: skip
    return computed_once(rows)


def _text(orders: Table, column: str | None) -> StringValue:
    return text(orders[column]) if column else ibis.null("string")


def _customer(identifier: StringValue) -> StringValue:
    """E-mail addresses are the same in any case."""
    return ibis.ifelse(identifier.contains("@"), identifier.lower(), identifier)


def _digest(orders: Table, mapping: ColumnMapping) -> StringValue:
    columns = dict.fromkeys([*mapping.named().values(), *mapping.attributes])
    texts = [text(orders[column]).fill_null("") for column in columns]
    return md5(reduce(lambda row, cell: row + SEPARATOR + cell, texts))


def _gross(cells: Table, mapping: ColumnMapping) -> NumericValue:
    written = cells.amount if mapping.amount else _product(cells, mapping)
    if not (mapping.quantity and mapping.order_id):
        return written
    # Cancellations as UCI Online Retail writes them: C before the number, a negative quantity.
    cancelled = (cells.order_id.re_search("^C[0-9]+$") & (cells.quantity < 0)).fill_null(False)
    return ibis.ifelse(cancelled, -written.abs(), written).cast(MONEY)


def _product(cells: Table, mapping: ColumnMapping) -> NumericValue:
    product = fitting(cells.quantity * cells.unit_price)
    if not mapping.discount:
        return product
    # A discount makes a line smaller, a purchase as well as its return, whatever sign it is written with.
    return (product - product.sign() * cells.discount.fill_null(0).abs()).cast(MONEY)


def _returned(cells: Table, mapping: ColumnMapping) -> NumericValue:
    return cells.refund.fill_null(0).abs().cast(MONEY) if mapping.refund else ibis.literal(0).cast(MONEY)


def _coded(written: StringValue, codes: Mapping[str, str]) -> StringValue:
    return written.cases(*codes.items(), else_=None) if codes else ibis.null("string")


def _reason(cells: Table, mapping: ColumnMapping, words: Words) -> StringValue:
    branches: list[tuple[BooleanValue, StringValue | str]] = [
        (
            cells.ordered_at.isnull() & cells.customer_id.lower().isin(vocabulary.words("totals")),
            lines.TOTALS_LINE,
        ),
        (cells.customer_id.isnull(), row_rules.NO_CUSTOMER),
    ]
    if words.left_out:
        said = cells.status.cases(*words.left_out.items(), else_=None)
        branches.append((said.notnull(), said))
    branches += [
        (cells.ordered_at.isnull() & cells.date_text.isnull(), lines.NO_DATE),
        (cells.ordered_at.isnull(), lines.BAD_DATE),
        (~cells.ordered_at.year().between(lines.FIRST_YEAR, lines.LAST_YEAR), lines.IMPOSSIBLE_DATE),
        *_unread_numbers(cells, mapping),
    ]
    if not mapping.amount:
        branches.append(((cells.quantity == 0) | (cells.unit_price == 0), line_amounts.FREE))
    branches.append((cells.gross.isnull(), f"{MEANINGS['amount']} cannot be read"))
    return ibis.cases(*branches, else_=ibis.null("string"))


def _unread_numbers(cells: Table, mapping: ColumnMapping) -> list[tuple[BooleanValue, str]]:
    needed = {"amount"} if mapping.amount else {"quantity", "unit_price"}
    branches = []
    for field in (field for field in NUMBERS if getattr(mapping, field)):
        empty, unread = cells[f"{field}_text"].isnull(), cells[field].isnull()
        if field in needed:
            branches.append((unread & empty, f"no {MEANINGS[field]}"))
        if field in needed or field in ("discount", "refund"):
            branches.append((unread & ~empty, f"{MEANINGS[field]} cannot be read"))
    return branches
