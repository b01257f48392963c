"""Files that come beside the orders, recognised by their header: contacts, marketing spend, tables of customers."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clv.ingest import vocabulary
from clv.ingest.attributes import is_latest
from clv.ingest.columns import guess_mapping, missing_fields
from clv.ingest.containers import open_sources
from clv.ingest.customer_table import is_customer_table
from clv.ingest.errors import InputError
from clv.ingest.files import OrderFile
from clv.ingest.vocabulary import normalised

Kind = Literal["orders", "contacts", "spend", "customers"]
BEGINNING_BYTES = 262_144
# A workbook can only be read as a whole; one beyond this size is taken for orders without a look.
LARGEST_WORKBOOK = 20 * 2**20
CONTACT_COLUMNS = 2


@dataclass(frozen=True)
class SortedFiles:
    """The files of one upload by what they hold."""

    orders: tuple[OrderFile, ...] = ()
    contacts: tuple[OrderFile, ...] = ()
    spend: tuple[OrderFile, ...] = ()
    customers: tuple[OrderFile, ...] = ()


def sort_files(files: Sequence[OrderFile]) -> SortedFiles:
    """Sort contacts, spend and tables of customers from orders; all are orders where none would be left.

    A file that cannot be opened counts as orders, whose reading says what is wrong with it.
    """
    kinds = [_kind_of_file(file) for file in files]
    if not {"orders", "customers"} & set(kinds):
        return SortedFiles(orders=tuple(files))

    def of(kind: Kind) -> tuple[OrderFile, ...]:
        return tuple(file for file, its in zip(files, kinds, strict=True) if its == kind)

    return SortedFiles(of("orders"), of("contacts"), of("spend"), of("customers"))


def kind_of(columns: Iterable[str]) -> Kind:
    """What a table with these columns holds."""
    named = [column for column in columns if column]
    if is_customer_table(named):
        return "customers"
    meant = guess_mapping(named)
    if spend_columns(named) is not None and not {"customer", "order_id"} & meant.keys():
        return "spend"
    missing = missing_fields(meant)
    contact_columns = [column for column in named if is_latest(column) and column != meant.get("customer")]
    if "customer" in meant and "order_id" not in meant:
        if "date" in missing and contact_columns:
            return "contacts"
        if "amount" in missing and len(contact_columns) >= CONTACT_COLUMNS:
            return "contacts"
    return "orders"


def spend_columns(columns: Iterable[str]) -> Mapping[str, str] | None:
    """The channel, date and spend among some columns; None unless all three are there."""
    by_name = {normalised(column): column for column in columns if column}
    date = guess_mapping(by_name.values()).get("date")
    names = vocabulary.read("spend_columns.toml")
    found = {
        field: next((by_name[key] for name in names[field] if (key := normalised(name)) in by_name), None)
        for field in ("channel", "spend", "date")
    }
    chosen = found | {"date": date or found["date"]}
    return {field: column for field, column in chosen.items() if column} if all(chosen.values()) else None


def _kind_of_file(file: OrderFile) -> Kind:
    try:
        with tempfile.TemporaryDirectory(prefix="clv-") as workdir:
            beginning = _beginning(file, Path(workdir))
            return (
                "orders"
                if beginning is None
                else kind_of(open_sources(beginning, Path(workdir), frozenset())[0].columns)
            )
    except (InputError, OSError, EOFError):
        return "orders"


def _beginning(file: OrderFile, workdir: Path) -> OrderFile | None:
    """The first lines of a text file as a file of its own, any other file itself; None where that is too much."""
    with file.path.open("rb") as stream:
        start = stream.read(BEGINNING_BYTES)
    if start.startswith(b"\x1f\x8b"):
        with gzip.open(file.path, "rb") as packed:
            start = packed.read(BEGINNING_BYTES)
    elif start.startswith(b"PAR1") or len(start) < BEGINNING_BYTES:
        return file
    elif start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return file if file.path.stat().st_size <= LARGEST_WORKBOOK else None
    shortened = workdir / "beginning"
    whole_lines = start.rfind(b"\n") + 1
    shortened.write_bytes(start[:whole_lines] if whole_lines and len(start) == BEGINNING_BYTES else start)
    return OrderFile(file.name, shortened)
