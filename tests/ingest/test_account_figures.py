"""Shares of the account of a read."""

from __future__ import annotations

import pytest


def test_shares_of_what_was_read(read_rows):
    report = read_rows(
        "customer,date,amount\na,2024-01-31,60\nb,2024-02-20,40\nb,2024-03-20,-20\n,2024-02-20,6\n"
    ).report
    assert (report.rows_read, report.rows_left_out, report.share_kept) == (4, 1, 0.75)
    assert report.refund_share == pytest.approx(0.2)
    assert report.revenue_per_order == pytest.approx(40.0)
