"""What a sheet spans, judged by the cells that exist, before a reader lays out all that lies between.

The reader of workbooks allocates the whole rectangle up to the last cell of a sheet: one cell in the last corner of an
Excel sheet asks for 550 gigabytes and ends the process.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv.ingest.errors import InputError
from clv.ingest.files import unusable

# A rectangle of so many cells is laid out whatever is in it; the reader takes 40 bytes for each.
ALWAYS_LAID_OUT = 4_000_000
# Beyond, a tenth of the cells must be filled, or the far ones are left; what is still this large then is not read.
CELLS_PER_FILLED = 10
MOST_LAID_OUT = 32_000_000
# A cell is far where this share of the height or width lies empty before it; more than these are no accident.
FAR_SHARE = 0.1
MOST_FAR_CELLS = 100


@dataclass(frozen=True)
class Extent:
    """How far the cells of a sheet reach from its first one, and how many are filled."""

    rows: int
    columns: int
    filled: int

    @property
    def is_sparse(self) -> bool:
        """Whether the rectangle is large, and hardly filled."""
        return self.rows * self.columns > max(ALWAYS_LAID_OUT, CELLS_PER_FILLED * self.filled)

    @property
    def is_too_large(self) -> bool:
        """Whether the rectangle is hardly filled, and too large to be laid out."""
        return self.is_sparse and self.rows * self.columns > MOST_LAID_OUT


def too_large(name: str, title: str, extent: Extent) -> InputError:
    """Make the error for a sheet that cannot be laid out."""
    what = (
        f"the sheet «{title}» spans {extent.rows:,} rows and {extent.columns:,} columns,"
        f" of which only {extent.filled:,} cells are filled"
    )
    return unusable(name, what, "Delete what stands far from the table, or export the orders as CSV")


def extent_of(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> Extent:
    """The extent of the filled cells at these places, which count from 0."""
    return Extent(int(rows.max(initial=-1)) + 1, int(columns.max(initial=-1)) + 1, rows.size)


def far_cells(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which of the filled cells at these places keep a sheet from being laid out: none where it can be.

    Beginning with the widest gap, what lies beyond is far, until the rest fills its rectangle or no gap is wide.
    """
    near = np.ones(rows.size, dtype=bool)
    while extent_of(rows[near], columns[near]).is_sparse:
        places = max((rows, columns), key=lambda places: _widest_gap(places[near])[0])
        share, begin = _widest_gap(places[near])
        beyond = places >= begin
        if share < FAR_SHARE or np.count_nonzero(~near | beyond) > MOST_FAR_CELLS:
            break
        near &= ~beyond
    return ~near


def _widest_gap(places: NDArray[np.int64]) -> tuple[float, int]:
    """The widest stretch of empty rows or columns as a share of all, and the place where it ends."""
    occupied = np.unique(places)
    if occupied.size < 2:
        return 0.0, int(occupied[0])
    gaps = np.diff(occupied)
    at = int(gaps.argmax())
    return float(gaps[at] - 1) / float(occupied[-1] + 1), int(occupied[at + 1])
