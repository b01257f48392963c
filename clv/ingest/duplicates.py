"""Lines that stand in the files more than once: the same order in two files, the same line twice in one."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from clv.ingest import sql
from clv.ingest.columns import find_column
from clv.ingest.staging import Staged
from clv.ingest.typed_rows import TypedRows

IN_ANOTHER_FILE = "order that is also in another file"
REPEATED_LINE = "line that repeats another with the same line number"
REPEATED_ROW = "row that repeats another exactly"


def leave_out(
    engine: duckdb.DuckDBPyConnection,
    lines: str,
    staged: Staged,
    loaded: Sequence[TypedRows],
    *,
    agreed: bool,
) -> None:
    """Give lines that stand there already a reason.

    Orders that several files hold count once. Lines that repeat another of their file count once where the number
    of the order line proves them the same, or where the user agreed.
    """
    if len(loaded) > 1:
        _leave_out_overlap(engine, lines, staged, loaded)
    if staged.mapping.line_id:
        _leave_out_repeats(engine, lines, REPEATED_LINE, "line_id IS NOT NULL")
    if agreed:
        _leave_out_repeats(engine, lines, REPEATED_ROW, "TRUE")


def _leave_out_overlap(
    engine: duckdb.DuckDBPyConnection, lines: str, staged: Staged, loaded: Sequence[TypedRows]
) -> None:
    if staged.mapping.order_id and _has_one_line_an_order(engine, lines, staged):
        _leave_out_orders(engine, lines)
    else:
        _leave_out_lines(engine, lines, staged, loaded)


def _has_one_line_an_order(engine: duckdb.DuckDBPyConnection, lines: str, staged: Staged) -> bool:
    """Whether an order is one line, or one line with an amount, in every file."""
    if staged.layout is not None and staged.layout.is_order_amount(staged.mapping.amount):
        return True
    repeated = engine.execute(f"""
        SELECT 1 FROM {lines} WHERE reason IS NULL AND order_id IS NOT NULL
        GROUP BY file_no, order_id, gross < 0 HAVING count(*) > 1 LIMIT 1""").fetchone()
    return repeated is None


def _leave_out_orders(engine: duckdb.DuckDBPyConnection, lines: str) -> None:
    """The file that goes on longest is the newest export, and knows best what became of an order."""
    engine.execute(f"""
        WITH ends AS (SELECT file_no, max(ordered_at) AS last FROM {lines} GROUP BY file_no),
             newest AS (
                SELECT order_id, customer_id, ordered_at, gross < 0 AS goes_back, max_by(file_no, (last, file_no)) AS file_no
                FROM {lines} JOIN ends USING (file_no)
                WHERE order_id IS NOT NULL AND customer_id IS NOT NULL AND NOT is_further
                GROUP BY ALL HAVING count(DISTINCT file_no) > 1)
        UPDATE {lines} AS held SET reason = {sql.literal(IN_ANOTHER_FILE)} FROM newest
        WHERE held.order_id = newest.order_id AND held.customer_id = newest.customer_id
            AND held.ordered_at = newest.ordered_at AND (held.gross < 0) = newest.goes_back
            AND held.file_no <> newest.file_no AND held.reason IS NULL""")


def _leave_out_lines(
    engine: duckdb.DuckDBPyConnection, lines: str, staged: Staged, loaded: Sequence[TypedRows]
) -> None:
    """A line counts as often as the file counts it that holds it most often: an order may buy the same thing twice."""
    shared = [
        f"attribute_{number}"
        for number, name in enumerate(staged.mapping.attributes)
        if all(find_column(file.columns, name) is not None for file in loaded)
    ]
    numbers = [field for field in staged.numbers if field != "refund"]
    same = ", ".join(["customer_id", "order_id", "ordered_at", "gross", "currency", *numbers, *shared])
    engine.execute(f"""
        WITH hashed AS (SELECT rowid AS row, file_no, source_line, hash({same}) AS line FROM {lines} WHERE reason IS NULL),
             several AS (SELECT line FROM hashed GROUP BY line HAVING count(DISTINCT file_no) > 1),
             numbered AS (
                SELECT row, file_no, line, row_number() OVER (PARTITION BY line, file_no ORDER BY source_line) AS copy
                FROM hashed SEMI JOIN several USING (line)),
             later AS (
                SELECT row FROM numbered QUALIFY row_number() OVER (PARTITION BY line, copy ORDER BY file_no) > 1)
        UPDATE {lines} SET reason = {sql.literal(IN_ANOTHER_FILE)} FROM later WHERE {lines}.rowid = later.row""")


def _leave_out_repeats(engine: duckdb.DuckDBPyConnection, lines: str, reason: str, condition: str) -> None:
    engine.execute(f"""
        WITH repeated AS (
            SELECT line_hash FROM {lines} WHERE reason IS NULL AND NOT is_further AND {condition}
            GROUP BY line_hash HAVING count(*) > 1),
             later AS (
            SELECT rowid AS row FROM {lines} SEMI JOIN repeated USING (line_hash)
            WHERE reason IS NULL AND NOT is_further AND {condition}
            QUALIFY row_number() OVER (PARTITION BY line_hash ORDER BY file_no, source_line) > 1)
        UPDATE {lines} SET reason = {sql.literal(reason)} FROM later WHERE {lines}.rowid = later.row""")


def repeated_rows(engine: duckdb.DuckDBPyConnection, lines: str) -> tuple[int, float]:
    """How many kept rows repeat another exactly, and what they are worth."""
    extra = engine.execute(f"""
        SELECT coalesce(sum(copies - 1), 0), CAST(coalesce(sum((copies - 1) * amount), 0) AS DOUBLE)
        FROM (SELECT count(*) AS copies, any_value(amount_net) AS amount FROM {lines}
              WHERE reason IS NULL AND NOT is_further GROUP BY line_hash HAVING count(*) > 1)""").fetchone()
    return (int(extra[0]), float(extra[1])) if extra else (0, 0.0)
