"""Workbooks with several sheets and archives with several files: which tables are read, and what is said."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from decimal import Decimal

import pytest
from order_files import PLAIN, Write, rows_of

from clv.ingest import OrderFile, preview, read_orders

HEADER = ["customer", "date", "amount"]
SAME_HEADER_SHUFFLED = "AMOUNT;Customer ID;Order_Date\n1,50;c;2024-03-01\n2,50;d;2024-03-02\n"
CUSTOMERS = "email,name,country\nann@x.org,Ann,PL\nbob@x.org,Bob,DE\n" * 40


def rows(year: int, *amounts: float) -> list[list[object]]:
    return [
        ["c" + str(number), dt.datetime(year, 1, 5 + number), amount] for number, amount in enumerate(amounts)
    ]


@pytest.fixture
def archive(write: Write) -> Callable[..., OrderFile]:
    def write_archive(**entries: str | bytes) -> OrderFile:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
            for name, content in entries.items():
                zipped.writestr(name.replace("__", "."), content)
        return write(packed.getvalue(), "export.zip")

    return write_archive


def test_sheets_of_one_header_are_read_together(workbook: Callable[..., OrderFile]) -> None:
    shuffled = [
        ["Date", "AMOUNT", "Customer"],
        *([day, amount, who] for who, day, amount in rows(2024, 3, 4)),
    ]
    cover = [["Orders of the shop"], ["Confidential"]]
    file = workbook({"Cover": cover, "2023": [["2023"], [], HEADER, *rows(2023, 1, 2)], "2024": shuffled})
    result = read_orders([file])
    assert rows_of(result, "source_file", "source_line", "customer_id", "amount") == [
        ("orders.xlsx, sheet «2023»", 4, "c0", Decimal(1)),
        ("orders.xlsx, sheet «2023»", 5, "c1", Decimal(2)),
        ("orders.xlsx, sheet «2024»", 2, "c0", Decimal(3)),
        ("orders.xlsx, sheet «2024»", 3, "c1", Decimal(4)),
    ]
    said = next(warning for warning in result.report.warnings if "sheets" in warning)
    assert "«2023» and «2024» have the same columns and were read together; «Cover» was left" in said


def test_the_sheet_that_was_read_is_said(workbook: Callable[..., OrderFile]) -> None:
    people = [
        ["customer", "email", "city"],
        *([f"c{number}", f"{number}@x.org", "Ulm"] for number in range(50)),
    ]
    result = read_orders([workbook({"People": people, "Orders": [HEADER, *rows(2024, 1, 2)]})])
    assert result.report.rows_read == 2
    assert "orders.xlsx: only the sheet «Orders» was read; «People» was left." in result.report.warnings
    assert rows_of(result, "source_file")[0] == ("orders.xlsx",)


def test_one_sheet_needs_no_words(workbook: Callable[..., OrderFile]) -> None:
    assert not read_orders([workbook({"Orders": [HEADER, *rows(2024, 1, 2)], "Empty": []})]).report.warnings


def test_an_archive_of_one_table(archive: Callable[..., OrderFile]) -> None:
    file = archive(
        **{
            "export/": "",
            "export/orders__csv": PLAIN,
            "__MACOSX/export/._orders__csv": b"\0\5\26",
            "read__pdf": "x",
        }
    )
    result = read_orders([file])
    assert result.report.revenue == 60.75
    assert result.report.warnings == ()
    assert rows_of(result, "source_file")[0] == ("export.zip » export/orders.csv",)
    assert preview(file).guess["customer"] == "customer_id"


def test_tables_of_one_header_in_an_archive_are_read_together(archive: Callable[..., OrderFile]) -> None:
    result = read_orders(
        [archive(a__csv=PLAIN, b__txt=SAME_HEADER_SHUFFLED, customers__csv=CUSTOMERS, note__txt="hello")]
    )
    assert (result.report.rows_read, result.report.revenue) == (5, 64.75)
    said = " ".join(result.report.warnings)
    assert (
        "the files «a.csv» and «b.txt» have the same columns and were read together; «customers.csv» was left"
        in said
    )
    assert "note.txt was left: only one column" in said


def test_the_best_table_of_an_archive_is_read(archive: Callable[..., OrderFile]) -> None:
    result = read_orders([archive(customers__csv=CUSTOMERS, orders__csv=PLAIN)])
    assert result.report.rows_read == 3
    assert (
        "export.zip: only the file «orders.csv» was read; «customers.csv» was left." in result.report.warnings
    )


def test_a_workbook_in_an_archive(
    archive: Callable[..., OrderFile], workbook: Callable[..., OrderFile]
) -> None:
    book = workbook({"2023": [HEADER, *rows(2023, 1, 2)], "2024": [HEADER, *rows(2024, 3, 4)]})
    result = read_orders([archive(orders__xlsx=book.path.read_bytes())])
    assert result.report.revenue == 10
    assert any("read together" in warning for warning in result.report.warnings)


def test_files_of_several_kinds_are_read_together(
    write: Write, workbook: Callable[..., OrderFile], archive: Callable[..., OrderFile]
) -> None:
    book = workbook(
        {
            "Sheet1": [
                ["Order date", "Customer_ID", "Amount"],
                [dt.datetime(2024, 5, 1), "x", 2.25],
                [dt.datetime(2024, 5, 2), "y", 1],
            ]
        }
    )
    result = read_orders(
        [
            write(PLAIN),
            book,
            write(SAME_HEADER_SHUFFLED, "b.csv"),
            archive(c__csv=PLAIN.replace("2024", "2023")),
        ]
    )
    assert result.report.rows_read == 3 + 2 + 2 + 3
    assert result.report.revenue == pytest.approx(60.75 + 3.25 + 4 + 60.75)
    assert result.report.files == ("orders.csv", "orders.xlsx", "b.csv", "export.zip » c.csv")


def test_a_sheet_without_column_names_is_read_on_under_those_of_the_first(
    workbook: Callable[..., OrderFile],
) -> None:
    file = workbook({"Page 1": [HEADER, *rows(2023, 1, 2)], "Page 2": rows(2024, 3, 4)})
    result = read_orders([file])
    assert rows_of(result, "source_file", "source_line", "customer_id", "amount")[2:] == [
        ("orders.xlsx, sheet «Page 2»", 1, "c0", Decimal(3)),
        ("orders.xlsx, sheet «Page 2»", 2, "c1", Decimal(4)),
    ]
    said = "the sheet «Page 2» has no column names and was read on under those of «Page 1»"
    assert any(said in warning for warning in result.report.warnings)


@pytest.mark.parametrize("shift", [lambda row: row[:2], lambda row: [row[1], row[0], row[2]]])
def test_a_sheet_without_column_names_that_does_not_fit_is_said_to_be_left(
    workbook: Callable[..., OrderFile], shift: Callable[[list[object]], list[object]]
) -> None:
    others = [shift(row) for row in rows(2024, 3, 4, 5)]
    result = read_orders([workbook({"Page 1": [HEADER, *rows(2023, 1, 2)], "Page 2": others})])
    assert result.report.rows_read == 2
    said = "orders.xlsx: the sheet «Page 2» has no column names and was left (3 rows)."
    assert said in result.report.warnings


def test_days_that_count_from_1904(workbook: Callable[..., OrderFile]) -> None:
    days = [dt.datetime(2024, 4, 3), 43_924, "2024-04-05"]  # 43,924 days after 1904-01-01
    sheet = [HEADER, *([f"c{number}", day, 1.5] for number, day in enumerate(days))]
    expected = ["2024-04-03", "2024-04-04", "2024-04-05"]
    for rows_there in (slice(0, 3), slice(1, 2)):  # dates, numbers and text in one column; numbers alone
        cells = [HEADER, *(sheet[1:][rows_there] * 2)]
        result = read_orders([workbook({"Orders": cells}, date_1904=True)])
        assert [str(day)[:10] for (day,) in rows_of(result, "ordered_at")] == expected[rows_there] * 2
