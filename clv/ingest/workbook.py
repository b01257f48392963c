"""Spreadsheets: the sheet with the orders, its header row, and its columns."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree
from xml.parsers import expat

import pyarrow as pa
import python_calamine as calamine

from clv.ingest.columns import distinct_names
from clv.ingest.dialect import find_header, refuse_data_as_header
from clv.ingest.errors import InputError, Problem
from clv.ingest.far_cells import copy_without, find_far_cells, left_out
from clv.ingest.files import unusable
from clv.ingest.wide_sheets import refuse_wide_sheets

Cell = Any
SEARCHED_ROWS = 60
# Days from the last one of 1899, where most spreadsheets begin to count, to the first of 1904, where some do.
DAYS_TO_1904 = 1462
DAMAGED = (
    calamine.CalamineError,
    OSError,
    ValueError,
    KeyError,
    OverflowError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
    expat.ExpatError,
    ElementTree.ParseError,
)
SINCE_1904 = re.compile(rb"<(?:\w+:)?workbookPr\b[^>]*\bdate1904\s*=\s*[\"'](?:1|true)[\"']")


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook, its header found.

    Parameters
    ----------
    title : str
        What the workbook calls it.
    columns : tuple of str
        Names by position, empty where a column has none.
    first_line : int
        Row of the first line of data as the spreadsheet numbers it.
    rows : list of list
        Cells as the spreadsheet keeps them.
    since_1904 : bool
        Whether numbers without the format of a date count days from 1904.
    header_of : str
        The sheet that names the columns, where this one has no names and goes on with its rows.
    """

    title: str
    columns: tuple[str, ...]
    first_line: int
    rows: list[list[Cell]]
    since_1904: bool = False
    header_of: str = ""

    def dates(self, cells: Sequence[Cell]) -> list[Cell]:
        """Cells of a column of dates, with numbers that count days from 1904 as those that count from 1899."""
        if not self.since_1904:
            return list(cells)
        return [cell + DAYS_TO_1904 if type(cell) in (int, float) else cell for cell in cells]

    def fits(self, rows: Sequence[Sequence[Cell]]) -> bool:
        """Whether rows without column names are as wide as these, with the same kinds of cells in every column."""
        if len(rows[0]) != len(self.columns):
            return False
        kinds, theirs = _kinds(self.rows), _kinds(rows)
        both = [(one, other) for one, other in zip(kinds, theirs, strict=True) if one and other]
        return len(both) > 1 and all(other <= one for one, other in both)


@dataclass(frozen=True)
class Sheets:
    """The sheets of a workbook that hold a table, and what is to be said of those without column names."""

    found: list[Sheet]
    warnings: tuple[str, ...]


def read_sheets(name: str, path: Path, wanted: frozenset[str]) -> Sheets:
    """Read the sheets that hold a table: at least one, in the order of the workbook.

    Raises
    ------
    InputError
        The workbook is damaged, protected by a password, or empty.
    """
    try:
        with _bounded(name, path) as (stream, warnings), calamine.load_workbook(stream) as book:
            sheets = [
                (title, book.get_sheet_by_name(title).to_python(skip_empty_area=False))
                for title in _tables(book)
            ]
    except InputError:
        raise
    except calamine.PasswordError as error:
        raise _protected(name) from error
    except DAMAGED as error:
        raise _unreadable(name, path, error) from error
    except BaseException as error:
        # The spreadsheet reader ends in a panic, which is no Exception, on some damaged files.
        if type(error).__name__ != "PanicException":
            raise
        raise _unreadable(name, path, error) from error
    filled = [(title, rows) for title, rows in sheets if any(_filled(row) for row in rows)]
    read = _with_headers(name, filled, wanted)
    found = [replace(sheet, since_1904=True) for sheet in read.found] if _since_1904(path) else read.found
    return Sheets(found, (*warnings, *read.warnings))


@contextmanager
def _bounded(name: str, path: Path) -> Iterator[tuple[IO[bytes], tuple[str, ...]]]:
    """A workbook whose sheets can be laid out, and what was left of it: the reader takes memory for all they span."""
    if not zipfile.is_zipfile(path):
        # A sheet of the old binary kind ends at line 65,536 and column 256.
        with path.open("rb") as stream:
            yield stream, ()
        return
    with (
        zipfile.ZipFile(path) as book,
        tempfile.TemporaryFile(prefix="clv-") as copy,
        path.open("rb") as stream,
    ):
        refuse_wide_sheets(name, book)
        far = find_far_cells(name, book)
        if far:
            copy_without(book, far, copy)
            copy.seek(0)
        yield (copy if far else stream), left_out(name, far)


def _since_1904(path: Path) -> bool:
    """Whether the workbook counts days from 1904; cells with the format of a date have been read by it already."""
    try:
        with zipfile.ZipFile(path) as book:
            return SINCE_1904.search(book.read("xl/workbook.xml")) is not None
    except (zipfile.BadZipFile, KeyError, OSError):
        return False


def _tables(book: calamine.CalamineWorkbook) -> list[str]:
    return [sheet.name for sheet in book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet]


def _protected(name: str) -> InputError:
    return unusable(
        name, "the workbook is protected by a password", "Save it without a password and load it again"
    )


def _unreadable(name: str, path: Path, error: BaseException) -> InputError:
    with path.open("rb") as stream:
        start = stream.read(1 << 20)
    if "password" in str(error).lower() or "EncryptedPackage".encode("utf-16-le") in start:
        return _protected(name)
    return unusable(
        name, "the workbook is damaged or of a kind that cannot be read", "Save it again as xlsx or CSV"
    )


def _filled(row: Sequence[Cell]) -> bool:
    return any(cell not in ("", None) for cell in row)


def _with_headers(name: str, sheets: list[tuple[str, list[list[Cell]]]], wanted: frozenset[str]) -> Sheets:
    if not sheets:
        raise unusable(name, "the workbook is empty", "Export the orders again")
    found: dict[str, Sheet] = {}
    nameless: dict[str, list[list[Cell]]] = {}
    problems: list[Problem] = []
    for title, rows in sheets:
        header, score = _header(rows, wanted)
        names = [cell_text(cell) for cell in rows[header]]
        try:
            refuse_data_as_header(name, names, score)
        except InputError as error:
            problems += error.problems
            nameless[title] = rows
            continue
        found[title] = Sheet(title, distinct_names(names), header + 2, rows[header + 1 :])
    if not found:
        raise InputError(problems)
    warnings = []
    named = list(found.values())
    for title, rows in nameless.items():
        first = next((sheet for sheet in named if sheet.fits(rows)), None)
        if first is None:
            count = sum(map(_filled, rows))
            warnings.append(f"{name}: the sheet «{title}» has no column names and was left ({count:,} rows).")
            continue
        warnings.append(
            f"{name}: the sheet «{title}» has no column names and was read on under those of «{first.title}»."
        )
        found[title] = Sheet(title, first.columns, 1, rows, header_of=first.title)
    return Sheets([found[title] for title, _ in sheets if title in found], tuple(warnings))


def _kinds(rows: Sequence[Sequence[Cell]]) -> list[set[str]]:
    """What the cells of each column are: text, numbers or dates."""
    return [{_kind(cell) for cell in column if cell not in ("", None)} for column in zip(*rows, strict=True)]


def _kind(cell: Cell) -> str:
    if isinstance(cell, dt.date):
        return "date"
    return "number" if isinstance(cell, int | float) else "text"


def _header(rows: list[list[Cell]], wanted: frozenset[str]) -> tuple[int, int]:
    # Only text can be a column name; numbers and dates would be mistaken for one another.
    texts = [[cell if isinstance(cell, str) else "" for cell in row] for row in rows[:SEARCHED_ROWS]]
    header, score = find_header(texts, wanted)
    if score == 0:
        header = next(position for position, row in enumerate(rows) if _filled(row))
    return header, score


def cell_text(cell: Cell) -> str:
    """Text of a cell as the user sees it, near enough; whole numbers without a fraction."""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    return "" if cell is None else str(cell)


def column_array(cells: Sequence[Cell]) -> pa.Array:
    """A column of a sheet with the type that all its cells share, text where they differ."""
    kinds = {type(cell) for cell in cells if cell not in ("", None)}
    values = [None if cell == "" else cell for cell in cells]
    if kinds and kinds <= {dt.date, dt.datetime}:
        return pa.array([_moment(cell) for cell in values], type=pa.timestamp("us"))
    if kinds and kinds <= {int, float}:
        return pa.array([None if cell is None else float(cell) for cell in values], type=pa.float64())
    return pa.array([None if cell is None else cell_text(cell) for cell in values], type=pa.string())


def _moment(cell: dt.date | None) -> dt.datetime | None:
    if cell is None or isinstance(cell, dt.datetime):
        return cell
    return dt.datetime(cell.year, cell.month, cell.day)
