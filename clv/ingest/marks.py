"""Which marks a text file holds at all, found at the speed of the disk: what is not there need not be looked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clv.ingest import sql

# Blocks that stay in the processor's cache while they are looked at from several sides.
BLOCK_BYTES = 2**20
QUOTE, LINE_FEED = 34, 10
# A line feed ends a row and cannot stand in a cell that has no quotation marks.
PLAIN_BLANKS = " \t\r\v\f"


@dataclass(frozen=True)
class Marks:
    """What stands somewhere in a UTF-8 file.

    Parameters
    ----------
    lines : int
        Lines in the file, the last one also where no line feed ends it.
    quotes : bool
        Whether there is a quotation mark below the header.
    blanks : str
        The blanks that a cell may begin or end with.
    told_as_text : bool
        Whether a cell may carry one of the marks by which spreadsheets are told that digits are text.
    underscores : bool
        Whether there may be an underscore below the header.
    """

    lines: int
    quotes: bool = True
    blanks: str = sql.BLANKS
    told_as_text: bool = True
    underscores: bool = True


def marks_of(path: Path, header_bytes: int) -> Marks:
    """Look through a UTF-8 file once; quotation marks and underscores within the first `header_bytes` do not count."""
    lines, size, last_quote, plain, told, end = 0, 0, -1, True, False, b""
    last_underscore = -1
    blanks: set[str] = set()
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(BLOCK_BYTES):
            codes = np.frombuffer(block, dtype=np.uint8)
            lines += int(np.count_nonzero(codes == LINE_FEED))
            if (quote := block.rfind(b'"')) >= 0:
                last_quote = size + quote
            if (underscore := block.rfind(b"_")) >= 0:
                last_underscore = size + underscore
            plain = plain and block.isascii()
            blanks |= {blank for blank in PLAIN_BLANKS if blank not in blanks and blank.encode() in block}
            told = told or b"'" in block or (b"=" in block and b'="' in block)
            size, end = size + len(block), block[-1:]
    lines += end not in (b"", b"\n")
    quotes = last_quote >= header_bytes
    if quotes:
        blanks |= {"\n"}
    return Marks(
        lines, quotes, "".join(sorted(blanks)) if plain else sql.BLANKS, told,
        last_underscore >= header_bytes,
    )  # fmt: skip


def has_broken_cells(path: Path, header_bytes: int) -> bool:
    """Whether a line below the header may end within quotation marks, so that a row may go over several lines."""
    odd = False
    with path.open("rb", buffering=0) as stream:
        stream.seek(header_bytes)
        while block := stream.read(BLOCK_BYTES):
            if odd or b'"' in block:
                odd, broken = _quoted_line_feeds(np.frombuffer(block, dtype=np.uint8), odd)
                if broken:
                    return True
    return odd


def _quoted_line_feeds(codes: NDArray[np.uint8], odd: bool) -> tuple[bool, bool]:
    """Whether an odd number of quotation marks stands up to the end, and up to some line feed."""
    marks = codes[(codes == QUOTE) | (codes == LINE_FEED)]
    quotes = marks == QUOTE
    parity = (np.cumsum(quotes, dtype=np.int64) + odd) & 1
    return bool(parity[-1]) if parity.size else odd, bool(np.any(parity[~quotes]))
