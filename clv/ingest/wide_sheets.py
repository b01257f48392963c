"""Sheets of OpenDocument and of binary Excel workbooks that span too much to be laid out: refused before they are."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import IO

from clv.ingest.extent import Extent, too_large

# Blocks that stay in the processor's cache while they are looked at from several sides.
BLOCK_BYTES = 2**18
ODS_CONTENT = "content.xml"
ODS_SHEET = re.compile(rb'<table:table\s[^>]*?table:name="([^"]*)"')
ODS_ROW, ODS_TAG_GOES_ON = b"<table:table-row", frozenset({b" ", b">", b"/", b"\n", b"\r", b"\t"})
ODS_CELLS = (b"<table:table-cell", b"<table:covered-table-cell")
ODS_FILLED = b"office:value-type="
ODS_ROW_REPEATS = re.compile(rb'table:number-rows-repeated="(\d+)"')
ODS_COLUMN_REPEATS = re.compile(rb'table:number-columns-repeated="(\d+)"')
XLSB_FOLDER = "xl/worksheets"
ROW_RECORD = 0
# Numbers, texts and formulas; an empty cell with a format is none of them.
CELL_RECORDS = frozenset({*range(2, 12), 62})


def refuse_wide_sheets(name: str, book: zipfile.ZipFile) -> None:
    """Refuse a workbook with a sheet that spans far more than it fills.

    Raises
    ------
    InputError
        A sheet is too large to be laid out.
    ValueError, zipfile.BadZipFile
        The workbook is damaged.
    """
    for entry in book.namelist():
        path = PurePosixPath(entry)
        if entry == ODS_CONTENT:
            with book.open(entry) as xml:
                extents = ods_extents(xml)
        elif str(path.parent) == XLSB_FOLDER and path.suffix == ".bin":
            with book.open(entry) as records:
                extents = {path.stem: xlsb_extent(records)}
        else:
            continue
        for title, extent in extents.items():
            if extent.is_too_large:
                raise too_large(name, title, extent)


def ods_extents(xml: IO[bytes]) -> dict[str, Extent]:
    """The extent of each sheet of an OpenDocument workbook; cells and rows that repeat count as one that is filled."""
    extents: dict[str, Extent] = {}
    title, row = "", 0
    for text in _ods_rows(xml):
        if text[:1] in ODS_TAG_GOES_ON:
            before = extents[title]
            repeated = ODS_ROW_REPEATS.search(text, 0, text.find(b">"))
            row += int(repeated[1]) if repeated else 1
            width, filled = _ods_cells(text)
            extents[title] = Extent(
                row if filled else before.rows, max(before.columns, width), before.filled + filled
            )
        for named in ODS_SHEET.findall(text, max(text.rfind(b"</table:table-row>"), 0)):
            title, row = html.unescape(named.decode()), 0
            extents[title] = Extent(0, 0, 0)
    return extents


def _ods_rows(xml: IO[bytes]) -> Iterator[bytes]:
    """What is before the first row, then each row with what is between it and the next."""
    rest = b""
    while read := xml.read(max(BLOCK_BYTES, len(rest))):
        *rows, rest = (rest + read).split(ODS_ROW)
        yield from rows
    yield rest


def _ods_cells(row: bytes) -> tuple[int, int]:
    """Columns up to the last filled cell of a row, and the number of filled cells."""
    last = row.rfind(ODS_FILLED)
    if last < 0:
        return 0, 0
    cells = row[: row.find(b">", last)]
    repeated = sum(int(count) - 1 for count in ODS_COLUMN_REPEATS.findall(cells))
    return sum(cells.count(tag) for tag in ODS_CELLS) + repeated, cells.count(ODS_FILLED)


def xlsb_extent(records: IO[bytes]) -> Extent:
    """The extent of a sheet of a binary Excel workbook."""
    row, rows, columns, filled = 0, 0, 0, 0
    for kind, begin in _xlsb_records(records):
        if kind == ROW_RECORD:
            row = begin + 1
        elif kind in CELL_RECORDS:
            rows, columns, filled = max(rows, row), max(columns, begin + 1), filled + 1
    return Extent(rows, columns, filled)


def _xlsb_records(stream: IO[bytes]) -> Iterator[tuple[int, int]]:
    """The records of a part: what kind they are, and the number with which they begin."""
    content = stream.read()
    at = 0
    while at + 1 < len(content):
        kind, at = _varint(content, at, 2)
        size, at = _varint(content, at, 4)
        yield kind, int.from_bytes(content[at : at + 4], "little")
        at += size


def _varint(content: bytes, at: int, most: int) -> tuple[int, int]:
    """A number of at most so many bytes of seven bits each, and the place behind it."""
    value = 0
    for shift, byte in enumerate(content[at : at + most]):
        value |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return value, at + shift + 1
    return value, at + most
