"""Columns of a database read as text, moments and money, whatever their type: Ibis expressions, run there."""

from __future__ import annotations

import datetime as dt

import ibis
from ibis.expr.types import Column, NumericValue, StringValue, TimestampValue

from clv.ingest import sql

MONEY = "decimal(18, 4)"
# Amounts from here on do not fit MONEY; comparing also leaves out NaN and infinity.
TOO_MUCH = 10**14
# Years from 1000 to 9999, the 29th of February in leap years only: a database refuses the whole query for one
# text that is no date, so only texts that are dates are ever cast.
LEAP_YEAR = "([1-9][0-9](0[48]|[2468][048]|[13579][26])|([2468][048]|[13579][26])00)"
DAY = (
    "([1-9][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    f"|02-(0[1-9]|1[0-9]|2[0-8]))|{LEAP_YEAR}-02-29)"
)
CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]+)?)?"
MOMENT = f"^{DAY}([ T]{CLOCK}( ?(Z|UTC|[+]00(:?00)?))?)?$"
ZONE = " ?(Z|UTC|[+]00(:?00)?)$"
NUMBER = "^([+-]?[0-9]{1,13}([.][0-9]*)?|[+-]?[.][0-9]+)$"
# Ends with the microseconds: 2024-01-31 10:00:00.123456.
LONGEST_MOMENT = 26

EARLIEST, LATEST = dt.datetime(1000, 1, 1), dt.datetime(9999, 12, 31)


def text(column: Column) -> StringValue:
    """Text of a cell without blanks around it, numbers digit by digit; NULL where it has no value."""
    dtype = column.type()
    if dtype.is_floating():
        return _digits_of_float(column)
    written = column.cast("string")
    if dtype.is_decimal():
        return written.re_replace("[.]0+$", "")
    if not dtype.is_string():
        return written
    trimmed = written.replace("\u00a0", " ").strip()
    return ibis.ifelse(trimmed.lower().isin(sql.NO_VALUE), None, trimmed)


def moment(column: Column) -> TimestampValue:
    """Moment without a zone: with one, the clock in Greenwich; NULL for text that is not written as in ISO 8601."""
    dtype = column.type()
    if dtype.is_string():
        iso = text(column)
        plain = iso.re_replace(ZONE, "").replace("T", " ").substr(0, LONGEST_MOMENT)
        return ibis.ifelse(iso.re_search(MOMENT), plain, None).cast("timestamp")
    # Infinity and years before Christ, which some databases know, are no dates in Python.
    clock = column.cast("timestamp")
    return ibis.ifelse((clock >= ibis.literal(EARLIEST)) & (clock < ibis.literal(LATEST)), clock, None)


def number(column: Column) -> NumericValue:
    """Money or a quantity; NULL for text that is no plain number, and for what does not fit."""
    if column.type().is_string():
        plain = text(column)
        return ibis.ifelse(plain.re_search(NUMBER), plain, None).cast(MONEY)
    return fitting(column)


def fitting(value: NumericValue) -> NumericValue:
    """As money; NULL for NaN, infinity and what is too large for it."""
    return ibis.ifelse(value.abs() < TOO_MUCH, value, None).cast(MONEY)


def is_moment(column: Column) -> bool:
    """Whether a column can hold dates."""
    dtype = column.type()
    return bool(dtype.is_string() or dtype.is_date() or dtype.is_timestamp())


def is_number(column: Column) -> bool:
    """Whether a column can hold amounts."""
    return bool(column.type().is_string() or (column.type().is_numeric() and not column.type().is_boolean()))


def is_cell(column: Column) -> bool:
    """Whether a column holds one plain value a row; lists, documents and pictures do not."""
    dtype = column.type()
    plain = dtype.is_string() or dtype.is_numeric() or dtype.is_date() or dtype.is_timestamp()
    return bool(plain or dtype.is_boolean() or dtype.is_uuid())


def _digits_of_float(column: Column) -> StringValue:
    whole = column.abs() < 10**15
    exact = ibis.ifelse(whole, column, 0).cast("int64")
    return ibis.ifelse(whole & (exact.cast("float64") == column), exact.cast("string"), column.cast("string"))
