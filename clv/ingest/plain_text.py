"""Text as databases write it, read by Arrow, which is several times as fast as to look at cells one by one.

Plain is a text whose rows all have as many cells as the header, whose quotation marks, if any, stand around cells and
nowhere else, whose ids are whole numbers in one form or are all taken as text, whose dates are written 2024-01-18 or
2024-01-18 09(:30(:00)), and whose amounts have at most two decimals behind a point. Such cells can be read in one way
only, whatever else stands in their columns. A text with any other cell is left to `clv.ingest.typed_rows`, which says the same
of the plain ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from clv.ingest.identifier_form import (
    IdentifierForm,
    Numbers,
    are_padded,
    digits_of,
    form_of,
    numbers_in,
    prefix_of,
)
from clv.ingest.text_scan import each_block
from clv.ingest.typed_rows import Role

BLOCK_BYTES = 2**21
# What stays in the processor's cache while it is looked at from several sides.
SLICE_BYTES = 2**17
# Arrow takes a cell for a moment only if it is written in the one way that needs no second look.
MOMENT, DAY = pa.timestamp("s"), "2024-01-18"
# Up to here cents are exact.
MOST_MONEY = 1e10


@dataclass(frozen=True)
class PlainText:
    """Columns of a plain text.

    Parameters
    ----------
    cells : pyarrow Table
        By the position p of a column in the file, `n{p}`: whole number, moment (microseconds since 1970) or amount;
        `t{p}`: text, also of identifiers that are no numbers, NULL where the cell is empty.
    votes : mapping of position to Counter
        How the numbers are written, in the words of `clv.ingest.amounts`.
    forms : mapping of position to IdentifierForm
        How the identifiers are written that are whole numbers.
    """

    cells: pa.Table
    votes: Mapping[int, Counter[str]]
    forms: Mapping[int, IdentifierForm]


@dataclass(frozen=True)
class _Columns:
    """How the columns of a text are read.

    Parameters
    ----------
    separator, width, roles, blanks
        As of `read_plain_text`.
    prefixes : mapping of position to str
        What stands in front of the numbers of identifiers, where they are not read as such at once.
    types : mapping of position to pyarrow DataType
        What the cells are parsed as.
    """

    separator: str
    width: int
    roles: Mapping[int, Role]
    blanks: str
    prefixes: Mapping[int, str]
    types: Mapping[int, pa.DataType]


@dataclass(frozen=True)
class _Block:
    """As `PlainText`, of some lines; `numbers` are those of identifiers behind a prefix."""

    cells: pa.Table
    votes: Mapping[int, Counter[str]]
    numbers: Mapping[int, Numbers]


def read_plain_text(
    path: Path,
    first_byte: int,
    separator: str,
    width: int,
    roles: Mapping[int, Role],
    sample: Sequence[Sequence[str]],
    blanks: str,
    room: int,
    progress: Callable[[int], None],
) -> PlainText | None:
    """Read the columns that have a role from the first byte of data on.

    None where the text is not plain, or its cells take more than `room` bytes. Identifiers that are no numbers of one form in
    the first rows, the `sample`, are texts. `blanks` are those that a cell may begin or end with. `progress` hears the rows so
    far; whatever it raises ends the read.
    """
    columns = _columns_as_in(sample, separator, width, roles, blanks)
    read = partial(_read_block, columns=columns)
    blocks: list[_Block] = []
    rows = held = 0
    for block in each_block(path, read, first_byte, BLOCK_BYTES):
        if block is None or held + block.cells.nbytes > room:
            return None
        blocks.append(block)
        rows, held = rows + len(block.cells), held + block.cells.nbytes
        progress(rows)
    if not blocks:
        return None
    votes = {at: sum((block.votes[at] for block in blocks), Counter[str]()) for at in blocks[0].votes}
    forms = {
        at: form_of(prefix, [block.numbers[at] for block in blocks])
        for at, prefix in columns.prefixes.items()
    }
    known = {at: form for at, form in forms.items() if form is not None}
    if len(known) < len(forms):
        return None
    return PlainText(pa.concat_tables([block.cells for block in blocks]), votes, known)


def _columns_as_in(
    sample: Sequence[Sequence[str]], separator: str, width: int, roles: Mapping[int, Role], blanks: str
) -> _Columns:
    """How columns are read that go on as they begin."""
    types: dict[int, pa.DataType] = {}
    prefixes: dict[int, str] = {}
    for at, role in roles.items():
        cells = [row[at] for row in sample if at < len(row)]
        types[at] = pa.string()
        if role == "date" and not any(len(cell) > len(DAY) for cell in cells):
            types[at] = MOMENT
        prefix = prefix_of(cells) if role == "identifier" else None
        if prefix == "" and not are_padded(cells):
            types[at] = pa.int64()
        elif prefix is not None:
            prefixes[at] = prefix
    return _Columns(separator, width, roles, blanks, prefixes, types)


def _read_block(block: bytes, columns: _Columns) -> _Block | None:
    cells: dict[str, pa.Array] = {}
    votes: dict[int, Counter[str]] = {}
    numbers: dict[int, Numbers] = {}
    try:
        quotes = _quotes_around_cells(block, columns.separator)
        if b"\r" in block and block.count(b"\r") > block.count(b"\r\n"):
            raise _NotPlainError
        parsed = _parsed(block, columns, columns.types).combine_chunks()
        all_bytes_counted = _are_all_bytes_counted(block, parsed, columns.width, quotes)
        if (quotes or not all_bytes_counted) and len(parsed) != _lines(block):
            raise _NotPlainError
        if not all_bytes_counted:
            _refuse_odd_identifiers(block, parsed, columns)
        for at, role in columns.roles.items():
            column = parsed[f"c{at}"].chunk(0)
            if role == "number":
                column, votes[at] = _amounts(column)
            elif role == "date":
                moment = pc.cast(column, MOMENT) if columns.types[at] != MOMENT else column
                column = pc.cast(moment, pa.timestamp("us")).view(pa.int64())
            elif at in columns.prefixes:
                if (found := numbers_in(column, columns.prefixes[at])) is None:
                    raise _NotPlainError
                numbers[at], column = found, found.values
            is_text = pa.types.is_string(column.type)
            cells[f"{'t' if is_text else 'n'}{at}"] = column
        _refuse_blank_rows(cells, columns)
    except (pa.ArrowInvalid, _NotPlainError):
        return None
    return _Block(pa.table(cells), votes, numbers)


class _NotPlainError(Exception):
    """A cell may be read in more than one way."""


def _parsed(block: bytes, columns: _Columns, types: Mapping[int, pa.DataType]) -> pa.Table:
    names = {f"c{at}": kind for at, kind in types.items()}
    every = [f"c{at}" for at in range(columns.width)]
    return csv.read_csv(
        pa.BufferReader(block),
        csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=every),
        csv.ParseOptions(
            delimiter=columns.separator, quote_char='"' if b'"' in block else False, double_quote=False,
            ignore_empty_lines=False,
        ),
        csv.ConvertOptions(
            column_types=names, include_columns=list(names), null_values=[""], strings_can_be_null=True,
            check_utf8=False,
        ),
    )  # fmt: skip


def _are_all_bytes_counted(block: bytes, parsed: pa.Table, width: int, quotes: int) -> bool:
    """Whether the block is as long as its cells are where each is written in the shortest way, within quotation marks or not.

    Then none is written in another way, such as 007 for 7, and every line that ends outside of quotation marks is a row.
    """
    if parsed.num_columns < width or b"\r" in block or _may_be_hexadecimal(block):
        return False
    lengths = [_shortest(parsed.column(at).chunk(0)) for at in range(width)]
    return sum(lengths) + quotes + len(parsed) * width - (not block.endswith(b"\n")) == len(block)


def _may_be_hexadecimal(block: bytes) -> bool:
    """Whether 0x stands somewhere: Arrow reads 0xF4240, which is as long as the number that it is."""
    if b"x" not in block and b"X" not in block:
        return False
    codes = np.frombuffer(block, dtype=np.uint8)
    return bool(((codes[:-1] == ord("0")) & (codes[1:] | 0x20 == ord("x"))).any())


def _shortest(column: pa.Array) -> int:
    """Bytes of the cells of a column; numbers below 1 are said to have none, though they have."""
    if pa.types.is_string(column.type):
        return int(pc.sum(pc.binary_length(column)).as_py() or 0)
    filled = len(column) - column.null_count
    if pa.types.is_timestamp(column.type):
        return filled * len(DAY)
    least = pc.min(column)
    return digits_of(column) if filled and least.as_py() > 0 else 0


def _lines(block: bytes) -> int:
    feeds = np.count_nonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n"))
    return int(feeds) + (not block.endswith(b"\n"))


def _quotes_around_cells(block: bytes, separator: str) -> int:
    """How many quotation marks there are, of which every other must begin a cell, and the ones between end it."""
    if b'"' not in block:
        return 0
    codes = np.frombuffer(b"\n" + block + b"\n", dtype=np.uint8)
    at = np.flatnonzero(codes == ord('"'))
    begins, ends = codes[at[::2] - 1], codes[at[1::2] + 1]
    begun = (begins == ord("\n")) | (begins == ord(separator))
    ended = (ends == ord("\n")) | (ends == ord("\r")) | (ends == ord(separator))
    if at.size % 2 or not begun.all() or not ended.all():
        raise _NotPlainError
    return int(at.size)


def _may_begin_oddly(block: bytes, separator: str) -> bool:
    """Whether a cell of any column begins with a blank, or with a zero and goes on with neither a point nor its end."""
    harmless = b'."\r\n' + separator.encode()
    blanks = [blank for blank in b" \t\v\f" if blank in block and blank != ord(separator)]
    if block[0] in blanks or (block[:1] == b"0" and block[1:2].strip(harmless)):
        return True
    quoted = b'"' in block
    codes = np.frombuffer(block, dtype=np.uint8)
    for start in range(0, len(block), SLICE_BYTES):
        some = codes[start : start + SLICE_BYTES + 2]
        before, first = some[:-2], some[1:-1]
        begins = (before == ord("\n")) | (before == ord(separator))
        if quoted:
            begins |= before == ord('"')
        if any((begins & (first == blank)).any() for blank in blanks):
            return True
        if some[2:][np.flatnonzero(begins & (first == ord("0")))].tobytes().strip(harmless):
            return True
    return False


def _refuse_odd_identifiers(block: bytes, parsed: pa.Table, columns: _Columns) -> None:
    """Arrow takes 007 and 0x7 for 7, and -0 for 0, which are no such numbers; it also takes blanks off before it looks."""
    identifiers = [at for at, kind in columns.types.items() if pa.types.is_integer(kind)]
    if not identifiers:
        return
    least = [pc.min(parsed[f"c{at}"]).as_py() for at in identifiers]
    if any(number is not None and number < 1 for number in least) or _may_begin_oddly(
        block, columns.separator
    ):
        texts = _parsed(block, columns, dict.fromkeys(identifiers, pa.string()))
        if any(pc.any(pc.match_substring_regex(text, r"^(\s|0.|-0)")).as_py() for text in texts.columns):
            raise _NotPlainError


def _refuse_blank_rows(cells: Mapping[str, pa.Array], columns: _Columns) -> None:
    """A row without a date may have no value at all, or only blanks."""
    dates = [cells[f"n{at}"] for at, role in columns.roles.items() if role == "date"]
    if any(not date.null_count for date in dates):
        return
    is_blank = reduce(pc.and_, (column.is_null() for column in cells.values()))
    if columns.blanks or pc.any(is_blank).as_py():
        raise _NotPlainError


def _amounts(text: pa.StringArray) -> tuple[pa.Decimal64Array, Counter[str]]:
    """Amounts, and how they are written; 1.230 may be a thousand and more, so no number has three decimals."""
    known = text.is_valid().to_numpy(zero_copy_only=False)
    point = pc.find_substring(text, ".").fill_null(-1).to_numpy()
    decimals = pc.binary_length(text).fill_null(0).to_numpy() - point - 1
    pointed = point >= 0
    amounts = pc.cast(text, pa.float64()).fill_null(0.0).to_numpy()
    # What is written with an exponent may have more decimals than are seen; NaN is not below anything.
    if (
        _has_exponents(text)
        or np.any(pointed & ((decimals < 1) | (decimals > 2)))
        or not np.all(np.abs(amounts) < MOST_MONEY)
    ):
        raise _NotPlainError
    cents = np.rint(amounts * 100).astype(np.int64)
    plain = known & ~pointed
    votes = Counter({
        ".": int(np.count_nonzero(pointed)),
        "plain": int(np.count_nonzero(plain)),
        "ungrouped": int(np.count_nonzero(plain & (np.abs(cents) >= 100_000))),
    })  # fmt: skip
    return pa.array(cents * 100, mask=~known).view(pa.decimal64(18, 4)), votes


def _has_exponents(text: pa.StringArray) -> bool:
    codes = np.frombuffer(text.buffers()[2] or b"", dtype=np.uint8)
    return bool(np.any(codes | 0x20 == ord("e")))
