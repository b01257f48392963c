"""What the tests of ingest share: a small order file, and how to look into what was read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from clv.ingest import Ingested, OrderFile

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"

Write = Callable[..., OrderFile]
Read = Callable[..., Ingested]

PLAIN = """customer_id,order_date,amount
a,2024-01-05,10.00
b,2024-01-20,20.50
a,2024-02-14,30.25
"""


def rows_of(ingested: Ingested, *columns: str) -> list[tuple[object, ...]]:
    """Some columns of the transactions, in the order of the file."""
    table = ingested.transactions.table
    listed = ", ".join(f'"{column}"' for column in columns)
    backend = table.get_backend()
    found = backend.con.execute(f"SELECT {listed} FROM {table.get_name()} ORDER BY source_file, source_line")
    return [tuple(row) for row in found.fetchall()]
