"""Identifiers that are whole numbers are kept as numbers, and nobody can tell but by the speed."""

from __future__ import annotations

import csv
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from order_files import Read, rows_of

from clv.history import customer_summary
from clv.ingest import OrderFile, read_orders
from clv.ingest.identifier_form import PLAIN, IdentifierForm, form_of, numbers_in, prefix_of

WHOLE = st.integers(-(10**6), 10**20).map(str)
ODD = st.sampled_from(
    ["007", "00", "1e3", "+5", "1_000", "12.5", "0x1F", "-0", "9223372036854775808", "A-1", "a@b.de"]
)


def written(folder: Path, rows: list[tuple[str, str]]) -> OrderFile:
    folder.mkdir(exist_ok=True)
    path = folder / "orders.csv"
    with path.open("w", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(["customer_id", "order_id", "order_date", "amount"])
        lines.writerows(
            (who, order, f"2024-01-{1 + at % 28:02d}", "10.00") for at, (who, order) in enumerate(rows)
        )
    return OrderFile("orders.csv", path)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(WHOLE | ODD, WHOLE | ODD), min_size=2, max_size=12))
def test_every_identifier_is_read_as_it_is_written(rows: list[tuple[str, str]]) -> None:
    rows = [(who.lower() if "@" in who else who, order) for who, order in rows]
    with tempfile.TemporaryDirectory() as folder:
        file = written(Path(folder), rows)
        read = read_orders([file], {"customer": "customer_id", "order_id": "order_id"})
        guests = {"-1"}
        kept = [(who, order) for who, order in rows if who not in guests]
        assert rows_of(read, "customer_id", "order_id") == kept
        assert read.report.customers == len({who for who, _ in kept})


def test_customers_of_whole_numbers_are_numbered_and_sorted_as_text(tmp_path: Path) -> None:
    rows = [("10", "1"), ("9", "2"), ("100", "3"), ("10", "4")]
    transactions = read_orders([written(tmp_path, rows)]).transactions
    assert transactions.customer_form == PLAIN
    assert transactions.one_line_per_order
    assert customer_summary(transactions).frame["customer_id"].tolist() == ["10", "100", "9"]


@pytest.mark.parametrize("odd", ["007", "guest", "1e3"])
def test_one_customer_who_is_no_whole_number_makes_all_of_them_text(tmp_path: Path, odd: str) -> None:
    read = read_orders([written(tmp_path, [("7", "1"), (odd, "2"), ("1000", "3")])])
    assert read.transactions.customer_form is None
    assert [who for (who,) in rows_of(read, "customer_id")] == [
        who for who in ("7", odd, "1000") if who != "guest"
    ]


def test_a_number_that_means_a_guest_is_no_customer(tmp_path: Path) -> None:
    read = read_orders([written(tmp_path, [("7", "1"), ("-1", "2"), ("8", "3"), ("-1", "4")])])
    assert read.report.customers == 2
    assert [(group.reason, group.rows) for group in read.report.dropped] == [
        ("guest order without an email address", 2)
    ]


def test_the_same_lines_as_text_and_as_numbers_count_once(tmp_path: Path, read: Read) -> None:
    text = written(tmp_path, [("7", "1"), ("8", "2"), ("7", "3")])
    table = pa.table({
        "customer_id": pa.array([7.0, 8.0, 7.0]), "order_id": pa.array([1, 2, 3]),
        "order_date": ["2024-01-01", "2024-01-02", "2024-01-03"], "amount": ["10.00"] * 3,
    })  # fmt: skip
    pq.write_table(table, tmp_path / "orders.parquet")
    both = read_orders([text, OrderFile("orders.parquet", tmp_path / "orders.parquet")])
    assert (both.report.rows_kept, both.report.customers, both.report.revenue) == (3, 2, 30.0)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    prefix=st.sampled_from(["C", "#", "CUST-", "gid://shopify/Customer/", ""]),
    padded=st.sampled_from([0, 5]),
    numbers=st.lists(st.integers(0, 99_999), min_size=2, max_size=12),
    odd=st.sampled_from(["C-1", "c1", "C0x1", "#", "x@y.z", "C1 ", "CUST-007", "00001", "", "1e3"])
    | st.none(),
)
def test_prefixed_and_padded_numbers_are_read_as_they_are_written(
    prefix: str, padded: int, numbers: list[int], odd: str | None
) -> None:
    people = [f"{prefix}{number:0{padded}}" for number in numbers]
    rows = [(who, f"{prefix}{at:0{padded}}") for at, who in enumerate([*people, *([odd] if odd else [])])]
    with tempfile.TemporaryDirectory() as folder:
        read = read_orders([written(Path(folder), rows)])
        kept = [(who.strip(), order) for who, order in rows]
        assert rows_of(read, "customer_id", "order_id") == kept
        assert read.report.customers == len({who for who, _ in kept})
        frame = customer_summary(read.transactions).frame
        assert frame["customer_id"].tolist() == sorted({who for who, _ in kept})
        if odd is None:
            assert read.transactions.customer_form is not None


def test_numbers_of_different_forms_are_different_customers(tmp_path: Path) -> None:
    files = [
        written(tmp_path / name, [(who, "1"), (who, "2")])
        for name, who in (("a", "7"), ("b", "C7"), ("c", "007"))
    ]
    read = read_orders(files)
    assert read.transactions.customer_form is None
    assert read.report.customers == 3


def test_numbers_behind_a_prefix_are_found_and_nothing_else_is() -> None:
    found = numbers_in(pa.array(["x", "C12", None, "C7", "z"]).slice(1, 3), "C")
    assert found is not None
    assert found.values.to_pylist() == [12, None, 7]
    assert form_of("C", [found]) == IdentifierForm("C")
    for cells in (["C-1"], ["C"], ["C0x1"], ["c1"], ["1"], ["C1", "D1"], ["C１"]):
        assert numbers_in(pa.array(cells), "C") is None
    padded = numbers_in(pa.array(["007", "012"]), "")
    assert padded is not None
    assert form_of("", [padded]) == IdentifierForm("", 3)
    longer = numbers_in(pa.array(["0001"]), "")
    assert longer is not None
    assert form_of("", [padded, longer]) is None
    assert IdentifierForm("C", 3).texts(pa.chunked_array([[7, 12]])).to_pylist() == ["C007", "C012"]


@pytest.mark.parametrize(
    ("cells", "prefix"),
    [(["C1", "C20"], "C"), (["ORD-2024-1", "ORD-2024-02"], "ORD-2024-"), (["7", ""], ""), (["#1001"], "#"),
     (["C1", "D1"], None), (["a@1"], None), (["'1"], None), (["C 1"], None), (["x"], None), ([""], "")],
)  # fmt: skip
def test_a_prefix_is_what_all_numbers_have(cells: list[str], prefix: str | None) -> None:
    assert prefix_of(cells) == prefix
