"""What cannot be used is refused with plain sentences: what, where, what to do."""

from __future__ import annotations

import contextlib
import gzip
import io
import os
import re
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

import pytest
from order_files import PLAIN, Read, Write

from clv.ingest import ColumnMapping, InputError, OrderFile, preview, read_orders

JARGON = re.compile(
    r"duckdb|varchar|ibis|arrow table|exception|traceback|calamine|utf8 codec|null\b", re.IGNORECASE
)
PROTECTED = (
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(900)
)


def archive(**entries: str | bytes) -> bytes:
    """A ZIP archive of text files; two underscores in a name stand for its stop."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in entries.items():
            zipped.writestr(name.replace("__", "."), content)
    return packed.getvalue()


def encrypted(packed: bytes) -> bytes:
    """An archive whose entries say that they need a password."""
    marked = bytearray(packed)
    marked[6] |= 1
    marked[packed.index(b"PK\x01\x02") + 8] |= 1
    return bytes(marked)


def tar_of(content: bytes) -> bytes:
    """A TAR archive of one file."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as out:
        entry = tarfile.TarInfo("orders.csv")
        entry.size = len(content)
        out.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


BAD_FILES = {
    "empty": (b"", "empty"),
    "blank": (b" \n\n", "empty"),
    "header only": (b"customer_id,order_date,amount\n", "no row"),
    "one row": (b"customer_id,order_date,amount\n1,2024-01-05,5\n", "only one row"),
    "no date column": (b"customer_id,amount\n1,5\n2,6\n", "order date"),
    "no customer column": (b"order_date,amount\n2024-01-05,5\n2024-01-06,6\n", "as the customer"),
    "no amount column": (b"customer_id,order_date\n1,2024-01-05\n2,2024-01-06\n", "as the amount"),
    "text amounts": (b"customer_id,order_date,amount\n1,2024-01-05,abc\n2,2024-01-06,def\n", "«abc»"),
    "text dates": (b"customer_id,order_date,amount\n1,yes,1\n2,no,2\n", "«yes»"),
    "empty amounts": (b"customer_id,order_date,amount\n1,2024-01-05,\n2,2024-01-06,\n", "column is empty"),
    "refunds only": (
        b"customer_id,order_date,amount\n1,2024-01-05,-5\n2,2024-01-06,-6\n",
        "no row is a purchase",
    ),
    "no header": (b"17850,2024-01-05,10.00\n17851,2024-01-06,11.00\n", "no column names"),
    "one column": (b"customer_id\n1\n2\n", "only one column"),
    "no line break": (b"a," * 300_000, "no line break"),
    "unquoted commas": (
        b"customer_id,order_date,amount\n1,2024-01-05,1,234.5\n2,2024-01-06,2,345.6\n",
        "2 of 2 rows",
    ),
    "open quote": (b'customer_id,order_date,amount\n1,"2024-01-05,5\n2,2024-01-06,6\n', "quotation mark"),
    "random bytes": (os.urandom(100_000), "binary"),
    "binary tail": (
        b"customer_id,order_date,amount\n" + b"1,2024-01-05,5\n" * 9_000 + bytes(9_000),
        "binary",
    ),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
    "png": (b"\x89PNG\r\n\x1a\n", "PNG"),
    "program": (b"MZ\x90\x00\x03", "program"),
    "zip without a table": (archive(scan__png="x"), "no table of orders"),
    "empty zip": (archive(), "empty ZIP archive"),
    "zip within zip": (archive(orders__zip=archive(orders__csv=PLAIN)), "another archive inside"),
    "zip within zip, named as a table": (archive(orders__csv=archive(orders__csv=PLAIN)), "another archive"),
    "zip within gzip": (gzip.compress(archive(orders__csv=PLAIN)), "another archive inside"),
    "gzip within gzip": (gzip.compress(gzip.compress(PLAIN.encode())), "archive inside another"),
    "gzip within zip": (archive(orders__csv__gz=gzip.compress(PLAIN.encode())), "another archive inside"),
    "tar in gzip": (tar_of(PLAIN.encode()), "TAR archive"),
    "encrypted zip": (encrypted(archive(orders__csv=PLAIN)), "protected by a password"),
    "zip bomb": (archive(orders__csv=bytes(300 * 2**20)), "too large once unpacked"),
    "gzip bomb": (gzip.compress(bytes(300 * 2**20), 1), "too large once unpacked"),
    "zip of broken tables": (archive(a__csv="", b__csv="x"), "only one column"),
    "broken zip": (archive(orders__csv=PLAIN)[:40], "damaged"),
    "html": (b"<!DOCTYPE html><html><body>Please sign in</body></html>", "web page"),
    "json": (b'[{"customer": 1}]', "JSON"),
    "xml": (b'<?xml version="1.0"?><orders/>', "XML"),
    "old workbook, broken": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000), "workbook"),
    "password": (PROTECTED, "password"),
    "broken parquet": (b"PAR1" + bytes(500) + b"PAR1", "Parquet"),
    "broken gzip": (gzip.compress(PLAIN.encode() * 50)[:60], "compressed"),
    "gzip of zeros": (gzip.compress(bytes(5_000_000)), "binary"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_file_is_refused_in_plain_words(case: str, write: Write) -> None:
    content, said = BAD_FILES[case]
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        read_orders([write(content, "orders_2024.csv")])
    for problem in caught.value.problems:
        assert problem.what
        assert problem.todo
    text = str(caught.value)
    assert "orders_2024.csv" in text
    assert not JARGON.search(text), text


@pytest.mark.parametrize("case", BAD_FILES)
def test_preview_of_a_bad_file_ends_in_words_too(case: str, write: Write) -> None:
    # Some of these files are tables, only not of orders: looking at them is allowed.
    with contextlib.suppress(InputError):
        assert preview(write(BAD_FILES[case][0], "orders.csv")).columns


def test_folder_and_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        read_orders([OrderFile("orders", tmp_path)])
    with pytest.raises(InputError, match="no file"):
        read_orders([OrderFile("orders.csv", tmp_path / "absent.csv")])
    with pytest.raises(InputError, match="no file was given"):
        read_orders([])


def test_200_mb_of_noise_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "noise.csv"
    block = os.urandom(2**20)
    with path.open("wb") as out:
        for _ in range(200):
            out.write(block)
    started = time.monotonic()
    with pytest.raises(InputError, match="binary"):
        read_orders([OrderFile("noise.csv", path)])
    assert time.monotonic() - started < 10


def test_problems_are_shown_together(write: Write) -> None:
    content = "customer_id,order_date,amount,currency\n1,01/02/2024,abc,EUR\n2,03/04/2024,def,EUR\n3,05/06/2024,5,USD\n"
    content += "4,05/06/2024,ghi,EUR\n5,07/06/2024,6,EUR\n"
    with pytest.raises(InputError) as caught:
        read_orders([write(content), write("", "other.csv")])
    assert [problem.where for problem in caught.value.problems] == ["other.csv"]
    with pytest.raises(InputError) as caught:
        read_orders([write(content)])
    said = " ".join(problem.what for problem in caught.value.problems)
    assert len(caught.value.problems) == 3
    assert "every day is at most 12" in said
    assert "«abc»" in said
    assert "2 currencies" in said


def test_example_shows_where_the_bad_value_is(read: Read) -> None:
    content = "customer_id;order_date;amount\n1;2024-01-05;5\n2;2024-01-06;six\n3;2024-01-07;seven\n"
    with pytest.raises(InputError, match=r"orders\.csv, column «amount», line 3: 2 of 3 values"):
        read(content)


def test_unknown_column_in_the_mapping(read: Read) -> None:
    with pytest.raises(InputError, match="no column named «Betrag»") as caught:
        read(PLAIN, mapping={"amount": "Betrag"})
    assert "«order_date»" in str(caught.value)
    full = ColumnMapping(customer="customer_id", date="day", amount="amount")
    with pytest.raises(InputError, match="no column named «day»"):
        read(PLAIN, mapping=full)


def test_unknown_field_in_the_mapping(read: Read) -> None:
    with pytest.raises(InputError, match="no field named money"):
        read(PLAIN, mapping={"money": "amount"})


def test_one_column_for_two_meanings(read: Read) -> None:
    with pytest.raises(InputError, match="customer and as order date"):
        read(PLAIN, mapping={"customer": "order_date", "date": "order_date"})


def test_files_with_other_columns_are_named(write: Write) -> None:
    other = write("client,when,money\na,2024-01-05,1\nb,2024-01-06,2\n", "february.csv")
    with pytest.raises(InputError, match=r"february\.csv: there is no column named"):
        read_orders([write(PLAIN, "january.csv"), other])


def test_unknown_date_order(read: Read) -> None:
    with pytest.raises(InputError, match="dmy, mdy or ymd"):
        read(PLAIN, date_order="dym")


def test_open_date_order_is_asked_for(read: Read) -> None:
    content = "customer_id,order_date,amount\na,03/04/2024,5\nb,05/04/2024,6\n"
    with pytest.raises(InputError, match="Set the order of day and month: dmy or mdy") as caught:
        read(content)
    assert "3 April" in str(caught.value)
    assert "4 March" in str(caught.value)


def test_contradicting_date_orders(read: Read) -> None:
    with pytest.raises(InputError, match="others only"):
        read("customer_id,order_date,amount\na,13/04/2024,5\nb,04/13/2024,6\n")


def test_several_currencies_are_never_added(read: Read) -> None:
    content = "customer_id,order_date,amount\na,2024-01-05,€5\nb,2024-01-06,$6.50\nb,2024-01-07,$3.50\n"
    with pytest.raises(InputError, match=re.escape("USD (2 rows, 10.00), EUR (1 rows, 5.00)")):
        read(content)
    with pytest.raises(InputError, match="no order is in GBP"):
        read(content, currency="GBP")


@pytest.mark.parametrize(
    "content", [PLAIN, "", "customer_id,order_date,amount\n1,x,2\n2,y,3\n", PLAIN.encode("utf-16")]
)
def test_no_temporary_file_is_left(
    content: str | bytes, write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    for name, bytes_ in (
        ("a.csv", content),
        ("b.csv.gz", gzip.compress(content.encode() if isinstance(content, str) else content)),
    ):
        with contextlib.suppress(InputError):
            read_orders([write(bytes_, name)])
        assert list(scratch.iterdir()) == []
