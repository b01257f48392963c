"""The account of a read as a page and as a table."""

from __future__ import annotations

import pytest

from clv.exports import report_html, report_table, to_csv
from clv.ingest import Finding

ROWS = "customer,date,amount\n" + "".join(f"c{n % 5},2024-01-{n % 28 + 1:02d},1{n % 9}\n" for n in range(60))


@pytest.fixture
def report(read_rows):
    return read_rows(ROWS + ",2024-02-01,9\n<b>x</b>,1900-01-01,5\n=1+1,2024-01-01,never\n").report


def test_everything_is_in_the_table(report):
    beside = [Finding("spend", "Spend is spent", "spend.csv", "", 3, 4.0)]
    table = report_table(report, beside)
    assert table["part"].drop_duplicates().tolist() == [
        "Left out", "Look at this", "Note", "Files beside the orders", "Assumed",
    ]  # fmt: skip
    left_out = table[table["part"] == "Left out"]
    assert left_out["rows"].sum() == report.rows_read - report.rows_kept == 2
    assert table.loc[table["what"] == "no customer id", "where"].item() == "orders.csv line 62"
    assert len(table) == (
        len(report.dropped) + len(report.warnings) + len(report.notes) + 1 + len(report.assumed)
    )
    assert "no customer id" in to_csv(table)


def test_the_page_says_it_all_and_runs_nothing_from_the_file(report):
    page = report_html(report, [Finding("x", "<script>alert(1)</script>", "", "Do & so")])
    for text in ("63 rows were read and 61 used", "no customer id", "Worth", "before 1990", "What to do"):
        assert (text in page) == (text != "Worth")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "Do &amp; so" in page
    assert "http" not in page
