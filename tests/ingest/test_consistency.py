"""Properties: however a value is written, it is read the same; whatever is read, the account adds up."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from order_files import PLAIN, Read, rows_of

from clv.ingest import FilePreview, Ingested, InputError, OrderFile, preview, read_orders

FEW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
NO_BREAK, NARROW = "\u00a0", "\u202f"


def swapped(text: str) -> str:
    """A number with the point and the comma exchanged."""
    return text.translate(str.maketrans(",.", ".,"))


MONEY_STYLES: dict[str, Callable[[Decimal], str]] = {
    "plain": lambda amount: f"{amount:.2f}",
    "comma": lambda amount: f"{amount:.2f}".replace(".", ","),
    "english": lambda amount: f"{amount:,.2f}",
    "german": lambda amount: swapped(f"{amount:,.2f}"),
    "french": lambda amount: f"{amount:,.2f}".replace(",", NARROW).replace(".", ","),
    "polish": lambda amount: f"{amount:,.2f}".replace(",", NO_BREAK).replace(".", ",") + " zł",
    "swiss": lambda amount: f"CHF {amount:,.2f}".replace(",", "’"),
    "dollar": lambda amount: f"${amount:,.2f}" if amount >= 0 else f"-${-amount:,.2f}",
    "accounting": lambda amount: f"{amount:,.2f}" if amount >= 0 else f"({-amount:,.2f})",
    "trailing minus": lambda amount: f"{amount:,.2f}" if amount >= 0 else f"{-amount:,.2f}-",
}
DATE_STYLES = {
    "iso": "%Y-%m-%d",
    "iso with clock": "%Y-%m-%dT%H:%M:%S",
    "with zone": "%Y-%m-%d %H:%M:%S +0200",
    "compact": "%Y%m%d",
    "compact, day first": "%d%m%Y",
    "british": "%d/%m/%Y",
    "german": "%d.%m.%Y %H:%M",
    "american": "%m/%d/%Y %I:%M:%S %p",
    "short": "%d-%m-%y",
    "named": "%d %B %Y",
    "american named": "%b %d, %Y",
}
amounts = st.decimals(min_value=-9_999_999, max_value=99_999_999, places=2, allow_nan=False)
moments = st.datetimes(min_value=dt.datetime(1990, 1, 1), max_value=dt.datetime(2025, 12, 31))


def read_bytes(content: bytes, name: str = "orders.csv", **chosen: object) -> Ingested:
    """Read bytes as a file that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return read_orders([OrderFile(name, path)], **chosen)  # type: ignore[arg-type]


def table_of(
    rows: list[tuple[str, ...]], separator: str = ",", header: str = "customer_id,order_date,amount"
) -> str:
    """A text table with its cells quoted where needed."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(rows)
    return out.getvalue()


def adds_up(result: Ingested) -> bool:
    """Every row is kept or explained, and the money of the report is that of the table."""
    report = result.report
    total = sum((Decimal(str(amount)) for (amount,) in rows_of(result, "amount")), Decimal(0))
    return (
        report.rows_read == report.rows_kept + sum(group.rows for group in report.dropped)
        and report.rows_kept == len(rows_of(result, "amount"))
        and abs(Decimal(str(report.revenue)) - total) < Decimal("0.01")
        and abs(report.gross_revenue - report.refunds - report.revenue) < 0.01
    )


@pytest.mark.slow
@pytest.mark.parametrize("style", MONEY_STYLES)
@given(values=st.lists(amounts, min_size=1, max_size=12))
@FEW
def test_an_amount_is_read_back_in_every_style(style: str, values: list[Decimal]) -> None:
    written = [MONEY_STYLES[style](value) for value in [*values, Decimal("12.34")]]
    rows = [(f"c{number}", "2024-01-05", cell) for number, cell in enumerate(written)]
    result = read_bytes(table_of(rows).encode())
    assert [amount for (amount,) in rows_of(result, "amount")] == [*values, Decimal("12.34")]
    assert adds_up(result)


@pytest.mark.slow
@pytest.mark.parametrize("style", DATE_STYLES)
@given(values=st.lists(moments, min_size=1, max_size=12))
@FEW
def test_a_moment_is_read_back_in_every_style(style: str, values: list[dt.datetime]) -> None:
    pattern = DATE_STYLES[style]
    # A day above 12 and a year above 31 settle the order of day, month and year.
    written = [value.strftime(pattern) for value in [*values, dt.datetime(1999, 1, 25)]]
    rows = [(f"c{number}", cell, "1") for number, cell in enumerate(written)]
    result = read_bytes(table_of(rows).encode())
    expected = [
        dt.datetime.strptime(cell.replace(" +0200", ""), pattern.replace(" +0200", "")) for cell in written
    ]
    assert [moment for (moment,) in rows_of(result, "ordered_at")] == expected


@pytest.mark.slow
@given(
    ids=st.lists(
        st.integers(0, 10**20 - 1).map(str) | st.text("aбżß0 _#", min_size=1, max_size=8),
        min_size=2,
        max_size=9,
    ),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
@FEW
def test_separator_and_encoding_change_nothing(
    ids: list[str], separator: str, encoding: str, line_end: str
) -> None:
    assume(all(cell.strip() for cell in ids))
    rows = [(cell, f"2024-01-{number + 1:02d}", f"{number}.50") for number, cell in enumerate(ids)]
    plain = read_bytes(table_of(rows).encode())
    other = read_bytes(table_of(rows, separator).replace("\n", line_end).encode(encoding))
    columns = ("customer_id", "ordered_at", "amount", "source_line")
    assert rows_of(plain, *columns) == rows_of(other, *columns)
    assert [cell for (cell,) in rows_of(plain, "customer_id")] == [cell.strip() for cell in ids]


@pytest.mark.slow
@given(
    units=st.lists(st.integers(-99_999, 10**7), min_size=2, max_size=9).filter(lambda units: max(units) >= 0)
)
@FEW
def test_parquet_and_text_agree(units: list[int]) -> None:
    values = [Decimal(unit) / 100 for unit in units]
    days = [dt.datetime(2024, 1, 1) + dt.timedelta(days=number) for number in range(len(values))]
    rows = [
        (str(number), f"{day:%Y-%m-%d}", str(value))
        for number, (day, value) in enumerate(zip(days, values, strict=True))
    ]
    packed = io.BytesIO()
    columns = {
        "customer_id": list(range(len(values))),
        "order_date": days,
        "amount": [float(value) for value in values],
    }
    pq.write_table(pa.table(columns), packed)
    from_parquet = read_bytes(packed.getvalue(), "orders.parquet")
    from_text = read_bytes(table_of(rows).encode())
    columns_read = ("customer_id", "ordered_at", "amount", "is_refund")
    assert rows_of(from_parquet, *columns_read) == rows_of(from_text, *columns_read)


@pytest.mark.slow
@given(content=st.binary(max_size=3_000))
@settings(max_examples=40, deadline=None)
def test_any_bytes_end_in_orders_or_in_words(content: bytes) -> None:
    with contextlib.suppress(InputError):
        assert adds_up(read_bytes(content))
    with contextlib.suppress(InputError):
        assert _previewed(content).columns


def _previewed(content: bytes) -> FilePreview:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_bytes(content)
        return preview(OrderFile("orders.csv", path))


@pytest.mark.slow
@given(
    start=st.sampled_from(
        [b"", b"PAR1", b"PK\x03\x04", b"\x1f\x8b", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe"]
    ),
    cells=st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(['"', "1", "2024-01-05"]),
            max_size=5,
        ),
        max_size=12,
    ),
    separator=st.sampled_from(",;\t|"),
)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_cells_below_a_header_add_up_or_end_in_words(
    start: bytes, cells: list[list[str]], separator: str
) -> None:
    body = "\n".join(separator.join(row) for row in [["customer_id", "order_date", "amount"], *cells])
    with contextlib.suppress(InputError):
        assert adds_up(read_bytes(start + body.encode()))


@pytest.mark.slow
@given(order=st.permutations(range(6)))
@FEW
def test_the_order_of_columns_changes_nothing(order: list[int]) -> None:
    header = ["customer_id", "order_date", "amount", "order_id", "status", "country"]
    rows = [["a", "2024-01-05", "5", "1", "paid", "PL"], ["b", "2024-01-06", "7", "2", "failed", "DE"],
            ["c", "2024-01-07", "9", "3", "paid", "RO"]]  # fmt: skip
    shuffled = [tuple(row[place] for place in order) for row in rows]
    result = read_bytes(table_of(shuffled, header=",".join(header[place] for place in order)).encode())
    assert rows_of(result, "customer_id", "order_id", "amount", "country") == [
        ("a", "1", Decimal("5"), "PL"),
        ("c", "3", Decimal("9"), "RO"),
    ]


def test_reading_twice_gives_the_same(read: Read) -> None:
    first, second = read(PLAIN), read(PLAIN)
    assert first.report == second.report
    columns = first.transactions.table.columns
    assert rows_of(first, *columns) == rows_of(second, *columns)


def test_one_file_and_its_halves_agree(read: Read, tmp_path: Path) -> None:
    lines = PLAIN.splitlines(keepends=True)
    halves = []
    for name, body in (("a.csv", lines[1:3]), ("b.csv", lines[3:])):
        (tmp_path / name).write_text(lines[0] + "".join(body))
        halves.append(OrderFile(name, tmp_path / name))
    both, whole = read_orders(halves).report, read(PLAIN).report
    assert (both.rows_kept, both.customers, both.orders, both.revenue) == (
        whole.rows_kept,
        whole.customers,
        whole.orders,
        whole.revenue,
    )
