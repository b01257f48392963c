"""Where the header stands and what separates the cells, decided on a sample of the file."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clv.ingest.columns import distinct_names, guess_mapping, header_score
from clv.ingest.errors import InputError
from clv.ingest.files import EXPORT_AS, unusable

SEPARATORS = (",", ";", "\t", "|")
SAMPLE_BYTES = 262_144
SAMPLE_ROWS = 500
HEADER_WITHIN = 50
MOST_COLUMNS = 2_000
# Digits with the marks of numbers and dates: a cell of data, hardly a column name.
DATA_CELL = re.compile(r"[-+(]?[\d][\d\s.,:/\-+TZ)]*")
DATE_CELL = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d{8}|\d{1,2} \w{3}|\w{3,9} \d{1,2}, \d{4}")


@dataclass(frozen=True)
class Dialect:
    """How a text table is laid out.

    Parameters
    ----------
    separator : str
        One character.
    lines_before_data : int
        Physical lines up to and including the header.
    columns : tuple of str
        Names by position, empty where a column has none.
    sample : tuple of tuple of str
        The first rows of data.
    """

    separator: str
    lines_before_data: int
    columns: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class _Reading:
    separator: str
    rows: list[list[str]]
    line_ends: list[int]
    header: int
    score: int

    @property
    def merit(self) -> tuple[int, float, int]:
        """Known column names first, then how alike the rows are in width, then the width."""
        below = [len(row) for row in self.rows[self.header :] if row]
        width, count = Counter(below).most_common(1)[0] if below else (0, 0)
        return (self.score, count / max(1, len(below)) if width > 1 else 0.0, width)


def decide_dialect(name: str, path: Path, wanted: frozenset[str]) -> Dialect:
    """Find separator and header row of a UTF-8 text file.

    Raises
    ------
    InputError
        The text is a web page or another language's data, has no header, or has one column only.
    """
    with path.open("rb") as stream:
        head = stream.read(SAMPLE_BYTES)
        whole = not stream.read(1)
    text = head.decode("utf-8-sig", errors="replace")
    _refuse_markup(name, text)
    sample = text if whole else _whole_lines(name, text)
    if not sample.strip():
        raise unusable(name, "the file is empty", "Export the orders again")
    readings = [reading for mark in SEPARATORS if (reading := _read(sample, mark, wanted)) is not None]
    if not readings:
        raise unusable(name, "its cells cannot be told apart", EXPORT_AS)
    return _dialect(name, max(readings, key=lambda reading: reading.merit))


def _refuse_markup(name: str, text: str) -> None:
    start = text.lstrip()[:400].lower()
    if start.startswith(("<!doctype html", "<html", "<head", "<body", "<script")) or "<html" in start:
        what = "this is a web page, not a table of orders; a download that needed a sign-in often saves one"
        raise unusable(name, what, "Sign in, download the export again and load that file")
    if start.startswith(("<?xml", "<!--", "<")) and ">" in start:
        raise unusable(name, "this is XML, not a table of orders")
    if re.match(r"\{\s*[\"}]|\[\s*[\[{]", start):
        raise unusable(name, "this is JSON, not a table of orders")


def _whole_lines(name: str, text: str) -> str:
    end = text.rfind("\n")
    if end < 0:
        raise unusable(name, f"the first {SAMPLE_BYTES // 1024} KB hold no line break, so there are no rows")
    return text[: end + 1]


def _read(sample: str, separator: str, wanted: frozenset[str]) -> _Reading | None:
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=separator)
    rows: list[list[str]] = []
    ends: list[int] = []
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
            if len(rows) >= SAMPLE_ROWS:
                break
    except csv.Error:
        # A cell without end: the rows before it are still evidence.
        pass
    if not rows:
        return None
    header, score = find_header(rows, wanted)
    return _Reading(separator, rows, ends, header, score)


def find_header(rows: Sequence[Sequence[str]], wanted: frozenset[str]) -> tuple[int, int]:
    """Row that names most columns, and its score; the first full row where none names any."""
    scores = [header_score(row, wanted) for row in rows[:HEADER_WITHIN]]
    best = max(scores, default=0)
    if best >= 2:
        return scores.index(best), best
    widths = Counter(len(row) for row in rows if any(cell.strip() for cell in row))
    usual = widths.most_common(1)[0][0] if widths else 0
    for position, row in enumerate(rows[:HEADER_WITHIN]):
        if len(row) >= usual and sum(bool(cell.strip()) for cell in row) > 1:
            return position, scores[position]
    return 0, scores[0] if scores else 0


def refuse_data_as_header(name: str, header: Sequence[str], score: int) -> None:
    """Distinguish a row of data from a header.

    Raises
    ------
    InputError
        The row holds values, so the table has no column names.
    """
    filled = [cell.strip() for cell in header if cell.strip()]
    if score == 0 and any(DATA_CELL.fullmatch(cell) for cell in filled):
        shown = " ".join(" | ".join(filled)[:80].split())
        what = f"there are no column names: the first row looks like data ({shown})"
        raise unusable(
            name, what, "Add a first row that names the columns, such as customer_id, order_date, amount"
        )


def _dialect(name: str, reading: _Reading) -> Dialect:
    header = list(reading.rows[reading.header])
    refuse_data_as_header(name, header, reading.score)
    if len(header) < 2:
        raise _one_column(name, header)
    if len(header) > MOST_COLUMNS:
        raise unusable(
            name,
            f"it has {len(header):,} columns",
            f"At most {MOST_COLUMNS:,} can be read: leave out the rest",
        )
    rows = [row for row in reading.rows[reading.header + 1 :] if any(cell.strip() for cell in row)]
    columns = distinct_names(_with_row_names(header, rows))
    lines = reading.line_ends[reading.header]
    return Dialect(reading.separator, lines, columns, tuple(tuple(row) for row in rows))


def _one_column(name: str, header: Sequence[str]) -> InputError:
    shown = " ".join(header[0].split())[:60] if header else ""
    what = f"only one column was found («{shown}»)"
    return unusable(
        name, what, "The cells must be separated by a comma, a semicolon, a tab or a vertical bar"
    )


def _with_row_names(header: list[str], rows: list[list[str]]) -> list[str]:
    """Some programs write row names in front of the data and no name above them."""
    longer = [row for row in rows if len(row) == len(header) + 1]
    if len(longer) <= len(rows) / 2:
        return header
    if all(not row[-1].strip() for row in longer):
        return [*header, ""]
    date = guess_mapping(header).get("date")
    if date is None:
        return header
    place = header.index(date)
    moved, unmoved = (
        sum(DATE_CELL.match(row[at].strip()) is not None for row in longer) for at in (place + 1, place)
    )
    return ["", *header] if moved > unmoved else header
