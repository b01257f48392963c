"""The challenger: learns what purchase models cannot see, and nothing where there is nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from clv.forecast import fit_models
from clv.validation.challenger import (
    MODEL,
    boosting_settings,
    calibrated_classifier,
    predict_by_challenger,
    training_cutoffs,
)
from clv.validation.order_entries import day_number
from clv.validation.origins import BacktestError, Window, read_origin
from clv.validation.predictions import model_candidates, predict_by_model
from clv.validation.scorecard import losses
from tests.validation.simulated_orders import order_lines, read


@pytest.fixture(scope="module")
def prediction(lapsing_origin):
    return predict_by_challenger(lapsing_origin)


def test_it_beats_the_purchase_model_where_a_channel_behaves_unlike_the_others(lapsing_origin, prediction):
    model = model_candidates()[0].predict(lapsing_origin)
    gap = losses(lapsing_origin, prediction) - losses(lapsing_origin, model)
    assert gap.mean() < -3 * gap.std() / np.sqrt(gap.size)


def test_it_predicts_the_totals(lapsing_origin, prediction):
    assert prediction.purchases.sum() == pytest.approx(lapsing_origin.purchases.sum(), rel=0.25)
    assert prediction.active.mean() == pytest.approx(lapsing_origin.active.mean(), abs=0.05)
    assert prediction.weekly.sum() == pytest.approx(prediction.purchases.sum())
    assert np.all((prediction.active > 0) & (prediction.active < 1))
    assert np.all(prediction.purchases > 0)
    assert np.all(prediction.spend > 0)


def test_the_same_twice(lapsing_origin, prediction):
    again = predict_by_challenger(lapsing_origin)
    assert np.array_equal(again.purchases, prediction.purchases)
    assert np.array_equal(again.active, prediction.active)


def test_what_followed_the_cutoff_changes_nothing(lapsing_origin, prediction):
    blind = replace(
        lapsing_origin, purchases=lapsing_origin.purchases[::-1], spend=lapsing_origin.spend[::-1] * 9
    )
    assert np.array_equal(predict_by_challenger(blind).spend, prediction.spend)


def test_outcomes_to_learn_from_end_by_the_cutoff(lapsing_origin):
    length, cutoffs = training_cutoffs(lapsing_origin)
    last, first = day_number(lapsing_origin.window.cutoff), int(lapsing_origin.entries.day.min())
    assert len(cutoffs) == 3
    assert all(day + length <= last and day - first >= length for day in cutoffs)
    assert lapsing_origin.entries.known_on.max() <= last


def test_shuffled_outcomes_teach_nothing():
    rng = np.random.default_rng(2)
    count = 4000
    features = pd.DataFrame(rng.normal(size=(count, 5)), columns=[*"abcd", "model_purchases"])
    outcome = rng.permutation(features["a"].to_numpy() > 0)
    new = pd.DataFrame(rng.normal(size=(count, 5)), columns=features.columns)
    said = calibrated_classifier(features, outcome, boosting_settings(features))(new)
    auc = roc_auc_score(new["a"] > 0, said)
    # Four standard errors of an AUC of 0.5 with 2,000 on either side.
    assert auc == pytest.approx(0.5, abs=4 * np.sqrt(4001 / (12 * 2000 * 2000)))


def test_probabilities_are_calibrated():
    rng = np.random.default_rng(3)
    features = pd.DataFrame(rng.normal(size=(6000, 4)), columns=[*"abc", "model_purchases"])
    truth = 1 / (1 + np.exp(1.5 - 1.2 * features["a"].to_numpy()))
    outcome = rng.random(6000) < truth
    new = pd.DataFrame(rng.normal(size=(6000, 4)), columns=features.columns)
    said = calibrated_classifier(features, outcome, boosting_settings(features))(new)
    aim = 1 / (1 + np.exp(1.5 - 1.2 * new["a"].to_numpy()))
    for decile in np.array_split(np.argsort(said), 10):
        assert said[decile].mean() == pytest.approx(aim[decile].mean(), abs=0.06)


def test_too_short_a_history_is_said(lapsing_shop):
    origin = read_origin(lapsing_shop, Window(dt.date(2023, 2, 5), dt.date(2023, 4, 5)))
    with pytest.raises(BacktestError, match="at least 42 days"):
        predict_by_challenger(origin)


def test_too_few_buyers_are_said(read_rows):
    lines = [f"c{i},{i},2024-0{1 + i % 6}-11 10:00,10.00" for i in range(60)]
    lines += [f"c{6 * i},{i + 100},2024-02-2{i} 10:00,10.00" for i in range(3)]
    shop = read_rows("customer_id,order_id,order_date,amount\n" + "\n".join(lines)).transactions
    origin = read_origin(shop, Window(dt.date(2024, 6, 25), dt.date(2024, 8, 25)))
    with pytest.raises(BacktestError, match="came back"):
        predict_by_challenger(origin)


def test_who_has_been_silent_longer_than_anybody_learned_from_is_left_to_the_model(tmp_path):
    """All first orders in one month: at the cut-off nearly all one-time buyers are older than any seen before."""
    frame = order_lines(1500, 60, seed=8)
    later = frame.assign(order_date=frame["order_date"] + pd.Timedelta(days=120))
    back = later[later["customer_id"] <= "C0000500"]
    both = pd.concat(
        [frame, back, back.assign(order_date=pd.Timestamp("2023-07-20 12:00"))], ignore_index=True
    )
    transactions = read(both.assign(order_id=range(len(both))), tmp_path).transactions
    origin = read_origin(transactions, Window(dt.date(2023, 7, 1), dt.date(2023, 8, 30)))
    _, cutoffs = training_cutoffs(origin)
    longest = max(cutoffs) - int(origin.entries.day.min())
    unlike = (origin.buyers["days_since_last_order"] > longest).to_numpy()
    assert 0.2 < unlike.mean() < 1
    learned = predict_by_challenger(origin)
    model = predict_by_model(origin, fit_models(origin.buyers, MODEL))
    for of in ("purchases", "spend", "active"):
        assert getattr(learned, of)[unlike] == pytest.approx(getattr(model, of)[unlike])
        assert getattr(learned, of)[~unlike] != pytest.approx(getattr(model, of)[~unlike])
    assert learned.weekly.sum() == pytest.approx(learned.purchases.sum())
