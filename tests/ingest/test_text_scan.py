"""What a scan says of a file is what its bytes say, wherever its blocks end."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.ingest import text_scan
from clv.ingest.text_scan import each_block

PIECES = st.sampled_from(
    [
        b"a",
        b",",
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"\t",
        b'"',
        b"_",
        b"'",
        b'="',
        b"=",
        b"\0",
        "é".encode(),
        b"\xe9",
    ]
)


def decodes(text: bytes, encoding: str) -> bool:
    try:
        text.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


@given(text=st.lists(PIECES, max_size=40).map(b"".join), block=st.integers(3, 12))
def test_scan_says_what_the_bytes_say(text: bytes, block: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "orders.csv"
        path.write_bytes(text)
        with patch.object(text_scan, "each_block", partial(each_block, block_bytes=block)):
            found = text_scan.scan_text(path)
    assert found.is_ascii == text.isascii()
    assert found.is_utf8 == decodes(text, "utf-8")
    assert found.empty_lines == (b"\n\n" in text or b"\n\r\n" in text)
    assert (found.line_feeds, found.nul_bytes, found.size) == (text.count(b"\n"), text.count(0), len(text))
    assert (found.last_quote, found.last_underscore) == (text.rfind(b'"'), text.rfind(b"_"))
    assert found.blanks == {blank for blank in " \t\r\v\f" if blank.encode() in text}
    assert found.lines == len(text.split(b"\n")) - (text.endswith(b"\n") or not text)


def test_marks_of_digits_that_are_text(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    for text, expected in ((b"a=b\n", False), (b'="007"\n', True), (b"'007\n", True)):
        path.write_bytes(text)
        assert text_scan.scan_text(path).text_prefixes == expected


TEXTS = st.text("aż€\n\r,\0", max_size=60).map(str.encode) | st.binary(max_size=60)


def in_file(content: bytes) -> Path:
    with NamedTemporaryFile(delete=False) as file:
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


@pytest.mark.parametrize("text", ["zażółć gęślą jaźń,€\n", "żółć€"], ids=["lines", "no ASCII at all"])
def test_letters_of_several_bytes_are_not_broken_by_blocks(text: str) -> None:
    path = in_file(text.encode() * 50)
    for size in (16, 23, 41, 64):
        assert all(each_block(path, lambda block: bool(block.decode()), 0, size))
    path.unlink()
