"""What is read is what the file says: figures known beforehand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest
from order_files import PLAIN, Read, Write, rows_of

from clv.ingest import DateReading, InputError, OpenDateOrder, OrderFile, QualityReport, read_orders


def amounts_of(read: Read, *cells: str) -> list[float | None]:
    """Amounts of a column of cells; None for a cell that was dropped."""
    lines = "\n".join(f'c{number},2024-01-05,"{cell}"' for number, cell in enumerate(cells))
    result = read(f"customer_id,order_date,amount\n{lines}\n")
    found = {
        str(customer): float(str(amount)) for customer, amount in rows_of(result, "customer_id", "amount")
    }
    return [found.get(f"c{number}") for number in range(len(cells))]


def moments_of(read: Read, *cells: str, **settings: object) -> list[dt.datetime | None]:
    """Moments of a column of cells; None for a cell that was dropped."""
    lines = "\n".join(f'c{number},"{cell}",1' for number, cell in enumerate(cells))
    result = read(f"customer_id,order_date,amount\n{lines}\n", **settings)
    found = dict(rows_of(result, "customer_id", "ordered_at"))
    return [found.get(f"c{number}") for number in range(len(cells))]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("cells", "amounts"),
    [
        (("1,234.50", "12.00", "7"), [1234.5, 12, 7]),
        (("1.234,50", "12,00", "7"), [1234.5, 12, 7]),
        (("1 234,50", "1\u00a0234,50", "1\u202f234,50", "1\u2009234"), [1234.5, 1234.5, 1234.5, 1234]),
        (("1'234.50", "1’234.50"), [1234.5, 1234.5]),
        (("12,34,567.50", "1,00,000"), [1234567.5, 100000]),
        (("$1,234.50", "($50.00)", "-$5.00", "$-5.00"), [1234.5, -50, -5, -5]),
        (("50.00-", "−7.50", "(3.00)", "+4.00"), [-50, -7.5, -3, 4]),
        (("€ 12,50", "12,50 €", "12,50 EUR", "EUR 1.000,00"), [12.5, 12.5, 12.5, 1000]),
        (("$(50.00)", "(50.00) $", "$5.00 USD", "US $6.00", "- $7.00"), [-50, -50, 5, 6, -7]),
        (("12,-", "12,50 €", "1.234,-- €"), [12, 12.5, 1234]),
        (("Fr. 12.--", "7.50-", "CHF 1'000.-"), [12, -7.5, 1000]),
        (("1,5E+03", "10,5"), [1500, 10.5]),
        (("+-5", "((5))", "(5", "5)", "$5 €6", "7", "8", "9", "3", "2", "1"),
         [None, None, None, None, None, 7, 8, 9, 3, 2, 1]),
        (("5 руб.", "5,50 ₽", "руб. 6,25"), [5, 5.5, 6.25]),
        (("12 zł", "12,99 zł", "1 200,00 PLN"), [12, 12.99, 1200]),
        (("Rs.500", "Rs. 1,250.75"), [500, 1250.75]),
        (("1.5E+03", "2e-2", "10"), [1500, 0.02, 10]),
        ((".5", "5.", "0.25"), [0.5, 5, 0.25]),
        (("1,234", "5.50", "1,234,567"), [1234, 5.5, 1234567]),
        (("1.234", "5,50", "1.234.567"), [1234, 5.5, 1234567]),
        (("0,123", "1,234"), [0.123, 1.234]),
        (("5", "6", "abc", "12 apples", "1.2.3.4", "12 34", "(5", "2020-01-01", "7", "8", "9", "3", "2"),
         [5, 6, None, None, None, None, None, None, 7, 8, 9, 3, 2]),
    ],
)  # fmt: skip
def test_amounts(read: Read, cells: tuple[str, ...], amounts: list[float | None]) -> None:
    assert amounts_of(read, *cells) == amounts


def test_thousands_that_could_be_decimals_are_mentioned(read: Read) -> None:
    result = read("customer_id;order_date;amount\na;2024-01-05;1.234\nb;2024-01-06;2.500\n")
    assert result.report.revenue == 3734
    assert any("1.234 were read as 1234" in warning for warning in result.report.warnings)
    three_decimals = read("customer_id;order_date;amount\na;2024-01-05;1.234\nb;2024-01-06;2500\n")
    assert three_decimals.report.revenue == 2501.234


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2024-01-18", dt.datetime(2024, 1, 18)),
        ("2024/1/8 4:05", dt.datetime(2024, 1, 8, 4, 5)),
        ("2026-05-14 11:23:45 +0100", dt.datetime(2026, 5, 14, 11, 23, 45)),
        ("2024-01-02T03:04:05Z", dt.datetime(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02T03:04:05.123456-05:00", dt.datetime(2024, 1, 2, 3, 4, 5)),
        ("20240118", dt.datetime(2024, 1, 18)),
        ("20240118030405", dt.datetime(2024, 1, 18, 3, 4, 5)),
        ("18/01/2024", dt.datetime(2024, 1, 18)),
        ("01/18/2024 5:06 PM", dt.datetime(2024, 1, 18, 17, 6)),
        ("01/18/2024 12:30 PM", dt.datetime(2024, 1, 18, 12, 30)),
        ("18.1.24", dt.datetime(2024, 1, 18)),
        ("31-12-97 12:30 am", dt.datetime(1997, 12, 31, 0, 30)),
        ("97/01/18", dt.datetime(1997, 1, 18)),
        ("18 Jan 2024", dt.datetime(2024, 1, 18)),
        ("Dec 12, 2023", dt.datetime(2023, 12, 12)),
        ("12 December 2023 10:00", dt.datetime(2023, 12, 12, 10)),
        ("01-JAN-24", dt.datetime(2024, 1, 1)),
        ("Thu, 02 Jan 2020 10:11:12 GMT", dt.datetime(2020, 1, 2, 10, 11, 12)),
        ("18. März 2024, 10:15 Uhr", dt.datetime(2024, 3, 18, 10, 15)),
        ("Do., 18. Mrz 2024", dt.datetime(2024, 3, 18)),
        ("18.01.2024 um 10.15 Uhr", dt.datetime(2024, 1, 18, 10, 15)),
        ("3 stycznia 2024 r.", dt.datetime(2024, 1, 3)),
        ("05-paź-24", dt.datetime(2024, 10, 5)),
        ("marți, 5 martie 2024", dt.datetime(2024, 3, 5)),
        ("5 iun. 2024", dt.datetime(2024, 6, 5)),
        ("5 мая 2024 г. в 10:15", dt.datetime(2024, 5, 5, 10, 15)),
        ("05.ФЕВ.24", dt.datetime(2024, 2, 5)),
        ("3 de enero de 2024", dt.datetime(2024, 1, 3)),
        ("18.01.2024\u00a010:15", dt.datetime(2024, 1, 18, 10, 15)),
        ("10:15 18.01.2024", dt.datetime(2024, 1, 18, 10, 15)),
        ("Tue Jan 03 10:15:30 CET 2023", dt.datetime(2023, 1, 3, 10, 15, 30)),
        ("03/Jan/2023:10:15:30 +0000", dt.datetime(2023, 1, 3, 10, 15, 30)),
        ("January 3rd, 2023 at 3:04 PM", dt.datetime(2023, 1, 3, 15, 4)),
        ("2023年01月03日", dt.datetime(2023, 1, 3)),
        ("202401180304", dt.datetime(2024, 1, 18, 3, 4)),
        ("3 jui 2024", None),
        ("45309", dt.datetime(2024, 1, 18)),
        ("45309.5", dt.datetime(2024, 1, 18, 12)),
        ("1705536000", dt.datetime(2024, 1, 18)),
        ("1705536000000", dt.datetime(2024, 1, 18)),
        ("2024-02-30", None),
        ("2024-01-01 25:00", None),
        ("99999", None),
        ("yesterday", None),
        ("epoch", None),
    ],
)
def test_dates(read: Read, cell: str, moment: dt.datetime | None) -> None:
    assert moments_of(read, cell, "2024-01-01", "2024-01-02")[0] == moment


def test_one_day_above_12_decides_for_the_column(read: Read) -> None:
    assert moments_of(read, "03/04/2024", "25/12/2023")[0] == dt.datetime(2024, 4, 3)
    assert moments_of(read, "03/04/2024", "12/25/2023")[0] == dt.datetime(2024, 3, 4)
    assert moments_of(read, "03/03/2024", "04/04/2024")[0] == dt.datetime(2024, 3, 3)


def test_years_of_two_digits_may_stand_first(read: Read) -> None:
    cells = [f"{23 + day % 2}-01-{day:02d}" for day in range(1, 29)]
    assert moments_of(read, *cells)[:2] == [dt.datetime(2024, 1, 1), dt.datetime(2023, 1, 2)]
    with pytest.raises(InputError, match="cannot be told which number is the year") as caught:
        moments_of(read, "23-01-03", "23-01-04", "23-02-09")
    (question,) = caught.value.problems
    assert isinstance(question, OpenDateOrder)
    assert question.orders == ("dmy", "ymd")
    assert question.readings[0].dates == (dt.date(2003, 1, 23), dt.date(2023, 1, 3))


def test_eight_digits_with_the_year_last(read: Read) -> None:
    assert moments_of(read, "31012024", "03042024") == [dt.datetime(2024, 1, 31), dt.datetime(2024, 4, 3)]
    assert moments_of(read, "01312024", "03042024") == [dt.datetime(2024, 1, 31), dt.datetime(2024, 3, 4)]
    with pytest.raises(
        InputError, match="03042024 is 3 April 2024 as day/month/year and 4 March 2024"
    ) as caught:
        moments_of(read, "03042024", "05062024")
    (question,) = caught.value.problems
    assert isinstance(question, OpenDateOrder)


def test_the_question_shows_both_readings_of_the_first_dates(read: Read) -> None:
    with pytest.raises(InputError) as caught:
        moments_of(read, "04/04/2024", "03/04/2024", "05/04/24", "03/04/2024")
    (question,) = caught.value.problems
    assert isinstance(question, OpenDateOrder)
    assert question.orders == ("dmy", "mdy")
    assert question.readings == (
        DateReading("03/04/2024", (dt.date(2024, 4, 3), dt.date(2024, 3, 4))),
        DateReading("05/04/24", (dt.date(2024, 4, 5), dt.date(2024, 5, 4))),
    )


@pytest.mark.parametrize(
    "line",
    [
        "TOTAL,,5.00",
        ",,5.00",
        "Итого:,,5",
        "Summe (40),,5",
        "Łącznie,,5",
        ",Total 2024,5",
        "Total,2024-12-31,5",
    ],
)
def test_a_totals_line_is_no_order(read: Read, line: str) -> None:
    report = read(PLAIN + line + "\n").report
    assert [(group.reason, group.rows, group.value) for group in report.dropped] == [
        ("totals line, not an order", 1, 5.0)
    ]


@pytest.mark.parametrize(
    ("cells", "encoding"),
    [
        (["5,00 €", "1 234,50 €"], "cp1252"),
        (["5,00 €", "1 234,50 €"], "iso8859_15"),
        (["5,00 zł", "1 234,50 zł"], "cp1250"),
        (["5,00 zł", "1 234,50 zł"], "iso8859_2"),
        (["5,00 руб.", "1 234,50 руб."], "cp1251"),
        (["5,00 руб.", "1 234,50 руб."], "cp866"),
        (["£5.00", "£1,234.50"], "cp1252"),
    ],
)
def test_the_currency_tells_the_encoding(read: Read, cells: list[str], encoding: str) -> None:
    lines = "".join(f"c{number};2024-01-05;{cell}\n" for number, cell in enumerate(cells))
    report = read(f"customer_id;order_date;amount\n{lines}".encode(encoding)).report
    assert report.revenue == 1239.5
    assert report.currency in ("EUR", "PLN", "RUB", "GBP")


@pytest.mark.parametrize(
    ("name", "encoding"),
    [("Łukasz Żółć", "cp1250"), ("Иван Петров", "cp1251"), ("Иван Петров", "koi8_r"), ("François Müller", "cp1252"),
     ("山田太郎", "shift_jis")],
)  # fmt: skip
def test_names_tell_the_encoding(read: Read, name: str, encoding: str) -> None:
    lines = "".join(f"c{number},2024-01-05,{number},{name}\n" for number in range(1, 9))
    result = read(f"customer_id,order_date,amount,name\n{lines}".encode(encoding))
    assert rows_of(result, "name")[0] == (name,)


def test_date_order_is_taken_as_given(read: Read) -> None:
    cells = ("03/04/2024", "05/04/2024")
    assert moments_of(read, *cells, date_order="dmy")[0] == dt.datetime(2024, 4, 3)
    assert moments_of(read, *cells, date_order="mdy")[0] == dt.datetime(2024, 3, 4)
    assert moments_of(read, "03/04/05", "04/04/05", date_order="ymd")[0] == dt.datetime(2003, 4, 5)
    with pytest.raises(InputError, match="order date"):
        moments_of(read, *cells, date_order="ymd")


def test_customer_ids_are_text(read: Read) -> None:
    ids = ["18446744073709551615", "10329302124590727494", "00012", "  a b ", "Zoë", '=""007""', "'0099"]
    lines = "".join(f'"{cell}",2024-01-05,1\n' for cell in ids)
    found = [str(cell) for (cell,) in rows_of(read(f"customer_id,order_date,amount\n{lines}"), "customer_id")]
    assert found == ["18446744073709551615", "10329302124590727494", "00012", "a b", "Zoë", "007", "0099"]


def test_ids_that_went_through_floats(read: Read) -> None:
    all_floats = read(
        "customer_id,order_date,amount\n17850.0,2024-01-05,1\n12.0,2024-01-06,1\n,2024-01-06,1\n"
    )
    assert rows_of(all_floats, "customer_id") == [("17850",), ("12",)]
    some = read("customer_id,order_date,amount\n1.0,2024-01-05,1\nx,2024-01-06,1\ny,2024-01-06,1\n")
    assert rows_of(some, "customer_id")[0] == ("1.0",)


def test_ids_that_a_spreadsheet_has_rounded(read: Read) -> None:
    result = read("customer_id,order_date,amount\n1.03E+19,2024-01-05,1\n5,2024-01-06,1\n")
    assert any("1.03E+19" in warning and "spreadsheet" in warning for warning in result.report.warnings)
    assert not any("spreadsheet" in warning for warning in read(PLAIN).report.warnings)


def test_email_addresses_are_one_in_any_case(read: Read) -> None:
    result = read(
        "email,order_date,amount\nAnn@x.org,2024-01-05,1\nann@x.org,2024-01-06,1\nBob,2024-01-06,1\n"
    )
    assert rows_of(result, "customer_id") == [("ann@x.org",), ("ann@x.org",), ("Bob",)]


def test_dropped_rows_are_counted_with_their_value_and_lines(read: Read) -> None:
    content = (
        "Report of 2024,,,\n\ncustomer_id,order_date,amount,status\na,2024-01-05,10,paid\n,2024-01-06,20,paid\n"
        "n/a,2024-01-06,5,paid\nb,,30,paid\nc,someday,40,paid\nd,2024-01-08,,paid\ne,2024-01-08,lots,paid\n"
        ",,,\nf,2024-01-09,7,Cancelled\ng,2024-01-09,8,wc-failed\nh,2024-01-10,9,refunded\ni,2024-01-10,1,paid,x\n"
        "j,2024-01-11,11,paid\nk,2024-01-11,12,paid\nl,2024-01-11,12,paid\nTOTAL,,200,\n"
    )
    report = read(content).report
    dropped = {group.reason: (group.rows, group.value, group.first_lines) for group in report.dropped}
    assert dropped == {
        "no customer id": (2, 25.0, ("orders.csv line 5", "orders.csv line 6")),
        "no date": (1, 30.0, ("orders.csv line 7",)),
        "date cannot be read": (1, 40.0, ("orders.csv line 8",)),
        "no amount": (1, None, ("orders.csv line 9",)),
        "amount cannot be read": (1, None, ("orders.csv line 10",)),
        "blank row": (1, None, ("orders.csv line 11",)),
        "status cancelled": (1, 7.0, ("orders.csv line 12",)),
        "status failed": (1, 8.0, ("orders.csv line 13",)),
        "more cells than the header has columns": (1, 1.0, ("orders.csv line 15",)),
        "totals line, not an order": (1, 200.0, ("orders.csv line 19",)),
    }
    assert (report.rows_read, report.rows_kept) == (16, 5)
    assert any("status refunded" in warning for warning in report.warnings)


def test_lines_are_numbered_as_an_editor_does(read: Read) -> None:
    content = 'customer_id,order_date,amount,note\n\na,2024-01-05,1,"two\nlines"\n\nb,2024-01-06,2,x\nc,2024-01-07,3,y\n'
    assert rows_of(read(content), "customer_id", "source_line") == [("a", 3), ("b", 6), ("c", 7)]


def test_refunds_are_kept_apart(read: Read) -> None:
    content = "customer_id,order_date,amount,order_id\na,2024-01-05,100,1\na,2024-01-09,(40.00),2\nb,2024-01-10,5,3\n"
    report = read(content).report
    assert (report.purchase_rows, report.refund_rows, report.customers, report.orders) == (2, 1, 2, 2)
    assert (report.gross_revenue, report.refunds, report.revenue) == (105, 40, 65)


def test_refund_column_is_subtracted(read: Read) -> None:
    content = "customer_id,order_date,amount,refunded amount\na,2024-01-05,100,25\nb,2024-01-10,5,\nc,2024-01-10,9,9.00\n"
    result = read(content)
    assert [amount for (amount,) in rows_of(result, "amount")] == [Decimal("75"), Decimal("5"), Decimal("0")]
    report = result.report
    assert (report.gross_revenue, report.refunds, report.revenue) == (114, 34, 80)
    assert report.purchase_rows == 2


def test_quantity_times_price_less_discount(read: Read) -> None:
    content = (
        "customer_id,order_date,quantity,unit_price,discount,invoice\na,2024-01-05,3,2.50,0.50,1\n"
        "a,2024-01-06,-1,2.50,0.50,C2\nb,2024-01-06,0,2.50,,3\nb,2024-01-07,4,0,,4\nb,2024-01-07,1.5,1.25,,5\n"
    )
    result = read(content)
    assert rows_of(result, "amount", "is_refund") == [
        (Decimal("7"), False),
        (Decimal("-2"), True),
        (Decimal("1.875"), False),
    ]
    assert [(group.reason, group.rows) for group in result.report.dropped] == [
        ("free or adjustment line (price or quantity 0)", 2)
    ]


def test_cancellation_with_a_positive_amount_is_a_refund(read: Read) -> None:
    content = "customer_id,order_date,amount,units,invoice\na,2024-01-05,10,1,1\na,2024-01-06,10,-1,C1\n"
    result = read(content, mapping={"quantity": "units", "amount": "amount"})
    assert result.report.revenue == 0
    assert result.report.refund_rows == 1


def test_zero_amounts_count_as_customers_not_as_purchases(read: Read) -> None:
    report = read(PLAIN + "z,2024-03-01,0\n").report
    assert (report.rows_kept, report.purchase_rows, report.customers) == (4, 3, 3)
    assert any("1 row is with amount 0" in warning for warning in report.warnings)


def test_duplicates_and_odd_dates_are_mentioned(read: Read) -> None:
    future = dt.date.today() + dt.timedelta(days=400)
    report = read(PLAIN + f"a,2024-01-05,10.00\nq,{future},1\nr,1970-01-01,1\n").report
    said = " ".join(report.warnings)
    assert "1 row repeats another row exactly, worth 10.00" in said
    assert f"after today, up to {future}" in said
    assert "before 1990, from 1970-01-01" in said
    assert read(PLAIN).report.warnings == ()


def test_orders_are_numbers_or_moments(read: Read) -> None:
    by_number = (
        "customer_id,order_date,amount,order_id\na,2024-01-05,1,7\na,2024-01-05,2,7\na,2024-01-06,2,8\n"
    )
    assert read(by_number).report.orders == 2
    assert read(by_number).transactions.has_order_id
    by_moment = "customer_id,order_date,amount\na,2024-01-05,1\na,2024-01-05,2\nb,2024-01-05,2\n"
    assert read(by_moment).report.orders == 2
    assert not read(by_moment).transactions.has_order_id


def test_chosen_currency_leaves_the_others_out(read: Read) -> None:
    content = (
        "customer_id,order_date,amount,currency\na,2024-01-05,5,eur\nb,2024-01-06,6.5,USD\n"
        "b,2024-01-07,1,$\nc,2024-01-07,1,\n"
    )
    report = read(content, currency="usd").report
    assert (report.currency, report.revenue, report.rows_kept) == ("USD", 7.5, 2)
    assert {(group.reason, group.value) for group in report.dropped} == {
        ("in another currency (EUR)", 5.0),
        ("no currency", 1.0),
    }


@pytest.mark.parametrize(
    ("header", "cell", "asked", "currency"),
    [
        ("amount", "€5", None, "EUR"),
        ("amount", "5 zł", None, "PLN"),
        ("Total (GBP)", "5", None, "GBP"),
        ("amount", "$5", None, "USD"),
        ("amount", "$5", "CAD", "CAD"),
        ("amount", "5", None, None),
        ("amount", "5", "chf", "CHF"),
    ],
)
def test_currency_is_found(
    read: Read, header: str, cell: str, asked: str | None, currency: str | None
) -> None:
    content = f"customer_id,order_date,{header}\na,2024-01-05,{cell}\nb,2024-01-06,{cell}\n"
    assert read(content, currency=asked).report.currency == currency


def test_column_names_cannot_break_out(read: Read) -> None:
    content = 'customer_id,order_date,amount,"x""; DROP TABLE a; --",it\'s\na,2024-01-05,5,q,r\nb,2024-01-06,6,s,t\n'
    result = read(content, name="o'rders\".csv")
    assert rows_of(result, *result.transactions.attributes) == [("q", "r"), ("s", "t")]
    assert rows_of(result, "source_file")[0] == ("o'rders\".csv",)


def real(shared: Path, *parts: str, **settings: object) -> QualityReport:
    """Report of a real file."""
    path = shared.joinpath(*parts)
    report = read_orders([OrderFile(path.name, path)], **settings).report  # type: ignore[arg-type]
    assert report.rows_read == report.rows_kept + sum(group.rows for group in report.dropped)
    return report


def test_cdnow(shared: Path) -> None:
    report = real(shared, "cdnow", "CDNOW_master.csv")
    assert (report.rows_read, report.rows_kept, report.customers) == (69_659, 69_659, 23_570)
    assert (report.first_date, report.last_date) == (dt.date(1997, 1, 1), dt.date(1998, 6, 30))
    assert report.rows_kept - report.purchase_rows == 80


def test_file_without_a_header(shared: Path) -> None:
    with pytest.raises(InputError, match="no column names"):
        real(shared, "cdnow", "CDNOW_sample.txt")


def test_yandex_ids_of_20_digits(shared: Path) -> None:
    report = real(shared, "yandex_afisha", "orders_log_us.csv")
    assert (report.rows_kept, report.customers, report.revenue) == (50_415, 36_523, 252057.20)


@pytest.mark.slow
def test_uci_online_retail(shared: Path) -> None:
    report = real(shared, "online_retail", "online_retail.parquet")
    assert (report.rows_read, report.customers, report.orders) == (541_909, 4_338, 18_532)
    assert round(report.gross_revenue, 2) == 8911407.90
    assert (report.purchase_rows, report.refund_rows) == (397_884, 8_905)
    assert [(group.reason, group.rows) for group in report.dropped] == [
        ("no customer id", 135_080),
        ("free or adjustment line (price or quantity 0)", 40),
    ]


@pytest.mark.parametrize(
    ("name", "rows", "customers", "total", "settings"),
    [
        ("plain.csv.gz", 6919, 2357, 244091.94, {}),
        ("ru_cp1251_semicolon_comma.csv", 6919, 2357, 18983028.37, {}),
        ("us_utf8bom_dollar_paren_refunds.csv", 7219, 2357, 9329076.0, {}),
        ("title_rows_second_sheet.xlsx", 6919, 2357, 244091.94, {}),
        ("edge_no_repeat_buyers.csv", 1205, 1205, 36673.38, {}),
        ("ambiguous_dayfirst_all_days_le_12.csv", 2734, 1437, 94902.63, {"date_order": "dmy"}),
    ],
)
def test_damaged_files_give_their_truth(
    shared: Path, name: str, rows: int, customers: int, total: float, settings: dict[str, object]
) -> None:
    report = real(shared, "dirty", name, **settings)
    assert (report.rows_kept, report.customers) == (rows, customers)
    assert report.revenue == pytest.approx(total, abs=0.005)


def test_messy_file_is_explained_row_by_row(shared: Path) -> None:
    report = real(shared, "dirty", "messy_preamble_dups_total_row.csv")
    dropped = {group.reason: group.rows for group in report.dropped}
    # One of the added duplicates repeats a row without an id.
    assert dropped == {"no customer id": 34, "blank row": 7, "totals line, not an order": 1}
    assert (report.rows_kept, report.customers) == (6919 + 139 - 34, 2353)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ambiguous_dayfirst_all_days_le_12.csv", "every day is at most 12"),
        ("edge_mixed_currencies.csv", r"EUR \(1,289 rows, 46,661.72\)"),
        ("edge_empty.csv", "empty"),
        ("edge_header_only.csv", "no row"),
    ],
)
def test_damaged_files_that_need_an_answer(shared: Path, name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        real(shared, "dirty", name)


@pytest.mark.slow
def test_shopify_export(shared: Path) -> None:
    report = real(shared, "platform_exports", "shopify_orders_export.csv.gz")
    assert (report.layout, report.rows_read, report.rows_kept) == ("Shopify orders", 69_691, 69_691)
    assert (report.customers, report.orders, report.currency) == (643, 2_780, "GBP")
    assert (report.gross_revenue, report.refunds) == (1640902.72, 79397.82)
    assert any("66,911 rows are further lines of orders" in said for said in report.notes)


def test_shopify_export_of_a_store_in_development(shared: Path) -> None:
    report = real(shared, "platform_exports", "shopify_orders_export_devstore_real_header.csv")
    assert (report.rows_read, report.orders, report.currency) == (121, 50, "INR")
    assert report.first_date == report.last_date
    # The 51st order has no customer.
    assert [(group.reason, group.rows, group.value) for group in report.dropped] == [
        ("no customer id", 1, 27244.55)
    ]


def test_woocommerce_export(shared: Path) -> None:
    name = "woocommerce_orders_webtoffee_from_online_retail.csv"
    path = shared / "platform_exports" / name
    result = read_orders([OrderFile(name, path)])
    report = result.report
    assert (report.layout, report.rows_read, report.orders) == (
        "WooCommerce orders (WebToffee)",
        2_780,
        2_717 + 20,
    )
    assert report.gross_revenue == 1620899.38
    assert {group.reason: group.rows for group in report.dropped} == {
        "status cancelled": 29,
        "status failed": 14,
    }
    # 150 orders of guests, four of them cancelled or failed.
    assert any("146 rows are of guests" in said and "as 146 customers" in said for said in report.notes)
    assert len(result.failed_payments) == 14


@pytest.mark.parametrize(
    ("currency", "payments", "amount"), [("EUR", 319, 3107.5), ("USD", 197, 3553), ("MXN", 106, 19115)]
)
def test_stripe_payments_of_one_currency(shared: Path, currency: str, payments: int, amount: float) -> None:
    report = real(shared, "platform_exports", "stripe_payments_semicolon_real.csv", currency=currency)
    assert (report.layout, report.rows_read, report.currency) == ("Stripe payments", 622, currency)
    nameless = [group for group in report.dropped if group.reason == "no customer id"]
    assert report.rows_kept + sum(group.rows for group in nameless) == payments
    assert report.revenue + sum(group.value or 0 for group in nameless) == pytest.approx(amount)


def test_stripe_payments_as_stripe_converted_them(shared: Path) -> None:
    name = "stripe_payments_semicolon_real.csv"
    report = real(shared, "platform_exports", name, mapping={"amount": "Converted Amount"})
    assert (report.currency, report.rows_kept, report.customers) == ("THB", 607, 196)
    (nameless,) = report.dropped
    assert nameless.rows == 15
    assert report.revenue + (nameless.value or 0) == pytest.approx(284332.30)
    with pytest.raises(InputError, match="3 currencies, which cannot be added"):
        real(shared, "platform_exports", name)
    converted = real(shared, "platform_exports", name, currency="EUR", rates={"USD": 0.9, "MXN": 0.05})
    assert converted.rows_kept == 607
    assert converted.revenue == pytest.approx(3100.5 + 0.9 * 3295 + 0.05 * 16765)


@pytest.mark.slow
def test_half_a_million_rows_in_seconds(write: Write) -> None:
    lines = (
        f"{number % 90_000},{1 + number % 28}/{1 + number % 12}/2023 10:15,{number % 977}.25"
        for number in range(500_000)
    )
    content = "customer_id,order_date,amount\n" + "\n".join(lines) + "\n"
    file = write(content)
    started = dt.datetime.now()
    assert read_orders([file]).report.rows_kept == 500_000
    # Three seconds on an idle machine; the rest is room for a busy one.
    assert dt.datetime.now() - started < dt.timedelta(seconds=25)


@pytest.mark.timeout(60)
def test_a_cell_that_holds_a_novel_costs_one_row_and_no_time(read: Read) -> None:
    for letters in ("x", "1", " ", "(", "1 ", "a1"):
        novel = letters * 30_000
        report = read(PLAIN + f'c,"{novel}|",5\nd,2024-02-15,"{novel}|"\n').report
        assert (report.rows_kept, report.rows_read) == (3, 5)


@pytest.mark.slow
def test_cells_of_several_lines_in_a_file_of_very_many_columns(read: Read) -> None:
    more = [f"extra {number}" for number in range(1_200)]
    rows = [
        f'{customer},2024-01-0{day},{day},"two\nlines",' + ",".join("x" for _ in more[1:])
        for day, customer in enumerate("abc", start=1)
    ]
    result = read("\n".join([f"customer_id,order_date,amount,{','.join(more)}", *rows]) + "\n")
    assert rows_of(result, "source_line", "customer_id") == [(2, "a"), (4, "b"), (6, "c")]
