"""When a file as a whole cannot be used, although it could be opened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import duckdb

from clv.ingest import quality, sql
from clv.ingest.columns import MEANINGS
from clv.ingest.date_order import WORDS as DATE_ORDERS
from clv.ingest.errors import InputError, Problem, raise_if_any
from clv.ingest.files import OrderFile
from clv.ingest.layout import Layout
from clv.ingest.staging import Staged

# Above this share of unreadable cells a column is taken for the wrong one.
TOLERATED = 0.5


def refuse_bad_request(files: Sequence[OrderFile], date_order: str | None) -> None:
    """Refuse a read of no file, or in an order of day and month that there is not.

    Raises
    ------
    InputError
    """
    if not files:
        raise InputError([Problem("no file was given", "orders", "Choose at least one order file")])
    if date_order not in (None, *DATE_ORDERS):
        problem = Problem(f"there is no date order «{date_order}»", "date order", "Choose dmy, mdy or ymd")
        raise InputError([problem])


def refuse_bad_rates(rates: Mapping[str, float] | None, currency: str | None) -> None:
    """Refuse rates that are no positive numbers, or that lead to no currency.

    Raises
    ------
    InputError
    """
    problems = []
    if rates and not (currency or "").strip():
        todo = "Choose the currency that the amounts are to be converted to"
        problems.append(Problem("rates were given without a currency to convert to", "exchange rates", todo))
    for code, rate in (rates or {}).items():
        if not (math.isfinite(rate) and rate > 0):
            todo = f"Write what one {code} is worth in the currency of the analysis, such as 0.9"
            problems.append(
                Problem(f"the rate of {code}, {rate}, is no positive number", "exchange rates", todo)
            )
    raise_if_any(problems)


def refuse_customer_table(layout: Layout | None, name: str, mapping: object) -> None:
    """Refuse a table of customers where orders are asked for, unless the user says which columns are which.

    Raises
    ------
    InputError
    """
    if layout is None or layout.kind != "customers" or mapping:
        return
    what = (
        "this is a table of customers with one row each (frequency, recency, T), and its single orders, from which the"
        " models are fitted, are not in it"
    )
    raise InputError(
        [Problem(what, name, "Load the orders behind it: a customer, a date and an amount a row")]
    )


def refuse_empty(engine: duckdb.DuckDBPyConnection, staged: Staged, names: Sequence[str]) -> None:
    """Refuse files without rows, or with a single one.

    Raises
    ------
    InputError
    """
    rows = sql.count(engine, f"{staged.table} WHERE NOT is_blank")
    where = ", ".join(names)
    if rows == 0:
        raise InputError([Problem("there is a header but no row below it", where, "Export the orders again")])
    if rows == 1:
        what = "there is only one row, and nothing can be learnt from a single order"
        raise InputError([Problem(what, where, "Load the orders of a longer period")])


def unreadable_columns(
    engine: duckdb.DuckDBPyConnection,
    lines: str,
    staged: Staged,
    names: Sequence[str],
    *,
    dates_settled: bool,
) -> list[Problem]:
    """Columns most of whose cells are not what they should be, and rows that fall apart.

    Dates are left out while their order is still to be asked for.
    """
    files = ", ".join(names)
    values = ({"date": "ordered_at"} if dates_settled else {}) | {field: field for field in staged.numbers}
    # A column of which every cell was read at once has none that cannot be read.
    values = {
        field: value
        for field, value in values.items()
        if staged.unread[field] or staged.missing[field] == staged.rows
    }
    counts = ["count(*)", "count(*) FILTER (split_wrongly)"]
    for field, value in values.items():
        counts += [f"count(*) FILTER ({_bad(field, value)})", f"count({value})"]
    counted = engine.execute(f"SELECT {', '.join(counts)} FROM {lines}").fetchone() or ()
    rows, split = counted[:2]
    problems = [_wrongly_split(engine, lines, split, rows, files)] if split > TOLERATED * rows else []
    for (field, value), wrong, read in zip(values.items(), counted[2::2], counted[3::2], strict=True):
        column = getattr(staged.mapping, field)
        if not wrong + read and field not in ("discount", "refund"):
            todo = f"Choose the column that holds the {MEANINGS[field]}"
            problems.append(Problem("the column is empty", f"{files}, column «{column}»", todo))
        elif wrong > TOLERATED * (wrong + read):
            problems.append(_unreadable(engine, lines, field, value, column, wrong, wrong + read))
    return problems


def _bad(field: str, value: str) -> str:
    return f"{field}_text IS NOT NULL AND {value} IS NULL"


def _wrongly_split(
    engine: duckdb.DuckDBPyConnection, lines: str, wrong: int, rows: int, files: str
) -> Problem:
    first = engine.execute(f"SELECT min(source_line) FROM {lines} WHERE split_wrongly").fetchone()
    what = f"{wrong:,} of {rows:,} rows have more cells than the header has columns"
    todo = (
        "Put cells that contain the separator, such as 1,234.50, in quotation marks, or use another separator"
    )
    return Problem(what, f"{files}, from line {first[0] if first else 1} on", todo)


def _unreadable(
    engine: duckdb.DuckDBPyConnection,
    lines: str,
    field: str,
    value: str,
    column: str,
    wrong: int,
    filled: int,
) -> Problem:
    example = engine.execute(f"""
        SELECT min_by({{'text': {field}_text, 'file': source_file, 'line': source_line}},
                      file_no * 1000000000000 + source_line)
        FROM {lines} WHERE {_bad(field, value)}""").fetchone()
    assert example is not None
    found, meaning = example[0], MEANINGS[field]
    where = f"{found['file']}, column «{column}», line {found['line']}"
    what = f"{wrong:,} of {filled:,} values cannot be read as {_article(meaning)}, such as «{found['text'][:40]}»"
    todo = f"Choose the column that holds the {meaning}, or write the values another way"
    if field == "date":
        todo += " (or set the order of day and month)"
    return Problem(what, where, todo)


def _article(meaning: str) -> str:
    return f"an {meaning}" if meaning[0] in "aeio" else f"a {meaning}"


def refuse_nothing_kept(engine: duckdb.DuckDBPyConnection, lines: str, names: Sequence[str]) -> None:
    """Refuse files of whose rows none is a purchase.

    Raises
    ------
    InputError
    """
    if engine.execute(f"SELECT 1 FROM {lines} WHERE reason IS NULL AND NOT is_refund LIMIT 1").fetchone():
        return
    reasons = "; ".join(
        f"{group.rows:,} rows: {group.reason}" for group in quality.dropped_rows(engine, lines)[:6]
    )
    what = "no row is a purchase" + (f" ({reasons})" if reasons else ": all amounts are negative")
    raise InputError([Problem(what, ", ".join(names), "Check the columns that were chosen")])
