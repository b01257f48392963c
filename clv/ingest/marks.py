"""Which marks a text file holds at all: what is not there need not be looked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clv.ingest import sql
from clv.ingest.text_scan import TextScan

# Blocks that stay in the processor's cache while they are looked at from several sides.
BLOCK_BYTES = 2**20
QUOTE, LINE_FEED = 34, 10


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


def marks_of(scan: TextScan, header_bytes: int) -> Marks:
    """What a scan of a UTF-8 file says; quotation marks and underscores within the first `header_bytes` do not count."""
    quotes = scan.last_quote >= header_bytes
    # A line feed ends a row and cannot stand in a cell that has no quotation marks.
    blanks = "".join(sorted(scan.blanks | ({"\n"} if quotes else set())))
    return Marks(
        scan.lines,
        quotes,
        blanks if scan.is_ascii else sql.BLANKS,
        scan.told_as_text,
        scan.last_underscore >= header_bytes,
    )


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
