"""Who came back, and how far apart the order days are: worked examples."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from clv.history.repeat_buying import mean_gap_days, repeat_buying

BUYERS = pd.DataFrame(
    {
        "purchase_days": [1, 2, 3, 5],
        "frequency": [0, 1, 2, 4],
        "recency_days": [0, 30, 20, 400],
    }
)


def test_those_who_came_back():
    found = repeat_buying(BUYERS)
    assert (found.buyers, found.repeaters, found.share) == (4, 3, 0.75)
    assert found.days_each == pytest.approx(10 / 3)
    assert found.typical_gap_days == 30  # of 30, 10 and 100


def test_nobody_came_back():
    found = repeat_buying(BUYERS.head(1))
    assert (found.repeaters, found.share) == (0, 0.0)
    assert math.isnan(found.typical_gap_days)
    assert repeat_buying(BUYERS.head(0)).share == 0.0


@pytest.mark.parametrize(("row", "days"), [(0, None), (1, 30.0), (3, 100.0)])
def test_the_gap_of_one_customer(row, days):
    assert mean_gap_days(BUYERS.iloc[row]) == days


def test_a_gap_is_a_day_at_the_least():
    assert mean_gap_days(pd.Series({"frequency": 3, "recency_days": 1.5})) == 1.0
