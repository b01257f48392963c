"""The loaded files side by side under one set of names, before anything is read into numbers and dates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from clv.ingest import sql
from clv.ingest.columns import FURTHER_FIELDS, ColumnMapping, find_column
from clv.ingest.identifier_form import PLAIN, IdentifierForm
from clv.ingest.layout import Layout
from clv.ingest.typed_rows import NUMBER, Role, TypedRows

NUMBERS = ("amount", "quantity", "unit_price", "discount", "refund")
IDENTIFIERS = ("customer", "order_id")
ROLES: dict[str, Role] = {
    "date": "date", **dict.fromkeys(NUMBERS, "number"), **dict.fromkeys(IDENTIFIERS, "identifier"),
}  # fmt: skip
TEXTS = (*IDENTIFIERS, "currency", "status")


@dataclass(frozen=True)
class Staged:
    """All lines of all files as a view.

    Columns: `file_no`, `source_file`, `source_line`, `is_blank`, `split_wrongly`, `line_hash`, `customer_text`,
    `order_id_text`, `currency_text`, `status_text`, `date_text`, `date_native`, and for each number field mapped
    `{field}_text` and `{field}_native`, for each further field mapped `{field}_text`, and `attribute_{i}`. What has been
    read into a native column has no text. `customer_number` and `order_number` are the identifiers as whole numbers
    where `whole` says that all are, or else NULL.

    Parameters
    ----------
    table : str
        Name of the view.
    numbers : tuple of str
        The number fields that are mapped.
    mapping : ColumnMapping
        What the columns mean.
    unread, missing : mapping of field to int
        Of the date and each number field, how many cells have text that is still to be read; of these and the
        identifiers, how many have no value at all.
    whole : mapping of field to IdentifierForm
        The identifiers of which every one is a whole number or missing, and how all of them are written.
    rows : int
        How many lines there are.
    votes : mapping of field to Counter
        How the numbers that have been read were written.
    emails, with_point : mapping of field to bool
        Of each identifier, whether a cell may be an email address with a capital letter, and whether one holds ".0".
    layout : Layout or None
        The make of the export, and so how its rows are to be taken.
    """

    table: str
    numbers: tuple[str, ...]
    mapping: ColumnMapping
    unread: dict[str, int]
    missing: dict[str, int]
    whole: Mapping[str, IdentifierForm]
    rows: int
    votes: dict[str, Counter[str]]
    emails: dict[str, bool]
    with_point: dict[str, bool]
    layout: Layout | None = None


def texts(mapping: ColumnMapping) -> tuple[str, ...]:
    """The fields that are staged as text: those every read has, and the further ones that are mapped."""
    return (*TEXTS, *(field for field in FURTHER_FIELDS if getattr(mapping, field)))


def roles_of(columns: Sequence[str], mapping: ColumnMapping) -> dict[int, Role]:
    """The columns of a file that are read, by position, and what they are read as; the others are not read."""
    roles: dict[int, Role] = {}
    for field in (*texts(mapping), "date", *NUMBERS):
        position = _position(columns, getattr(mapping, field))
        if position is not None and (field in ROLES or position not in roles):
            roles[position] = ROLES.get(field, "text")
    for name in mapping.attributes:
        position = _position(columns, name)
        if position is not None:
            roles.setdefault(position, "kept")
    return dict(sorted(roles.items()))


def stage(
    engine: duckdb.DuckDBPyConnection,
    files: Sequence[TypedRows],
    mapping: ColumnMapping,
    layout: Layout | None = None,
) -> Staged:
    """Bring the files of one read under one set of names; nothing is copied."""
    numbers = tuple(field for field in NUMBERS if getattr(mapping, field))
    listing = layout.refund_amounts if layout else None
    selects = [_select(number, file, mapping, numbers, listing) for number, file in enumerate(files)]
    view = sql.unique_name("staged")
    engine.execute(f"CREATE TEMP VIEW {view} AS {' UNION ALL '.join(selects)}")
    typed = (*IDENTIFIERS, "date", *numbers)
    unread, missing = dict.fromkeys(typed, 0), dict.fromkeys(typed, 0)
    votes: dict[str, Counter[str]] = {field: Counter() for field in numbers}
    emails, with_point = dict.fromkeys(IDENTIFIERS, False), dict.fromkeys(IDENTIFIERS, False)
    forms: dict[str, set[IdentifierForm]] = {field: set() for field in IDENTIFIERS}
    for file in files:
        for field in typed:
            position = _position(file.columns, getattr(mapping, field))
            if position is None:
                missing[field] += file.rows
                continue
            unread[field] += file.unread[position]
            missing[field] += file.rows - file.unread[position] - file.read[position]
            if field in votes:
                votes[field] += file.votes[position]
            if field in IDENTIFIERS:
                emails[field] |= file.emails[position]
                with_point[field] |= file.with_point[position]
                if file.read[position]:
                    forms[field].add(file.forms.get(position, PLAIN))
    rows = sum(file.rows for file in files)
    # Numbers of different forms are no numbers of each other.
    whole = {
        field: next(iter(forms[field]), PLAIN)
        for field in IDENTIFIERS
        if not unread.pop(field) and len(forms[field]) < 2
    }
    return Staged(view, numbers, mapping, unread, missing, whole, rows, votes, emails, with_point, layout)


def attributes_in_memory(file: TypedRows, mapping: ColumnMapping) -> list[pa.ChunkedArray]:
    """The attributes of a file's rows as `stage` names them, where they are held in memory; or else none."""
    positions = [_position(file.columns, name) for name in mapping.attributes]
    if file.cells is None or any(at is None or file.roles[at] not in ("text", "kept") for at in positions):
        return []
    return [file.cells[f"t{at}"] for at in positions]


def _position(columns: Sequence[str], wanted: str | None) -> int | None:
    found = find_column(columns, wanted) if wanted else None
    return None if found is None else list(columns).index(found)


def _select(
    number: int, file: TypedRows, mapping: ColumnMapping, numbers: Sequence[str], listing: str | None
) -> str:
    """The lines of a file; `listing` is the pattern of an amount in refund cells that list several."""
    # Identifiers as text: the same one may have come as a number from one file and as text from another.
    everything = [
        cell
        for at, role in file.roles.items()
        for cell in ([f"t{at}", f"n{at}"] if role in ("date", "number") else [_text(file, at)])
    ]

    def native(wanted: str | None, absent: str) -> str:
        position = _position(file.columns, wanted)
        return absent if position is None else f"n{position}"

    def text(wanted: str | None) -> str:
        position = _position(file.columns, wanted)
        return "NULL::VARCHAR" if position is None else _text(file, position)

    def text_of(field: str) -> str:
        found = text(getattr(mapping, field))
        return _summed(found, listing) if field == "refund" and listing else found

    def whole(field: str) -> str:
        position = _position(file.columns, getattr(mapping, field))
        return "NULL::BIGINT" if position is None or file.unread[position] else f"n{position}"

    cells = [
        f"{number} AS file_no",
        f"{sql.literal(file.name)} AS source_file",
        f"CAST({file.line} AS BIGINT) AS source_line",
        # What a file has not is said as a constant, which costs nothing to ask for.
        "is_blank" if file.blank else "FALSE AS is_blank",
        "split_wrongly" if file.split_wrongly else "FALSE AS split_wrongly",
        f"hash({', '.join(everything)}) AS line_hash",
        f"{whole('customer')} AS customer_number",
        f"{whole('order_id')} AS order_number",
        *(f"{text_of(field)} AS {field}_text" for field in (*texts(mapping), "date", *numbers)),
        f"{native(mapping.date, 'NULL::TIMESTAMP')} AS date_native",
        *(f"{native(getattr(mapping, field), f'NULL::{NUMBER}')} AS {field}_native" for field in numbers),
        *(f"{text(name)} AS attribute_{at}" for at, name in enumerate(mapping.attributes)),
    ]  # fmt: skip
    return f"SELECT {', '.join(cells)} FROM {file.table}"


def _text(file: TypedRows, position: int) -> str:
    """The text of a cell; of one that has been read only an identifier's is known."""
    text, number = f"t{position}", file.forms.get(position, PLAIN).sql(f"n{position}")
    absent = file.unread.get(position) == 0
    if file.roles[position] != "identifier":
        return "NULL::VARCHAR" if absent else text
    return number if absent else f"coalesce({text}, {number})" if file.read[position] else text


def _summed(text: str, amount: str) -> str:
    """The sum of the amounts that a cell lists, as text; a cell that lists none stays as it is."""
    pattern = sql.literal(amount)
    listed = (
        f"list_transform(regexp_extract_all({text}, {pattern}, 1), lambda x: TRY_CAST(x AS DECIMAL(18,4)))"
    )
    return f"CASE WHEN regexp_matches({text}, {pattern}) THEN CAST(list_sum({listed}) AS VARCHAR) ELSE {text} END"
