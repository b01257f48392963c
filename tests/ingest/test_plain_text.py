"""What Arrow reads at once is what a look at every cell finds, and what needs such a look is left to it."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_files import Write, rows_of

from clv.ingest import InputError, OrderFile, plain_text, read_cache, read_orders
from clv.ingest.plain_text import PlainText, read_plain_text
from clv.ingest.typed_rows import Role

ROLES: dict[int, Role] = {0: "identifier", 1: "date", 2: "number", 3: "kept"}
PLAIN_IDS = st.integers(1, 10**12).map(str)
PLAIN_DAYS = st.dates(pd.Timestamp(2023, 1, 1).date(), pd.Timestamp(2024, 12, 31).date()).map(str)
PLAIN_AMOUNTS = st.decimals(-500, 5000, places=2).map(str) | st.integers(0, 5000).map(str)
ODD_IDS = st.sampled_from(
    [
        "007",
        "0",
        "-0",
        "-7",
        "+7",
        "7.0",
        "7e2",
        "0x7",
        "1_000",
        " 7",
        " 007",
        "\t7",
        "7 ",
        "",
        "-",
        "null",
        "A7",
    ]
)
ODD_DAYS = st.sampled_from(
    ["", "2024-1-5", "2024-01-05 10:00", "2024-01-05T10:00:01", "2024-01-05 10", "2024-01-05 10:00:00.5", "2024-02-30",
     "2024-01-05 10:00:00+02:00", "05/13/2024", " 2024-01-05", "n/a"]
)  # fmt: skip
ODD_AMOUNTS = st.sampled_from(
    [
        "",
        "5.",
        ".5",
        "1.230",
        "1.2345",
        "1e3",
        "5e-3",
        "12345e-4",
        "nan",
        "inf",
        "-0.00",
        "+5",
        " 5",
        "1_000",
        "12,5",
    ]
)
CHANNELS = st.sampled_from(
    [
        "ads",
        '"ads"',
        '5" pipe',
        '"a;b"',
        '"say ""hi"""',
        "",
        " ",
        "  mail ",
        "paid social",
        "Łódź",
        "\t",
        "\u00a0ads\u00a0",
    ]
)


def row(
    ids: st.SearchStrategy[str], days: st.SearchStrategy[str], amounts: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    return st.tuples(ids, days, amounts, CHANNELS).map(";".join)


ODDLY = row(PLAIN_IDS | ODD_IDS, PLAIN_DAYS | ODD_DAYS, PLAIN_AMOUNTS | ODD_AMOUNTS) | st.sampled_from(
    [";;;", " ;;;", ";;;\t"]
)


def outcome(content: bytes, room: int) -> tuple[object, ...]:
    """The table and the account of a read, or what was wrong."""
    with tempfile.TemporaryDirectory() as folder, patch.object(read_cache, "MOST_HELD", room):
        path = Path(folder) / "orders.csv"
        path.write_bytes(content)
        try:
            read = read_orders([OrderFile("orders.csv", path)])
        except InputError as error:
            return (str(error),)
        columns = ("source_line", "customer_id", "ordered_at", "amount", "is_refund", "channel")
        return rows_of(read, *columns), read.report.to_dict()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(row(PLAIN_IDS, PLAIN_DAYS, PLAIN_AMOUNTS), min_size=1, max_size=6),
    odd=st.lists(ODDLY, max_size=2),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoted=st.booleans(),
)
def test_a_look_at_every_cell_finds_the_same(
    rows: list[str], odd: list[str], line_end: str, quoted: bool
) -> None:
    if quoted:
        rows = ['"' + line.replace(";", '";"') + '"' for line in rows]
    content = line_end.join(["customer_id;order_date;amount;channel", *rows, *odd, ""]).encode()
    assert repr(outcome(content, 2**30)) == repr(outcome(content, -1))


def plainly(content: str, heard: Callable[[int], None] = lambda rows: None) -> PlainText | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_text(f"id,day,amount,channel\n{content}", encoding="utf-8", newline="")
        return read_plain_text(path, len("id,day,amount,channel\n"), ",", 4, ROLES, [["7"]], "", 2**20, heard)


def test_plain_cells_are_read_exactly() -> None:
    read = plainly("12,2024-01-05,0.07,ads\n9007199254740993,2024-01-06 09:30,-1234567.5,\n,,1000,x\n")
    assert read is not None
    cells = read.cells.to_pydict()
    assert cells["n0"] == [12, 9007199254740993, None]
    assert cells["n1"] == [1704412800000000, 1704533400000000, None]
    assert [str(amount) for amount in cells["n2"]] == ["0.0700", "-1234567.5000", "1000.0000"]
    assert cells["t3"] == ["ads", None, "x"]
    assert read.votes == {2: Counter({".": 2, "plain": 1, "ungrouped": 1})}


@pytest.mark.parametrize(
    "line",
    ["007,2024-01-05,5,x", "-0,2024-01-05,5,x", "0x7,2024-01-05,5,x", "7.0,2024-01-05,5,x", "7e2,2024-01-05,5,x",
     "+7,2024-01-05,5,x", "A7,2024-01-05,5,x", "7,05/01/2024,5,x", "7,2024-01-05 10:00:00Z,5,x", "7,2024-1-5,5,x",
     "7,2024-01-05,1.230,x", "7,2024-01-05,5.,x", "7,2024-01-05,nan,x", "7,2024-01-05,$5,x", "7,2024-01-05,5",
     "7,2024-01-05,5,x,y", ",,,", " 007,2024-01-05,5,x", "7,2024-01-05,5e-3,x", "7,2024-01-05,12345e-4,x",
     '7,2024-01-05,5,"a\nb"\n7,2024-01-05,5,x\r7,2024-01-05,5,y'],
)  # fmt: skip
def test_a_cell_that_needs_a_second_look_is_not_plain(line: str) -> None:
    assert plainly("7,2024-01-05,5,x\n") is not None
    assert plainly(f"7,2024-01-05,5,x\n{line}\n") is None


def test_quotation_marks_around_cells_are_plain_and_others_are_not() -> None:
    read = plainly('"7","2024-01-05","5.00","a, b"\n"8",2024-01-06,6,""\n')
    assert read is not None
    assert read.cells.to_pydict()["t3"] == ["a, b", None]
    assert read.cells.to_pydict()["n0"] == [7, 8]
    for cell in ('5" pipe', '"say ""hi"""', '"a"b', 'a"b"', '"007'):
        assert plainly(f"7,2024-01-05,5,{cell}\n") is None
    assert plainly('"007",2024-01-05,5,x\n') is None


def test_whole_numbers_below_one_and_zeros_elsewhere_are_plain() -> None:
    read = plainly("0,2024-01-05,0.50,007\n-7,2024-01-05,0,0x7\n")
    assert read is not None
    assert read.cells["n0"].to_pylist() == [0, -7]
    assert read.cells["t3"].to_pylist() == ["007", "0x7"]


def test_blocks_make_no_difference() -> None:
    content = "".join(f"{n},2024-01-{n % 28 + 1:02d},{n}.25,{'a' * (n % 5)}\n" for n in range(1, 200))
    whole = plainly(content)
    heard: list[int] = []
    with patch.object(plain_text, "BLOCK_BYTES", 64):
        parts = plainly(content, heard.append)
    assert whole is not None
    assert parts is not None
    assert parts.cells.to_pydict() == whole.cells.to_pydict()
    assert parts.votes == whole.votes
    assert heard == sorted(heard)
    assert heard[-1] == 199


def test_a_late_odd_cell_makes_no_difference_and_progress_never_falls(write: Write) -> None:
    lines = [f"{n % 50 + 1},2024-01-{n % 28 + 1:02d},{n}.50\n" for n in range(3000)]
    file = write("customer_id,order_date,amount\n" + "".join(lines) + "007,2024-01-09,1.00\n")
    shares: list[float] = []
    with patch.object(plain_text, "BLOCK_BYTES", 4096):
        read = read_orders([file], progress=lambda share, doing: shares.append(share))
    assert (read.report.rows_kept, read.report.customers) == (3001, 51)
    assert read.report.gross_revenue == sum(n + 0.5 for n in range(3000)) + 1
    assert shares == sorted(shares)


def test_no_more_is_held_than_there_is_room_for(write: Write) -> None:
    file = write("customer_id,order_date,amount\n" + "7,2024-01-05,5.00\n" * 1000)
    with patch.object(read_cache, "MOST_HELD", 20_000), pytest.MonkeyPatch.context() as patched:
        held: list[object] = []
        patched.setattr("clv.ingest.source.typed_plain_text", lambda *cells: held.append(cells))
        read_orders([file])
    assert not held


@pytest.mark.parametrize(
    ("odd", "customer"),
    [("0x174876E800,2024-03-01,7.00,x", "0x174876E800"), ("0xF4240,2024-03-01,7.00,x", "0xF4240"),
     ("07,2024-03-01,7.00,x\n0x2386F26FC10000,2024-03-01,7.00,x", "07"), ("' 7,2024-03-01,7.00,x", "7"),
     ("0X3B9ACA00,2024-03-01,7.00,x", "0X3B9ACA00")],
)  # fmt: skip
def test_an_odd_id_late_in_the_file_is_read_as_it_is_written(write: Write, odd: str, customer: str) -> None:
    plain = "".join(f"{7 + n % 3},2024-01-{n % 28 + 1:02d},5.00,x\n" for n in range(1000))
    read = read_orders([write(f"customer_id,order_date,amount,channel\n{plain}{odd}\n")])
    assert rows_of(read, "customer_id")[1000] == (customer,)


def test_a_blank_behind_an_apostrophe_is_no_part_of_a_name(write: Write) -> None:
    rows = "a,2024-01-01,5.00\nb,2024-01-02,6.00\n' b,2024-01-03,7.00\n"
    assert read_orders([write(f"customer_id,order_date,amount\n{rows}")]).report.customers == 2


def test_amounts_with_exponents_are_not_plain() -> None:
    for amount in ("5e-6", "1E3", "5e-3"):
        assert plainly(f"7,2024-01-05,{amount},x\n") is None
