"""Spend against frequency: the interval of the textbook, and words that fit the figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from clv.assumptions import ModelSetting
from clv.forecast import fit_models
from clv.forecast.spend_independence import spend_independence


def repeaters(customers, link, seed=1):
    """Customers whose spend follows their frequency to the power ``link``, and as many who never came back."""
    rng = np.random.default_rng(seed)
    x = rng.geometric(0.3, customers)
    m = 20 * x**link * rng.gamma(4, 0.25, customers)
    zeros = np.zeros(customers)
    return pd.DataFrame({"frequency": np.r_[x, zeros], "monetary_value": np.r_[m, zeros]})


def test_values_are_those_of_scipy():
    buyers = repeaters(400, 0.3)
    came_back = buyers[buyers["frequency"] > 0]
    found = spend_independence(buyers)
    pearson = stats.pearsonr(came_back["frequency"], came_back["monetary_value"])
    interval = pearson.confidence_interval(0.95)
    assert found.customers == 400
    assert found.pearson.value == pytest.approx(pearson.statistic)
    assert (found.pearson.low, found.pearson.high) == pytest.approx((interval.low, interval.high))
    rank = stats.spearmanr(came_back["frequency"], came_back["monetary_value"]).statistic
    assert found.spearman.value == pytest.approx(rank)
    assert found.spearman.low < rank < found.spearman.high


def test_words_fit_the_figures():
    none, more, less = (spend_independence(repeaters(3000, link)) for link in (0.0, 0.6, -0.6))
    assert none.holds
    assert not more.holds
    assert not less.holds
    assert "too high" in more.message
    assert "spend less per order" in less.message
    assert "too low" in less.message


def test_too_few_or_all_alike_give_none():
    assert spend_independence(repeaters(9, 0.0)) is None
    assert spend_independence(repeaters(50, 0.0).assign(monetary_value=10.0)) is None
    assert spend_independence(repeaters(50, 0.0).assign(frequency=3)) is None


def test_the_interval_holds_the_truth_in_95_of_100():
    """Independent by construction: the interval leaves out 0 in one sample of twenty."""
    held = [spend_independence(repeaters(200, 0.0, seed)).spearman for seed in range(200)]
    assert 180 <= sum(rank.low <= 0 <= rank.high for rank in held) <= 198


@given(st.integers(10, 60), st.floats(-1, 1), st.integers(0, 99))
@settings(max_examples=40)
def test_always_in_range_and_independent_of_order(customers, link, seed):
    buyers = repeaters(customers, link, seed)
    found, shuffled = spend_independence(buyers), spend_independence(buyers.sample(frac=1, random_state=1))
    if found is None:
        assert shuffled is None
        return
    for one in (found.pearson, found.spearman):
        assert -1 <= one.low <= one.value <= one.high <= 1
    assert shuffled.spearman.value == pytest.approx(found.spearman.value)


def test_a_strong_link_is_noted(cdnow):
    buyers = cdnow.rename(columns={"recency": "recency_days", "T": "T_days"})
    models = fit_models(buyers, ModelSetting("bg-nbd"))
    noted = any("spend model assumes no link" in note for note in models.notes)
    assert noted is not models.independence.holds
