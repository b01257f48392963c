"""One file, opened: its columns and first rows are known, its rows can be read into the engine."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from clv.ingest import assumed, encodings, files, sql, workbook
from clv.ingest.columns import distinct_names
from clv.ingest.dialect import Dialect, decide_dialect
from clv.ingest.errors import InputError, Problem, refuse_full_disk
from clv.ingest.files import Recognised, unusable
from clv.ingest.findings import Finding
from clv.ingest.plain_rows import typed_plain_text
from clv.ingest.plain_text import read_plain_text
from clv.ingest.text_scan import has_broken_cells, marks_of
from clv.ingest.typed_rows import ColumnKind, RawRows, Role, TypedRows, read_typed_rows
from clv.ingest.watch import run_watched

# Hears the share of a file that has been read and the rows so far.
RowProgress = Callable[[float, int], None]
WHOLE_TYPES = frozenset(
    sign + size + "INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")
) | {"INTEGER", "UINTEGER"}
TIME_TYPES = ("DATE", "TIMESTAMP")
# A text table whose cells are all padded tells an empty cell from one that is not there.
NOT_THERE = "\x01"


class Source(ABC):
    """A file whose columns are known."""

    name: str
    columns: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    assumed: tuple[Finding, ...] = ()
    size: int = 1
    """Bytes or rows, to tell the larger of two tables of one kind."""

    @abstractmethod
    def head(self, rows: int) -> list[list[str]]:
        """The first rows of data as text."""

    @abstractmethod
    def read_rows(
        self, engine: duckdb.DuckDBPyConnection, roles: Mapping[int, Role], progress: RowProgress, room: int
    ) -> TypedRows:
        """Read the columns that have a role, of all rows, into a table of the engine.

        Plain text whose cells take at most `room` bytes is held in memory instead, and the engine given a view of it.

        Raises
        ------
        InputError
            The rows cannot be read.
        """


class TextSource(Source):
    """CSV and its kin, every cell kept as the text it is."""

    def __init__(self, file: Recognised, workdir: Path, wanted: frozenset[str]) -> None:
        text = encodings.as_utf8(file, workdir)
        self.name = file.name
        self.warnings = text.warnings
        self._path = _without_pattern(text.path, workdir)
        self.size = text.path.stat().st_size
        self._dialect: Dialect = decide_dialect(file.name, text.path, wanted)
        self.columns = self._dialect.columns
        self.assumed = assumed.of_text(file.name, text.encoding, self._dialect)
        self._header_bytes = _bytes_of_lines(text.path, self._dialect.lines_before_data)
        self._marks = marks_of(text.scan, self._header_bytes)

    def head(self, rows: int) -> list[list[str]]:
        """The first rows of data as text."""
        width = len(self.columns)
        return [[*row, *[""] * width][:width] for row in self._dialect.sample[:rows]]

    def read_rows(
        self, engine: duckdb.DuckDBPyConnection, roles: Mapping[int, Role], progress: RowProgress, room: int
    ) -> TypedRows:
        """Read all lines; a column more than the header has catches what is too much."""
        progress = _monotonic(progress)
        try:
            plain = self._from_plain_text(engine, roles, progress, room) if self.size <= room else None
            if plain is not None:
                return plain
            if not self._marks.quotes or not has_broken_cells(self._path, self._header_bytes):
                read = self._from_file(engine, roles, progress)
                # Threads that begin amid quotation marks could lose their place; every line must have become a row.
                if read.rows == self._expected:
                    return read
                engine.execute(f"DROP TABLE {read.table}")
            return self._by_text(engine, roles, progress)
        except duckdb.Error as error:
            refuse_full_disk(error)
            raise unusable(self.name, "its rows cannot be read", files.EXPORT_AS) from error

    @property
    def _expected(self) -> int:
        return self._marks.lines - self._dialect.lines_before_data

    @property
    def _too_much(self) -> str:
        return f"coalesce(c{len(self.columns)}, '') <> ''"

    def _from_plain_text(
        self, engine: duckdb.DuckDBPyConnection, roles: Mapping[int, Role], progress: RowProgress, room: int
    ) -> TypedRows | None:
        """Read by Arrow, or None where a cell needs a closer look."""
        text = read_plain_text(
            self._path, self._header_bytes, self._dialect.separator, len(self.columns), roles, self._dialect.sample,
            self._marks.blanks, room,
            lambda rows: progress(rows / max(self._expected, 1), rows),
        )  # fmt: skip
        if text is None or len(text.cells) != self._expected:
            return None
        first_line = self._dialect.lines_before_data + 1
        return typed_plain_text(engine, self.name, self.columns, roles, text, self._marks, first_line)

    def _from_file(
        self, engine: duckdb.DuckDBPyConnection, roles: Mapping[int, Role], progress: RowProgress
    ) -> TypedRows:
        """Every line is a row, so threads share the file and the rows are read as they come."""
        with _rejects(engine) as (rejects, scans):
            relation = self._relation(rejects, scans, threads=True)
            line = f"{self._dialect.lines_before_data + 1} + rowid"
            rows = RawRows(relation, self.columns, self._kinds, line, self._too_much,
                        self._marks, self._expected)  # fmt: skip
            read = read_typed_rows(engine, self.name, rows, roles, progress)
            self._refuse_endless_lines(engine, rejects)
        return read

    def _by_text(
        self, engine: duckdb.DuckDBPyConnection, roles: Mapping[int, Role], progress: RowProgress
    ) -> TypedRows:
        """Cells of several lines: the text is copied by one thread, which keeps the order, and numbered."""
        table = sql.unique_name("text")
        try:
            with _rejects(engine) as (rejects, scans):
                relation = self._relation(rejects, scans, threads=False)
                run_watched(engine, f"CREATE TEMP TABLE {table} AS SELECT * FROM {relation}",
                            lambda share: progress(share / 2, int(share * self._expected)))  # fmt: skip
                self._refuse_endless_lines(engine, rejects)
            line = self._numbered(engine, table)
            rows = RawRows(
                table, self.columns, self._kinds, line, self._too_much, self._marks, self._expected
            )
            return read_typed_rows(
                engine, self.name, rows, roles, lambda share, count: progress(0.5 + share / 2, self._expected)
            )
        finally:
            engine.execute(f"DROP TABLE IF EXISTS {table}")

    @property
    def _kinds(self) -> tuple[ColumnKind, ...]:
        return tuple("text" for _ in self.columns)

    def _relation(self, rejects: str, scans: str, *, threads: bool) -> str:
        types = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(len(self.columns) + 1))
        # Without quotation marks below the header there is nothing to look for, which is faster.
        mark = "'\"'" if self._marks.quotes else "''"
        path = sql.literal(str(self._path))
        return f"""read_csv({path}, auto_detect=false, header=false, skip={self._dialect.lines_before_data},
                delim={sql.literal(self._dialect.separator)}, quote={mark}, escape={mark}, columns={{{types}}},
                nullstr={sql.literal(NOT_THERE)}, null_padding=true, strict_mode=false, parallel={threads},
                compression='none', hive_partitioning=false,
                store_rejects=true, rejects_table='{rejects}', rejects_scan='{scans}', rejects_limit=100)"""

    def _refuse_endless_lines(self, engine: duckdb.DuckDBPyConnection, rejects: str) -> None:
        rejected = engine.execute(f"SELECT min(line) FROM {rejects}").fetchone()
        if rejected and rejected[0] is not None:
            raise self._open_quote(int(rejected[0]))

    def _numbered(self, engine: duckdb.DuckDBPyConnection, table: str) -> str:
        """SQL for the line of a row; cells of several lines push the rows below them down."""
        names = [f"c{position}" for position in range(len(self.columns) + 1)]
        start = self._dialect.lines_before_data + 1
        # One text of all cells: a term for each of some thousand columns would be more than the engine takes.
        line_text = f"concat_ws('', {', '.join(names)})"
        last = f"c{len(self.columns) - 1}"
        broken = engine.execute(
            f"SELECT count(*), min(rowid) FILTER ({last} IS NULL) FROM {table} WHERE contains({line_text}, chr(10))"
        ).fetchone()
        if broken is None or not broken[0]:
            return f"{start} + rowid"
        if broken[1] is not None:
            raise self._open_quote(start + int(broken[1]))
        breaks = f"length({line_text}) - length(replace({line_text}, chr(10), ''))"
        before = "ORDER BY rowid ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING"
        engine.execute(f"ALTER TABLE {table} ADD COLUMN line BIGINT")
        engine.execute(
            f"UPDATE {table} SET line = numbered.line FROM (SELECT rowid AS row, {start} + rowid"
            f" + coalesce(sum({breaks}) OVER ({before}), 0)::BIGINT AS line FROM {table}) AS numbered"
            f" WHERE {table}.rowid = numbered.row"
        )
        return "line"

    def _open_quote(self, line: int) -> InputError:
        what = "a quotation mark opens a cell and never closes it, so the lines after it run together"
        problem = Problem(
            what, f"{self.name}, near line {line}", "Close or remove the quotation mark, or export again"
        )
        return InputError([problem])


class ParquetSource(Source):
    """Parquet, its types taken as they are."""

    def __init__(self, file: Recognised, workdir: Path) -> None:
        self.name = file.name
        self._path = _without_pattern(file.path, workdir)
        self.size = file.path.stat().st_size
        with duckdb.connect() as engine, _readable(self.name):
            described = engine.execute(f"DESCRIBE SELECT * FROM {_parquet(self._path)}").fetchall()
        self._names = tuple(str(row[0]) for row in described)
        self._types = tuple(str(row[1]) for row in described)
        self.columns = distinct_names(self._names)

    def head(self, rows: int) -> list[list[str]]:
        """The first rows of data as text."""
        texts = ", ".join(f"coalesce(CAST({sql.identifier(name)} AS VARCHAR), '')" for name in self._names)
        with duckdb.connect() as engine, _readable(self.name):
            found = engine.execute(f"SELECT {texts} FROM {_parquet(self._path)} LIMIT {int(rows)}").fetchall()
        return [[str(cell) for cell in row] for row in found]

    def read_rows(
        self, engine: duckdb.DuckDBPyConnection, roles: Mapping[int, Role], progress: RowProgress, room: int
    ) -> TypedRows:
        """Read all rows; numbers and times stay what they are, anything else becomes text."""
        kinds = tuple(_kind(type_name) for type_name in self._types)
        cells = [
            _native(sql.identifier(name), kind, type_name)
            for name, kind, type_name in zip(self._names, kinds, self._types, strict=True)
        ]
        named = ", ".join(f"{cell} AS c{position}" for position, cell in enumerate(cells))
        relation = f"(SELECT {named} FROM {_parquet(self._path)})"
        with _readable(self.name):
            counted = engine.execute(f"SELECT count(*) FROM {_parquet(self._path)}").fetchone()
            rows = RawRows(relation, self.columns, kinds, "1 + rowid", expected=counted[0] if counted else 0)
            return read_typed_rows(engine, self.name, rows, roles, progress)


class SheetSource(Source):
    """A sheet of a workbook."""

    def __init__(self, name: str, sheet: workbook.Sheet) -> None:
        self.name = name
        self._sheet = sheet
        self.columns = sheet.columns
        self.size = len(sheet.rows)
        self.assumed = assumed.of_sheet(name, sheet.title, sheet.first_line)

    def head(self, rows: int) -> list[list[str]]:
        """The first rows of data as text."""
        return [[workbook.cell_text(cell) for cell in row] for row in self._sheet.rows[:rows]]

    def read_rows(
        self, engine: duckdb.DuckDBPyConnection, roles: Mapping[int, Role], progress: RowProgress, room: int
    ) -> TypedRows:
        """Hand all rows over, each column with the type that its cells share."""
        cells = list(zip(*self._sheet.rows, strict=True)) or [()] * len(self.columns)
        arrays = [
            workbook.column_array(self._sheet.dates(column) if roles.get(at) == "date" else column)
            for at, column in enumerate(cells)
        ]
        kinds = tuple(_arrow_kind(array) for array in arrays)
        handed = sql.unique_name("handed")
        engine.register(handed, pa.table({f"c{position}": array for position, array in enumerate(arrays)}))
        try:
            line = f"{self._sheet.first_line} + rowid"
            rows = RawRows(handed, self.columns, kinds, line, expected=len(self._sheet.rows))
            return read_typed_rows(engine, self.name, rows, roles, progress)
        finally:
            engine.unregister(handed)


@contextmanager
def _rejects(engine: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Names for the tables in which the reader notes lines that it cannot read."""
    names = sql.unique_name("rejects"), sql.unique_name("scans")
    try:
        yield names
    finally:
        for name in names:
            engine.execute(f"DROP TABLE IF EXISTS {name}")


def _monotonic(progress: RowProgress) -> RowProgress:
    """The same, but it never hears that less is done than before, when a second way is tried."""
    furthest = (0.0, 0)

    def report(share: float, rows: int) -> None:
        nonlocal furthest
        furthest = max(furthest[0], share), max(furthest[1], rows)
        progress(*furthest)

    return report


def _bytes_of_lines(path: Path, lines: int) -> int:
    with path.open("rb") as stream:
        return sum(len(stream.readline()) for _ in range(lines))


def _without_pattern(path: Path, workdir: Path) -> Path:
    """The path itself, or a copy where the engine would take its name for a search pattern."""
    if not set("*?[") & set(str(path)):
        return path
    copy = workdir / f"copy-{len(list(workdir.iterdir()))}"
    shutil.copyfile(path, copy)
    return copy


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        refuse_full_disk(error)
        raise unusable(name, "the Parquet file is damaged or incomplete", "Export it again") from error


def _parquet(path: Path) -> str:
    return f"read_parquet({sql.literal(str(path))}, hive_partitioning=false)"


def _kind(type_name: str) -> ColumnKind:
    if type_name in WHOLE_TYPES:
        return "whole"
    if type_name in ("DOUBLE", "FLOAT"):
        return "float"
    if type_name.startswith("DECIMAL(") and type_name.endswith(")"):
        return "decimal"
    return "time" if type_name.startswith(TIME_TYPES) and not type_name.endswith("]") else "text"


def _native(column: str, kind: ColumnKind, type_name: str) -> str:
    if kind == "text":
        return f"CAST({column} AS VARCHAR)"
    if kind != "time":
        return column
    # Moments with a time zone are shown as the clock in Greenwich, whatever the machine's own zone is.
    moment = f"{column} AT TIME ZONE 'UTC'" if "TIME ZONE" in type_name else column
    return f"TRY_CAST({moment} AS TIMESTAMP)"


def _arrow_kind(array: pa.Array) -> ColumnKind:
    if pa.types.is_timestamp(array.type):
        return "time"
    return "float" if pa.types.is_floating(array.type) else "text"
