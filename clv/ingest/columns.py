"""Which column means what: by name, never by position."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache

from clv.ingest import layout as known_layouts
from clv.ingest import vocabulary
from clv.ingest.layout import Layout
from clv.ingest.vocabulary import normalised

MAIN_FIELDS = (
    "customer", "date", "amount", "quantity", "unit_price", "order_id", "discount", "refund", "currency", "status",
)  # fmt: skip
# What some exports say besides; their columns stay attributes too.
FURTHER_FIELDS = (
    "email", "type", "line_id", "refund_of", "refund_customer", "cancelled", "test", "captured", "card_month", "card_year",
)  # fmt: skip
FIELDS = MAIN_FIELDS + FURTHER_FIELDS
# What the command line and the mapping form call the fields.
MEANINGS = {"customer": "customer", "date": "order date", "amount": "amount", "quantity": "quantity",
            "unit_price": "unit price", "order_id": "order number", "discount": "discount", "refund": "refund",
            "currency": "currency", "status": "order status", "email": "email address", "type": "transaction type",
            "line_id": "order line number", "refund_of": "number of the order refunded",
            "refund_customer": "customer of a refund", "cancelled": "cancellation", "test": "test flag",
            "captured": "captured flag", "card_month": "month the card expires",
            "card_year": "year the card expires"}  # fmt: skip


@dataclass(frozen=True)
class ColumnMapping:
    """The columns that carry each meaning, by their names in the file.

    Either `amount` is given or both `quantity` and `unit_price`. `discount` is money per line and is subtracted
    only where the amount is quantity x unit price; `refund` is positive money and is always subtracted.

    `email` identifies guests. `type` says purchase or refund. `line_id` numbers the lines: lines that are the same
    under one number are one. `refund_of` is the number of the order that a refund row belongs to, `refund_customer`
    the customer of a refund row where it is another column. `cancelled` holds the day of the cancellation or a flag,
    `test` and `captured` are flags, `card_month` and `card_year` say when the card expires.

    `attributes` are further columns, kept as text.
    """

    customer: str
    date: str
    amount: str | None = None
    quantity: str | None = None
    unit_price: str | None = None
    order_id: str | None = None
    discount: str | None = None
    refund: str | None = None
    currency: str | None = None
    status: str | None = None
    email: str | None = None
    type: str | None = None
    line_id: str | None = None
    refund_of: str | None = None
    refund_customer: str | None = None
    cancelled: str | None = None
    test: str | None = None
    captured: str | None = None
    card_month: str | None = None
    card_year: str | None = None
    attributes: tuple[str, ...] = ()

    def named(self) -> dict[str, str]:
        """Field -> column, for the fields that have one."""
        return {field: column for field in FIELDS if (column := getattr(self, field)) is not None}

    def to_dict(self) -> dict[str, object]:
        """JSON-ready form."""
        return {field.name: getattr(self, field.name) for field in fields(self)} | {
            "attributes": list(self.attributes)
        }


@cache
def aliases(field: str) -> tuple[str, ...]:
    """Normalised names of a field, the surest first."""
    return tuple(dict.fromkeys(normalised(name) for name in vocabulary.read("aliases.toml")[field]))


@cache
def known_names() -> frozenset[str]:
    """Every normalised name that means a field."""
    lists = vocabulary.read("aliases.toml")
    return frozenset(name for field in lists if field != "only_beside" for name in aliases(field))


def is_named(column: str) -> bool:
    """Whether a column has a name of its own; a saved row index has none."""
    return (
        bool(column.strip()) and re.fullmatch(r"Unnamed: \d+(_level_\d+)?|_+c?\d*_*", column.strip()) is None
    )


def distinct_names(header: Sequence[str]) -> tuple[str, ...]:
    """Column names without surrounding blanks, a repeated one numbered, a nameless one empty."""
    seen: dict[str, int] = {}
    names = []
    for cell in header:
        name = " ".join(cell.split())
        if not is_named(name):
            names.append("")
            continue
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def layout_of(columns: Iterable[str]) -> Layout | None:
    """The layout that the columns are: of known make, or a general one, or none."""
    names = [column for column in columns if column]
    return known_layouts.recognise(names) or known_layouts.general_layout(_guess_by_name(names))


def guess_mapping(columns: Iterable[str]) -> dict[str, str]:
    """Find the columns by the layout and by their names; a field whose column is not there is left out."""
    named = [column for column in columns if column]
    layout = known_layouts.recognise(named)
    by_name = _guess_by_name(named)
    if layout is None:
        return by_name
    by_normalised = {normalised(column): column for column in reversed(named)}
    found: dict[str, str] = {}
    for field in FIELDS:
        column = layout.column_of(field, by_normalised)
        # An email address that is the customer already identifies no guest.
        if column is not None and not (field == "email" and column == found.get("customer")):
            found[field] = column
    for field in missing_fields(found):
        # Of customers the general names include "id", which in an export of known make is the order's.
        general = field != "customer" or field not in layout.columns
        if general and field in by_name and by_name[field] not in found.values():
            found[field] = by_name[field]
    return _one_kind_of_amount(found, named)


def _guess_by_name(named: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for field in (
        "customer",
        "date",
        "order_id",
        "refund",
        "currency",
        "status",
        "amount",
        "quantity",
        "unit_price",
        "discount",
        "email",
        "line_id",
    ):
        column = best_column(field, field, named, found)
        if column is not None:
            found[field] = column
    return _one_kind_of_amount(found, named)


def best_column(field: str, list_name: str, columns: Sequence[str], taken: Mapping[str, str]) -> str | None:
    """The column with the surest of the listed names for a field, among those that no other field has."""
    by_name = {normalised(column): column for column in reversed(columns) if column not in taken.values()}
    present = {normalised(column) for column in columns}
    conditions = vocabulary.read("aliases.toml")["only_beside"].get(field, {})
    for alias in aliases(list_name):
        beside = conditions.get(alias)
        if alias in by_name and (beside is None or normalised(beside) in present):
            return by_name[alias]
    return None


def _one_kind_of_amount(found: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
    """Keep the amount, or else quantity and unit price, or else a lone price."""
    parts = ("quantity", "unit_price", "discount")
    if "amount" not in found and not {"quantity", "unit_price"} <= found.keys():
        others = {field: column for field, column in found.items() if field not in parts}
        lone = best_column("amount", "amount_without_quantity", columns, others)
        if "quantity" in found or lone is None:
            return found
        found = others | {"amount": lone}
    if "amount" in found:
        return {field: column for field, column in found.items() if field not in parts}
    return found


def missing_fields(found: Mapping[str, str | None]) -> tuple[str, ...]:
    """The fields without which no order can be read."""
    missing = [field for field in ("customer", "date") if not found.get(field)]
    if not found.get("amount") and not (found.get("quantity") and found.get("unit_price")):
        missing.append("amount")
    return tuple(missing)


def header_score(cells: Iterable[str], wanted: frozenset[str] = frozenset()) -> int:
    """How many different meanings a row of cells names, as a header does."""
    named = [cell.strip() for cell in cells if cell.strip()]
    if not wanted and known_names().isdisjoint(normalised(cell) for cell in named):
        return 0  # most rows of data: looking for each field would take far longer
    asked = sum(normalised(cell) in wanted for cell in named)
    return asked * 2 + len(_guess_by_name([*dict.fromkeys(named)]))


def find_column(columns: Collection[str], wanted: str) -> str | None:
    """The column of that name: exactly, or else without case and punctuation."""
    if wanted and wanted in columns:
        return wanted
    name = normalised(wanted)
    return (
        next((column for column in columns if column and normalised(column) == name), None) if name else None
    )


def wanted_names(mapping: ColumnMapping | Mapping[str, str] | None) -> frozenset[str]:
    """Normalised column names that the user asked for."""
    asked = mapping.named() if isinstance(mapping, ColumnMapping) else mapping or {}
    return frozenset(normalised(column) for column in asked.values() if isinstance(column, str) and column)
