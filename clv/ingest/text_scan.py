"""What bytes a text file holds, found in one pass at the speed of the disk: what is not there need not be looked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import SEEK_CUR, FileIO
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from clv.ingest import sql
from clv.ingest.parallel import parallel_map

# Blocks that stay in the processor's cache while they are looked at from several sides.
BLOCK_BYTES = 2**19
NOT_ASCII = bytes(range(128, 256))
# The second and further bytes of a letter in UTF-8.
WITHIN_LETTER = bytes(range(128, 192))
QUOTE, LINE_FEED = 34, 10
BLANKS = " \t\r\v\f"

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class TextScan:
    """What stands somewhere in a file.

    Parameters
    ----------
    is_ascii, is_utf8 : bool
        Whether all of it is.
    empty_lines : bool
        Whether a line end follows on another.
    line_feeds, nul_bytes, size : int
        How many there are, and of how many bytes.
    last_quote, last_underscore : int
        Where the last one stands, or -1.
    blanks : frozenset of str
        The ASCII blanks in it other than line feeds.
    text_prefixes : bool
        Whether a cell may carry one of the marks by which a spreadsheet knows that digits are text.
    ends : tuple of bytes
        The first two and the last two bytes.
    """

    is_ascii: bool
    is_utf8: bool
    empty_lines: bool
    line_feeds: int
    nul_bytes: int
    size: int
    last_quote: int
    last_underscore: int
    blanks: frozenset[str]
    text_prefixes: bool
    ends: tuple[bytes, bytes]

    @property
    def lines(self) -> int:
        """Lines, the last one also where no line feed ends it."""
        return self.line_feeds + (not self.ends[1].endswith(b"\n") and self.size > 0)


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
    text_prefixes : bool
        Whether a cell may carry one of the marks by which a spreadsheet knows that digits are text.
    underscores : bool
        Whether there may be an underscore below the header.
    """

    lines: int
    quotes: bool = True
    blanks: str = sql.BLANKS
    text_prefixes: bool = True
    underscores: bool = True


def scan_text(path: Path) -> TextScan:
    """Look through a file once."""
    blocks = list(each_block(path, _scan_of_block))
    begins = list(accumulate((block.size for block in blocks), initial=0))
    seams = (before.ends[1] + after.ends[0] for before, after in pairwise(blocks))

    def last(places: list[int]) -> int:
        return max((begin + at for begin, at in zip(begins, places, strict=False) if at >= 0), default=-1)

    return TextScan(
        all(block.is_ascii for block in blocks),
        all(block.is_utf8 for block in blocks),
        any(block.empty_lines for block in blocks) or any(_has_empty_line(seam) for seam in seams),
        sum(block.line_feeds for block in blocks),
        sum(block.nul_bytes for block in blocks),
        begins[-1],
        last([block.last_quote for block in blocks]),
        last([block.last_underscore for block in blocks]),
        frozenset[str]().union(*(block.blanks for block in blocks)),
        any(block.text_prefixes for block in blocks),
        (blocks[0].ends[0], blocks[-1].ends[1]) if blocks else (b"", b""),
    )


def marks_of(scan: TextScan, header_bytes: int) -> Marks:
    """What a scan of a UTF-8 file says; quotation marks and underscores within the first `header_bytes` do not count."""
    quotes = scan.last_quote >= header_bytes
    # A line feed ends a row and cannot stand in a cell that has no quotation marks.
    blanks = "".join(sorted(scan.blanks | ({"\n"} if quotes else set())))
    return Marks(
        scan.lines,
        quotes,
        blanks if scan.is_ascii else sql.BLANKS,
        scan.text_prefixes,
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


def each_block(
    path: Path, look: Callable[[bytes], Seen], first_byte: int = 0, block_bytes: int = BLOCK_BYTES
) -> Iterator[Seen]:
    """What `look` says of each block from a byte on, in the order of the file; several are looked at at a time.

    A block ends with a line, or where none ends in it, with a letter that is ASCII, or else before a letter of UTF-8.
    """
    with path.open("rb", buffering=0) as stream:
        stream.seek(first_byte)
        yield from parallel_map(look, _blocks(stream, block_bytes))


def _blocks(stream: FileIO, block_bytes: int) -> Iterator[bytes]:
    while read := stream.read(block_bytes):
        end = read.rfind(b"\n") + 1 or len(read.rstrip(NOT_ASCII)) or _whole_letters(read) or len(read)
        # What is behind the last line end is read again with its line.
        stream.seek(end - len(read), SEEK_CUR)
        yield read[:end]


def _whole_letters(read: bytes) -> int:
    """Bytes before the last letter, which may go on, of a text without ASCII."""
    return max(len(read.rstrip(WITHIN_LETTER)) - 1, 0)


def _scan_of_block(block: bytes) -> TextScan:
    # Looked for as numbers, which is five times as fast as as text.
    feeds = np.frombuffer(block, dtype=np.uint8) == LINE_FEED
    is_ascii = block.isascii()
    return TextScan(
        is_ascii,
        is_ascii or _is_utf8(block),
        bool((feeds[1:] & feeds[:-1]).any()) or (b"\r" in block and b"\n\r\n" in block),
        int(np.count_nonzero(feeds)),
        block.count(0) if 0 in block else 0,
        len(block),
        block.rfind(b'"'),
        block.rfind(b"_"),
        frozenset(blank for blank in BLANKS if blank.encode() in block),
        b"'" in block or (b"=" in block and b'="' in block),
        (block[:2], block[-2:]),
    )


def _has_empty_line(seam: bytes) -> bool:
    return b"\n\n" in seam or b"\n\r\n" in seam


def _is_utf8(block: bytes) -> bool:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _quoted_line_feeds(codes: NDArray[np.uint8], odd: bool) -> tuple[bool, bool]:
    """Whether an odd number of quotation marks stands up to the end, and up to some line feed."""
    marks = codes[(codes == QUOTE) | (codes == LINE_FEED)]
    quotes = marks == QUOTE
    parity = (np.cumsum(quotes, dtype=np.int64) + odd) & 1
    return bool(parity[-1]) if parity.size else odd, bool(np.any(parity[~quotes]))
