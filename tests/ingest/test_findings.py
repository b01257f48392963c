"""What a read says of the data: what looks odd, what was assumed, and what to do about it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from clv.ingest.lines import IMPOSSIBLE_DATE

HEADER = "customer,date,amount\n"


def days(first: str, count: int, step: int = 1) -> list[dt.date]:
    return [dt.date.fromisoformat(first) + dt.timedelta(days=step * number) for number in range(count)]


def shop(dates: list[dt.date], amounts: list[float] | None = None) -> str:
    amounts = amounts or [10.0 + number % 7 for number in range(len(dates))]
    return HEADER + "".join(
        f"c{number % 9},{date},{amount:.2f}\n"
        for number, (date, amount) in enumerate(zip(dates, amounts, strict=True))
    )


def found(report, kind: str):
    return next((finding for finding in report.findings if finding.kind == kind), None)


def test_an_ordinary_shop_raises_no_suspicion(read_rows):
    assert read_rows(shop(days("2024-01-01", 366))).report.findings == ()


def test_dates_that_can_hardly_be_true(read_rows):
    ahead = dt.date.today() + dt.timedelta(days=400)
    report = read_rows(
        shop(days("2024-01-01", 60)) + f"x,{ahead},20\ny,1900-01-01,5\ny,1900-01-02,6\n"
    ).report
    future, old = found(report, "future dates"), found(report, "old dates")
    assert (future.rows, future.value) == (1, 20)
    assert future.where == "orders.csv line 62"
    assert (old.rows, old.value) == (2, 11)
    assert "orders.csv line 63, orders.csv line 64" in old.where
    assert found(report, "gaps") is None  # the impossible days make no gap


def test_rounded_ids(read_rows):
    report = read_rows(shop(days("2024-01-01", 40)) + "1.23E+15,2024-02-01,20\n").report
    assert found(report, "rounded ids").rows == 1
    assert "1.23E+15" in found(report, "rounded ids").what


def test_one_customer_with_a_quarter_of_all_orders(read_rows):
    till = "".join(f"till,{date} 12:00,5\n" for date in days("2024-01-01", 30))
    report = read_rows(shop(days("2024-01-01", 60)) + till).report
    assert found(report, "large customer").rows == 30
    assert "«till»" in found(report, "large customer").what
    fewer = "".join(f"till,{date} 12:00,5\n" for date in days("2024-01-01", 15))
    assert found(read_rows(shop(days("2024-01-01", 60)) + fewer).report, "large customer") is None


@pytest.mark.parametrize(("count", "incomplete"), [(45, True), (60, False), (59, False)])
def test_a_last_month_that_breaks_off(read_rows, count, incomplete):
    # 2024-01-01 and 45, 59 or 60 days: to 14, 28 or 29 February.
    report = read_rows(shop(days("2024-01-01", count))).report
    assert (found(report, "incomplete month") is not None) == incomplete


def test_months_without_orders(read_rows):
    report = read_rows(shop(days("2024-01-01", 60) + days("2024-06-01", 30))).report
    assert "2024-02-29 to 2024-06-01" in found(report, "gaps").where
    weekly = read_rows(shop(days("2024-01-01", 60, step=20))).report
    assert found(weekly, "gaps") is None  # every pause is as long


def test_amounts_a_hundred_times_too_large(read_rows):
    amounts = np.random.default_rng(1).gamma(4, 5, 200)
    amounts[[10, 70]] *= 100
    report = read_rows(shop(days("2024-01-01", 200), amounts.tolist())).report
    far = found(report, "far-out amounts")
    assert far.rows == 2
    assert far.value == pytest.approx(amounts[[10, 70]].sum(), abs=0.02)
    assert "line 12" in far.where
    assert "line 72" in far.where


def test_amounts_that_move_to_another_level(read_rows):
    dates = days("2024-01-01", 300)
    amounts = [
        40.0 + number % 9 if date < dt.date(2024, 6, 1) else 9.0 + number % 2
        for number, date in enumerate(dates)
    ]
    change = found(read_rows(shop(dates, amounts)).report, "level change")
    assert "June 2024" in change.what


def test_a_currency_that_changed(tmp_path):
    from clv.ingest import OrderFile, read_orders

    rows = [
        f"c{number % 9},{date},10,{'PLN' if date < dt.date(2024, 4, 1) else 'EUR'}"
        for number, date in enumerate(days("2024-01-01", 180))
    ]
    path = tmp_path / "orders.csv"
    path.write_text("customer,date,amount,currency\n" + "\n".join(rows))
    report = read_orders([OrderFile(path.name, path)], currency="EUR").report
    change = found(report, "currency change")
    assert "PLN until" in change.what
    assert "EUR since" in change.what


def test_every_finding_says_what_to_do_and_is_a_warning_too(read_rows):
    report = read_rows(
        shop(days("2024-01-01", 60) + days("2024-06-01", 30)) + "x,2099-01-01,20\ny,1900-01-01,50000\n"
    ).report
    assert len(report.findings) >= 3
    for finding in report.findings:
        assert finding.todo
        assert str(finding) in report.warnings
    assert not {str(finding) for finding in report.findings} & set(report.remarks)
    assert report.to_dict()["findings"] == [finding.to_dict() for finding in report.findings]


def assumed(report, kind: str) -> list[str]:
    return [finding.what for finding in report.assumed if finding.kind == kind]


def test_what_was_assumed(read_rows):
    text = "Export of today;;;\nKlient;Data;Ilość;Cena;Kanał\n" + "".join(
        f"k{number % 5};{17 + number % 9}.03.2024;2;1{number},50;web\n" for number in range(40)
    )
    report = read_rows(text).report
    assert assumed(report, "separator") == ["Cells are separated by a semicolon"]
    assert assumed(report, "header line")[0].startswith("Line 2 names the columns")
    assert assumed(report, "date order") == [
        "Dates are written day/month/year, for some of them can be read in no other way"
    ]
    assert assumed(report, "amount") == ["amount = «Ilość» x «Cena»"]
    assert "The unit price is written with a decimal comma" in assumed(report, "decimal mark")
    assert assumed(report, "currency") == ["Amounts are in EUR, as you said"]
    assert assumed(report, "order") == ["Rows of one customer at one moment are one order"]
    assert assumed(report, "first order") == ["At a customer's first order: «Kanał»"]


@pytest.mark.parametrize("day", ["{0}-12-31", "31.12.{0}"])
def test_dates_beyond_the_calendar_are_left_out_with_their_reason(read_rows, day):
    rows = HEADER + "".join(f"c{n % 3},{'13.01.2024' if '.' in day else '2024-01-13'},5\n" for n in range(9))
    odd = "".join(f"x{year},{day.format(year)},7\n" for year in ("9999", "0000", "0001", "3000"))
    report = read_rows(rows + odd).report
    assert [(group.reason, group.rows, group.value) for group in report.dropped] == [
        (IMPOSSIBLE_DATE, 4, 28.0)
    ]
    assert report.to_dict()["last_date"] == "2024-01-13"
