"""Counts, sums and extremes of the kept lines, in one pass over them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import duckdb

from clv.ingest import sql, vocabulary


def totals_of(engine: duckdb.DuckDBPyConnection, lines: str, *, has_status: bool) -> dict[str, Any]:
    """Rows kept, purchase and refund rows, money, first and last moment, numbers, and what looks odd."""
    refunded = f"{sql.one_of('status', vocabulary.words('refunded'))} AND returned = 0 AND NOT is_further"
    counts = {
        "kept": "count(*)",
        "purchase_rows": "count(*) FILTER (NOT is_refund AND amount_net > 0)",
        "refund_rows": "count(*) FILTER (is_refund)",
        "gross": "coalesce(sum(gross) FILTER (gross > 0), 0)",
        "returned": "coalesce(-sum(gross) FILTER (gross < 0), 0) + coalesce(sum(returned) FILTER (returned <> 0), 0)",
        "first": "min(ordered_at)::DATE",
        "last": "max(ordered_at)::DATE",
        "numbered": "count(order_number)",
        "first_number": "min(order_number)",
        "last_number": "max(order_number)",
        "first_customer": "min(customer_number)",
        "last_customer": "max(customer_number)",
        "largest": "max(gross)",
        "future": "max(ordered_at) > ?",
        "old": "min(ordered_at) < TIMESTAMP '1990-01-01'",
        "zero": "count(*) FILTER (gross = 0 AND NOT is_further)",
        "refunded": f"count(*) FILTER ({refunded})" if has_status else "0",
        "refunded_value": f"CAST(sum(gross) FILTER ({refunded}) AS DOUBLE)" if has_status else "0",
    }
    tonight = dt.datetime.combine(dt.date.today(), dt.time.max)
    found = engine.execute(
        f"SELECT {', '.join(counts.values())} FROM {lines} WHERE reason IS NULL", [tonight]
    ).fetchone()
    assert found is not None
    return dict(zip(counts, found, strict=True))
