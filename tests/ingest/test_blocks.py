"""Looking at a file block by block, side by side, says what looking at it whole does."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.ingest.blocks import each_block
from clv.ingest.side_by_side import side_by_side

TEXTS = st.text("aż€\n\r,\0", max_size=60).map(str.encode) | st.binary(max_size=60)


def in_file(content: bytes) -> Path:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(content)
    return Path(file.name)


@settings(max_examples=80, deadline=None)
@given(content=TEXTS, size=st.integers(4, 20), skipped=st.integers(0, 5))
def test_blocks_are_the_file_and_end_with_lines(content: bytes, size: int, skipped: int) -> None:
    path = in_file(content)
    blocks = list(each_block(path, bytes, skipped, size))
    path.unlink()
    assert b"".join(blocks) == content[skipped:]
    for block in blocks[:-1]:
        assert block.endswith(b"\n") or b"\n" not in block


def test_letters_of_several_bytes_are_not_broken_by_blocks() -> None:
    path = in_file("zażółć gęślą jaźń,€\n".encode() * 50)
    for size in (16, 23, 41, 64):
        assert all(each_block(path, lambda block: bool(block.decode()), 0, size))
    path.unlink()


def test_results_come_in_order_and_errors_come_out() -> None:
    assert list(side_by_side(lambda n: n * n, range(50))) == [n * n for n in range(50)]
    with pytest.raises(ZeroDivisionError):
        list(side_by_side(lambda n: 1 // (n - 7), range(50)))
