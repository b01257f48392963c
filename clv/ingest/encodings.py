"""Text files in any encoding, brought to UTF-8 with every line where it was."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from clv.ingest.files import COPY_BYTES, EXPORT_AS, Recognised, unusable
from clv.ingest.legacy_encodings import legacy_encoding
from clv.ingest.text_scan import TextScan, scan_text

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
SAMPLE_BYTES = 200_000


@dataclass(frozen=True)
class Utf8Text:
    """A text file that can be read as UTF-8, what had to be said on the way, and what stands in it."""

    path: Path
    warnings: tuple[str, ...]
    encoding: str
    scan: TextScan


def as_utf8(file: Recognised, workdir: Path) -> Utf8Text:
    """Hand over the file itself when it is clean UTF-8, or else a copy in `workdir` that is.

    The copy keeps line numbers: empty lines, which a reader of tables skips, hold a blank instead.

    Raises
    ------
    InputError
        The bytes are no text.
    """
    marked = _marked_encoding(file.head)
    if marked is None:
        _refuse_binary(file)
    scan = scan_text(file.path)
    _refuse_noise(file, scan, marked)
    encoding, errors, warnings = _decide(file, scan, marked)
    plain = encoding.startswith("utf-8") and errors == "strict" and scan.line_feeds
    if plain and not scan.empty_lines and not scan.nul_bytes:
        return Utf8Text(file.path, warnings, _said(encoding), scan)
    copy = workdir / f"utf8-{len(list(workdir.iterdir()))}.csv"
    _rewrite(file, copy, encoding, errors)
    return Utf8Text(copy, warnings, _said(encoding), scan_text(copy))


def _said(encoding: str) -> str:
    """The encoding's name without what only a reader of bytes needs to know."""
    return encoding.removesuffix("-sig").upper()


def _marked_encoding(head: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    even, odd = head[0:4000:2].count(0), head[1:4000:2].count(0)
    half = max(1, len(head[0:4000]) // 2)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    if even > 0.3 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _refuse_binary(file: Recognised) -> None:
    controls = len(CONTROL.findall(file.head))
    if controls > max(2, 0.002 * len(file.head)):
        raise unusable(file.name, "this is not a text file: it holds binary data, not a table of orders")


def _refuse_noise(file: Recognised, scan: TextScan, marked: str | None) -> None:
    if (marked is None or marked == "utf-8-sig") and scan.nul_bytes > 0.001 * scan.size + 8:
        raise unusable(file.name, "the file turns into binary data after its beginning", "Export it again")


def _unusual_lines(path: Path) -> bytes:
    """The first lines that are not plain ASCII, up to a sample of them."""
    unusual = bytearray()
    with path.open("rb") as stream:
        for line in iter(lambda: stream.readline(SAMPLE_BYTES), b""):
            if not line.isascii():
                unusual += line
            if len(unusual) >= SAMPLE_BYTES:
                break
    return bytes(unusual[:SAMPLE_BYTES])


def _decide(file: Recognised, scan: TextScan, marked: str | None) -> tuple[str, str, tuple[str, ...]]:
    if marked is not None and marked != "utf-8-sig":
        return marked, "replace", ()
    if scan.is_utf8:
        return "utf-8-sig", "strict", ()
    unusual = _unusual_lines(file.path)
    if marked == "utf-8-sig" or _mostly_utf8(unusual):
        return "utf-8-sig", "replace", (f"{file.name} holds damaged letters; they were read as �.",)
    encoding = legacy_encoding(file.head, unusual)
    return encoding, "replace", (f"{file.name} is not UTF-8; its letters were read as {encoding}.",)


def _mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", errors="replace")
    damaged = text.count("�")
    sound = sum(ord(letter) > 127 for letter in text) - damaged
    return sound > 10 * damaged


def _rewrite(file: Recognised, target: Path, encoding: str, errors: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    held = ""
    try:
        with file.path.open("rb") as stream, target.open("w", encoding="utf-8", newline="") as out:
            while block := stream.read(COPY_BYTES):
                text = held + decoder.decode(block).replace("\0", "")
                # Line ends at the seam wait for the next block, which may begin with another.
                body = text.rstrip("\r\n")
                held = text[len(body) :]
                out.write(_with_lines(body))
            out.write(_with_lines(held + decoder.decode(b"", True)).rstrip("\r\n "))
            out.write("\n")
    except UnicodeError as error:
        raise unusable(file.name, "the text cannot be decoded", EXPORT_AS) from error


def _with_lines(text: str) -> str:
    lines = re.sub(r"\r\n?", "\n", text)
    return re.sub(r"\n(?=\n)", "\n ", lines)
