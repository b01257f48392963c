"""Features: right by hand, blind to the future, and each customer's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.forecast import fit_models
from clv.validation.features import category_features, model_features, order_features
from clv.validation.order_entries import UNITS, OrderEntries

rows = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 400), st.integers(0, 60), st.integers(-50, 100)),
    min_size=1,
    max_size=60,
)


def entries_of(lines):
    """Entries from (customer, day, days until known, amount); a fifth of each price was taken off."""
    customer, day, later, amount = np.array(sorted(lines)).T
    known_on = np.where(amount < 0, day + later, day)
    order = np.lexsort((known_on, day, customer))
    net = amount * UNITS
    columns = (
        customer,
        day,
        known_on,
        net,
        np.maximum(-net, 0),
        amount > 0,
        amount > 0,
        np.maximum(net, 0) // 4,
    )
    return OrderEntries(pd.Index([str(i) for i in range(7)]), *(c[order].astype(np.int64) for c in columns))


@given(rows, rows, st.integers(0, 400))
@settings(max_examples=60)
def test_no_feature_reads_beyond_its_cutoff(lines, wild, cutoff):
    future = [(who, cutoff + 1 + day, later, 1000 * amount) for who, day, later, amount in wild]
    # And refunds of old orders that only become known later.
    future += [(who, day, cutoff + 1 + later, -50) for who, day, later, _ in lines if day <= cutoff]
    before = order_features(entries_of(lines).known_by(cutoff), 90)
    after = order_features(entries_of(lines + future).known_by(cutoff), 90)
    pd.testing.assert_frame_equal(before, after)


@given(rows, st.integers(0, 6))
@settings(max_examples=60)
def test_a_customer_does_not_depend_on_the_others(lines, who):
    together = order_features(entries_of(lines).known_by(400), 90)
    own = [line for line in lines if line[0] == who]
    if own:
        alone = order_features(entries_of(own).known_by(400), 90)
        pd.testing.assert_frame_equal(together.loc[together.index == who], alone)


def test_features_by_hand():
    lines = [(0, 0, 0, 10), (0, 10, 0, 30), (0, 50, 0, 50), (0, 50, 5, -20), (1, 90, 0, 40)]
    found = order_features(entries_of(lines).known_by(100), 30)
    a, b = found.loc[0], found.loc[1]
    assert (a["frequency"], a["recency_days"], a["T_days"], a["days_since"]) == (2, 50, 100, 50)
    assert a["monetary_value"] == pytest.approx(30)
    assert (a["first_spend"], a["last_spend"], a["largest_spend"]) == (10, 30, 30)
    assert (a["purchases_30"], a["purchases_90"], a["spend_90"]) == (0, 1, 30)
    assert a["refunded_share"] == pytest.approx(20 / 90)
    assert (a["discount_share"], b["discount_share"]) == pytest.approx((22.5 / 92.5, 10 / 50))
    assert (a["gap_mean"], a["gap_last"], a["gap_longest"]) == (25, 40, 40)
    assert a["gap_spread"] == pytest.approx(15 / 25)
    assert a["since_over_gap"] == pytest.approx(2)
    assert b["frequency"] == 0
    assert np.isnan(b["gap_mean"])


def test_the_summary_and_the_features_agree(lapsing_origin):
    cutoff = (pd.Timestamp(lapsing_origin.window.cutoff) - pd.Timestamp("1970-01-01")).days
    found = order_features(lapsing_origin.entries.known_by(cutoff), 30)
    place = lapsing_origin.entries.customer_ids.get_indexer(pd.Index(lapsing_origin.buyers["customer_id"]))
    assert sorted(found.index) == sorted(place)
    for name in ("frequency", "recency_days", "T_days", "monetary_value", "revenue"):
        assert found.loc[place, name].to_numpy() == pytest.approx(lapsing_origin.buyers[name].to_numpy())


def test_model_features_do_not_depend_on_the_batch(lapsing_origin):
    buyers = lapsing_origin.buyers
    models = fit_models(buyers)
    together = model_features(buyers, models, 60)
    pd.testing.assert_frame_equal(together.iloc[[7]], model_features(buyers.iloc[[7]], models, 60))


def test_only_attributes_with_few_values_are_used():
    touched = pd.DataFrame(
        {"channel": ["b", "a", None, "b"], "constant": "x", "email": [f"{i}@x" for i in range(4)]}
    )
    assert category_features(touched[["channel", "constant"]])["channel"].tolist()[:2] == [1, 0]
    assert list(category_features(touched)) == ["channel", "email"]
    many = pd.DataFrame({"email": [f"{i}@x" for i in range(31)]})
    assert category_features(many).empty or list(category_features(many)) == []
