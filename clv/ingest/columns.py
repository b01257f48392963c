"""Which column means what: by name, never by position."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

from clv.ingest import vocabulary
from clv.ingest.errors import Problem

FIELDS = (
    "customer", "date", "amount", "quantity", "unit_price", "order_id", "discount", "refund", "currency", "status",
)  # fmt: skip
# What the command line and the mapping form call the fields.
MEANINGS = {"customer": "customer", "date": "order date", "amount": "amount", "quantity": "quantity",
            "unit_price": "unit price", "order_id": "order number", "discount": "discount", "refund": "refund",
            "currency": "currency", "status": "order status"}  # fmt: skip
# NFKD does not take these letters apart.
LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ё": "е"})


@dataclass(frozen=True)
class ColumnMapping:
    """The columns that carry each meaning, by their names in the file.

    Either `amount` is given or both `quantity` and `unit_price`. `discount` is money per line and is subtracted
    only where the amount is quantity x unit price; `refund` is positive money and is always subtracted.
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
def normalised(name: str) -> str:
    """A column name without case, accents, spaces, punctuation and words for the unit."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    parts = re.findall(r"[^\W_]+", plain)
    return "".join([part for part in parts if part not in vocabulary.header_noise()] or parts)


@cache
def aliases(field: str) -> tuple[str, ...]:
    """Normalised names of a field, the surest first."""
    return tuple(dict.fromkeys(normalised(name) for name in vocabulary.read("aliases.toml")[field]))


@cache
def known_names() -> frozenset[str]:
    """Every normalised name that means a field."""
    lists = (*FIELDS, "amount_without_quantity")
    return frozenset(name for field in lists for name in aliases(field))


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


def guess_mapping(columns: Iterable[str]) -> dict[str, str]:
    """Find the columns by their names; a field whose column is not there is left out."""
    named = [column for column in columns if column]
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
    ):
        column = _best(field, field, named, found)
        if column is not None:
            found[field] = column
    return _one_kind_of_amount(found, named)


def _best(field: str, list_name: str, columns: Sequence[str], taken: Mapping[str, str]) -> str | None:
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
        lone = _best("amount", "amount_without_quantity", columns, others)
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
    return asked * 2 + len(guess_mapping(dict.fromkeys(named)))


def find_column(columns: Iterable[str], wanted: str) -> str | None:
    """The column of that name: exactly, or else without case and punctuation."""
    named = [column for column in columns if column]
    if wanted in named:
        return wanted
    alike = [column for column in named if normalised(column) == normalised(wanted)]
    return alike[0] if alike and normalised(wanted) else None


def wanted_names(mapping: ColumnMapping | Mapping[str, str] | None) -> frozenset[str]:
    """Normalised column names that the user asked for."""
    asked = mapping.named() if isinstance(mapping, ColumnMapping) else mapping or {}
    return frozenset(normalised(column) for column in asked.values() if isinstance(column, str) and column)


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
    problems = _unknown_columns(files, chosen, attributes or ())
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
    return guess | given, _as_names(asked.get("attributes")), []


def _parts(columns: Sequence[str], taken: set[str | None]) -> dict[str, str]:
    left = [column for column in columns if column and column not in taken]
    found = {field: _best(field, field, left, {}) for field in ("quantity", "unit_price")}
    return {field: column for field, column in found.items() if column is not None}


def _as_names(value: object) -> Sequence[str] | None:
    if value is None:
        return None
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return [str(name) for name in value] if isinstance(value, Iterable) else None


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
    others: dict[str, str] = {}
    for _, columns in files:
        used = {find_column(columns, column) for column in mapping.named().values()}
        for column in columns:
            if column and column not in used and find_column(others.values(), column) is None:
                others[column] = column
    return list(others)


def _shared_columns(name: str, mapping: ColumnMapping) -> list[Problem]:
    owners: dict[str, list[str]] = {}
    for field, column in mapping.named().items():
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
