"""What a read took for granted, so that the user can see it and say otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from clv.ingest.amounts import NumberStyle
from clv.ingest.columns import MEANINGS, ColumnMapping
from clv.ingest.date_order import WORDS, DateOrder
from clv.ingest.dates import DateLayout, DateStyle
from clv.ingest.dialect import Dialect
from clv.ingest.findings import Finding

SEPARATOR_NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
MARKS = {".": "a decimal point", ",": "a decimal comma"}
COUNTED = {"days": "days as spreadsheets count them", "seconds": "seconds since 1970",
           "milliseconds": "milliseconds since 1970"}  # fmt: skip
RIGHT_COLUMN = "Choose another column on the Data page (--map) if this is not so"


def of_text(name: str, encoding: str, dialect: Dialect) -> tuple[Finding, ...]:
    """How a text file was taken apart."""
    separator = SEPARATOR_NAMES.get(dialect.separator, f"«{dialect.separator}»")
    again = "Export the file as UTF-8 with commas if letters or columns look wrong"
    return (
        Finding("encoding", f"Letters are encoded as {encoding}", name, again),
        Finding("separator", f"Cells are separated by {separator}", name, again),
        _header(name, dialect.lines_before_data),
    )


def of_sheet(name: str, title: str, first_line: int) -> tuple[Finding, ...]:
    """Which sheet of a workbook was read, and from where."""
    other = "Save the sheet that holds the orders as a file of its own if it is another one"
    return (
        Finding("sheet", f"The orders are on the sheet «{title}»", name, other),
        _header(name, first_line - 1),
    )


def _header(name: str, line: int) -> Finding:
    before = "" if line <= 1 else f"; the {line - 1} lines above it are no orders" if line > 2 else ""
    return Finding("header line", f"Line {line} names the columns{before}", name, RIGHT_COLUMN)


def of_columns(
    mapping: ColumnMapping,
    dates: DateStyle,
    numbers: Mapping[str, NumberStyle],
    votes: Mapping[str, Counter[str]],
    date_order: DateOrder | None,
) -> tuple[Finding, ...]:
    """What the columns mean and how their dates and numbers are written.

    `votes` are those of the numbers that were read at once, `numbers` the styles of the others.
    """
    said = [
        Finding("column", f"The {MEANINGS[field]} is the column «{column}»", "", RIGHT_COLUMN)
        for field, column in mapping.named().items()
    ]
    said.append(_amount(mapping))
    if mapping.order_id is None:
        said.append(
            Finding("order", "Rows of one customer at one moment are one order", "",
                    "Choose the column with the order number if there is one")
        )  # fmt: skip
    said += _date_order(mapping.date, dates, date_order)
    for field, counted in votes.items():
        said += _decimal_mark(field, getattr(mapping, field), numbers.get(field), counted)
    return tuple(said)


def _amount(mapping: ColumnMapping) -> Finding:
    what = (
        f"amount = «{mapping.amount}»"
        if mapping.amount
        else f"amount = «{mapping.quantity}» x «{mapping.unit_price}»"
    )
    if not mapping.amount and mapping.discount:
        what += f" - «{mapping.discount}»"
    if mapping.refund:
        what += f" - «{mapping.refund}»"
    todo = (
        "Choose the column that is net of tax, shipping and discount if there is one: CLV is counted from it"
    )
    return Finding("amount", what, "", todo)


def _date_order(column: str, style: DateStyle, given: DateOrder | None) -> list[Finding]:
    where = f"column «{column}»"
    counted = sorted({COUNTED[layout.kind] for layout in style.layouts if layout.kind in COUNTED})
    said = [
        Finding("date unit", f"Numbers in the date column are {unit}", where, RIGHT_COLUMN)
        for unit in counted
    ]
    orders = {order for layout in style.layouts if (order := _order_of(layout)) is not None}
    why = "as you said" if given else "for some of them can be read in no other way"
    said += [
        Finding("date order", f"Dates are written {WORDS[order]}, {why}", where,
                "Set the order of day and month on the Data page (--date-order) if this is not so")
        for order in sorted(orders)
    ]  # fmt: skip
    return said


def _order_of(layout: DateLayout) -> DateOrder | None:
    """In which order a layout such as 11/11/1111 was read; None for those that leave no choice."""
    if layout.parts_at is None:
        return None
    orders: tuple[DateOrder, ...] = ("dmy", "mdy", "ymd")
    places = {"y": layout.year_at, "m": layout.month_at, "d": layout.day_at}
    return next((order for order in orders if tuple(places[part] for part in order) == layout.parts_at), None)


def _decimal_mark(field: str, column: str, style: NumberStyle | None, votes: Counter[str]) -> list[Finding]:
    layouts = style.layouts if style else ()
    used = {
        layout.decimal for layout in layouts if layout.decimal in MARKS and layout.decimal in layout.shape
    }
    used |= {mark for mark in MARKS if votes[mark]}
    return [
        Finding("decimal mark", f"The {MEANINGS[field]} is written with {MARKS[mark]}", f"column «{column}»",
                "Compare the revenue below with your shop's own figure")
        for mark in sorted(used)
    ]  # fmt: skip


def of_currency(currency: str | None, asked: str | None, mapping: ColumnMapping) -> tuple[Finding, ...]:
    """The currency, and where it is known from."""
    if currency is None:
        todo = "Choose the currency in the sidebar under More (--currency); it labels the amounts and changes nothing"
        return (
            Finding(
                "currency", "No currency is named in the file: all amounts are taken to be in one", "", todo
            ),
        )
    source = (
        "as you said"
        if asked
        else f"as the column «{mapping.currency}» says"
        if mapping.currency
        else "from the amounts or the name of their column"
    )
    return (
        Finding(
            "currency",
            f"Amounts are in {currency}, {source}",
            "",
            "Set it on the Data page (--currency) otherwise",
        ),
    )


def of_attributes(latest: Sequence[str], first: Sequence[str]) -> tuple[Finding, ...]:
    """At which order the further columns are taken."""
    said = []
    if first:
        said.append(Finding("first order", f"At a customer's first order: {_listed(first)}", "", ""))
    if latest:
        said.append(
            Finding("last order", f"At a customer's last order that says it: {_listed(latest)}", "", "")
        )
    return tuple(said)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"«{name}»" for name in names)
