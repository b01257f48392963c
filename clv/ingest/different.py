"""How many different whole numbers there are, counted by a bit for each, which is cheaper than to group by them."""

from __future__ import annotations

import duckdb

# Bits in a row that say which of the whole numbers of a range occur: at most this many, and as many to a number.
MOST_BITS = 2**31
BITS_A_NUMBER = 64


def different_numbers(
    engine: duckdb.DuckDBPyConnection, relation: str, column: str, rows: int, low: int, high: int
) -> int | None:
    """Different numbers in a column of so many rows, all from `low` to `high`; None where the range is too wide."""
    if high - low >= min(MOST_BITS, BITS_A_NUMBER * rows + 1):
        return None
    bits = f"bit_count(bitstring_agg({column}, ({low})::BIGINT, ({high})::BIGINT))"
    found = engine.execute(f"SELECT {bits} FROM {relation}").fetchone()
    return int(found[0]) if found else None
