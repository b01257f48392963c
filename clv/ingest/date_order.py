"""Whether 03/04/2020 is 3 April or 4 March: decided on the whole column, or asked with both readings shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import duckdb

from clv.ingest.errors import Problem

DateOrder = Literal["dmy", "mdy", "ymd"]
WORDS: dict[DateOrder, str] = {"dmy": "day/month/year", "mdy": "month/day/year", "ymd": "year/month/day"}
SHOWN_DATES = 5
# More different numbers than there are months, hence days: years of a shop are fewer.
SURELY_DAYS = 13


@dataclass(frozen=True)
class DateReading:
    """A date as it stands in the file, and what it is under each order."""

    text: str
    dates: tuple[dt.date, dt.date]


@dataclass(frozen=True)
class OpenDateOrder(Problem):
    """The order of day and month does not follow from the column: a question to the user.

    Parameters
    ----------
    orders : pair of {"dmy", "mdy", "ymd"}
        The two orders in which every date of the column can be read.
    readings : tuple of DateReading
        Dates of the user's own rows, the first ones in the file; their `dates` are in the order of `orders`.
    setting : str
        The setting of ``clv.loading.read_shop`` that answers it.
    """

    orders: tuple[DateOrder, DateOrder]
    readings: tuple[DateReading, ...]
    setting: str = "date_order"


class MixedDateOrder(Problem):
    """Dates of one column can be read in no common order of day and month."""


def latest_two_digits() -> int:
    """Two digits of a year are the latest one that is not after the next: 26 is 2026, 97 is 1997."""
    return (dt.date.today().year + 1) % 100


def decide_order(engine: duckdb.DuckDBPyConnection, parts: str, where: str) -> DateOrder | Problem | None:
    """Find the order in which the dates of a column are written.

    Parameters
    ----------
    parts : str
        Relation with the columns `file_no`, `source_line`, `date_text`, its numbers `a`, `b`, `c` in the order in
        which they stand, and `c_to`, the number of digits of the last.
    where : str
        File and column, for the message.

    Returns
    -------
    DateOrder, OpenDateOrder where two orders fit every date, MixedDateOrder where none does, or None where no date
    depends on it.
    """
    counted = engine.execute(f"""
        SELECT count(*) FILTER (a BETWEEN 13 AND 31 AND b <= 12), count(*) FILTER (b BETWEEN 13 AND 31 AND a <= 12),
               count(*) FILTER (a > 31 AND c_to = 2), count(*) FILTER (a <> b AND a BETWEEN 1 AND 12 AND b BETWEEN 1 AND 12),
               bool_and(c_to = 2 AND b BETWEEN 1 AND 12 AND c BETWEEN 1 AND 31 AND NOT contains(date_text, '.')),
               count(DISTINCT a), count(DISTINCT c)
        FROM {parts}""").fetchone()
    day_first, month_first, year_first, either, as_year_first, firsts, lasts = counted or (0,) * 7
    votes: dict[DateOrder, int] = {"dmy": day_first, "mdy": month_first, "ymd": year_first}
    if as_year_first and not month_first and lasts > firsts:
        # 23-01-15: the first numbers are few as years are, the last ones many as days are.
        if year_first or (lasts >= SURELY_DAYS and lasts >= 3 * firsts):
            return "ymd"
        return _question(engine, parts, ("dmy", "ymd"), "a <> c", where)
    if any(votes.values()):
        return _voted(votes, where)
    if either:
        return _question(
            engine, parts, ("dmy", "mdy"), "a <> b AND a BETWEEN 1 AND 12 AND b BETWEEN 1 AND 12", where
        )
    return None


def _voted(votes: Mapping[DateOrder, int], where: str) -> DateOrder | Problem:
    best = max(votes, key=lambda order: votes[order])
    if sum(votes.values()) - votes[best] <= 0.01 * votes[best]:
        return best
    what = f"some dates can only be {WORDS['dmy']} and others only {WORDS['mdy']}"
    return MixedDateOrder(what, where, "Write all dates one way, or set the order of day and month")


def _question(
    engine: duckdb.DuckDBPyConnection,
    parts: str,
    orders: tuple[DateOrder, DateOrder],
    condition: str,
    where: str,
) -> Problem | None:
    found = engine.execute(f"""
        SELECT date_text, a, b, c FROM {parts} WHERE {condition}
        GROUP BY ALL ORDER BY min((file_no, source_line)) LIMIT {4 * SHOWN_DATES}""").fetchall()
    shown = [
        DateReading(str(text), (first, second))
        for text, *numbers in found
        if (first := _date(orders[0], numbers)) and (second := _date(orders[1], numbers)) and first != second
    ]
    if not shown:
        return None
    text, (first, second) = shown[0].text, shown[0].dates
    reason = (
        "every day is at most 12, so the order of day and month cannot be told"
        if orders[1] == "mdy"
        else "the dates have two-digit years, so it cannot be told which number is the year"
    )
    what = f"{reason}: {text} is {_written(first)} as {WORDS[orders[0]]} and {_written(second)} as {WORDS[orders[1]]}"
    todo = f"Set the order of day and month: {' or '.join(orders)}"
    return OpenDateOrder(what, where, todo, orders, tuple(shown[:SHOWN_DATES]))


def _written(date: dt.date) -> str:
    return f"{date.day} {date:%B %Y}"


def _date(order: DateOrder, numbers: list[int]) -> dt.date | None:
    parts = dict(zip(order, numbers, strict=True))
    year = parts["y"]
    if year < 100:
        year += 1900 if year > latest_two_digits() else 2000
    try:
        return dt.date(year, parts["m"], parts["d"])
    except ValueError:
        return None
