"""Writing SQL safely: names and values quoted, and what counts as an empty cell."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

import duckdb

# Every kind of blank that exports use, the no-break and narrow spaces of European number formats included.
BLANKS = (
    " \t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b"
    "\u202f\u205f\u3000\ufeff"
)
# What programs write into a cell that has no value.
NO_VALUE = ("", "null", "none", "nan", "nat", "n/a", "#n/a", "<na>", "-", "--")


def identifier(name: str) -> str:
    """Quote a column or table name."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a piece of text."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """Quote several pieces of text, separated by commas."""
    return ", ".join(literal(text) for text in texts)


def one_of(expression: str, texts: Iterable[str]) -> str:
    """Whether a text is one of several; IN would join all rows with the list, wanted or not."""
    return f"list_contains([{literals(texts)}]::VARCHAR[], {expression})"


def unique_name(stem: str) -> str:
    """Name a table so that no other read in the same connection can meet it."""
    return f"clv_{stem}_{uuid4().hex}"


def trimmed(text: str, blanks: str = BLANKS) -> str:
    """Text without surrounding blanks; `blanks` are those that there may be."""
    # Trimming is slow, so only a text that begins below "!", ends in a blank or is not plain ASCII is handed over.
    plain = [blank for blank in blanks if blank.isascii()]
    suspect = [f"{text} < '!'", *(f"ends_with({text}, {literal(blank)})" for blank in plain)]
    if len(plain) < len(blanks):
        suspect.append(f"strlen({text}) <> length({text})")
    return f"CASE WHEN {' OR '.join(suspect)} THEN trim({text}, {literal(BLANKS)}) ELSE {text} END"


def valued(text: str) -> str:
    """Trimmed text of a cell; NULL where it says that there is no value."""
    longest = max(map(len, NO_VALUE))
    # One CASE within the other: both sides of an AND would be computed for every cell.
    empty = f"CASE WHEN {one_of(f'lower({text})', NO_VALUE)} THEN NULL ELSE {text} END"
    short = f"strlen({text}) <= {longest} AND NOT ({text} >= '0' AND {text} < ':')"
    return f"CASE WHEN {short} THEN {empty} ELSE {text} END"


def unmarked(text: str) -> str:
    """Text without the apostrophe, or the =" ", by which a spreadsheet knows that digits are text."""
    quoted = f"""{text} LIKE '="%"' THEN {text}[3:-2]"""
    return f"CASE WHEN {quoted} WHEN starts_with({text}, '''') THEN {text}[2:] ELSE {text} END"


def whole_number_text(expression: str) -> str:
    """Text of a floating-point cell, whole numbers without a fraction (17850.0 is 17850)."""
    # Comparing the rounded number with itself also finds NaN and infinity, which have no whole number.
    whole = f"TRY_CAST({expression} AS HUGEINT)"
    return (
        f"CASE WHEN isnan({expression}) THEN NULL"
        f" WHEN CAST({whole} AS DOUBLE) = {expression} THEN CAST({whole} AS VARCHAR)"
        f" ELSE CAST({expression} AS VARCHAR) END"
    )


def first_that_holds(branches: Iterable[tuple[str, str]], otherwise: str = "NULL") -> str:
    """The value of the first condition that holds; the condition FALSE is left out, for the engine would ask it too."""
    possible = [f"WHEN {condition} THEN {value}" for condition, value in branches if condition != "FALSE"]
    return f"CASE {' '.join(possible)} ELSE {otherwise} END" if possible else otherwise


def choice(expression: str, codes: Iterable[tuple[str, str]]) -> str:
    """Turn each of a few texts into its code, and any other into NULL."""
    branches = [f"WHEN {literal(text)} THEN {literal(code)}" for text, code in codes]
    return f"CASE {expression} {' '.join(branches)} END" if branches else "NULL::VARCHAR"


def count(engine: duckdb.DuckDBPyConnection, relation: str) -> int:
    """Rows of a relation, which may have a condition behind it."""
    found = engine.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(found[0]) if found else 0


def is_table(engine: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether a name is a table's, which holds what it shows, or a view's, which computes it."""
    found = engine.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = ?", [name]).fetchone()
    return bool(found and found[0])
