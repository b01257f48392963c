"""Dates and times written in any style, read in the engine.

The order of day and month is decided on the whole column, and asked for where the column leaves it open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

import duckdb

from clv.ingest import shapes
from clv.ingest.calendar_words import month_of, without_words
from clv.ingest.date_order import DateOrder, decide_order, latest_two_digits
from clv.ingest.errors import Problem

Span = tuple[int, int]
NOWHERE: Span = (0, 0)

ZONE = r"(?:Z|(?:GMT|UTC)?[+-]\d\d(?::?\d\d)?|[A-Z]{3,4})(?:\s*\([^)]*\))?"
# 10:15, 10:15:30.5 PM, 10.15.30
TIME = (
    r"(?P<h>\d{1,2})(?P<colon>[:.])(?P<min>\d\d)(?:(?P=colon)(?P<s>\d\d)(?:[.,]\d+)?)?"
    r"\s*(?P<half>[AaPp]\.?\s?[Mm]\.?)?"
)
CLOCK = rf"(?:(?:T|[ ,]+|[-:](?=\d\d(?P<dot>[:.])\d\d(?P=dot)\d\d)){TIME}\s*(?:{ZONE})?)?"
MONTH = r"(?P<name>[^\W\d_]{3,})"
DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th|[ºª])?"
# Tried in this order on the shape of a value, in which every digit is a 1.
CALENDARS = (
    r"(?P<y>\d{4})(?P<mark>[-/. ])(?P<m>\d{1,2})(?P=mark)(?P<d>\d{1,2})",
    r"(?P<a>\d{1,2})\s?(?P<mark>[-/. ])\s?(?P<b>\d{1,2})\s?(?P=mark)\s?(?P<c>\d{4}|\d\d)\.?",
    r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
    rf"(?i:{DAY}[ ./-]*{MONTH})\.?,?[ ./-]*(?P<y>\d{{4}}|\d\d)",
    rf"(?i:{MONTH}\.?[ ./-]*{DAY}),?[ ./-]+(?P<y>\d{{4}}|\d\d)",
    rf"(?P<y>\d{{4}})\.?[ ./-]*(?i:{MONTH}\.?[ ./-]*{DAY})\.?",
)
MOMENTS = (
    *(re.compile(calendar + CLOCK) for calendar in CALENDARS),
    re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)(?P<h>\d\d)(?P<min>\d\d)(?P<s>\d\d)?"),
    # Tue Jan 03 10:15:30 CET 2023
    re.compile(rf"(?i:{MONTH}\.?\s+{DAY})\s+{TIME}\s*(?:{ZONE}\s+)?(?P<y>\d{{4}})"),
    *(re.compile(rf"{TIME}[ ,]+{calendar}") for calendar in CALENDARS),
)
# Numbers: days since the end of 1899 as spreadsheets count them, and seconds since 1970 or parts of them.
COUNTERS = {
    "days": re.compile(r"\d{5}(?:[.,]\d*)?"),
    "seconds": re.compile(r"\d{9,10}(?:[.,]\d*)?|\d\.\d{9}[eE]\+?\d\d"),
    "milliseconds": re.compile(r"\d{13}(?:[.,]\d*)?"),
    "microseconds": re.compile(r"\d{16}"),
}
COLUMNS = ("shape", "kind", "month", "y_at", "y_to", "m_at", "m_to", "d_at", "d_to", "h_at", "h_to",
           "min_at", "min_to", "s_at", "s_to", "half")  # fmt: skip


@dataclass(frozen=True)
class DateLayout:
    """Where year, month, day and clock stand in values of one shape, as (first character, length).

    `first`, `second` and `third` are the parts of a date such as 03/04/2020 whose order is yet to be decided.
    `kind` is "moment", or the unit of a number of days or seconds.
    """

    shape: str
    kind: str = "moment"
    month: int | None = None
    year_at: Span = NOWHERE
    month_at: Span = NOWHERE
    day_at: Span = NOWHERE
    hour_at: Span = NOWHERE
    minute_at: Span = NOWHERE
    second_at: Span = NOWHERE
    half: str | None = None
    parts_at: tuple[Span, Span, Span] | None = None


# The shape of an empty text, which no cell has: the table of layouts is never empty.
NOTHING = DateLayout("")


@dataclass(frozen=True)
class DateStyle:
    """How the dates of the column are to be read: a layout for each shape that is a date.

    `order` is that of day, month and year where the user or the dates settled it.
    """

    layouts: tuple[DateLayout, ...] = ()
    order: DateOrder | None = None


def decide_dates(
    engine: duckdb.DuckDBPyConnection, relation: str, given: DateOrder | None, where: str
) -> DateStyle | Problem:
    """Decide how the dates are written, and the order of day and month in those like 03/04/2020.

    Parameters
    ----------
    relation : str
        A relation with the column `date_text`.
    given : {"dmy", "mdy", "ymd"} or None
        What the user says; taken without a question.
    where : str
        File and column, for the message.

    Returns
    -------
    DateStyle, or Problem where the dates could be read in two ways.
    """
    filled = (
        f"(SELECT {shapes.shape_of('date_text')} AS shape FROM {relation}"
        f" WHERE strlen(date_text) <= {shapes.LONGEST_CELL})"
    )
    found = [str(shape) for shape, _ in shapes.distinct_shapes(engine, filled, ["shape"])]
    layouts = [layout for shape in found if (layout := _layout(shape)) is not None]
    layouts = _with_years_last(engine, relation, layouts)
    open_layouts = [layout for layout in layouts if layout.parts_at is not None]
    order = given or (
        decide_order(engine, _parts_of(relation, open_layouts), where) if open_layouts else None
    )
    if isinstance(order, Problem):
        return order
    return DateStyle(tuple(_settled(layout, order or "dmy") for layout in layouts), order)


def _layout(shape: str) -> DateLayout | None:
    spaced = without_words(shape)
    start, end = len(spaced) - len(spaced.lstrip()), len(spaced.rstrip())
    for pattern in MOMENTS:
        match = pattern.fullmatch(spaced, start, max(start, end))
        month = month_of(match["name"]) if match and match.groupdict().get("name") else 0
        if match is not None and month is not None:
            return _moment_layout(shape, match, month or None)
    for kind, pattern in COUNTERS.items():
        if pattern.fullmatch(shape):
            return DateLayout(shape, kind)
    return None


def _moment_layout(shape: str, match: re.Match[str], month: int | None) -> DateLayout:
    named = match.groupdict()

    def at(group: str) -> Span:
        return (match.start(group) + 1, len(named[group])) if named.get(group) else NOWHERE

    half = named["half"][0].lower() if named.get("half") else None
    parts = (at("a"), at("b"), at("c")) if named.get("a") else None
    return DateLayout(
        shape, "moment", month, at("y"), at("m"), at("d"), at("h"), at("min"), at("s"), half, parts
    )


def _with_years_last(
    engine: duckdb.DuckDBPyConnection, relation: str, layouts: list[DateLayout]
) -> list[DateLayout]:
    """Distinguish 31012024 from 20240131: no such number can be read both ways, so what most of them are is right."""
    unmarked = {layout.shape: layout.year_at[0] for layout in layouts if _is_unmarked(layout)}
    if not unmarked:
        return layouts
    table = shapes.values_table(list(unmarked.items()), ("shape", "y_at"), "layout")
    # The first two digits of a year, where a month would stand.
    found = engine.execute(f"""
        SELECT layout.shape FROM {relation} JOIN {table} ON {shapes.shape_of("date_text")} = layout.shape
        GROUP BY ALL HAVING 2 * count(*) FILTER (substring(date_text, y_at + 4, 2) IN ('19', '20')) > count(*)""")
    last = {str(shape) for (shape,) in found.fetchall()}
    return [_year_last(layout) if layout.shape in last else layout for layout in layouts]


def _is_unmarked(layout: DateLayout) -> bool:
    start, length = layout.year_at
    return (layout.month_at, layout.day_at) == ((start + 4, 2), (start + 6, 2)) and length == 4


def _year_last(layout: DateLayout) -> DateLayout:
    start = layout.year_at[0]
    parts = ((start, 2), (start + 2, 2), (start + 4, 4))
    return replace(layout, year_at=NOWHERE, month_at=NOWHERE, day_at=NOWHERE, parts_at=parts)


def _settled(layout: DateLayout, order: DateOrder) -> DateLayout:
    if layout.parts_at is None:
        return layout
    # A year of four digits stands last, so it contradicts year/month/day.
    if order == "ymd" and layout.parts_at[2][1] == 4:
        return replace(layout, kind="unread")
    places = dict(zip(order, layout.parts_at, strict=True))
    return replace(layout, year_at=places["y"], month_at=places["m"], day_at=places["d"])


def _parts_of(relation: str, layouts: Iterable[DateLayout]) -> str:
    """Relation of the dates whose order is open: their parts a, b and c as numbers, c_to digits in the last."""
    rows = [
        (layout.shape, *(number for span in layout.parts_at or () for number in span)) for layout in layouts
    ]
    table = shapes.values_table(rows, ("shape", "a_at", "a_to", "b_at", "b_to", "c_at", "c_to"), "layout")
    parts = ", ".join(f"substring(date_text, {part}_at, {part}_to)::INT AS {part}" for part in "abc")
    return f"""(SELECT file_no, source_line, date_text, c_to, {parts}
                FROM {relation} JOIN {table} ON {shapes.shape_of("date_text")} = layout.shape)"""


def with_moment(relation: str, style: DateStyle) -> str:
    """Relation with a column `ordered_at`: date and local clock, NULL where the date cannot be read."""
    table = shapes.values_table([_row(layout) for layout in (NOTHING, *style.layouts)], COLUMNS, "layout")
    number = "TRY_CAST(replace(date_text, ',', '.') AS DOUBLE)"
    return f"""(
        SELECT cells.*, coalesce(date_native, CASE layout.kind
            WHEN 'moment' THEN TRY_CAST({_calendar()} || ' ' || {_clock()} AS TIMESTAMP)
            WHEN 'days' THEN CASE WHEN {number} BETWEEN 20000 AND 80000
                THEN TIMESTAMP '1899-12-30' + to_seconds(round({number} * 86400)::BIGINT) END
            WHEN 'seconds' THEN make_timestamp(TRY_CAST({number} * 1000000 AS BIGINT))
            WHEN 'milliseconds' THEN make_timestamp(TRY_CAST({number} * 1000 AS BIGINT))
            WHEN 'microseconds' THEN make_timestamp(TRY_CAST(date_text AS BIGINT)) END) AS ordered_at
        FROM {relation} AS cells LEFT JOIN {table} ON {shapes.shape_of("date_text")} = layout.shape)"""


def _row(layout: DateLayout) -> tuple[object, ...]:
    places = (
        layout.year_at,
        layout.month_at,
        layout.day_at,
        layout.hour_at,
        layout.minute_at,
        layout.second_at,
    )
    month = None if layout.month is None else str(layout.month)
    return (layout.shape, layout.kind, month, *(number for place in places for number in place), layout.half)


def _part(name: str) -> str:
    return f"substring(date_text, layout.{name}_at, layout.{name}_to)"


def _calendar() -> str:
    """Two digits of a year are the latest one that is not after the next."""
    year = _part("y")
    century = (
        f"CASE WHEN layout.y_to = 4 THEN '' WHEN {year} > '{latest_two_digits():02d}' THEN '19' ELSE '20' END"
    )
    return f"{century} || {year} || '-' || coalesce(layout.month, {_part('m')}) || '-' || {_part('d')}"


def _clock() -> str:
    hour = f"{_part('h')}::INT"
    shift = f"CASE layout.half WHEN 'p' THEN {hour} % 12 + 12 WHEN 'a' THEN {hour} % 12 ELSE {hour} END"
    seconds = f"CASE WHEN layout.s_to = 0 THEN '00' ELSE {_part('s')} END"
    return f"CASE WHEN layout.h_to = 0 THEN '00:00:00' ELSE {shift} || ':' || {_part('min')} || ':' || {seconds} END"
