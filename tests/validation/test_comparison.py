"""The paired bootstrap: the normal interval where that holds, and the verdicts that it should give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.validation.comparison import paired_difference


def test_the_interval_is_that_of_the_mean_for_many_customers():
    rng = np.random.default_rng(1)
    losses, others = rng.gamma(2, 1, (2, 5000))
    found = paired_difference(losses, others, resamples=4000)
    gap = losses - others
    error = gap.std() / np.sqrt(gap.size)
    assert found.mean == pytest.approx(gap.mean())
    assert (found.low, found.high) == pytest.approx(
        (gap.mean() - 1.96 * error, gap.mean() + 1.96 * error), abs=0.15 * error
    )


def test_pairing_finds_what_single_spreads_hide():
    hard = np.random.default_rng(2).exponential(100, 2000)
    found = paired_difference(hard + 0.1, hard + np.random.default_rng(3).normal(0, 0.5, 2000))
    assert found.verdict == "worse"
    assert paired_difference(hard, hard + 0.1).verdict == "better"
    assert paired_difference(hard, hard).verdict == "not distinguishable"


def test_two_fits_that_stop_beside_one_another_are_one_model():
    losses = np.random.default_rng(4).gamma(2, 1, 2000)
    assert paired_difference(losses + 1e-9, losses).verdict == "not distinguishable"
    assert paired_difference(losses + 1e-3, losses).verdict == "worse"


def test_few_different_customers_among_many_alike():
    losses = np.zeros(20_000)
    losses[:40] = 1.0
    found = paired_difference(losses, np.zeros(20_000), resamples=4000)
    error = np.sqrt(40) / 20_000
    assert (found.low, found.high) == pytest.approx((0.002 - 1.96 * error, 0.002 + 1.96 * error), rel=0.1)


def test_false_alarms_are_one_in_twenty():
    rng = np.random.default_rng(4)
    verdicts = [paired_difference(*rng.exponential(1, (2, 400)), resamples=200).verdict for _ in range(200)]
    assert 2 <= sum(verdict != "not distinguishable" for verdict in verdicts) <= 24


@given(st.integers(1, 40), st.integers(0, 99))
@settings(max_examples=30)
def test_turning_the_question_around_turns_the_answer(size, seed):
    losses, others = np.random.default_rng(seed).exponential(1, (2, size))
    one, other = paired_difference(losses, others), paired_difference(others, losses)
    assert one.mean == pytest.approx(-other.mean)
    assert one.low <= one.high
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-3)
