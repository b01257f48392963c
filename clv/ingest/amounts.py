"""Money and quantities written in any style, read in the engine.

Which mark is the decimal one is decided on the whole column: `12,50` can only be read one way, `1,234` both
ways, and the cells of the first sort decide for those of the second.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import duckdb

from clv.ingest import shapes, sql, vocabulary

DecimalMark = Literal[".", ","]
NUMBER = "DECIMAL(18,4)"
APOSTROPHES = "'’‘`´"
MINUS = "−–-"
LETTER = r"[^\W\d_]"
SIGN = r"[$€£¥₽₴₹₺₩₪฿₫₱₦₸¢₼₾]"
SYMBOL = rf"(?:{LETTER}{{0,3}}\s?{SIGN}|{LETTER}{{1,8}}\.?)"
# Around the digits stand brackets, a sign and currencies: -$5, $(5), (5 €), 5- zł, $5.00 USD. 12,- is 12 without cents.
WRITTEN = re.compile(
    rf"(?P<first>[\s(+{MINUS}]*)(?P<before>{SYMBOL})?(?P<second>[\s(+{MINUS}]*)"
    rf"(?P<core>\d[\d., ]*?|[.,]\d+)(?:(?<=[.,])[{MINUS}]{{1,2}})?"
    rf"(?P<third>[\s)+{MINUS}]*)(?P<after>{SYMBOL})?(?P<fourth>[\s)+{MINUS}]*)"
)
# Groups of three, the Indian groups of two before the last three, or blanks.
GROUPED = r"(?:\d+|\d{{1,3}}(?:(?: \d{{3}})+|(?:{mark}\d{{2,3}})*{mark}\d{{3}}))?(?:{decimal}\d*)?"
POINT = re.compile(GROUPED.format(mark=",", decimal=r"\."))
COMMA = re.compile(GROUPED.format(mark=r"\.", decimal=","))
FLOAT = re.compile(r"[-+]?\d+(?:[.,]\d*)?[eE][-+]?\d+")
COLUMNS = ("shape", "leading_zero", "core_at", "core_length", "factor", "decimal", "currency")


@dataclass(frozen=True)
class NumberLayout:
    """How numbers of one shape are read; `decimal` is "e" for computer notation such as 1.5E+03."""

    shape: str
    leading_zero: bool
    core_at: int
    core_length: int
    factor: int
    decimal: str
    currency: str | None


# The shape of an empty text, which no cell has: the table of layouts is never empty.
NOTHING = NumberLayout("", False, 1, 0, 1, ".", "")


@dataclass(frozen=True)
class NumberStyle:
    """How the numbers of a column are to be read.

    Parameters
    ----------
    layouts : tuple of NumberLayout
        One for each shape that is a number.
    doubt : str or None
        What the user should know about cells that could be read in two ways.
    """

    layouts: tuple[NumberLayout, ...] = ()
    doubt: str | None = None


def decide_style(
    engine: duckdb.DuckDBPyConnection, relation: str, field: str, meaning: str, votes: Counter[str]
) -> NumberStyle:
    """Decide on all cells of a column how its numbers are written.

    Parameters
    ----------
    relation : str
        A relation with the column `{field}_text`.
    meaning : str
        What to call the column in a message.
    votes : Counter
        How the numbers of the column are written that have been read already and have no text any more.
    """
    text = f"{field}_text"
    filled = f"(SELECT {_plain(text)} AS plain FROM {relation} WHERE strlen({text}) <= {shapes.LONGEST_CELL})"
    columns = (f"{shapes.shape_of('plain')} AS shape", f"{_leading_zero('plain')} AS leading_zero")
    found = {
        (str(shape), bool(zero)): int(str(cells))
        for shape, zero, cells in shapes.distinct_shapes(engine, filled, columns)
    }
    decimal, doubt = _decimal_mark(_evidence(found) + votes, meaning)
    layouts = (_layout(shape, zero, decimal) for shape, zero in found)
    return NumberStyle(tuple(layout for layout in layouts if layout is not None), doubt)


def _plain(text: str) -> str:
    """Blanks of all kinds, and apostrophes between thousands, as simple blanks."""
    blanks = sql.BLANKS + APOSTROPHES
    simple = f"strlen({text}) = length({text}) AND NOT contains({text}, '''') AND NOT contains({text}, '`')"
    thorough = f"translate({text}, {sql.literal(blanks)}, {sql.literal(' ' * len(blanks))})"
    return f"CASE WHEN {simple} THEN {text} ELSE {thorough} END"


def _leading_zero(plain: str) -> str:
    """Whether the number begins 0.1 or 0,1: no mark for thousands follows a lone zero."""
    # Looking at the characters before the zero is slow, so it is done only where there is one.
    unsigned = f"' ' || translate({plain}, '$€£+-(', '      ')"
    possible = f"contains({plain}, '0.') OR contains({plain}, '0,')"
    return f"CASE WHEN {possible} THEN regexp_matches({unsigned}, ' 0[.,]') ELSE FALSE END"


def _readings(core: str, leading_zero: bool) -> str:
    """The decimal marks under which the digits can be read: any of "." and ","."""
    point, comma = POINT.fullmatch(core) is not None, COMMA.fullmatch(core) is not None
    if leading_zero and point and comma:
        return "." if "." in core else ","
    return "." * point + "," * comma


def _evidence(found: Mapping[tuple[str, bool], int]) -> Counter[str]:
    """Cells that can be read one way only, and those that can be read both ways, by their mark."""
    votes: Counter[str] = Counter()
    for (shape, zero), cells in found.items():
        written = WRITTEN.fullmatch(shape)
        if written is None:
            continue
        core = written["core"]
        readings = _readings(core, zero)
        if readings == ".,":
            marks = "".join(sorted(set(core) & {".", ","}))
            votes[
                "both" + marks if marks else "ungrouped" if len(core) > 3 and core.isdigit() else "plain"
            ] += cells
        else:
            votes[readings] += cells
    return votes


def _decimal_mark(votes: Counter[str], meaning: str) -> tuple[DecimalMark, str | None]:
    either = votes["both,"] + votes["both."]
    if votes["."] or votes[","]:
        return _by_evidence(votes, meaning, doubtful=either > 0)
    if not either:
        return ".", None
    mark: DecimalMark = "," if votes["both,"] >= votes["both."] else "."
    example = f"1{mark}234"
    if votes["ungrouped"]:
        # Thousands stand without a mark elsewhere in the column, so the mark is the decimal one.
        return mark, f"Values of the {meaning} such as {example} were read as 1.234, with three decimals."
    other: DecimalMark = "." if mark == "," else ","
    return other, f"Values of the {meaning} such as {example} were read as 1234, with a mark for thousands."


def _by_evidence(votes: Counter[str], meaning: str, doubtful: bool) -> tuple[DecimalMark, str | None]:
    decimal: DecimalMark = "." if votes["."] >= votes[","] else ","
    if not (votes["."] and votes[","] and doubtful):
        return decimal, None
    named = "point" if decimal == "." else "comma"
    mixed = f"The {meaning} mixes decimal points and decimal commas"
    return decimal, f"{mixed}; values such as 1,234 or 1.234 were read with a decimal {named}."


def _layout(shape: str, leading_zero: bool, decimal: DecimalMark) -> NumberLayout | None:
    if FLOAT.fullmatch(shape):
        return NumberLayout(shape, leading_zero, 1, len(shape), 1, "e", None)
    written = WRITTEN.fullmatch(shape)
    if written is None:
        return None
    factor, readings = _factor(written), _readings(written["core"], leading_zero)
    symbols = [symbol for symbol in (written["before"], written["after"]) if symbol]
    currencies = [_currency(symbol) for symbol in symbols]
    if not factor or not readings or None in currencies:
        return None
    # $5.00 CAD is in Canadian dollars: the code says more than the sign.
    coded = [code for symbol, code in zip(symbols, currencies, strict=True) if symbol.isalpha()]
    currency = (coded or currencies or [None])[-1]
    start, end = written.span("core")
    mark = decimal if decimal in readings else readings
    return NumberLayout(shape, leading_zero, start + 1, end - start, factor, mark, currency)


def _factor(written: re.Match[str]) -> int:
    """-1 for a number with a minus or in brackets, 1 for any other; 0 where signs or brackets do not fit."""
    around = "".join(written.group("first", "second", "third", "fourth"))
    signs = [mark for mark in around if mark in "+" + MINUS]
    brackets = around.count("("), around.count(")")
    if len(signs) > 1 or brackets not in ((0, 0), (1, 1)):
        return 0
    return -1 if brackets[0] or (signs and signs[0] in MINUS) else 1


def _currency(symbol: str) -> str | None:
    """ISO code of a sign, word or code, or of a code with a sign behind it such as MXN$."""
    codes = vocabulary.currency_codes()
    plain = "".join(symbol.lower().split())
    return codes.get(plain) or codes.get(re.sub(SIGN, "", plain))


def with_number(relation: str, field: str, style: NumberStyle) -> str:
    """Relation with columns `{field}` and `{field}_currency`; NULL where the cell cannot be read."""
    table = shapes.values_table([_row(layout) for layout in (NOTHING, *style.layouts)], COLUMNS, "layout")
    core = "substring(plain, layout.core_at, layout.core_length)"
    value = f"""CASE layout.decimal
        WHEN '.' THEN TRY_CAST(translate({core}, ', ', '') AS {NUMBER}) * layout.factor
        WHEN ',' THEN TRY_CAST(replace(translate({core}, '. ', ''), ',', '.') AS {NUMBER}) * layout.factor
        WHEN 'e' THEN TRY_CAST(TRY_CAST(replace({core}, ',', '.') AS DOUBLE) AS {NUMBER}) END"""
    return f"""(
        SELECT cells.* EXCLUDE (plain), coalesce({field}_native, TRY_CAST({value} AS {NUMBER})) AS {field},
               CAST(layout.currency AS VARCHAR) AS {field}_currency
        FROM (SELECT *, {_plain(f"{field}_text")} AS plain FROM {relation}) AS cells
        LEFT JOIN {table} ON {shapes.shape_of("plain")} = layout.shape
            AND {_leading_zero("plain")} = layout.leading_zero)"""


def _row(layout: NumberLayout) -> tuple[object, ...]:
    return tuple(getattr(layout, column) for column in COLUMNS)


def known_currencies(symbols: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Those of the signs and words that mean a currency, in lower case, with its ISO code."""
    codes = vocabulary.currency_codes()
    return tuple((symbol, codes[symbol]) for symbol in sorted(set(symbols)) if symbol in codes)
