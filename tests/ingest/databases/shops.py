"""A small shop with everything that databases disagree on, as rows for any of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from ibis.backends.sql import SQLBackend

from clv.ingest import Ingested
from clv.ingest.database import read_database
from clv.ingest.database_connections import OrderDatabase

CREATE = """CREATE TABLE {table} (line_no integer, customer_id {text}, order_no {text}, ordered_at {moment},
    amount decimal(12, 2), status {text}, channel {text})"""


@dataclass(frozen=True)
class StoredOrders:
    """Orders in a database; an open connection is kept where opening one takes long."""

    database: OrderDatabase
    connection: SQLBackend | None = None

    @cached_property
    def read(self) -> Ingested:
        """The orders, read."""
        return read_database(self.database, connection=self.connection)


def insert(table: str, place: str) -> str:
    """The statement that puts a row into a table, `place` standing for a value."""
    return f"INSERT INTO {table} VALUES ({', '.join([place] * 7)})"


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


_LINES = [
    # Orders of one day, a tie in the moment of the first, and another first thing on the next day.
    ("a", "1", "2024-01-01 10:00:00", "10.00", "paid", "search"),
    ("a", "2", "2024-01-01 10:00:00", "5.00", "paid", "social"),
    ("a", "3", "2024-01-01 23:59:59.999999", "1.05", "paid", "social"),
    ("a", "4", "2024-01-02 00:00:00", "30.10", None, "social"),
    ("a", "5", "2024-02-29 09:00:00", "50.00", "Paid", "social"),
    # Lines of one order, and a refund later under its number.
    ("B", "6", "2023-12-31 08:00:00", "20.00", "paid", None),
    ("B", "6", "2023-12-31 08:00:00", "3.33", "paid", None),
    ("B", "6", "2024-01-25 08:00:00", "-20.00", "paid", None),
    ("B", "7", "2024-01-20 08:00:00", "8.00", "paid", "search"),
    # A refund with a number of its own; everything paid back; a refund of an order outside the table.
    ("ä", "8", "2024-01-07 09:00:00", "40.00", "paid", "search"),
    ("ä", "9", "2024-01-09 09:00:00", "-10.00", "paid", "search"),
    ("Z", "10", "2024-01-03 09:00:00", "12.00", "paid", "search"),
    ("Z", None, "2024-01-03 09:00:00", "-12.00", "paid", "search"),
    ("only a refund", "11", "2024-01-03 09:00:00", "-12.00", "paid", "search"),
    # Ids that a number, a spreadsheet or a Latin alphabet would spoil.
    ("00042", "12", "2024-01-04 09:00:00", "7.77", "paid", "search"),
    ("12345678901234567890", "13", "2024-01-04 09:00:00", "0.01", "paid", "search"),
    ("12345678901234567891", "14", "2024-01-05 09:00:00", "99999.99", "paid", "search"),
    ("Анна 🛍", "15", "2024-01-05 09:00:00", "19.99", "paid", "«o'k»"),
    ("Анна 🛍", "16", "2024-03-05 09:00:00", "19.99", "paid", "«o'k»"),
    ("  Ann@Example.com ", "17", "2024-02-01 12:00:00", "15.00", "paid", " mail "),
    ("ann@example.com", "18", "2024-02-11 12:00:00", "15.00", "paid", "mail"),
    # Nothing paid; then what is left out.
    ("free", "19", "2024-02-12 12:00:00", "0.00", "paid", "mail"),
    ("a", "20", "2024-02-12 12:00:00", "500.00", "wc-cancelled", "mail"),
    ("c", "21", "2024-02-12 12:00:00", "70.00", "Отменён", "mail"),
    (None, "22", "2024-02-12 12:00:00", "9.00", "paid", "mail"),
    (" ", "23", "2024-02-12 12:00:00", "9.50", "paid", "mail"),
    ("d", "24", None, "11.00", "paid", "mail"),
    ("d", "25", "2024-02-12 12:00:00", None, "paid", "mail"),
]  # fmt: skip
ROWS = [
    (
        number,
        who,
        order,
        _moment(when) if when else None,
        Decimal(amount) if amount else None,
        status,
        channel,
    )
    for number, (who, order, when, amount, status, channel) in enumerate(_LINES)
]
