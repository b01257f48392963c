"""A text file looked at block by block, at the speed of the disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import SEEK_CUR, FileIO
from pathlib import Path
from typing import TypeVar

from clv.ingest.side_by_side import side_by_side

# Blocks that stay in the processor's cache while they are looked at from several sides.
BLOCK_BYTES = 2**19
NOT_ASCII = bytes(range(128, 256))

Seen = TypeVar("Seen")


def each_block(
    path: Path, look: Callable[[bytes], Seen], first_byte: int = 0, block_bytes: int = BLOCK_BYTES
) -> Iterator[Seen]:
    """What `look` says of each block from a byte on, in the order of the file; several are looked at at a time.

    A block ends with a line, or where none ends in it, with a letter that is ASCII.
    """
    with path.open("rb", buffering=0) as stream:
        stream.seek(first_byte)
        yield from side_by_side(look, _blocks(stream, block_bytes))


def _blocks(stream: FileIO, block_bytes: int) -> Iterator[bytes]:
    while read := stream.read(block_bytes):
        end = read.rfind(b"\n") + 1 or len(read.rstrip(NOT_ASCII)) or len(read)
        # What is behind the last line end is read again with its line.
        stream.seek(end - len(read), SEEK_CUR)
        yield read[:end]
