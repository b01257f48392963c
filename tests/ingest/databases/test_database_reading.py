"""Correctness: what a database's own types, statuses, currencies and odd cells are read as."""

from __future__ import annotations

import datetime as dt

import psycopg
import pytest
from shops import ROWS, StoredOrders

from clv.history import customer_summary, monthly_revenue, orders_of_customer
from clv.ingest import Ingested, InputError
from clv.ingest.database import columns_of, read_database
from clv.ingest.database_backends import connect
from clv.ingest.database_connections import OrderDatabase

KINDS = ["duckdb_shop", "postgres_shop"]


@pytest.fixture(params=KINDS)
def ask(request: pytest.FixtureRequest):
    """Read a query in either database."""
    url = request.getfixturevalue(request.param).database.url

    def read(query: str, **settings) -> Ingested:
        return read_database(OrderDatabase(url, query=query), **settings)

    return read


def lines(ingested: Ingested, *columns: str) -> list[tuple]:
    """Some columns of the transactions, in the order of the amounts."""
    table = ingested.transactions.table.select(*dict.fromkeys(["amount", *columns])).to_pyarrow().to_pylist()
    return [tuple(row[column] for column in columns) for row in sorted(table, key=lambda row: row["amount"])]


def dropped(ingested: Ingested) -> dict[str, tuple[int, float | None]]:
    return {group.reason: (group.rows, group.value) for group in ingested.report.dropped}


def test_dates_written_as_text(ask):
    """A text that is no date is counted; it must not end the whole query."""
    texts = [
        "2024-02-28", "2024-02-29", "2000-02-29", "2024-01-31 23:59", "2024-01-31T10:00:05.123456789Z", "2024-01-31 10:00:00+00",
        "2023-02-29", "1900-02-29", "2024-04-31", "2024-13-01", "0000-01-01", "yesterday", "",
    ]  # fmt: skip
    values = ", ".join(f"('a', '{text}', {number})" for number, text in enumerate(texts))
    read = ask(f"SELECT * FROM (VALUES {values}) AS t(customer, order_date, amount)")
    assert [moment.isoformat(sep=" ") for (moment,) in lines(read, "ordered_at")] == [
        "2024-02-28 00:00:00", "2024-02-29 00:00:00", "2000-02-29 00:00:00", "2024-01-31 23:59:00", "2024-01-31 10:00:05.123456",
        "2024-01-31 10:00:00",
    ]  # fmt: skip
    assert dropped(read) == {"date cannot be read": (6, 51.0), "no date": (1, 12.0)}


def test_amounts_written_as_text_or_as_floats(ask):
    values = ", ".join(
        f"('a', DATE '2024-01-01', '{text}')"
        for text in ("10", " 2.50 ", "-1.25", "+3", ".5", "nan", "", "1,234", "abc", "99999999999999")
    )
    read = ask(f"SELECT * FROM (VALUES {values}) AS t(customer, order_date, amount)")
    assert [float(amount) for (amount,) in lines(read, "amount")] == [-1.25, 0.5, 2.5, 3.0, 10.0]
    assert dropped(read) == {"amount cannot be read": (3, None), "no amount": (2, None)}
    floats = ", ".join(
        f"('a', DATE '2024-01-01', CAST('{text}' AS double precision))"
        for text in ("NaN", "Infinity", "1e300", "0.1", "2", "5")
    )
    read = ask(f"SELECT * FROM (VALUES {floats}) AS t(customer, order_date, amount)")
    assert (read.report.revenue, dropped(read)) == (7.1, {"amount cannot be read": (3, None)})


def test_ids_of_any_type(ask):
    for written, expected in (
        ("CAST(42 AS bigint)", "42"),
        ("CAST(42 AS double precision)", "42"),
        ("CAST(42.5 AS double precision)", "42.5"),
        ("CAST(12345678901234567890 AS decimal(30, 0))", "12345678901234567890"),
        ("CAST('8c8f7fd0-0b52-4a2e-9d1e-0a3a1b2c3d4e' AS uuid)", "8c8f7fd0-0b52-4a2e-9d1e-0a3a1b2c3d4e"),
        ("' Bob@Example.COM '", "bob@example.com"),
    ):
        read = ask(f"SELECT {written} AS customer, DATE '2024-01-01' AS order_date, 1 AS amount")
        assert lines(read, "customer_id") == [(expected,)]


def test_a_moment_with_a_zone_is_read_as_the_clock_in_greenwich(ask):
    read = ask(
        "SELECT 'a' AS customer, CAST('2024-01-01 00:30:00+02' AS timestamp with time zone) AS order_date, 1 AS amount"
    )
    assert lines(read, "ordered_at") == [(dt.datetime(2023, 12, 31, 22, 30),)]
    assert customer_summary(read.transactions).as_of == dt.date(2023, 12, 31)


def test_quantity_price_discount_refund_and_cancellations(ask):
    values = """('a', '1', DATE '2024-01-01', 2, 10.00, 3.00, 0.00), ('a', 'C2', DATE '2024-01-02', -1, 10.00, 1.00, 0.00),
        ('b', '3', DATE '2024-01-03', 1, 8.00, 0.00, -5.00), ('b', '4', DATE '2024-01-03', 0, 8.00, 0.00, 0.00)"""
    read = ask(
        "SELECT * FROM (VALUES "
        + values
        + ") AS t(customer, order_no, order_date, quantity, unit_price, discount, refund)"
    )
    found = [(float(amount), refund) for amount, refund in lines(read, "amount", "is_refund")]
    assert found == [(-9.0, True), (3.0, False), (17.0, False)]
    assert dropped(read) == {"free or adjustment line (price or quantity 0)": (1, 0.0)}
    report = read.report
    assert (report.gross_revenue, report.refunds, report.revenue) == (25.0, 14.0, 11.0)


def test_one_currency_is_chosen(ask):
    query = """SELECT * FROM (VALUES ('a', DATE '2024-01-01', 1.00, 'EUR'), ('b', DATE '2024-01-02', 2.00, '€'),
        ('c', DATE '2024-01-03', 4.00, 'usd'), ('d', DATE '2024-01-04', 8.00, NULL))
        AS t(customer, order_date, amount, currency)"""
    with pytest.raises(InputError, match=r"2 currencies.*EUR \(2 rows, 3.00\), USD.*Choose one currency"):
        ask(query)
    with pytest.raises(InputError, match="no order is in GBP"):
        ask(query, currency="GBP")
    read = ask(query, currency="€")
    assert (read.report.revenue, read.report.currency, read.transactions.currency) == (3.0, "EUR", "EUR")
    assert dropped(read) == {"in another currency (USD)": (1, 4.0), "no currency": (1, 8.0)}


def test_what_is_odd_is_said(ask):
    values = ", ".join(
        ["('guest', DATE '2024-01-01', 5, 'refunded')"] * 25 + ["('a', DATE '2999-01-01', 0, 'paid')"]
    )
    said = " ".join(
        ask(f"SELECT * FROM (VALUES {values}) AS t(customer, order_date, amount, status)").report.warnings
    )
    for words in ("1 row is with amount 0", "after today, up to 2999-01-01", "25 rows are with the status refunded",
                  "«guest» has 25 rows", "24 rows repeat another row exactly, worth 120.00"):  # fmt: skip
        assert words in said


def test_the_same_rows_give_the_same_first_touch_in_any_order(ask):
    rows = [f"('a', TIMESTAMP '2024-01-01 10:00:00', {number}, 'channel {number}')" for number in range(6)]
    found = set()
    for order in (rows, rows[::-1], rows[3:] + rows[:3]):
        read = ask(f"SELECT * FROM (VALUES {', '.join(order)}) AS t(customer, order_date, amount, channel)")
        found.add(customer_summary(read.transactions).frame["channel"][0])
    assert len(found) == 1


def test_types_that_only_postgres_has(admin: psycopg.Connection, postgres):
    admin.execute("""
        CREATE TYPE sales.state AS ENUM ('paid', 'cancelled'); CREATE DOMAIN sales.code AS text;
        CREATE TABLE sales.typed (customer sales.code, ordered_at timestamptz, amount money, status sales.state,
            tags text[], document jsonb, picture bytea, channel varchar(10));
        INSERT INTO sales.typed VALUES ('a', '2024-01-01 12:00+00', 1234.50, 'paid', '{x}', '{}', '', 'web'),
            ('b', '2024-01-01 12:00+00', 10, 'cancelled', '{x}', '{}', '', 'web'),
            ('c', 'infinity', 10, 'paid', '{x}', '{}', '', 'web');
        CREATE VIEW sales.seen AS SELECT * FROM sales.typed; GRANT SELECT ON sales.typed, sales.seen TO reader""")
    for table in ("sales.typed", "sales.seen"):
        read = read_database(OrderDatabase(postgres("reader"), table=table))
        assert (read.report.revenue, read.transactions.attributes) == (1234.5, ("channel",))
        assert dropped(read) == {"status cancelled": (1, 10.0), "date cannot be read": (1, 10.0)}


def test_columns_for_a_form(postgres_shop: StoredOrders):
    backend = connect(postgres_shop.database)
    columns, guess = columns_of(backend, postgres_shop.database)
    assert columns == ("line_no", "customer_id", "order_no", "ordered_at", "amount", "status", "channel")
    assert guess["customer"] == "customer_id"


def test_only_customers_and_sums_travel(admin: psycopg.Connection, postgres, monkeypatch: pytest.MonkeyPatch):
    """Every row that psycopg hands over is counted: 20,000 order lines of 50 customers in 12 months."""
    admin.execute("""
        CREATE TABLE sales.many AS SELECT 'c' || n % 50 AS customer, TIMESTAMP '2024-01-01' + n % 360 * INTERVAL '1 day'
            AS order_date, 1 + n % 7 AS amount, 'paid' AS status FROM generate_series(1, 20000) AS n;
        GRANT SELECT ON sales.many TO reader""")
    fetched = []

    def counting(fetch):
        def counted(cursor, *arguments):
            rows = fetch(cursor, *arguments)
            fetched.extend(rows)
            return rows

        return counted

    monkeypatch.setattr(psycopg.ServerCursor, "fetchmany", counting(psycopg.ServerCursor.fetchmany))
    monkeypatch.setattr(psycopg.Cursor, "fetchall", counting(psycopg.Cursor.fetchall))
    monkeypatch.setattr(psycopg.Cursor, "fetchmany", counting(psycopg.Cursor.fetchmany))
    read = read_database(OrderDatabase(postgres("reader"), table="sales.many"))
    summary = customer_summary(read.transactions)
    months = monthly_revenue(read.transactions, summary.as_of)
    assert (len(summary.frame), len(months), read.report.rows_kept) == (50, 12, 20_000)
    assert 50 + 12 < len(fetched) < 50 + 12 + 40


def test_nothing_can_be_written(postgres_shop: StoredOrders, admin: psycopg.Connection, postgres):
    backend = connect(OrderDatabase(postgres("admin")))
    for statement in (
        "CREATE TABLE mine (x int)",
        "DELETE FROM sales.orders",
        "CREATE TEMP VIEW v AS SELECT 1",
    ):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            backend.con.execute(statement)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), backend.con.transaction():
            backend.con.execute(statement)
    assert admin.execute("SELECT count(*) FROM sales.orders").fetchone() == (len(ROWS),)


def test_a_lost_connection_is_made_again(postgres_shop: StoredOrders, admin: psycopg.Connection):
    transactions = read_database(postgres_shop.database).transactions
    before = orders_of_customer(transactions, "B")
    backend = transactions.table.get_backend()
    admin.execute("SELECT pg_terminate_backend(%s)", [backend.con.info.backend_pid])
    assert orders_of_customer(transactions, "B").equals(before)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        backend.con.execute("CREATE TABLE mine (x int)")
