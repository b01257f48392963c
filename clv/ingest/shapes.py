"""The few shapes in which a column's many values are written.

`03/04/2020` and `17/11/2019` have one shape. What a shape means is worked out once, with all care; the values are
then read in the engine by position.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from clv.ingest import sql

DIGITS = "023456789"
# A column of dates or amounts has tens of shapes; beyond this many it holds free text.
MOST_SHAPES = 10_000
# No date or amount is longer; patterns would take minutes on a cell that holds a novel.
LONGEST_CELL = 100


def shape_of(expression: str) -> str:
    """SQL for the shape of a text: every digit is a 1, everything else stays."""
    return f"translate({expression}, '{DIGITS}', '{'1' * len(DIGITS)}')"


def distinct_shapes(
    engine: duckdb.DuckDBPyConnection, relation: str, columns: Sequence[str]
) -> list[tuple[object, ...]]:
    """The most frequent combinations of some columns of a relation, and how many rows have each."""
    listed = ", ".join(columns)
    return engine.execute(
        f"SELECT {listed}, count(*) FROM {relation} GROUP BY ALL ORDER BY count(*) DESC LIMIT {MOST_SHAPES}"
    ).fetchall()


def values_table(rows: Sequence[Sequence[object]], columns: Sequence[str], name: str) -> str:
    """SQL for a small table of constants; there must be at least one row."""
    written = [f"({', '.join(_constant(value) for value in row)})" for row in rows]
    return f"(VALUES {', '.join(written)}) AS {name}({', '.join(columns)})"


def _constant(value: object) -> str:
    if value is None:
        return "NULL"
    return sql.literal(value) if isinstance(value, str) else str(value).upper()
