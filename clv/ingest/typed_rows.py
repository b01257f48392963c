"""The rows of one file in the engine: every cell that can be read in one way only is read while the file is scanned.

2024-01-18 and 12.50 are read the same whatever else stands in their columns, and nearly all cells are of that kind.
The text of any other cell is kept, and read when the whole column has been seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import duckdb
import pyarrow as pa

from clv.ingest import sql
from clv.ingest.identifier_form import IdentifierForm
from clv.ingest.text_scan import Marks
from clv.ingest.watch import run_watched

ColumnKind = Literal["text", "whole", "decimal", "float", "time"]
Role = Literal["identifier", "text", "date", "number", "kept"]
NUMBER = "DECIMAL(18,4)"
COMMA = r"-?\d{1,14},\d{1,2}"
PLAIN_END = "'%.__'"
DAY = "____-__-__"
MOMENT = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?"
HOUR = r"\d{4}-\d\d-\d\d[T ]\d\d"
# How a number is written: no mark, a decimal point, a decimal comma.
UNMARKED, WITH_POINT, WITH_COMMA = 1, 2, 3
NUMERIC = ("whole", "decimal", "float")
NATIVES = {"identifier": "n", "date": "n", "number": "nf"}


@dataclass(frozen=True)
class RawRows:
    """Rows that the engine can select from, as the file has them.

    Parameters
    ----------
    relation : str
        SQL of a relation with the columns `c0`, `c1`, ...
    columns : tuple of str
        Names by position, empty where a column has none.
    kinds : tuple of {"text", "whole", "decimal", "float", "time"}
        What the cells of each column are.
    line : str
        SQL for the line of a row, by `rowid` or a column of the relation.
    split_wrongly : str
        SQL condition for rows that have more cells than there are columns.
    marks : Marks
        What need not be looked for in the cells.
    expected : int
        About how many rows there are, 0 where nothing is known.
    """

    relation: str
    columns: tuple[str, ...]
    kinds: tuple[ColumnKind, ...]
    line: str
    split_wrongly: str = "FALSE"
    marks: Marks = field(default_factory=lambda: Marks(0))
    expected: int = 0


@dataclass(frozen=True)
class TypedRows:
    """The rows of a file as a table or a view.

    Columns, by the position p of a column in the file: `t{p}` is text; of an identifier, date or number, the text that
    is not in `n{p}`: the whole number, moment or number that has been read.
    `is_blank` and `split_wrongly` are of the row.

    Parameters
    ----------
    name : str
        What the user calls the file.
    table : str
        Its name.
    columns : tuple of str
        Names by position.
    roles : mapping of position to {"identifier", "text", "date", "number", "kept"}
        The columns that were read, and as what. An identifier that is a whole number, written as such a number always
        is, is kept as one, which is smaller and faster than its text; cells of the role "kept" are not cleaned.
    line : str
        SQL for the line of a row.
    rows : int
        How many there are.
    blank, split_wrongly : int
        Rows without any value, and rows with more cells than there are columns.
    unread, read : mapping of position to int
        Of each column of identifiers, dates or numbers, how many cells are text, and how many have been read.
    votes : mapping of position to Counter
        How the numbers that have been read are written, in the words of `clv.ingest.amounts`.
    emails, with_point : mapping of position to bool
        Of each column of identifiers, whether one may be an email address with a capital letter, and whether one holds ".0".
    forms : mapping of position to IdentifierForm
        How the whole numbers among identifiers are written, where not as numbers always are.
    cells : pyarrow Table or None
        The columns in the order of the rows, where they are held in memory outside the engine, which cannot move them to
        the disk.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    roles: Mapping[int, Role]
    line: str
    rows: int
    blank: int
    split_wrongly: int
    unread: Mapping[int, int]
    read: Mapping[int, int]
    votes: Mapping[int, Counter[str]]
    emails: Mapping[int, bool]
    with_point: Mapping[int, bool]
    forms: Mapping[int, IdentifierForm] = field(default_factory=dict)
    cells: pa.Table | None = None


def read_typed_rows(
    engine: duckdb.DuckDBPyConnection,
    name: str,
    rows: RawRows,
    roles: Mapping[int, Role],
    progress: Callable[[float, int], None],
) -> TypedRows:
    """Copy the columns that have a role into a table; `progress` hears the share done and the rows so far.

    Raises
    ------
    duckdb.Error
        The rows cannot be read.
    """
    table = sql.unique_name("rows")
    statement = f"CREATE TEMP TABLE {table} AS {_select(rows, roles)}"
    run_watched(engine, statement, lambda share: progress(share, int(share * rows.expected)))
    return _counted(engine, name, table, rows, roles)


def _select(rows: RawRows, roles: Mapping[int, Role]) -> str:
    """Each step works on the result of the one before, so that no cell is looked at twice."""
    has_line = rows.line.isidentifier()
    raw = [f"c{at}" for at in roles]
    texts = [f"t{at}" for at in roles]
    natives = [f"{letter}{at}" for at, role in roles.items() for letter in NATIVES.get(role, "")]
    of_row = ["split_wrongly", *(["line"] if has_line else [])]
    line = [f"{rows.line} AS line"] if has_line else []
    query = (
        f"(SELECT {_listed([*raw, f'{rows.split_wrongly} AS split_wrongly', *line])} FROM {rows.relation})"
    )
    steps = [
        [_known_early(at, role, rows.kinds[at]) for at, role in roles.items() if role in ("identifier", "number")],
        [f"CAST(whole{at} AS VARCHAR) = c{at} AS is_whole{at}" for at, role in roles.items() if role == "identifier"],
        [cell for at, role in roles.items() for cell in _read(at, role, rows)],
        [_text(at, role, rows) for at, role in roles.items()],
    ]  # fmt: skip
    for step in filter(None, steps):
        query = f"(SELECT {_listed(['*', *step])} FROM {query})"
    cleaned = [f"t{at}" for at, role in roles.items() if role != "kept"]
    for clean in cleaning(rows.marks):
        query = (
            f"(SELECT * REPLACE ({_listed([f'{clean(name)} AS {name}' for name in cleaned])}) FROM {query})"
        )
    # Only where there is no date are all the cells looked at.
    dates = [at for at, role in roles.items() if role == "date"]
    empty = " AND ".join(f"n{at} IS NULL AND t{at} IS NULL" for at in dates) or "TRUE"
    blank = f"trim(concat_ws('', {_listed(raw)}), {sql.literal(sql.BLANKS)}) = ''"
    return f"""
        SELECT {_listed([*natives, *texts, *of_row])}, CASE WHEN {empty} THEN {blank} ELSE FALSE END AS is_blank
        FROM {query}"""


def _listed(expressions: Sequence[str]) -> str:
    return ", ".join(expressions)


def _known_early(position: int, role: Role, kind: ColumnKind) -> str:
    """What is asked of a cell more than once: the whole number in it; whether it ends in a point and two digits."""
    cell = f"c{position}"
    if role == "number":
        ends_plainly = f"{cell} LIKE {PLAIN_END}" if kind == "text" else "FALSE"
        return f"{ends_plainly} AS plain{position}"
    whole = {
        # A letter is above the digits.
        "text": f"CASE WHEN {cell} < ':' THEN TRY_CAST({cell} AS BIGINT) END",
        "whole": f"TRY_CAST({cell} AS BIGINT)",
    }.get(kind, "NULL::BIGINT")
    return f"{whole} AS whole{position}"


def _read(position: int, role: Role, rows: RawRows) -> list[str]:
    """What can be read at once; of identifiers a whole number as it is always written: 007, 1e3 and 1_000 stay text."""
    cell, kind = f"c{position}", rows.kinds[position]
    if role == "identifier":
        return [f"CASE WHEN is_whole{position} THEN whole{position} END AS n{position}"]
    if role == "date":
        return [f"{_moment(cell, kind)} AS n{position}"]
    if role != "number":
        return []
    if kind in NUMERIC:
        return [f"TRY_CAST({cell} AS {NUMBER}) AS n{position}", f"NULL::TINYINT AS f{position}"]
    if kind == "time":
        return [f"NULL::{NUMBER} AS n{position}", f"NULL::TINYINT AS f{position}"]
    plain = f"plain{position}"
    return [
        f"{_number(cell, plain, rows.marks)} AS n{position}",
        f"{_how_written(cell, plain)} AS f{position}",
    ]


def _moment(cell: str, kind: ColumnKind) -> str:
    if kind == "time":
        return cell
    if kind != "text":
        return "NULL::TIMESTAMP"
    # The clock is the shop's own, whatever zone stands behind it.
    clock = f"CASE WHEN regexp_full_match({cell}, {sql.literal(MOMENT)}) THEN TRY_CAST({cell}[:19] AS TIMESTAMP) END"
    plain = f"{cell} LIKE '{DAY}' AND {cell} >= '0' AND {cell} < ':'"
    hour = f"CASE WHEN regexp_full_match({cell}, {sql.literal(HOUR)}) THEN TRY_CAST({cell} || ':00' AS TIMESTAMP) END"
    return (
        f"CASE WHEN {plain} THEN TRY_CAST({cell} AS DATE)::TIMESTAMP WHEN strlen({cell}) = 13 THEN {hour}"
        f" WHEN strlen({cell}) > 10 THEN {clock} END"
    )


def _number(cell: str, plain: str, marks: Marks) -> str:
    """Up to two decimals behind the mark: behind three the mark could be one for thousands."""
    point = f"instr({cell}, '.')"
    clear = f"{point} = 0 OR strlen({cell}) - {point} BETWEEN 1 AND 2"
    comma = f"regexp_full_match({cell}, {sql.literal(COMMA)})"
    # The engine reads 1_000 as a thousand; here it is no number.
    odd = f"WHEN contains({cell}, '_') THEN NULL" if marks.underscores else ""
    return (
        f"CASE {odd} WHEN {plain} THEN TRY_CAST({cell} AS {NUMBER})"
        f" WHEN contains({cell}, ',') THEN CASE WHEN {comma} THEN TRY_CAST(replace({cell}, ',', '.') AS {NUMBER}) END"
        f" WHEN {clear} THEN TRY_CAST({cell} AS {NUMBER}) END"
    )


def _how_written(cell: str, plain: str) -> str:
    """Counts only where the number has been read."""
    return (
        # An OR would look at every cell twice.
        f"CASE WHEN {plain} THEN {WITH_POINT} WHEN contains({cell}, '.') THEN {WITH_POINT}"
        f" WHEN contains({cell}, ',') THEN {WITH_COMMA} ELSE {UNMARKED} END::TINYINT"
    )


def _text(position: int, role: Role, rows: RawRows) -> str:
    cell, kind = f"c{position}", rows.kinds[position]
    if role == "kept":
        return f"{_kept(cell, kind, rows.marks)} AS t{position}"
    if (role == "date" and kind == "time") or (role == "number" and kind in NUMERIC):
        return f"NULL::VARCHAR AS t{position}"
    text = _as_text(cell, kind)
    return f"{text if role == 'text' else f'CASE WHEN n{position} IS NULL THEN {text} END'} AS t{position}"


def _as_text(cell: str, kind: ColumnKind) -> str:
    """Text of a cell, numbers digit by digit."""
    if kind == "float":
        return sql.whole_number_text(cell)
    if kind == "decimal":
        return f"regexp_replace(CAST({cell} AS VARCHAR), '\\.0+$', '')"
    return cell if kind == "text" else f"CAST({cell} AS VARCHAR)"


def cleaning(marks: Marks) -> list[Callable[[str], str]]:
    """Steps that take marks and blanks off a text; the last makes NULL of what says that there is no value."""
    steps: list[Callable[[str], str]] = [sql.unmarked] if marks.text_prefixes else []
    if marks.blanks:
        steps.append(lambda name: sql.trimmed(name, marks.blanks))
    return [*steps, sql.valued]


def _kept(cell: str, kind: ColumnKind, marks: Marks) -> str:
    if kind == "float":
        return sql.whole_number_text(cell)
    return kept_text(cell if kind == "text" else f"CAST({cell} AS VARCHAR)", marks)


def kept_text(text: str, marks: Marks) -> str:
    """Text of a cell that is kept as it is, but for blanks around it; NULL where there is nothing else."""
    return f"nullif({text if ' ' not in marks.blanks else f'trim({text})'}, '')"


def _counted(
    engine: duckdb.DuckDBPyConnection, name: str, table: str, rows: RawRows, roles: Mapping[int, Role]
) -> TypedRows:
    """Count what the whole column says about the cells that have been read, and those that have not."""
    numbers = [at for at, role in roles.items() if role == "number"]
    typed = [at for at, role in roles.items() if role in NATIVES]
    identifiers = [at for at, role in roles.items() if role == "identifier"]
    ways = {".": WITH_POINT, ",": WITH_COMMA, "plain": UNMARKED}
    counts = {
        "rows": "count(*)",
        "blank": "count(*) FILTER (is_blank)",
        "split": "count(*) FILTER (split_wrongly)",
    }
    counts |= {f"unread{at}": f"count(t{at})" for at in typed}
    counts |= {f"read{at}": f"count(n{at})" for at in typed}
    counts |= {f"@{at}": f"count(*) FILTER (contains(t{at}, '@'))" for at in identifiers}
    counts |= {f".0{at}": f"count(*) FILTER (contains(t{at}, '.0'))" for at in identifiers}
    for at in numbers:
        counts |= {f"{way}{at}": f"count(n{at}) FILTER (f{at} = {code})" for way, code in ways.items()}
        counts[f"ungrouped{at}"] = f"count(*) FILTER (f{at} = {UNMARKED} AND abs(n{at}) >= 1000)"
    row = engine.execute(f"SELECT {_listed(list(counts.values()))} FROM {table}").fetchone() or ()
    found = {counted: int(number) for counted, number in zip(counts, row, strict=True)}
    return TypedRows(
        name, table, rows.columns, dict(roles), "line" if rows.line.isidentifier() else rows.line,
        found["rows"], found["blank"], found["split"], {at: found[f"unread{at}"] for at in typed},
        {at: found[f"read{at}"] for at in typed},
        {at: Counter({way: found[f"{way}{at}"] for way in (*ways, "ungrouped")}) for at in numbers},
        {at: found[f"@{at}"] > 0 for at in identifiers}, {at: found[f".0{at}"] > 0 for at in identifiers},
    )  # fmt: skip
