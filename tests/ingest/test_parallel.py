"""Work on several things at a time gives its results in their order."""

from __future__ import annotations

import pytest

from clv.ingest.parallel import parallel_map


def test_results_come_in_order_and_errors_come_out() -> None:
    assert list(parallel_map(lambda n: n * n, range(50))) == [n * n for n in range(50)]
    with pytest.raises(ZeroDivisionError):
        list(parallel_map(lambda n: 1 // (n - 7), range(50)))
