"""Every kind of file that users have can be read."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from order_files import PLAIN, Read, Write, rows_of

from clv.ingest import ColumnMapping, OrderFile, preview, read_orders

EXPECTED = [("a", Decimal("10.0000")), ("b", Decimal("20.5000")), ("a", Decimal("30.2500"))]


@pytest.mark.slow
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_every_separator_line_end_and_encoding(
    read: Read, separator: str, line_end: str, encoding: str
) -> None:
    content = PLAIN.replace(",", separator).replace("\n", line_end).encode(encoding)
    assert rows_of(read(content), "customer_id", "amount") == EXPECTED


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("Номер клиента;Дата покупки;Сумма, руб.", "cp1251"),
        ("Клиент;Дата;Сумма", "koi8_r"),
        ("Klient;Data zamówienia;Kwota zamówienia", "cp1250"),
        ("Client;Dată comandă;Sumă totală", "iso8859_2"),
        ("Käufer;Bestelldatum;Umsatz", "cp1252"),
        ("Kunde;Datum;Betrag", "utf-8"),
        ("E-Mail-Adresse;Bestellt am;Umsatz in €", "cp1252"),
        ("Debitor;Belegdatum;Nettobetrag", "cp852"),
        ("E-mail klienta;Data dodania;Kwota do zapłaty", "iso8859_2"),
        ("Kontrahent;Data sprzedaży;Wartość brutto (zł)", "cp852"),
        ("Adresă de email;Data achiziției;Suma totală (RON)", "utf-8"),
        ("Cumpărător;Data comenzii;Valoare cu TVA", "iso8859_16"),
        ("Контрагент;Дата документа;Сумма, руб.", "mac_cyrillic"),
        ("Номер карты;Дата чека;Сумма чека", "cp866"),
    ],
)
def test_headers_in_other_languages(read: Read, header: str, encoding: str) -> None:
    content = f"{header}\n001;05.01.2024;1 234,50\n002;20.01.2024;7,25\n"
    result = read(content.encode(encoding))
    assert rows_of(result, "customer_id", "amount") == [("001", Decimal("1234.5")), ("002", Decimal("7.25"))]


@pytest.mark.parametrize(
    ("header", "fields"),
    [
        ("CustomerID,InvoiceDate,Quantity,UnitPrice,InvoiceNo", {"quantity", "unit_price", "order_id"}),
        ("Customer ID,InvoiceDate,Quantity,Price,Invoice", {"quantity", "unit_price", "order_id"}),
        ("Uid,Buy Ts,Revenue", {"amount"}),
        ("email,Created at,Total", {"amount"}),
        ("user,order_date,price", {"amount"}),
        ("client,date,net_sales,status", {"amount", "status"}),
        ("Customer ID,Created (UTC),Amount,Amount Refunded,Currency", {"amount", "refund", "currency"}),
    ],
)
def test_english_headers(write: Write, header: str, fields: set[str]) -> None:
    guess = preview(write(f"{header}\n{','.join('1' * (header.count(',') + 1))}\n")).guess
    assert set(guess) == fields | {"customer", "date"}


def test_parquet_with_its_own_types(tmp_path: Path) -> None:
    moments = [dt.datetime(2024, 1, 5, 10), dt.datetime(2024, 1, 6, 11)]
    table = pa.table(
        {
            "uid": pa.array([18446744073709551615, 7], pa.uint64()),
            "order_date": pa.array(moments, pa.timestamp("ns")),
            "amount": pa.array([Decimal("1.10"), Decimal("2.20")], pa.decimal128(9, 2)),
            "units": pa.array([1.0, 2.5]),
        }
    )
    pq.write_table(table, tmp_path / "orders.parquet")
    result = read_orders([OrderFile("orders.parquet", tmp_path / "orders.parquet")])
    assert rows_of(result, "customer_id", "ordered_at", "amount", "units") == [
        ("18446744073709551615", moments[0], Decimal("1.1"), "1"),
        ("7", moments[1], Decimal("2.2"), "2.5"),
    ]


def test_moments_with_a_zone_keep_the_clock_of_greenwich(tmp_path: Path) -> None:
    moments = pa.array(
        [dt.datetime(2024, 1, 5, 23), dt.datetime(2024, 1, 6, 1)], pa.timestamp("us", tz="UTC")
    )
    pq.write_table(
        pa.table({"customer": ["a", "b"], "date": moments, "amount": [1.0, 2.0]}), tmp_path / "o.parquet"
    )
    result = read_orders([OrderFile("o.parquet", tmp_path / "o.parquet")])
    assert [moment for (moment,) in rows_of(result, "ordered_at")] == [
        dt.datetime(2024, 1, 5, 23),
        dt.datetime(2024, 1, 6, 1),
    ]


@pytest.mark.parametrize("name", ["orders.xlsx", "orders.csv"])
def test_workbook_under_any_name(workbook: Callable[..., OrderFile], name: str) -> None:
    rows = [
        ["Customer ID", "Order Date", "Amount", "Note"],
        [17850.0, dt.datetime(2024, 1, 5), 10.5, "x"],
        [17851.0, dt.datetime(2024, 1, 6), 11, None],
    ]
    cover = [["Report"], ["Confidential"]]
    result = read_orders([workbook({"Cover": cover, "Data": [["Orders"], [], *rows]}, name)])
    assert rows_of(result, "customer_id", "ordered_at", "amount", "source_line") == [
        ("17850", dt.datetime(2024, 1, 5), Decimal("10.5"), 4),
        ("17851", dt.datetime(2024, 1, 6), Decimal("11"), 5),
    ]


@pytest.mark.parametrize(
    "content",
    [
        ",customer_id,order_date,amount\n0,a,2024-01-05,10\n1,b,2024-01-20,20.5\n2,a,2024-02-14,30.25\n",
        '"customer_id","order_date","amount"\n"1","a",2024-01-05,10\n"2","b",2024-01-20,20.5\n"3","a",2024-02-14,30.25\n',
        "customer_id;order_date;amount\na;2024-01-05;10;\nb;2024-01-20;20.5;\na;2024-02-14;30.25;\n",
        "Unnamed: 0,customer_id,order_date,amount\n0,a,2024-01-05,10\n1,b,2024-01-20,20.5\n2,a,2024-02-14,30.25\n",
    ],
)
def test_saved_row_numbers_and_trailing_separators_are_ignored(read: Read, content: str) -> None:
    result = read(content)
    assert rows_of(result, "customer_id", "amount") == EXPECTED
    assert result.transactions.attributes == ()


def test_gzip_and_names_like_search_patterns(write: Write) -> None:
    packed = write(gzip.compress(PLAIN.encode()), "orders[1]*.csv.gz")
    plain = write(PLAIN, "orders[2]?.csv")
    report = read_orders([packed, plain]).report
    assert (report.rows_read, report.rows_kept) == (6, 3)
    assert any("overlap" in warning for warning in report.warnings)


def test_several_files_are_put_together(write: Write) -> None:
    second = write("Amount;Customer ID;Order Date;Extra\n1,50;c;2024-03-01;x\n2,50;c;2024-03-02;y\n", "b.csv")
    result = read_orders([write(PLAIN, "a.csv"), second])
    assert result.report.files == ("a.csv", "b.csv")
    assert result.report.revenue == pytest.approx(64.75)
    assert result.transactions.attributes == ("extra",)
    assert rows_of(result, "extra")[-2:] == [("x",), ("y",)]


def test_preview_guesses_by_name_and_suggests_by_value(write: Write) -> None:
    shown = preview(
        write("kto,kogda,skolko\nann,2024-01-05,10.50\nbob,2024-01-06,11.50\nann,2024-01-07,1.50\n"), rows=2
    )
    assert shown.columns == ("kto", "kogda", "skolko")
    assert shown.guess == {"customer": "kto", "date": "kogda", "amount": "skolko"}
    assert shown.missing == ("customer", "date", "amount")
    assert shown.head.shape == (2, 3)
    assert all(pd.api.types.is_string_dtype(dtype) for dtype in shown.head.dtypes)
    named = preview(write(PLAIN))
    assert named.guess == {"customer": "customer_id", "date": "order_date", "amount": "amount"}
    assert named.missing == ()


def test_mapping_in_full_and_in_part(read: Read) -> None:
    content = "who,when,gross,net,shop\na,2024-01-05,5,4,x\nb,2024-01-06,6,5,y\n"
    part = read(content, mapping={"customer": "who", "date": "when", "amount": "net"})
    assert part.report.revenue == 9
    assert part.transactions.attributes == ("gross", "shop")
    full = read(
        content, mapping=ColumnMapping(customer="who", date="when", amount="gross", attributes=("Shop",))
    )
    assert full.report.revenue == 11
    assert full.transactions.attributes == ("shop",)


def test_report_is_ready_for_json(read: Read) -> None:
    report = json.loads(json.dumps(read(PLAIN + "c,,5\n").report.to_dict()))
    assert report["rows_read"] == 4
    assert report["rows_kept"] == 3
    assert report["revenue"] == 60.75
    assert (report["first_date"], report["last_date"]) == ("2024-01-05", "2024-02-14")
    assert report["dropped"] == [
        {"reason": "no date", "rows": 1, "value": 5.0, "first_lines": ["orders.csv line 5"]}
    ]
    assert report["mapping"]["customer"] == "customer_id"


def test_table_has_the_promised_types(read: Read) -> None:
    schema = read(
        "customer_id,order_date,amount,Product Name,source_line\na,2024-01-05,5,x,9\nb,2024-01-06,6,y,9\n"
    )
    assert dict(schema.transactions.table.schema().items()) == {
        "source_file": ibis.dtype("string"),
        "source_line": ibis.dtype("int64"),
        "customer_id": ibis.dtype("string"),
        "order_id": ibis.dtype("string"),
        "ordered_at": ibis.dtype("timestamp(6)"),
        "amount": ibis.dtype("decimal(18, 4)"),
        "is_refund": ibis.dtype("boolean"),
        "product_name": ibis.dtype("string"),
        "source_line_2": ibis.dtype("string"),
    }


def test_connection_of_the_caller_is_kept_tidy(write: Write) -> None:
    connection = ibis.duckdb.connect()
    first = read_orders([write(PLAIN)], connection=connection)
    second = read_orders([write(PLAIN)], connection=connection)
    with pytest.raises(ValueError, match="date"):
        read_orders(
            [write("customer_id,order_date,amount\n1,x,2\n2,y,3\n", "bad.csv")], connection=connection
        )
    tables = connection.con.execute("SELECT table_name FROM duckdb_tables()").fetchall()
    names = {first.transactions.table.get_name(), second.transactions.table.get_name()}
    assert {name for (name,) in tables} == names
    assert len(names) == 2


def test_progress_goes_from_nothing_to_done(write: Write) -> None:
    steps: list[tuple[float, str]] = []
    read_orders([write(PLAIN)], progress=lambda share, doing: steps.append((share, doing)))
    shares = [share for share, _ in steps]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert all(doing for _, doing in steps)
