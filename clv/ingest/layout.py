"""Exports of known make: recognised by their column names, described in one small file each under `layouts/`.

A layout file says which columns recognise it, which column holds what, and how the rows are to be taken: which
states and types are no orders, what a refund looks like, whether amounts stand on the order or on the line. A new
file in the folder is a new layout; nothing else changes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Literal

from clv.ingest.vocabulary import normalised

FOLDER: Traversable = files("clv.ingest") / "layouts"
Kind = Literal["orders", "lines", "payments", "customers"]


@dataclass(frozen=True)
class Words:
    """What the cells of a status or type column mean; compared in lower case, with spaces for _ and -.

    Parameters
    ----------
    only : tuple of str
        Where given, rows that say anything else are no orders.
    left_out, counted : tuple of str
        Rows that are no orders, and rows that are although shops in general leave them out.
    failed : tuple of str
        Payments that did not go through: no orders, kept aside.
    refunded : tuple of str
        Statuses of orders given back in full, where no column says how much; types of refund rows.
    """

    only: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    refunded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Layout:
    """One make of export.

    Parameters
    ----------
    name : str
        Stem of its file.
    title : str
        What a user calls it.
    kind : {"orders", "lines", "payments", "customers"}
        What a row is. A table of customers (frequency, recency, T) holds no orders.
    recognised_by : tuple of tuple of str
        Column names; all those of any one group must be there.
    meanings : tuple of str
        Instead: fields that must be found by the general names. Such a layout gives way to every other.
    columns : mapping of field to column names
        The surest first; a field named with no column is left empty whatever the columns are called.
    together : mapping of column name to mapping of field to column name
        Columns that go along when the user chooses that one as the amount.
    statuses, types : Words
        Types are compared by the words they contain, statuses as a whole.
    guests : tuple of str
        What stands in the customer column of guests, who are not one customer.
    amount_of_order : bool
        The amount is that of the order: it stands on the order's first line only, or is repeated on its lines.
    signed_amounts : bool
        Whether the sign of an amount is its direction: a refund row is negative already, and any other negative row
        is money that the shop paid out. Else the amount of a refund row is taken off whatever its sign.
    minor_units : {"never", "with unix dates", "always"}
        Whether amounts are in cents; programs that count time in seconds since 1970 count money so.
    refund_amounts : str or None
        Regular expression whose group is an amount, in refund cells that list several.
    note, warning : str
        What the user should know of how the rows are taken, and of what can go wrong with them.
    """

    name: str
    title: str
    kind: Kind
    recognised_by: tuple[tuple[str, ...], ...] = ()
    meanings: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    together: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    statuses: Words = Words()
    types: Words = Words()
    guests: tuple[str, ...] = ()
    amount_of_order: bool = False
    signed_amounts: bool = False
    minor_units: Literal["never", "with unix dates", "always"] = "never"
    refund_amounts: str | None = None
    note: str = ""
    warning: str = ""

    @property
    def has_row_rules(self) -> bool:
        """Whether its rows are taken by rules of their own, beyond what the columns mean."""
        rules = (
            self.statuses != Words(), self.types != Words(), self.guests, self.amount_of_order, self.signed_amounts,
            self.minor_units != "never", self.refund_amounts, "line_id" in self.columns,
        )  # fmt: skip
        return any(rules)

    def match_score(self, present: Collection[str]) -> tuple[int, int]:
        """How surely normalised column names are this layout's; (0, 0) where they are not."""
        groups = [group for group in self.recognised_by if {normalised(name) for name in group} <= {*present}]
        known = {normalised(name) for names in self.columns.values() for name in names}
        return (max(map(len, groups)), len(known & {*present})) if groups else (0, 0)

    def column_of(self, field_name: str, by_name: Mapping[str, str]) -> str | None:
        """The column that holds a field, among columns by their normalised names."""
        wanted = map(normalised, self.columns.get(field_name, ()))
        return next((by_name[name] for name in wanted if name in by_name), None)

    def is_order_amount(self, column: str | None) -> bool:
        """Whether the column chosen as the amount is one that stands on the order, not on each line."""
        known = {normalised(name) for name in (*self.columns.get("amount", ()), *self.together)}
        return self.amount_of_order and column is not None and normalised(column) in known


def read_layout(name: str, text: str) -> Layout:
    """Read a layout from the text of its file.

    Raises
    ------
    TypeError
        The file has an entry that no layout has.
    """
    written: dict[str, Any] = tomllib.loads(text)
    for words in ("statuses", "types"):
        if words in written:
            written[words] = Words(**{key: tuple(value) for key, value in written[words].items()})
    if "columns" in written:
        written["columns"] = {key: tuple(names) for key, names in written["columns"].items()}
    for listed in ("meanings", "guests"):
        written[listed] = tuple(written.get(listed, ()))
    written["recognised_by"] = tuple(tuple(group) for group in written.get("recognised_by", ()))
    return Layout(name=name, **written)


@cache
def layouts() -> tuple[Layout, ...]:
    """Read every layout of the folder, once."""
    found = (entry for entry in FOLDER.iterdir() if entry.name.endswith(".toml"))
    return tuple(
        read_layout(entry.name.removesuffix(".toml"), entry.read_text(encoding="utf-8"))
        for entry in sorted(found, key=lambda entry: entry.name)
    )


def recognise(columns: Iterable[str]) -> Layout | None:
    """Find the layout of known make that the columns are; None for tables of anybody's own making."""
    present = frozenset(normalised(column) for column in columns if column)
    best = max(layouts(), key=lambda layout: layout.match_score(present), default=None)
    return best if best is not None and best.match_score(present) > (0, 0) else None


def general_layout(meanings: Collection[str]) -> Layout | None:
    """Find the general layout for a table in which columns for these fields were found."""
    fitting = [layout for layout in layouts() if layout.meanings and {*layout.meanings} <= {*meanings}]
    return max(fitting, key=lambda layout: len(layout.meanings), default=None)
