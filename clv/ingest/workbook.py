"""Spreadsheets: the sheet with the orders, its header row, and its columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import python_calamine as calamine

from clv.ingest.columns import distinct_names
from clv.ingest.dialect import find_header, refuse_data_as_header
from clv.ingest.errors import InputError
from clv.ingest.files import unusable

Cell = Any
SEARCHED_ROWS = 60


@dataclass(frozen=True)
class Sheet:
    """The sheet of a workbook that holds the orders.

    Parameters
    ----------
    columns : tuple of str
        Names by position, empty where a column has none.
    first_line : int
        Row of the first line of data as the spreadsheet numbers it.
    rows : list of list
        Cells as the spreadsheet keeps them.
    warnings : tuple of str
        Other sheets that look like orders and were left.
    title : str
        What the sheet is called.
    """

    columns: tuple[str, ...]
    first_line: int
    rows: list[list[Cell]]
    warnings: tuple[str, ...]
    title: str


def read_sheet(name: str, path: Path, wanted: frozenset[str]) -> Sheet:
    """Read the sheet whose header names most of the needed columns.

    Raises
    ------
    InputError
        The workbook is damaged, protected by a password, or empty.
    """
    try:
        with path.open("rb") as stream, calamine.load_workbook(stream) as book:
            sheets = [
                (title, book.get_sheet_by_name(title).to_python(skip_empty_area=False))
                for title in _tables(book)
            ]
    except calamine.PasswordError as error:
        raise _protected(name) from error
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise _unreadable(name, path, error) from error
    except BaseException as error:
        # The spreadsheet reader ends in a panic, which is no Exception, on some damaged files.
        if type(error).__name__ != "PanicException":
            raise
        raise _unreadable(name, path, error) from error
    return _choose(
        name, [(title, rows) for title, rows in sheets if any(_filled(row) for row in rows)], wanted
    )


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


def _choose(name: str, sheets: list[tuple[str, list[list[Cell]]]], wanted: frozenset[str]) -> Sheet:
    if not sheets:
        raise unusable(name, "the workbook is empty", "Export the orders again")
    found = [(title, rows, *_header(rows, wanted)) for title, rows in sheets]
    best = max(score for *_, score in found)
    title, rows, header, score = next(entry for entry in found if entry[3] == best)
    names = [cell_text(cell) for cell in rows[header]]
    refuse_data_as_header(name, names, score)
    others = [other for other, _, _, its_score in found if other != title and its_score >= 3]
    listed = ", ".join(f"«{other}»" for other in others)
    warnings = (
        (f"{name}: only the sheet «{title}» was read; {listed} may hold orders too.",) if others else ()
    )
    return Sheet(distinct_names(names), header + 2, rows[header + 1 :], warnings, title)


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
