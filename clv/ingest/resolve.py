"""The one mapping that every file of a read is taken by: what the user says, else what the columns are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from clv.ingest.columns import (
    FIELDS,
    MAIN_FIELDS,
    MEANINGS,
    ColumnMapping,
    best_column,
    find_column,
    guess_mapping,
    missing_fields,
)
from clv.ingest.errors import Problem
from clv.ingest.layout import recognise
from clv.ingest.vocabulary import normalised


def resolve_mapping(
    files: Sequence[tuple[str, Sequence[str]]], asked: ColumnMapping | Mapping[str, str] | None
) -> tuple[ColumnMapping | None, list[Problem]]:
    """Decide the one mapping that every file is read by.

    Parameters
    ----------
    files : sequence of (name, columns)
        At least one.
    asked : ColumnMapping, mapping of field to column, or None
        A full mapping is taken as it is; a partial one overrides what the names say, field by field.

    Returns
    -------
    ColumnMapping or None, list of Problem
        None where a needed field has no column.
    """
    name, columns = files[0]
    if isinstance(asked, ColumnMapping):
        chosen: dict[str, str | None] = dict(asked.named())
        attributes: Sequence[str] | None = asked.attributes
    else:
        chosen, attributes, problems = _guess_overridden(name, columns, asked or {})
        if problems:
            return None, problems
    sought = _required(chosen, asked)
    problems = _unknown_columns(files, sought, attributes or ())
    missing = missing_fields(chosen)
    if missing:
        problems.append(_missing_problem(name, columns, missing))
    if missing or problems:
        return None, problems
    known = {field: find_column(columns, column) for field, column in chosen.items() if column}
    mapping = ColumnMapping(**known)  # type: ignore[arg-type]
    rest = attributes if attributes is not None else _others(files, mapping)
    return replace(mapping, attributes=tuple(rest)), _shared_columns(name, mapping)


def _guess_overridden(
    name: str, columns: Sequence[str], asked: Mapping[str, str]
) -> tuple[dict[str, str | None], Sequence[str] | None, list[Problem]]:
    unknown = sorted(set(asked) - {*FIELDS, "attributes"})
    if unknown:
        todo = f"Fields are {', '.join(FIELDS)} and attributes"
        return {}, None, [Problem(f"there is no field named {', '.join(unknown)}", "column mapping", todo)]
    given = {field: column or None for field, column in asked.items() if field != "attributes"}
    taken = set(given.values())
    guess = {field: column for field, column in guess_mapping(columns).items() if column not in taken}
    if given.get("amount"):
        guess = {
            field: column
            for field, column in guess.items()
            if field not in ("quantity", "unit_price", "discount")
        }
    elif given.get("quantity") or given.get("unit_price"):
        guess = {**_parts(columns, taken), **guess}
        guess.pop("amount", None)
    return guess | _fields_with_amount(columns, given) | given, _as_names(asked.get("attributes")), []


def _fields_with_amount(columns: Sequence[str], given: Mapping[str, str | None]) -> dict[str, str | None]:
    """The currency and the refund that belong to the amount that the user chose."""
    layout, amount = recognise(columns), normalised(given.get("amount") or "")
    for chosen, fields_along in (layout.together if layout else {}).items():
        if normalised(chosen) == amount:
            return {field: find_column(columns, column) for field, column in fields_along.items()}
    return {}


def _parts(columns: Sequence[str], taken: set[str | None]) -> dict[str, str]:
    left = [column for column in columns if column and column not in taken]
    found = {field: best_column(field, field, left, {}) for field in ("quantity", "unit_price")}
    return {field: column for field, column in found.items() if column is not None}


def _as_names(value: object) -> Sequence[str] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return [str(name) for name in value] if isinstance(value, Iterable) else None


def _required(
    chosen: Mapping[str, str | None], asked: ColumnMapping | Mapping[str, str] | None
) -> dict[str, str | None]:
    """The columns that every file must have; what an export says besides may be missing in another one."""
    named = asked.named() if isinstance(asked, ColumnMapping) else asked or {}
    return {field: column for field, column in chosen.items() if field in MAIN_FIELDS or field in named}


def _unknown_columns(
    files: Sequence[tuple[str, Sequence[str]]], chosen: Mapping[str, str | None], attributes: Sequence[str]
) -> list[Problem]:
    problems = []
    for name, columns in files:
        wanted = [column for column in (*chosen.values(), *attributes) if column]
        absent = [column for column in dict.fromkeys(wanted) if find_column(columns, column) is None]
        if absent:
            what = f"there is no column named {_quoted(absent)}. {columns_there_are(columns)}"
            problems.append(Problem(what, name, "Choose among these, or load files with the same columns"))
    return problems


def _missing_problem(name: str, columns: Sequence[str], fields: Sequence[str]) -> Problem:
    meanings = " or as the ".join(MEANINGS[field] for field in fields)
    what = f"no column was recognised as the {meanings}. {columns_there_are(columns)}"
    todo = f"Say which column holds the {' and which the '.join(MEANINGS[field] for field in fields)}"
    if "amount" in fields:
        todo += "; instead of the amount, quantity and unit price will do"
    return Problem(what, name, todo)


def columns_there_are(columns: Sequence[str], at_most: int = 40) -> str:
    """One clause that lists the columns of a file."""
    named = [column for column in columns if column]
    more = f" and {len(named) - at_most} more" if len(named) > at_most else ""
    return f"The columns are {_quoted(named[:at_most])}{more}" if named else "No column has a name"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"«{name[:60]}»" for name in names)


def _others(files: Sequence[tuple[str, Sequence[str]]], mapping: ColumnMapping) -> list[str]:
    """The columns that are no field, as the first file that has them writes their names."""
    others: dict[str, str] = {}
    for _, columns in files:
        main = [getattr(mapping, field) for field in MAIN_FIELDS]
        used = {find_column(columns, column) for column in main if column}
        for column in columns:
            if column and column not in used:
                others.setdefault(normalised(column) or column, column)
    return list(others.values())


def _shared_columns(name: str, mapping: ColumnMapping) -> list[Problem]:
    owners: dict[str, list[str]] = {}
    for field in MAIN_FIELDS:
        if column := getattr(mapping, field):
            owners.setdefault(column, []).append(MEANINGS[field])
    return [
        Problem(
            f"the column «{column}» was chosen as {' and as '.join(meanings)}",
            name,
            "Choose a column for each",
        )
        for column, meanings in owners.items()
        if len(meanings) > 1
    ]
