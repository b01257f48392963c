"""Files to read, made on the spot."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
import xlsxwriter
from order_files import SHARED, Read, Write

from clv.ingest import Ingested, OrderFile, read_orders


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write text or bytes under a name and hand over the file."""

    def write_file(content: str | bytes, name: str = "orders.csv") -> OrderFile:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return OrderFile(name, path)

    return write_file


@pytest.fixture
def read(write: Write) -> Read:
    """Write text or bytes and read them as orders."""

    def read_content(content: str | bytes, name: str = "orders.csv", **settings: object) -> Ingested:
        return read_orders([write(content, name)], **settings)  # type: ignore[arg-type]

    return read_content


@pytest.fixture
def workbook(tmp_path: Path) -> Callable[..., OrderFile]:
    """Write sheets of cells as an Excel file."""

    def write_workbook(
        sheets: Mapping[str, Sequence[Sequence[object]]], name: str = "orders.xlsx", **options: object
    ) -> OrderFile:
        path = tmp_path / name
        with xlsxwriter.Workbook(path, options) as book:
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            for title, rows in sheets.items():
                sheet = book.add_worksheet(title)
                for row, cells in enumerate(rows):
                    for column, cell in enumerate(cells):
                        if isinstance(cell, dt.datetime):
                            sheet.write_datetime(row, column, cell, day)
                        elif cell is not None:
                            sheet.write(row, column, cell)
        return OrderFile(name, path)

    return write_workbook


@pytest.fixture
def shared() -> Path:
    """The real data beside the project; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("no shared data beside the project")
    return SHARED
