"""What a sheet may span, and which of its cells are far."""

from __future__ import annotations

import numpy as np
import pytest

from clv.ingest.extent import ALWAYS_LAID_OUT, Extent, extent_of, far_cells


def places(*cells: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A table of 100 rows and 4 columns, and further cells."""
    table = [(row, column) for row in range(100) for column in range(4)]
    rows, columns = zip(*table, *cells, strict=True)
    return np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64)


@pytest.mark.parametrize(
    "cells",
    [
        [(1_048_575, 16_383)],
        [(50, 16_383), (99_999, 3)],
        [(200_000, 3_000), (400_000, 6_000), (700_000, 12_000)],
        [(300_000, 200), (300_000, 201), (300_001, 200)],
    ],
)
def test_the_far_ones_are_found(cells: list[tuple[int, int]]) -> None:
    rows, columns = places(*cells)
    far = far_cells(rows, columns)
    found = set(zip(rows[far].tolist(), columns[far].tolist(), strict=True))
    assert found <= set(cells)
    assert not extent_of(rows[~far], columns[~far]).is_sparse


def test_a_small_rectangle_keeps_all() -> None:
    assert not far_cells(*places((900, 1_000))).any()


def test_many_far_cells_are_kept() -> None:
    """A second table far away is no accident: it is not left, and the sheet is not read."""
    rows, columns = places(*((1_000_000 + row, 9_000) for row in range(500)))
    assert not far_cells(rows, columns).any()
    assert extent_of(rows, columns).is_too_large


def test_a_large_sheet_that_is_filled_is_no_sparse_one() -> None:
    assert not Extent(1_000_000, 100, 60_000_000).is_sparse
    assert Extent(1_000_000, 100, 6_000).is_sparse
    assert not Extent(ALWAYS_LAID_OUT, 1, 1).is_sparse


def test_no_cells_at_all() -> None:
    empty = np.array([], dtype=np.int64)
    assert extent_of(empty, empty) == Extent(0, 0, 0)
    assert not far_cells(empty, empty).any()
