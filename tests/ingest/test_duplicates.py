"""What stands in the files more than once, and several currencies in one."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from order_files import PLAIN, Read, Write

from clv.ingest import InputError, OrderFile, QualityReport, read_orders

HEADER = "order_id,customer_id,order_date,amount,status\n"
LINES = "order_id,customer_id,order_date,sku,quantity,unit_price\n"


def reasons(report: QualityReport) -> dict[str, tuple[int, float | None]]:
    """Rows and value left out, by reason."""
    assert report.rows_read == report.rows_kept + sum(group.rows for group in report.dropped)
    return {group.reason: (group.rows, group.value) for group in report.dropped}


def test_orders_in_two_files_count_once_as_the_newer_file_has_them(write: Write) -> None:
    old = write(
        HEADER + "1,a,2026-01-05,10,paid\n2,a,2026-02-05,20,paid\n3,b,2026-02-06,30,paid\n", "old.csv"
    )
    new = write(
        HEADER + "2,a,2026-02-05,15,paid\n3,b,2026-02-06,30,cancelled\n4,c,2026-03-01,40,paid\n", "new.csv"
    )
    for files in ([old, new], [new, old]):
        report = read_orders(files).report
        assert (report.orders, report.revenue) == (3, 65)
        assert reasons(report) == {
            "order that is also in another file": (2, 50),
            "status cancelled": (1, 30),
        }
        assert any("The files overlap: 2 orders, worth 50.00" in said for said in report.warnings)


def test_the_same_number_of_another_customer_is_another_order(write: Write) -> None:
    one = write(HEADER + "1,a,2026-01-05,10,paid\n2,b,2026-01-06,20,paid\n", "one.csv")
    two = write(HEADER + "1,c,2026-01-05,10,paid\n2,b,2026-01-09,20,paid\n", "two.csv")
    assert read_orders([one, two]).report.revenue == 60


def test_overlap_of_line_files_keeps_what_was_bought_twice(write: Write) -> None:
    start = "1,a,2026-01-05,A,1,5\n1,a,2026-01-05,A,1,5\n2,b,2026-01-06,B,1,7\n2,b,2026-01-06,C,1,9\n"
    end = "2,b,2026-01-06,B,1,7\n2,b,2026-01-06,C,1,9\n2,b,2026-01-06,D,1,1\n3,b,2026-01-07,B,1,7\n"
    report = read_orders([write(LINES + start, "a.csv"), write(LINES + end, "b.csv")]).report
    assert report.revenue == 5 + 5 + 7 + 9 + 1 + 7
    assert reasons(report) == {"order that is also in another file": (2, 16)}


def test_overlap_without_order_numbers(write: Write) -> None:
    more = PLAIN + "c,2024-03-01,7\n"
    report = read_orders([write(PLAIN, "a.csv"), write(more, "b.csv")]).report
    assert (report.rows_kept, report.revenue) == (4, 67.75)
    assert any("The files overlap: 3 rows, worth 60.75" in said for said in report.warnings)


@pytest.mark.slow
@given(cut=st.integers(1, 11), overlap=st.integers(0, 5))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_overlapping_halves_are_the_whole(write: Write, cut: int, overlap: int) -> None:
    rows = [
        f"{number // 3},c{number // 3 % 2},2026-01-{number // 3 + 1:02d},S{number},1,{number + 1}\n"
        for number in range(12)
    ]
    whole = read_orders([write(LINES + "".join(rows), "whole.csv")]).report
    halves: list[OrderFile] = []
    for name, part in (("a.csv", rows[:cut]), ("b.csv", rows[max(cut - overlap, 0) :])):
        halves.append(write(LINES + "".join(part), name))
    both = read_orders(halves).report if cut > 1 else whole
    assert (both.revenue, both.orders, both.customers) == (whole.revenue, whole.orders, whole.customers)


def test_repeated_rows_are_counted_and_leave_when_the_user_agrees(read: Read) -> None:
    content = PLAIN + "a,2024-01-05,10.00\n" * 2
    kept = read(content).report
    assert kept.revenue == 80.75
    assert any("2 rows repeat another row exactly, worth 20.00" in said for said in kept.warnings)
    agreed = read(content, remove_duplicates=True).report
    assert agreed.revenue == 60.75
    assert reasons(agreed) == {"row that repeats another exactly": (2, 20)}
    assert not any("repeat" in said for said in agreed.warnings)


def test_a_line_number_proves_a_repeated_line(read: Read) -> None:
    header = "order line id,customer_id,order_date,amount\n"
    report = read(header + "1,a,2024-01-05,5\n1,a,2024-01-05,5\n2,a,2024-01-05,5\n2,a,2024-01-05,6\n").report
    # The last line has a number in common with another, not its cells.
    assert report.revenue == 16
    assert reasons(report) == {"line that repeats another with the same line number": (1, 5)}


MIXED = (
    "customer_id,order_date,amount,currency,refund amount\na,2024-01-05,100,EUR,10\nb,2024-01-06,50,USD,20\n"
    "b,2024-01-07,1000,JPY,\nc,2024-01-08,10,,\n"
)


def test_currencies_are_converted_at_the_rates_given(read: Read) -> None:
    report = read(MIXED, currency="EUR", rates={"usd": 0.9}).report
    assert (report.currency, report.gross_revenue, report.refunds, report.revenue) == ("EUR", 145, 28, 117)
    assert reasons(report) == {"in another currency (JPY)": (1, 1000), "no currency": (1, 10)}
    assert any("1 row is converted from USD" in said and "45.00 EUR" in said for said in report.notes)


def test_a_currency_that_no_order_is_in(read: Read) -> None:
    report = read(MIXED, currency="GBP", rates={"EUR": 0.5, "USD": 0.4, "JPY": 0.01}).report
    assert (report.currency, report.gross_revenue) == ("GBP", 80)


@pytest.mark.slow
@given(rate=st.floats(0.01, 100))
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_conversion_scales_and_1_changes_nothing(read: Read, rate: float) -> None:
    content = "customer_id,order_date,amount,currency\na,2024-01-05,100,USD\nb,2024-01-06,50,USD\n"
    assert read(content, currency="EUR", rates={"USD": rate}).report.revenue == pytest.approx(
        150 * rate, abs=0.001
    )
    assert read(content, currency="EUR", rates={"USD": 1}).report.revenue == read(content).report.revenue


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"rates": {"USD": 0.9}}, "without a currency to convert to"),
        ({"rates": {"USD": 0.0}, "currency": "EUR"}, "no positive number"),
        ({"rates": {"USD": -1.0, "JPY": math.nan}, "currency": "EUR"}, "the rate of JPY"),
    ],
)
def test_bad_rates_are_refused(read: Read, chosen: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(MIXED, **chosen)


def test_guests_of_any_table_are_known_by_their_email(read: Read) -> None:
    content = (
        "customer_id,order_date,amount,email\n7,2024-01-05,10,ann@x.org\nguest,2024-01-06,20,Ann@x.org\n"
        ",2024-01-07,30,bob@x.org\nGuest,2024-01-08,40,\n,2024-01-09,50,\n7,2024-01-10,1,other@x.org\n"
    )
    report = read(content).report
    assert (report.customers, report.revenue) == (2, 61)
    assert reasons(report) == {"guest order without an email address": (1, 40), "no customer id": (1, 50)}
    assert any("2 rows are of guests, worth 50.00" in said for said in report.notes)
    assert any(
        "2 rows are without a customer, worth 90.00, 59.6 % of all revenue" in said
        for said in report.warnings
    )


def test_an_address_of_two_customers_is_neither_of_them(read: Read) -> None:
    content = (
        "customer_id,order_date,amount,email\n7,2024-01-05,10,office@x.org\n8,2024-01-06,20,office@x.org\n"
        ",2024-01-07,30,office@x.org\n"
    )
    assert read(content).report.customers == 3


def test_failed_payments_are_kept_aside(read: Read) -> None:
    content = (
        HEADER
        + "1,a,2026-01-05,10,paid\n2,a,2026-02-05,20,declined\n3,b,2026-02-06,30,cancelled\n4,,2026-02-07,5,failed\n"
    )
    failed = read(content).failed_payments
    assert list(failed.columns) == ["customer_id", "date", "amount", "currency", "status", "card_expiry"]
    assert failed["amount"].tolist() == [20, 5]
    assert failed["customer_id"].isna().tolist() == [False, True]
    assert read(PLAIN).failed_payments.empty


def test_two_sheets_and_two_files_overlap_alike(workbook: Callable[..., OrderFile], write: Write) -> None:
    sheet = [
        ["order_id", "customer_id", "order_date", "amount"],
        ["1", "a", "2026-01-15", 10],
        ["2", "b", "2026-01-16", 5],
    ]
    text = "order_id,customer_id,order_date,amount\n2,b,2026-01-16,5.00\n3,b,2026-01-17,6.00\n"
    assert read_orders([workbook({"Orders": sheet}), write(text)]).report.revenue == 21
