"""Identifiers that are whole numbers, however they are written: 1001, 00012, #1001, C000123."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clv.ingest import sql

DIGITS = "0123456789"
ZERO = ord("0")
# No blank, quotation mark or apostrophe, which are no part of an identifier, and no @, which is kept apart from others.
PREFIX = re.compile(r"(?:[A-Za-z#][A-Za-z0-9#._:/-]*[A-Za-z#._:/-]|[A-Za-z#])?")


@dataclass(frozen=True)
class IdentifierForm:
    """How numbers are written that identify something.

    Parameters
    ----------
    prefix : str
        What stands in front of each.
    digits : int
        Zeros fill them up to so many digits, or 0 where none stands in front.
    """

    prefix: str = ""
    digits: int = 0

    def sql(self, number: str) -> str:
        """SQL for the text of a number (BIGINT)."""
        text = f"CAST({number} AS VARCHAR)"
        if self.digits:
            text = f"lpad({text}, {self.digits}, '0')"
        return f"{sql.literal(self.prefix)} || {text}" if self.prefix else text

    def texts(self, numbers: pa.ChunkedArray) -> pa.ChunkedArray:
        """The texts of numbers (int64)."""
        texts = pc.cast(numbers, pa.string())
        if self.digits:
            texts = pc.ascii_lpad(texts, self.digits, "0")
        return pc.binary_join_element_wise(self.prefix, texts, "") if self.prefix else texts


PLAIN = IdentifierForm()


def prefix_of(cells: Sequence[str]) -> str | None:
    """What stands in front of the number in each of the cells, or None where they are no such identifiers."""
    filled = [cell for cell in cells if cell]
    prefix = filled[0].rstrip(DIGITS) if filled else ""
    form = re.compile(re.escape(prefix) + "[0-9]+")
    return prefix if PREFIX.fullmatch(prefix) and all(map(form.fullmatch, filled)) else None


def are_padded(numbers: Sequence[str]) -> bool:
    """Whether a zero stands in front of one of the numbers."""
    return any(len(number) > 1 and number.startswith("0") for number in numbers)


@dataclass(frozen=True)
class Numbers:
    """The numbers in some cells, whether none has a zero in front, and of how many digits the shortest and longest are."""

    values: pa.Int64Array
    unpadded: bool
    lengths: frozenset[int]


def numbers_in(cells: pa.StringArray, prefix: str) -> Numbers | None:
    """The numbers behind an ASCII prefix; None where a cell that is not null is not the prefix and digits.

    Raises
    ------
    pyarrow.ArrowInvalid
        A number does not fit into 64 bits.
    """
    validity, ends, letters = cells.buffers()
    places = np.frombuffer(ends, dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
    lengths = np.diff(places)
    filled = lengths > 0
    begins, digits = places[:-1][filled], lengths[filled] - len(prefix)
    if not begins.size:
        return Numbers(pa.nulls(len(cells), pa.int64()), True, frozenset())
    codes = np.frombuffer(letters, dtype=np.uint8)[: places[-1]].copy()
    if digits.min() < 1:
        return None
    # With zeros instead of the prefix a cell is the number behind it.
    for at, letter in enumerate(prefix.encode()):
        if np.any(codes[begins + at] != letter):
            return None
        codes[begins + at] = ZERO
    if np.any(codes[places[0] :] - ZERO > 9):
        return None
    texts = pa.StringArray.from_buffers(
        len(cells), ends, pa.py_buffer(codes), validity, cells.null_count, cells.offset
    )
    values = pc.cast(texts, pa.int64())
    shortest, longest = int(digits.min()), int(digits.max())
    return Numbers(values, bool(digits_of(values) == digits.sum()), frozenset({shortest, longest}))


def digits_of(numbers: pa.Int64Array) -> int:
    """Digits of all numbers together, none of which is below zero."""
    found = numbers.drop_null().to_numpy()
    if not found.size:
        return 0
    least, most = len(str(found.min())), len(str(found.max()))
    return int(
        least * found.size + sum(np.count_nonzero(found >= 10**digits) for digits in range(least, most))
    )


def form_of(prefix: str, parts: Sequence[Numbers]) -> IdentifierForm | None:
    """The form that all cells of a column share; None where some are padded with zeros and not all are as long."""
    if all(part.unpadded for part in parts):
        return IdentifierForm(prefix)
    lengths = frozenset[int]().union(*(part.lengths for part in parts))
    return IdentifierForm(prefix, next(iter(lengths))) if len(lengths) == 1 else None
