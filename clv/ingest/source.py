"""One file, opened: its columns and first rows are known, its rows can be loaded into the engine."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa

from clv.ingest import assumed, encodings, files, sql, workbook
from clv.ingest.columns import distinct_names
from clv.ingest.dialect import Dialect, decide_dialect
from clv.ingest.errors import InputError, Problem
from clv.ingest.files import OrderFile, Recognised, unusable
from clv.ingest.findings import Finding

ColumnKind = Literal["text", "whole", "decimal", "float", "time"]
WHOLE_TYPES = frozenset(
    sign + size + "INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")
) | {"INTEGER", "UINTEGER"}
TIME_TYPES = ("DATE", "TIMESTAMP")
# A text table whose cells are all padded tells an empty cell from one that is not there.
NOT_THERE = "\x01"


@dataclass(frozen=True)
class Loaded:
    """Rows of a file in the engine: columns `c0`, `c1`, ... in a temporary table.

    Parameters
    ----------
    name : str
        What the user calls the file.
    table : str
        The temporary table.
    columns : tuple of str
        Names by position, empty where a column has none; column i is `c{i}`.
    kinds : tuple of {"text", "whole", "decimal", "float", "time"}
        What the cells of each column are.
    line : str
        SQL for the line of a row, as an editor or the spreadsheet numbers it.
    split_wrongly : str
        SQL condition for rows that have more cells than there are columns.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    kinds: tuple[ColumnKind, ...]
    line: str
    split_wrongly: str = "FALSE"


class Source(ABC):
    """A file whose columns are known."""

    name: str
    columns: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    assumed: tuple[Finding, ...] = ()

    @abstractmethod
    def head(self, rows: int) -> list[list[str]]:
        """The first rows of data as text."""

    @abstractmethod
    def load(self, engine: duckdb.DuckDBPyConnection) -> Loaded:
        """Bring all rows into a temporary table of the engine.

        Raises
        ------
        InputError
            The rows cannot be read.
        """


def open_source(file: OrderFile, workdir: Path, wanted: frozenset[str]) -> Source:
    """Open a file of any kind; `wanted` are normalised column names that the user asked for.

    Raises
    ------
    InputError
        The file holds no table.
    """
    recognised = files.recognise(file, workdir)
    if recognised.kind == "parquet":
        return ParquetSource(recognised, workdir)
    if recognised.kind == "workbook":
        return SheetSource(recognised, wanted)
    return TextSource(recognised, workdir, wanted)


class TextSource(Source):
    """CSV and its kin, every cell kept as the text it is."""

    def __init__(self, file: Recognised, workdir: Path, wanted: frozenset[str]) -> None:
        text = encodings.as_utf8(file, workdir)
        self.name = file.name
        self.warnings = text.warnings
        self._path = _without_pattern(text.path, workdir)
        self._dialect: Dialect = decide_dialect(file.name, text.path, wanted)
        self.columns = self._dialect.columns
        self.assumed = assumed.of_text(file.name, text.encoding, self._dialect)

    def head(self, rows: int) -> list[list[str]]:
        """The first rows of data as text."""
        width = len(self.columns)
        return [[*row, *[""] * width][:width] for row in self._dialect.sample[:rows]]

    def load(self, engine: duckdb.DuckDBPyConnection) -> Loaded:
        """Read all lines as text; a column more than the header has catches what is too much."""
        table, rejects, scans = (sql.unique_name(stem) for stem in ("text", "rejects", "scans"))
        try:
            engine.execute(self._statement(table, rejects, scans), [str(self._path)])
            self._refuse_endless_lines(engine, rejects)
            line = self._numbered(engine, table)
        except duckdb.Error as error:
            raise unusable(self.name, "its rows cannot be read", files.EXPORT_AS) from error
        finally:
            for leftover in (rejects, scans):
                engine.execute(f"DROP TABLE IF EXISTS {leftover}")
        width = len(self.columns)
        kinds: tuple[ColumnKind, ...] = tuple("text" for _ in self.columns)
        return Loaded(self.name, table, self.columns, kinds, line, f"coalesce(c{width}, '') <> ''")

    def _statement(self, table: str, rejects: str, scans: str) -> str:
        types = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(len(self.columns) + 1))
        # One thread keeps the rows in the order of the file, which numbers the lines.
        return f"""
            CREATE TEMP TABLE {table} AS
            SELECT * FROM read_csv(?, auto_detect=false, header=false, skip={self._dialect.lines_before_data},
                delim={sql.literal(self._dialect.separator)}, quote='"', escape='"', columns={{{types}}},
                nullstr={sql.literal(NOT_THERE)}, null_padding=true, strict_mode=false, parallel=false,
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
        several = " OR ".join(f"contains({name}, chr(10))" for name in names)
        last = f"c{len(self.columns) - 1}"
        broken = engine.execute(
            f"SELECT count(*), min(rowid) FILTER ({last} IS NULL) FROM {table} WHERE {several}"
        ).fetchone()
        if broken is None or not broken[0]:
            return f"{start} + rowid"
        if broken[1] is not None:
            raise self._open_quote(start + int(broken[1]))
        breaks = " + ".join(
            f"coalesce(length({name}) - length(replace({name}, chr(10), '')), 0)" for name in names
        )
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

    def load(self, engine: duckdb.DuckDBPyConnection) -> Loaded:
        """Read all rows; numbers and times stay what they are, anything else becomes text."""
        kinds = tuple(_kind(type_name) for type_name in self._types)
        cells = [
            _native(sql.identifier(name), kind, type_name)
            for name, kind, type_name in zip(self._names, kinds, self._types, strict=True)
        ]
        named = ", ".join(f"{cell} AS c{position}" for position, cell in enumerate(cells))
        table = sql.unique_name("parquet")
        with _readable(self.name):
            engine.execute(f"CREATE TEMP TABLE {table} AS SELECT {named} FROM {_parquet(self._path)}")
        return Loaded(self.name, table, self.columns, kinds, "1 + rowid")


class SheetSource(Source):
    """The sheet of a workbook that holds the orders."""

    def __init__(self, file: Recognised, wanted: frozenset[str]) -> None:
        self.name = file.name
        self._sheet = workbook.read_sheet(file.name, file.path, wanted)
        self.columns = self._sheet.columns
        self.warnings = self._sheet.warnings
        self.assumed = assumed.of_sheet(file.name, self._sheet.title, self._sheet.first_line)

    def head(self, rows: int) -> list[list[str]]:
        """The first rows of data as text."""
        return [[workbook.cell_text(cell) for cell in row] for row in self._sheet.rows[:rows]]

    def load(self, engine: duckdb.DuckDBPyConnection) -> Loaded:
        """Hand all rows over, each column with the type that its cells share."""
        cells = list(zip(*self._sheet.rows, strict=True)) or [()] * len(self.columns)
        arrays = [workbook.column_array(column) for column in cells]
        kinds = tuple(_arrow_kind(array) for array in arrays)
        table, handed = sql.unique_name("sheet"), sql.unique_name("handed")
        engine.register(handed, pa.table({f"c{position}": array for position, array in enumerate(arrays)}))
        try:
            engine.execute(f"CREATE TEMP TABLE {table} AS SELECT * FROM {handed}")
        finally:
            engine.unregister(handed)
        return Loaded(self.name, table, self.columns, kinds, f"{self._sheet.first_line} + rowid")


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
