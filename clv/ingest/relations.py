"""Tables and views of lines, changed alike."""

from __future__ import annotations

import duckdb

from clv.ingest import sql


def leave_out(engine: duckdb.DuckDBPyConnection, lines: str, condition: str, reason: str) -> None:
    """Give the lines that meet a condition a reason why they are left out.

    Parameters
    ----------
    lines : str
        Name of a temporary table or view with a column `reason`; the name stays.
    condition, reason : str
        SQL.
    """
    if is_table(engine, lines):
        engine.execute(f"UPDATE {lines} SET reason = {reason} WHERE {condition}")
        return
    before = sql.unique_name("lines")
    engine.execute(f"ALTER VIEW {lines} RENAME TO {before}")
    changed = f"CASE WHEN {condition} THEN {reason} ELSE reason END"
    engine.execute(f"CREATE TEMP VIEW {lines} AS SELECT * REPLACE ({changed} AS reason) FROM {before}")


def is_table(engine: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a name is a table's, which holds what it shows, or a view's, which computes it."""
    found = engine.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [name]).fetchone()
    return bool(found and found[0])
