"""OpenDocument and binary workbooks whose sheets span too much are refused before they are laid out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from clv.ingest import InputError, OrderFile, read_orders
from clv.ingest.extent import Extent
from clv.ingest.wide_sheets import ods_extents, xlsb_extent

NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"'
    for prefix in ("office", "table", "text")
)
FILLER = '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>'


def cell(value: object, repeated: int = 1) -> str:
    """A filled cell."""
    repeats = f' table:number-columns-repeated="{repeated}"' if repeated > 1 else ""
    return (
        f'<table:table-cell office:value-type="string"{repeats}><text:p>{value}</text:p></table:table-cell>'
    )


def row(*cells: str) -> str:
    """A row of cells, followed by empty ones as LibreOffice writes them."""
    trailing = '<table:table-cell table:number-columns-repeated="16300"/>'
    return f"<table:table-row>{''.join(cells)}{trailing}</table:table-row>"


def sheet(*rows: str, name: str = "Orders") -> str:
    """A sheet of rows."""
    return f'<table:table table:name="{name}">{"".join(rows)}</table:table>'


def content(*sheets: str) -> bytes:
    """The content of an OpenDocument workbook."""
    return (
        f"<office:document-content {NAMESPACES}><office:body><office:spreadsheet>{''.join(sheets)}"
        "</office:spreadsheet></office:body></office:document-content>"
    ).encode()


def orders() -> list[str]:
    """A table of orders."""
    rows = [row(cell(f"C{day % 4}"), cell(f"2024-01-{day:02}"), cell(day)) for day in range(1, 29)]
    return [row(cell("customer_id"), cell("order_date"), cell("amount")), *rows]


@pytest.fixture
def package(tmp_path: Path) -> Callable[..., OrderFile]:
    """Write the parts of a workbook."""

    def write(name: str, parts: dict[str, bytes]) -> OrderFile:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
            for part, part_content in parts.items():
                book.writestr(part, part_content)
        return OrderFile(name, path)

    return write


def ods(*sheets: str) -> dict[str, bytes]:
    """The parts of an OpenDocument workbook."""
    return {
        "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
        "META-INF/manifest.xml": b"<manifest/>",
        "content.xml": content(*sheets),
    }


def test_empty_rows_and_cells_that_repeat_are_no_cells(package: Callable[..., OrderFile]) -> None:
    file = package("orders.ods", ods(sheet(*orders(), FILLER)))
    assert read_orders([file]).report.rows_read == 28


def test_a_far_cell_is_refused_with_the_name_of_its_sheet(package: Callable[..., OrderFile]) -> None:
    far = (
        '<table:table-row><table:table-cell table:number-columns-repeated="16383"/>'
        + cell(1)
        + "</table:table-row>"
    )
    file = package("orders.ods", ods(sheet(*orders(), FILLER, far)))
    with pytest.raises(InputError) as caught:
        read_orders([file])
    assert "«Orders»" in caught.value.problems[0].what


def test_extents_of_sheets() -> None:
    covered = "<table:covered-table-cell/>"
    sheets = content(
        sheet(row(cell("a"), covered, cell("b", repeated=3)), FILLER, row(cell("c")), name="A &amp; B"),
        sheet(row(), name="empty"),
        sheet(row(cell("d"))),
    )
    assert ods_extents(io.BytesIO(sheets)) == {
        "A & B": Extent(1_048_002, 5, 3), "empty": Extent(0, 0, 0), "Orders": Extent(1, 1, 1)
    }  # fmt: skip


def record(kind: int, first: int, more: int = 4) -> bytes:
    """A record of a binary sheet that begins with a number."""
    size = 4 + more
    length = bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])
    return bytes([kind]) + length + first.to_bytes(4, "little") + bytes(more)


def test_extent_of_a_binary_sheet() -> None:
    wide_kind = bytes([0x94, 0x01, 4]) + bytes(4)
    records = b"".join(
        [
            wide_kind,
            record(0, 0, 200),
            record(7, 0),
            record(5, 6),
            record(0, 41),
            record(2, 2),
            record(1, 900),
        ]
    )
    assert xlsb_extent(io.BytesIO(records)) == Extent(42, 7, 3)


def test_a_binary_sheet_that_spans_too_much_is_refused(package: Callable[..., OrderFile]) -> None:
    records = record(0, 0) + record(7, 0) + record(0, 1_048_575) + record(2, 16_383)
    file = package("orders.xlsb", {"xl/workbook.bin": b"", "xl/worksheets/sheet1.bin": records})
    with pytest.raises(InputError) as caught:
        read_orders([file])
    assert "1,048,576" in caught.value.problems[0].what
