"""Payments that did not go through: no orders, but what payment recovery works on."""

from __future__ import annotations

import duckdb
import pandas as pd

COLUMNS = ("customer_id", "date", "amount", "currency", "status", "card_expiry")


def failed_payments(engine: duckdb.DuckDBPyConnection, lines: str) -> pd.DataFrame:
    """Collect the failed payments of a table of lines, in the order of the files; one that stands there twice, once.

    Columns customer_id (or the email address; None where neither is known), date (moment), amount (float, before
    refunds, in its own currency), currency, status and card_expiry (text YYYY-MM).
    """
    return engine.execute(f"""
        SELECT customer_id, ordered_at AS date, CAST(gross AS DOUBLE) AS amount, currency, status, card_expiry
        FROM {lines} WHERE payment_failed AND reason IS NOT NULL AND NOT is_further AND NOT is_blank AND NOT split_wrongly
        QUALIFY row_number() OVER (PARTITION BY line_hash ORDER BY file_no, source_line) = 1
        ORDER BY file_no, source_line""").df()


def no_failed_payments() -> pd.DataFrame:
    """No payment that failed: the columns without a row."""
    return pd.DataFrame(columns=COLUMNS)
