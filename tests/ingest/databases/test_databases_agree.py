"""Consistency: the same orders give the same numbers wherever they are."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import asdict
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shops import ROWS, StoredOrders

from clv.churn.window import gaps_between_purchases
from clv.history import customer_summary, monthly_revenue, orders_of_customer
from clv.ingest import OrderFile, Transactions, read_orders
from clv.ingest.database import read_database
from clv.ingest.database_backends import connect
from clv.ingest.database_connections import OrderDatabase
from clv.shop import Shop, shop_of
from tests.conftest import SAMPLE_ORDERS

ELSEWHERE = ["postgres_shop", "parquet_shop", "spark_shop"]
TODAY = dt.date(2024, 3, 5)


@pytest.fixture(params=ELSEWHERE)
def elsewhere(request: pytest.FixtureRequest) -> StoredOrders:
    return request.getfixturevalue(request.param)


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Equal to the last bit but for the order in which a database adds logarithms."""
    pd.testing.assert_frame_equal(left, right, rtol=1e-14, atol=0, check_dtype=True)


def test_the_summary(elsewhere: StoredOrders, duckdb_shop: StoredOrders):
    here, there = (customer_summary(shop.read.transactions) for shop in (duckdb_shop, elsewhere))
    same(here.frame, there.frame)
    assert here.as_of == there.as_of == TODAY


def test_the_summary_of_an_earlier_day(elsewhere: StoredOrders, duckdb_shop: StoredOrders):
    day = dt.date(2024, 1, 4)
    here, there = (customer_summary(shop.read.transactions, day) for shop in (duckdb_shop, elsewhere))
    same(here.frame, there.frame)


def test_revenue_by_month(elsewhere: StoredOrders, duckdb_shop: StoredOrders):
    here, there = (monthly_revenue(shop.read.transactions, TODAY) for shop in (duckdb_shop, elsewhere))
    same(here, there)


def test_the_gaps_between_purchases(elsewhere: StoredOrders, duckdb_shop: StoredOrders):
    here, there = (gaps_between_purchases(shop.read.transactions, TODAY) for shop in (duckdb_shop, elsewhere))
    assert sorted(here.ended) == sorted(there.ended) != []
    assert sorted(here.still_open) == sorted(there.still_open) != []


@pytest.mark.parametrize("customer", ["a", "B", "Анна 🛍", "12345678901234567890", "x' OR '1'='1"])
def test_the_orders_of_a_customer(elsewhere: StoredOrders, duckdb_shop: StoredOrders, customer: str):
    here, there = (
        orders_of_customer(shop.read.transactions, customer)
        .astype({"ordered_at": "datetime64[us]"})
        .sort_values(["ordered_at", "order_id"], ignore_index=True)
        for shop in (duckdb_shop, elsewhere)
    )
    same(here, there)


def test_the_report(elsewhere: StoredOrders, duckdb_shop: StoredOrders):
    here, there = (asdict(shop.read.report) for shop in (duckdb_shop, elsewhere))
    assert here.pop("files") != there.pop("files")
    assert here == there


def test_what_was_worked_out_by_hand(duckdb_shop: StoredOrders):
    summary, report = customer_summary(duckdb_shop.read.transactions), duckdb_shop.read.report
    found = summary.frame.set_index("customer_id")
    a, b = found.loc["a"], found.loc["B"]
    assert (a["purchase_days"], a["orders"], a["recency_days"], a["T_days"]) == (3, 5, 59, 64)
    assert (a["first_order_value"], a["revenue"]) == (pytest.approx(16.05), pytest.approx(96.15))
    assert (b["purchase_days"], b["orders"], b["revenue"]) == (2, 2, pytest.approx(11.33))
    assert found.loc["ann@example.com", "orders"] == 2
    assert {"00042", "12345678901234567890", "12345678901234567891", "Анна 🛍"} <= set(found.index)
    assert "only a refund" not in found.index
    assert (report.rows_read, report.rows_kept) == (len(ROWS), len(ROWS) - 6)
    assert {(group.reason, group.rows, group.value) for group in report.dropped} == {
        ("status cancelled", 1, 500.0),
        ("status отменён", 1, 70.0),
        ("no customer id", 2, 18.5),
        ("no date", 1, 11.0),
        ("no amount", 1, None),
    }


def test_a_file_with_the_same_orders(duckdb_shop: StoredOrders, tmp_path: Path):
    """The file settles ties by its lines, the database by the rows' contents: the first channel of a may differ."""
    path = tmp_path / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["line_no", "customer_id", "order_no", "ordered_at", "amount", "status", "channel"])
        writer.writerows(ROWS)
    read = read_orders([OrderFile(path.name, path)])
    here, there = (customer_summary(each.transactions).frame for each in (read, duckdb_shop.read))
    untied = [name for name in here.columns if name not in ("line_no", "channel", "status")]
    same(here[untied], there[untied])
    report, other = asdict(read.report), asdict(duckdb_shop.read.report)
    assert {(group["reason"], group["rows"], group["value"]) for group in report["dropped"]} == {
        (group["reason"], group["rows"], group["value"]) for group in other["dropped"]
    }
    for name in set(report) - {
        "files",
        "dropped",
        "layout",
        "notes",
        "findings",
        "assumed",
        "beside",
        "warnings",
    }:
        assert report[name] == other[name], name
    # What looks odd over time is looked for in files only.
    assert set(other["warnings"]) <= set(report["warnings"])


@pytest.fixture(scope="module")
def sample_in_postgres(admin, postgres) -> OrderDatabase:
    """The sample shop's file, line for line, every cell text."""
    with SAMPLE_ORDERS.open(encoding="utf-8") as stream:
        columns = ", ".join(f'"{name}" text' for name in next(csv.reader(stream)))
        admin.execute(f"CREATE TABLE sales.sample ({columns}); GRANT SELECT ON sales.sample TO reader")
        with admin.cursor().copy("COPY sales.sample FROM STDIN (FORMAT csv)") as copy:
            copy.write(stream.read())
    return OrderDatabase(postgres("reader"), table="sales.sample")


def test_the_sample_shop_in_postgres(sample_in_postgres: OrderDatabase, sample_shop: Shop):
    shop = shop_of(read_database(sample_in_postgres, currency="EUR"))
    tied = [name for name in shop.summary.attributes if not _settled(name, sample_shop)]
    same(shop.summary.frame.drop(columns=tied), sample_shop.summary.frame.drop(columns=tied))
    same(shop.monthly_revenue, sample_shop.monthly_revenue)
    assert shop.report.orders == sample_shop.report.orders
    assert shop.report.revenue == pytest.approx(sample_shop.report.revenue, abs=1e-6)


def _settled(name: str, shop: Shop) -> bool:
    """Whether all lines of a customer's first moment say the same, so that no tie is to be settled."""
    table = shop.transactions.table
    lines = table.select("customer_id", "ordered_at", said=table[name]).to_pyarrow().to_pandas()
    return not lines.drop_duplicates().duplicated(["customer_id", "ordered_at"]).any()


row = st.tuples(
    st.sampled_from(["a", "B", "ä"]),
    st.sampled_from(["1", "2", "3", None]),
    st.integers(0, 40),
    st.integers(-999, 2000),
)


@given(st.lists(row, min_size=1, max_size=25))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_orders(duckdb_shop: StoredOrders, postgres_shop: StoredOrders, rows):
    """As rows in a query, which both databases understand."""
    rows = [("a", "0", 0, 100), *rows]
    start = dt.datetime(2024, 2, 20)
    values = ", ".join(
        f"('{who}', {'NULL' if order is None else repr(order)}, TIMESTAMP '{start + dt.timedelta(hours=7 * time)}',"
        f" CAST({cents} AS decimal(12, 2)) / 100)"
        for who, order, time, cents in rows
    )
    query = f"SELECT * FROM (VALUES {values}) AS orders(customer, order_no, order_date, amount)"
    frames = [_summary(shop.database, query) for shop in (duckdb_shop, postgres_shop)]
    same(*frames)


def _summary(database: OrderDatabase, query: str) -> pd.DataFrame:
    asked = OrderDatabase(database.url, query=query)
    backend = connect(asked)
    try:
        transactions: Transactions = read_database(asked, connection=backend).transactions
        return customer_summary(transactions).frame
    finally:
        backend.disconnect()
