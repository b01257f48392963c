"""RFM: every code once, ties together, scores in the right direction."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from clv.history import RFM_SEGMENTS, rfm_scores, rfm_segments


def test_eleven_segments_cover_all_codes_once():
    codes = [code for segment in RFM_SEGMENTS.values() for code in segment.codes]
    every = {"".join(digits) for digits in itertools.product("12345", repeat=3)}
    assert len(RFM_SEGMENTS) == 11
    assert len(codes) == 125
    assert set(codes) == every


def test_every_segment_says_who_is_in_it_and_what_to_do():
    assert all(name == each.name and each.meaning and each.to_do for name, each in RFM_SEGMENTS.items())
    assert len({each.meaning for each in RFM_SEGMENTS.values()}) == 11


def buyers(days, purchases, revenue):
    return pd.DataFrame({"days_since_last_order": days, "purchase_days": purchases, "revenue": revenue})


def test_frequency_bins():
    scores = rfm_scores(buyers([1] * 7, [1, 2, 3, 4, 5, 6, 40], [10.0] * 7))
    assert scores["frequency_score"].tolist() == [1, 2, 3, 4, 4, 5, 5]


def test_recent_and_dear_score_five():
    scores = rfm_scores(buyers(range(1, 101), [1] * 100, np.arange(100.0)))
    assert scores["recency_score"].iloc[[0, 99]].tolist() == [5, 1]
    assert scores["monetary_score"].iloc[[0, 99]].tolist() == [1, 5]
    assert scores["recency_score"].value_counts().tolist() == [20] * 5


def test_known_codes():
    scores = pd.DataFrame(
        {"recency_score": [5, 1, 5], "frequency_score": [5, 1, 1], "monetary_score": [5, 1, 1]}
    )
    assert rfm_segments(scores).tolist() == ["Champions", "Lost", "New Customers"]


row = st.tuples(st.integers(0, 500), st.integers(1, 12), st.integers(0, 50))


@given(st.lists(row, min_size=1, max_size=80), st.randoms(use_true_random=False))
def test_equal_customers_score_the_same_in_any_order(rows, random):
    frame = buyers(*zip(*rows, strict=True))
    mixed = frame.sample(frac=1, random_state=random.randint(0, 1000))
    scores = rfm_scores(frame).assign(segment=lambda found: rfm_segments(found))
    again = rfm_scores(mixed).assign(segment=lambda found: rfm_segments(found))
    pd.testing.assert_frame_equal(scores, again.sort_index())
    assert scores["segment"].notna().all()
    together = scores.assign(key=[str(values) for values in rows])
    assert together.groupby("key")["segment"].nunique().eq(1).all()
