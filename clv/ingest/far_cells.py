"""Excel workbooks without the few cells that stand far from everything else on a sheet."""

from __future__ import annotations

import posixpath
import re
import shutil
import string
import zipfile
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import IO
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np
from numpy.typing import NDArray

from clv.ingest.extent import Extent, extent_of, far_cells, too_large
from clv.ingest.files import COPY_BYTES

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
SHOWN = 8
LETTERS = 26
ASCII_LETTERS, DIGITS = string.ascii_letters.encode(), string.digits.encode()
# Blocks that stay in the processor's cache while they are looked at from several sides.
BLOCK_BYTES = 2**18
# A tag is not longer: what the end of a block may have cut is looked at with the next one.
TAG_BYTES = 4096
REFERENCE = re.compile(r"([A-Za-z]{1,4})(\d{1,9})")


@dataclass(frozen=True)
class FarCell:
    """A filled cell far from the table of its sheet.

    Parameters
    ----------
    reference : str
        Such as ``XFD1048576``.
    content : tuple of int
        First byte of what fills it within the sheet's XML, and the byte after the last one.
    """

    reference: str
    content: tuple[int, int]


@dataclass(frozen=True)
class SheetPart:
    """A sheet within the package of a workbook: the name of its part, and the title that the user sees."""

    part: str
    title: str


def find_far_cells(name: str, book: zipfile.ZipFile) -> dict[SheetPart, list[FarCell]]:
    """The far cells of the sheets that have some.

    Raises
    ------
    InputError
        A sheet is too large to be laid out, and no few far cells are the reason.
    KeyError, ElementTree.ParseError, expat.ExpatError, zipfile.BadZipFile
        The workbook is damaged.
    """
    found = {sheet: _far_cells(name, book, sheet) for sheet in _sheets(book)}
    return {sheet: cells for sheet, cells in found.items() if cells}


def copy_without(book: zipfile.ZipFile, far: Mapping[SheetPart, list[FarCell]], target: IO[bytes]) -> None:
    """Write a workbook in which the far cells are empty."""
    contents = {sheet.part: [cell.content for cell in cells] for sheet, cells in far.items()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as copy:
        for entry in book.infolist():
            with book.open(entry) as read, copy.open(entry.filename, "w", force_zip64=True) as write:
                for begin, end in contents.get(entry.filename, []):
                    _copy_bytes(read, write, begin - read.tell())
                    read.seek(end)
                shutil.copyfileobj(read, write, COPY_BYTES)


def left_out(name: str, far: Mapping[SheetPart, list[FarCell]]) -> tuple[str, ...]:
    """Say which cells were left, a sentence a sheet."""
    return tuple(_sentence(name, sheet.title, cells) for sheet, cells in far.items())


def _sentence(name: str, title: str, cells: list[FarCell]) -> str:
    shown = ", ".join(cell.reference for cell in cells[:SHOWN])
    more = f" and {len(cells) - SHOWN} more" if len(cells) > SHOWN else ""
    what = (
        "a cell far from the table was" if len(cells) == 1 else f"{len(cells)} cells far from the table were"
    )
    return f"{name}: on the sheet «{title}» {what} left: {shown}{more}."


def _sheets(book: zipfile.ZipFile) -> list[SheetPart]:
    """The sheets of a workbook; none where it is not of this kind."""
    if RELATIONS not in book.namelist():
        return []
    titles = {
        value: sheet.get("name", "")
        for sheet in ElementTree.fromstring(book.read(WORKBOOK)).iter()
        if _local(sheet.tag, "}") == "sheet"
        for key, value in sheet.items()
        if _local(key, "}") == "id"
    }
    parts = {
        relation.get("Id", ""): posixpath.join("/xl", relation.get("Target", "").replace("\\", "/")).lstrip(
            "/"
        )
        for relation in ElementTree.fromstring(book.read(RELATIONS)).iter()
    }
    held = set(book.namelist())
    return [
        SheetPart(parts[key], title) for key, title in titles.items() if key in parts and parts[key] in held
    ]


def _far_cells(name: str, book: zipfile.ZipFile, sheet: SheetPart) -> list[FarCell]:
    with book.open(sheet.part) as xml:
        if not _may_be_sparse(xml):
            return []
    with book.open(sheet.part) as xml:
        filled = _FilledCells.of(xml)
    rows, columns = filled.places
    far = far_cells(rows, columns)
    near = extent_of(rows[~far], columns[~far])
    if near.is_too_large:
        raise too_large(name, sheet.title, extent_of(rows, columns))
    return [filled.cell(int(at)) for at in np.flatnonzero(far)]


def _may_be_sparse(xml: IO[bytes]) -> bool:
    """Whether a sheet may span far more than it fills: no sooner is each cell looked at, which takes seconds."""
    # Columns are counted by the 26: A to Z, AA to AZ, and so on.
    rows, alphabets, referenced, closed = 0, 1, 0, 0
    for block in _blocks(xml):
        found = _outer_cells(alphabets).findall(block)
        widths = {cell.rstrip(DIGITS) for cell in found}
        rows = max([rows, *(int(cell.lstrip(ASCII_LETTERS)) for cell in found)])
        alphabets = max([alphabets, *(_column(letters.decode()) // LETTERS + 1 for letters in widths)])
        referenced += block.count(b' r="')
        closed += block.count(b"</c>") or block.count(b":c>")
    # Cells without a reference of this form are found by looking at each.
    return referenced < closed or Extent(rows, alphabets * LETTERS, referenced).is_sparse


@cache
def _outer_cells(alphabets: int) -> re.Pattern[bytes]:
    """Rows, cells right of so many alphabets of columns, and cells below line 999,999: what makes a sheet larger."""
    firsts = string.ascii_letters[min(alphabets, LETTERS + 1) - 1 : LETTERS]
    right = f"[{firsts}{firsts.upper()}][A-Za-z]|" if firsts else ""
    return re.compile(rf' r="(\d+|(?:{right}[A-Za-z]{{3,}})\d+|[A-Za-z]{{1,2}}\d{{7,}})'.encode())


def _blocks(xml: IO[bytes]) -> Iterator[bytes]:
    """The text in blocks that end between two tags."""
    rest = b""
    while read := xml.read(BLOCK_BYTES):
        block = rest + read
        end = max(block.rfind(b"<"), len(block) - TAG_BYTES)
        yield block[:end]
        rest = block[end:]
    yield rest


@dataclass
class _FilledCells:
    """The filled cells of a sheet: their places, counted from 0, and where in its XML their content stands."""

    rows: array[int] = field(default_factory=lambda: array("q"))
    columns: array[int] = field(default_factory=lambda: array("q"))
    begins: array[int] = field(default_factory=lambda: array("q"))
    ends: array[int] = field(default_factory=lambda: array("q"))

    @classmethod
    def of(cls, xml: IO[bytes]) -> _FilledCells:
        """Look at each cell of a sheet's XML."""
        cells = cls()
        parser = expat.ParserCreate()
        row, cell_row, column, begin, filled = -1, -1, -1, -1, False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal row, cell_row, column, begin, filled
            kind = _local(tag, ":")
            if kind == "row":
                row, column = int(attributes["r"]) - 1 if "r" in attributes else row + 1, -1
            elif kind == "c":
                begin, filled = -1, False
                reference = REFERENCE.fullmatch(attributes.get("r", ""))
                cell_row, column = _place(reference) if reference else (row, column + 1)
            elif kind in ("f", "v", "is"):
                begin = parser.CurrentByteIndex if begin < 0 else begin
                # A formula alone is an empty cell to the reader.
                filled = filled or kind != "f"

        def end(tag: str) -> None:
            nonlocal filled
            if filled and _local(tag, ":") == "c":
                cells.rows.append(cell_row)
                cells.columns.append(column)
                cells.begins.append(begin)
                cells.ends.append(parser.CurrentByteIndex)
                filled = False

        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.ParseFile(xml)
        return cells

    @property
    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and columns, counted from 0."""
        return np.array(self.rows, dtype=np.int64), np.array(self.columns, dtype=np.int64)

    def cell(self, at: int) -> FarCell:
        """One of them by its number."""
        return FarCell(f"{_letters(self.columns[at])}{self.rows[at] + 1}", (self.begins[at], self.ends[at]))


def _copy_bytes(read: IO[bytes], write: IO[bytes], count: int) -> None:
    while count > 0 and (block := read.read(min(count, COPY_BYTES))):
        write.write(block)
        count -= len(block)


def _local(tag: str, mark: str) -> str:
    """A name without its namespace."""
    return tag.rpartition(mark)[2]


def _place(reference: re.Match[str]) -> tuple[int, int]:
    """Row and column, counted from 0."""
    return int(reference[2]) - 1, _column(reference[1])


def _column(letters: str) -> int:
    """Place of a column, counted from 0; -1 for no letters."""
    place = 0
    for letter in letters.upper():
        place = place * LETTERS + ord(letter) - ord("A") + 1
    return place - 1


def _letters(column: int) -> str:
    text = ""
    while column >= 0:
        text = chr(ord("A") + column % LETTERS) + text
        column = column // LETTERS - 1
    return text
