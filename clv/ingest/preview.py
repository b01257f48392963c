"""A first look at a file, for the form in which columns are chosen."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clv.ingest.columns import guess_mapping, layout_of, missing_fields
from clv.ingest.containers import open_sources
from clv.ingest.files import OrderFile, unusable
from clv.ingest.layout import Layout

SAMPLED_ROWS = 200
DATE_LIKE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}\b.*|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})\b.*|(19|20)\d{6}"
    r"|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}\b.*"
)
MONEY_LIKE = re.compile(r"[-(]?\W{0,2}\d[\d\s.,']*[.,]\d{1,4}\)?\W{0,2}")


@dataclass(frozen=True)
class FilePreview:
    """Columns and first rows of a file, and what the columns seem to mean.

    Parameters
    ----------
    columns : tuple of str
        Columns that have a name.
    head : DataFrame
        The first rows as text.
    guess : dict
        Field -> column: by name, or else suggested by the values.
    missing : tuple of str
        Needed fields that no column name says, suggested or not: the user should confirm them.
    layout : Layout or None
        The make of the export, recognised by its columns.
    """

    columns: tuple[str, ...]
    head: pd.DataFrame
    guess: dict[str, str]
    missing: tuple[str, ...]
    layout: Layout | None = None


def preview(file: OrderFile, rows: int = 8) -> FilePreview:
    """Open a file and show what is in it.

    Raises
    ------
    InputError
        The file holds no table.
    """
    with tempfile.TemporaryDirectory(prefix="clv-") as workdir:
        source = open_sources(file, Path(workdir), frozenset())[0]
        sample = source.head(max(rows, SAMPLED_ROWS))
    named = [position for position, column in enumerate(source.columns) if column]
    columns = tuple(source.columns[position] for position in named)
    if not columns:
        raise unusable(file.name, "no column has a name", "Add a first row that names the columns")
    cells = [[row[position] for position in named] for row in sample]
    by_name = guess_mapping(columns)
    missing = missing_fields(by_name)
    suggested = _suggest(columns, cells, by_name, missing)
    head = pd.DataFrame(cells[:rows], columns=list(columns), dtype="str")
    return FilePreview(columns, head, by_name | suggested, missing, layout_of(columns))


def _suggest(
    columns: Sequence[str], cells: Sequence[Sequence[str]], taken: dict[str, str], missing: Sequence[str]
) -> dict[str, str]:
    """Suggest columns by their values: for a form to propose, never to be used unseen."""
    values = {
        column: [row[position].strip() for row in cells if row[position].strip()]
        for position, column in enumerate(columns)
        if column not in taken.values()
    }
    found: dict[str, str] = {}
    for field, fits in (
        ("date", _share_of(DATE_LIKE)),
        ("amount", _share_of(MONEY_LIKE)),
        ("customer", _returning),
    ):
        scores = {
            column: fits(cell) for column, cell in values.items() if cell and column not in found.values()
        }
        best = max(scores, key=lambda column: scores[column], default=None)
        if field in missing and best is not None and scores[best] > 0.8:
            found[field] = best
    return found


def _share_of(pattern: re.Pattern[str]) -> Callable[[Sequence[str]], float]:
    return lambda cells: sum(pattern.fullmatch(cell) is not None for cell in cells) / len(cells)


def _returning(cells: Sequence[str]) -> float:
    """Identifiers of customers come back, but not all the time."""
    different = len(set(cells)) / len(cells)
    identifiers = sum(re.fullmatch(r"[\w@.+-]{1,64}", cell) is not None for cell in cells) / len(cells)
    return identifiers if 0.05 < different <= 1 else 0.0
