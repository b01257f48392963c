"""When a file as a whole cannot be used, although it could be opened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import duckdb

from clv.ingest import dates, quality
from clv.ingest.columns import MEANINGS
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
    if date_order not in (None, *dates.WORDS):
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
    counted = engine.execute(f"SELECT count(*) FROM {staged.table} WHERE NOT is_blank").fetchone()
    rows = counted[0] if counted else 0
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
    problems = _wrongly_split(engine, lines, files)
    if dates_settled:
        problems += _unreadable(engine, lines, "date", "ordered_at", staged.mapping.date, files)
    for field in staged.numbers:
        problems += _unreadable(engine, lines, field, field, getattr(staged.mapping, field), files)
    return problems


def _wrongly_split(engine: duckdb.DuckDBPyConnection, lines: str, files: str) -> list[Problem]:
    counted = engine.execute(
        f"SELECT count(*) FILTER (split_wrongly), count(*), min(source_line) FILTER (split_wrongly) FROM {lines}"
    ).fetchone()
    wrong, rows, line = counted or (0, 0, 0)
    if wrong <= TOLERATED * rows:
        return []
    what = f"{wrong:,} of {rows:,} rows have more cells than the header has columns"
    todo = (
        "Put cells that contain the separator, such as 1,234.50, in quotation marks, or use another separator"
    )
    return [Problem(what, f"{files}, from line {line} on", todo)]


def _unreadable(
    engine: duckdb.DuckDBPyConnection, lines: str, field: str, value: str, column: str, files: str
) -> list[Problem]:
    bad = f"{field}_text IS NOT NULL AND {value} IS NULL"
    counted = engine.execute(f"""
        SELECT count(*) FILTER ({bad}), count(*) FILTER ({bad} OR {value} IS NOT NULL),
               min_by({{'text': {field}_text, 'file': source_file, 'line': source_line}},
                      file_no * 1000000000000 + source_line) FILTER ({bad})
        FROM {lines}""").fetchone()
    wrong, filled, example = counted or (0, 0, None)
    meaning = MEANINGS[field]
    todo = f"Choose the column that holds the {meaning}"
    if not filled and field not in ("discount", "refund"):
        return [Problem("the column is empty", f"{files}, column «{column}»", todo)]
    if not filled or wrong <= TOLERATED * filled:
        return []
    where = f"{example['file']}, column «{column}», line {example['line']}"
    what = f"{wrong:,} of {filled:,} values cannot be read as {_article(meaning)}, such as «{example['text'][:40]}»"
    todo += ", or write the values another way"
    if field == "date":
        todo += " (or set the order of day and month)"
    return [Problem(what, where, todo)]


def _article(meaning: str) -> str:
    return f"an {meaning}" if meaning[0] in "aeio" else f"a {meaning}"


def refuse_nothing_kept(engine: duckdb.DuckDBPyConnection, lines: str, names: Sequence[str]) -> None:
    """Refuse files of whose rows none is a purchase.

    Raises
    ------
    InputError
    """
    counted = engine.execute(
        f"SELECT count(*) FROM {lines} WHERE reason IS NULL AND NOT is_refund"
    ).fetchone()
    if counted and counted[0]:
        return
    reasons = "; ".join(
        f"{group.rows:,} rows: {group.reason}" for group in quality.dropped_rows(engine, lines)[:6]
    )
    what = "no row is a purchase" + (f" ({reasons})" if reasons else ": all amounts are negative")
    raise InputError([Problem(what, ", ".join(names), "Check the columns that were chosen")])
