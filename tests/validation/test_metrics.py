"""Scores against worked examples, other libraries and what must hold for any prediction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn_metrics

from clv.validation.metrics import (
    calibration_table,
    decile_table,
    deviances,
    normalised_gini,
    score_activity,
    score_amounts,
    top_decile_share,
)

ACTUAL = np.array([0.0, 0.0, 1.0, 2.0, 7.0])
PREDICTED = np.array([0.5, 0.1, 1.0, 4.0, 5.0])


def amounts(size=30):
    value = st.one_of(st.just(0.0), st.floats(0.01, 1e4))
    return st.lists(st.tuples(value, value), min_size=2, max_size=size).map(lambda rows: np.array(rows).T)


def test_a_worked_example():
    found = score_amounts(ACTUAL, PREDICTED, power=1)
    assert found.bias == pytest.approx(10.6 / 10 - 1)
    assert found.mae == pytest.approx((0.5 + 0.1 + 0 + 2 + 2) / 5)
    assert found.rmse == pytest.approx(np.sqrt((0.25 + 0.01 + 4 + 4) / 5))
    assert found.msle == pytest.approx(sklearn_metrics.mean_squared_log_error(ACTUAL, PREDICTED))
    assert found.deviance == pytest.approx(sklearn_metrics.mean_poisson_deviance(ACTUAL, PREDICTED))
    assert found.spearman == pytest.approx(stats.spearmanr(ACTUAL, PREDICTED).statistic)


def test_money_is_scored_by_the_tweedie_deviance():
    ours = deviances(ACTUAL, PREDICTED, 1.5).mean()
    assert ours == pytest.approx(sklearn_metrics.mean_tweedie_deviance(ACTUAL, PREDICTED, power=1.5))


@pytest.mark.parametrize("power", [1.0, 1.5])
def test_the_mean_has_the_smallest_deviance(power):
    """Gneiting (2011): the deviance is consistent for the mean, the absolute error is not."""
    outcomes = np.random.default_rng(1).poisson(0.6, 20_000).astype(float)
    guesses = np.linspace(0.1, 1.5, 29)
    losses = [deviances(outcomes, np.full(outcomes.shape, guess), power).mean() for guess in guesses]
    assert guesses[int(np.argmin(losses))] == pytest.approx(outcomes.mean(), abs=0.05)
    errors = [np.abs(outcomes - guess).mean() for guess in [0.0, *guesses]]
    assert int(np.argmin(errors)) == 0


def test_gini_of_the_paper():
    """1 for the right order, -1 for the reverse, 0 for none; money times a constant changes nothing."""
    assert normalised_gini(ACTUAL, ACTUAL * 3) == pytest.approx(1)
    assert normalised_gini(ACTUAL, -ACTUAL) == pytest.approx(-1)
    assert normalised_gini(ACTUAL, np.ones(5)) == pytest.approx(0)
    assert np.isnan(normalised_gini(np.zeros(5), PREDICTED))
    # Cumulative shares in the order of the prediction: 7/10, 9/10, 1, 1, 1 less 1/5 ... 5/5, over those of the best.
    assert normalised_gini(ACTUAL, PREDICTED) == pytest.approx(1.0)
    swapped = PREDICTED[[4, 1, 2, 3, 0]]
    ours = sum(np.cumsum([0, 2, 1, 7, 0]) / 10 - np.arange(1, 6) / 5)
    best = sum(np.cumsum([7, 2, 1, 0, 0]) / 10 - np.arange(1, 6) / 5)
    assert normalised_gini(ACTUAL, swapped) == pytest.approx(ours / best)


def test_the_top_decile_and_deciles():
    actual = np.arange(100.0)
    assert top_decile_share(actual, actual) == pytest.approx(sum(range(90, 100)) / sum(range(100)))
    assert top_decile_share(actual, np.ones(100)) == pytest.approx(0.1)
    table = decile_table(actual, actual)
    assert table["customers"].tolist() == [10] * 10
    assert table["actual"].tolist() == pytest.approx(table["predicted"].tolist())
    assert table["actual"].is_monotonic_decreasing


def test_activity():
    active = np.array([True, False, True, False])
    found = score_activity(active, np.array([0.9, 0.2, 0.4, 0.5]))
    assert found.auc == pytest.approx(0.75)
    assert found.brier == pytest.approx((0.01 + 0.04 + 0.36 + 0.25) / 4)
    assert found.log_likelihood == pytest.approx(np.log([0.9, 0.8, 0.4, 0.5]).mean())
    assert np.isnan(score_activity(np.ones(4, dtype=bool), np.full(4, 0.5)).auc)
    assert np.isfinite(score_activity(active, np.array([0.0, 1.0, 1.0, 0.0])).log_likelihood)


def test_a_calibrated_probability_lies_on_the_diagonal():
    rng = np.random.default_rng(2)
    probability = rng.beta(0.5, 2, 50_000)
    table = calibration_table(rng.random(50_000) < probability, probability)
    assert len(table) == 10
    assert table["share_active"].to_numpy() == pytest.approx(table["probability"].to_numpy(), abs=0.02)


@given(amounts())
@settings(max_examples=60)
def test_any_prediction_has_scores_in_range(rows):
    actual, predicted = rows
    found = score_amounts(actual, predicted, power=1)
    assert min(found.mae, found.rmse, found.msle, found.deviance) >= -1e-9
    assert found.rmse >= found.mae - 1e-6 * (1 + found.mae)
    for share in (found.spearman, found.gini):
        assert np.isnan(share) or -1 - 1e-9 <= share <= 1 + 1e-9
    assert np.isnan(found.top_decile) or -1e-12 <= found.top_decile <= 1 + 1e-9


@given(amounts(), st.randoms())
@settings(max_examples=40)
def test_the_order_of_rows_does_not_matter(rows, random):
    order = list(range(rows.shape[1]))
    random.shuffle(order)
    plain, shuffled = (
        score_amounts(*(values[:, chosen]), power=1.5)
        for values, chosen in ((rows, slice(None)), (rows, order))
    )
    for name in ("mae", "deviance", "gini", "top_decile", "spearman"):
        assert getattr(shuffled, name) == pytest.approx(getattr(plain, name), nan_ok=True, abs=1e-9)
