"""A cell far from everything else on a sheet neither ends the process nor the reading."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import xlsxwriter

from clv.ingest import InputError, OrderFile, files, read_orders
from clv.ingest.preview import preview

FarSheet = Callable[..., OrderFile]
ORDERS = 30


@pytest.fixture
def far_sheet(tmp_path: Path) -> FarSheet:
    """Write a small table of orders with further numbers, and empty cells with a format, in other places."""

    def write(
        references: Sequence[str], empty: Sequence[str] = (), titles: Sequence[str] = ("Orders",)
    ) -> OrderFile:
        path = tmp_path / "orders.xlsx"
        with xlsxwriter.Workbook(path) as book:
            day, bold = book.add_format({"num_format": "yyyy-mm-dd"}), book.add_format({"bold": True})
            for title in titles:
                sheet = book.add_worksheet(title)
                sheet.write_row(0, 0, ["customer_id", "order_date", "amount"])
                for row in range(1, ORDERS + 1):
                    sheet.write(row, 0, f"C{row % 7}")
                    sheet.write_datetime(row, 1, dt.datetime(2024, 1 + row % 5, 3), day)
                    sheet.write(row, 2, row + 0.5)
                for reference in references:
                    sheet.write_number(reference, 1)
                for reference in empty:
                    sheet.write_blank(reference, None, bold)
        return OrderFile(path.name, path)

    return write


def rewritten(file: OrderFile, pattern: str, replacement: str) -> OrderFile:
    """The same workbook, its first sheet written in another way."""
    path = file.path.with_name(f"other-{file.name}")
    with zipfile.ZipFile(file.path) as book, zipfile.ZipFile(path, "w") as copy:
        for entry in book.infolist():
            content = book.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                content = re.sub(pattern.encode(), replacement.encode(), content)
            copy.writestr(entry.filename, content)
    return OrderFile(path.name, path)


@pytest.mark.parametrize("reference", ["XFD1048576", "ZZ100000", "XFD900"])
def test_the_table_is_read_and_the_far_cell_said(far_sheet: FarSheet, reference: str) -> None:
    report = read_orders([far_sheet([reference])]).report
    plain = read_orders([far_sheet([])]).report
    assert (report.rows_read, report.customers, report.revenue) == (ORDERS, 7, plain.revenue)
    assert (report.first_date, report.last_date) == (plain.first_date, plain.last_date)
    (said,) = set(report.warnings) - set(plain.warnings)
    assert reference in said
    assert "«Orders»" in said


def test_a_first_look_goes_the_same_way(far_sheet: FarSheet) -> None:
    assert preview(far_sheet(["XFD1048576"])).columns == ("customer_id", "order_date", "amount")


def test_far_cells_of_several_sheets(far_sheet: FarSheet) -> None:
    report = read_orders([far_sheet(["XFD1048576", "ABC70000"], titles=("2023", "2024"))]).report
    assert report.rows_read == 2 * ORDERS
    for title in ("«2023»", "«2024»"):
        assert any(
            {title, "XFD1048576", "ABC70000"} <= set(re.split(r"[ ,.]+", said)) for said in report.warnings
        )


def test_empty_cells_with_a_format_are_no_cells(far_sheet: FarSheet) -> None:
    report = read_orders([far_sheet([], empty=["XFD1048576"])]).report
    assert report.rows_read == ORDERS
    assert not any("XFD" in said for said in report.warnings)


def test_a_cell_within_what_may_be_laid_out_stays(far_sheet: FarSheet) -> None:
    report = read_orders([far_sheet(["Z900"])]).report
    assert not any("Z900" in said for said in report.warnings)


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"<(/?)(c|row|v|worksheet|sheetData)\b", r"<\1x:\2"),
        (r' r="(\w+)"', r" r='\1'"),
        (r' r="(\w+)"', r' r = "\1"'),
        (r'<c r="[A-C]\d+"', "<c"),
    ],
    ids=["prefixes", "single quotation marks", "blanks", "no references in the table"],
)
def test_other_ways_to_write_a_cell(far_sheet: FarSheet, pattern: str, replacement: str) -> None:
    file = far_sheet(["XFD1048576"])
    if "x:" in replacement:
        file = rewritten(file, " xmlns=", " xmlns:x=")
    report = read_orders([rewritten(file, pattern, replacement)]).report
    assert report.rows_read == ORDERS
    assert any("XFD1048576" in said for said in report.warnings)


def test_rows_that_count_their_cells_only(far_sheet: FarSheet) -> None:
    """One row as wide as a sheet and one at its end, without a reference in any cell."""
    wide = "<row r='2'>" + "<c><v>1</v></c>" * 16_384 + "</row><row r='1048576'><c><v>1</v></c></row>"
    file = rewritten(far_sheet([]), "<sheetData>.*</sheetData>", f"<sheetData>{wide}</sheetData>")
    with pytest.raises(InputError):
        read_orders([file])


def test_cells_all_over_a_sheet_are_refused(far_sheet: FarSheet) -> None:
    corners = [f"{column}{row}" for column in ("XFA", "XFB", "XFC") for row in range(1_000_000, 1_000_040)]
    with pytest.raises(InputError) as caught:
        read_orders([far_sheet(corners)])
    (problem,) = caught.value.problems
    assert "«Orders»" in problem.what
    assert "1,000,039" in problem.what


def test_more_text_than_cells_can_hold(far_sheet: FarSheet, monkeypatch: pytest.MonkeyPatch) -> None:
    file = rewritten(far_sheet([]), "</worksheet>", " " * 2_000_000 + "</worksheet>")
    packed = file.path.with_name("packed.xlsx")
    with zipfile.ZipFile(file.path) as book, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in book.infolist():
            copy.writestr(entry.filename, book.read(entry))
    monkeypatch.setattr(files, "BOMB_BYTES", 1_000_000)
    with pytest.raises(InputError) as caught:
        read_orders([OrderFile(packed.name, packed)])
    assert "too large" in caught.value.problems[0].what
