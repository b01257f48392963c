"""The loaded files side by side under one set of names, before anything is read into numbers and dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from clv.ingest import sql
from clv.ingest.columns import FURTHER_FIELDS, ColumnMapping, find_column
from clv.ingest.layout import Layout
from clv.ingest.source import ColumnKind, Loaded

NUMBERS = ("amount", "quantity", "unit_price", "discount", "refund")
TEXTS = ("customer", "order_id", "currency", "status")
PLACE = ("file_no", "source_file", "source_line", "split_wrongly", "line_hash", "all_text")
Column = tuple[str, ColumnKind]


@dataclass(frozen=True)
class Staged:
    """All lines of all files as a temporary table.

    Columns: `file_no`, `source_file`, `source_line`, `is_blank`, `split_wrongly`, `line_hash`, `customer_text`,
    `order_id_text`, `currency_text`, `status_text`, `date_text`, `date_native`, and for each number field mapped
    `{field}_text` and `{field}_native`, for each further field mapped `{field}_text`, and `attribute_{i}`.

    Parameters
    ----------
    table : str
        Name of the table.
    numbers : tuple of str
        The number fields that are mapped.
    mapping : ColumnMapping
        What the columns mean.
    layout : Layout or None
        The make of the export, and so how its rows are to be taken.
    """

    table: str
    numbers: tuple[str, ...]
    mapping: ColumnMapping
    layout: Layout | None = None


def stage(
    engine: duckdb.DuckDBPyConnection,
    loaded: Sequence[Loaded],
    mapping: ColumnMapping,
    layout: Layout | None = None,
) -> Staged:
    """Bring the files of one read under one set of names; their own tables are dropped."""
    numbers = tuple(field for field in NUMBERS if getattr(mapping, field))
    listing = layout.refund_amounts if layout else None
    selects = [_select(position, file, mapping, numbers, listing) for position, file in enumerate(loaded)]
    table = sql.unique_name("staged")
    engine.execute(f"CREATE TEMP TABLE {table} AS {' UNION ALL '.join(selects)}")
    for file in loaded:
        engine.execute(f"DROP TABLE {file.table}")
    return Staged(table, numbers, mapping, layout)


def _select(
    position: int, file: Loaded, mapping: ColumnMapping, numbers: Sequence[str], listing: str | None
) -> str:
    """Each step works on the result of the one before, so that no cell is trimmed twice."""
    fields = (*texts(mapping), "date", *numbers)
    kept = [f"attribute_{number}" for number in range(len(mapping.attributes))]
    others = ", ".join([*PLACE, "date_native", *(f"{field}_native" for field in numbers), *kept])
    trimmed = ", ".join(f"{sql.trimmed(f'{field}_text')} AS {field}_text" for field in fields)
    valued = ", ".join(f"{sql.valued(f'{field}_text')} AS {field}_text" for field in fields)
    blank = "customer_text IS NULL AND date_text IS NULL AND date_native IS NULL"
    return f"""
        SELECT * EXCLUDE (all_text),
               CASE WHEN {blank} THEN trim(all_text, {sql.literal(sql.BLANKS)}) = '' ELSE FALSE END AS is_blank
        FROM (SELECT {others}, {valued} FROM (SELECT {others}, {trimmed} FROM (
            SELECT {_cells(position, file, mapping, numbers, listing)} FROM {file.table})))"""


def texts(mapping: ColumnMapping) -> tuple[str, ...]:
    """The fields that are staged as text: those every read has, and the further ones that are mapped."""
    return (*TEXTS, *(field for field in FURTHER_FIELDS if getattr(mapping, field)))


def _cells(
    position: int, file: Loaded, mapping: ColumnMapping, numbers: Sequence[str], listing: str | None
) -> str:
    columns = {column: number for number, column in enumerate(file.columns) if column}
    named = ", ".join(f"c{number}" for number in columns.values())

    def place(wanted: str | None) -> Column | None:
        found = find_column(file.columns, wanted) if wanted else None
        return None if found is None else (f"c{columns[found]}", file.kinds[columns[found]])

    cells = [
        f"{position} AS file_no",
        f"{sql.literal(file.name)} AS source_file",
        f"CAST({file.line} AS BIGINT) AS source_line",
        f"{file.split_wrongly} AS split_wrongly",
        f"hash({named}) AS line_hash",
        f"concat_ws('', {named}) AS all_text",
        *(f"{_text(place(getattr(mapping, field)))} AS {field}_text" for field in texts(mapping)),
        *_date(place(mapping.date)),
        *(
            cell
            for field in numbers
            for cell in _number(field, place(getattr(mapping, field)), listing if field == "refund" else None)
        ),
        *(f"{_kept(place(name))} AS attribute_{number}" for number, name in enumerate(mapping.attributes)),
    ]
    return ", ".join(cells)


def _text(column: Column | None) -> str:
    """Text of a cell, numbers digit by digit."""
    if column is None:
        return "NULL::VARCHAR"
    name, kind = column
    if kind == "float":
        return sql.whole_number_text(name)
    if kind == "decimal":
        return f"regexp_replace(CAST({name} AS VARCHAR), '\\.0+$', '')"
    return sql.unmarked(name) if kind == "text" else f"CAST({name} AS VARCHAR)"


def _date(column: Column | None) -> tuple[str, str]:
    if column is not None and column[1] == "time":
        return "NULL::VARCHAR AS date_text", f"{column[0]} AS date_native"
    return f"{_text(column)} AS date_text", "NULL::TIMESTAMP AS date_native"


def _number(field: str, column: Column | None, listing: str | None) -> tuple[str, str]:
    """A cell to be read as a number; `listing` is the pattern of an amount in cells that list several."""
    if column is not None and column[1] in ("whole", "decimal", "float"):
        return f"NULL::VARCHAR AS {field}_text", f"TRY_CAST({column[0]} AS DECIMAL(18,4)) AS {field}_native"
    text = _text(column) if listing is None else _summed(_text(column), listing)
    return f"{text} AS {field}_text", f"NULL::DECIMAL(18,4) AS {field}_native"


def _summed(text: str, amount: str) -> str:
    """The sum of the amounts that a cell lists, as text; a cell that lists none stays as it is."""
    pattern = sql.literal(amount)
    listed = (
        f"list_transform(regexp_extract_all({text}, {pattern}, 1), lambda x: TRY_CAST(x AS DECIMAL(18,4)))"
    )
    return f"CASE WHEN regexp_matches({text}, {pattern}) THEN CAST(list_sum({listed}) AS VARCHAR) ELSE {text} END"


def _kept(column: Column | None) -> str:
    if column is None:
        return "NULL::VARCHAR"
    if column[1] == "float":
        return sql.whole_number_text(column[0])
    return f"nullif(trim(CAST({column[0]} AS VARCHAR)), '')"
