"""The blend: the weight that the inner origins ask for, and honest about it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clv.validation.blend import add_blend, best_weight, blended
from clv.validation.predictions import Candidate, Prediction


def told(origin, purchases):
    purchases = np.maximum(purchases, 0.01)
    return Prediction(purchases, 20 * purchases, -np.expm1(-purchases))


@pytest.fixture
def two(lapsing_origin):
    """Two origins whose truth lies half-way between what two candidates say."""
    truth = 1.0 + np.arange(len(lapsing_origin.buyers)) % 3
    origin = replace(lapsing_origin, purchases=truth, spend=20 * truth)
    rng = np.random.default_rng(1)
    error = rng.normal(size=truth.size) * 0.5
    return [origin] * 3, told(origin, truth + error), told(origin, truth - error)


def candidate(name, kind, prediction):
    return Candidate(name, kind, lambda _: prediction)


def test_totals_are_between_and_add_up(two):
    _, model, challenger = two
    blend = blended(model, challenger, 0.3)
    assert blend.purchases.sum() == pytest.approx(
        0.7 * model.purchases.sum() + 0.3 * challenger.purchases.sum()
    )
    assert np.array_equal(blended(model, challenger, 0.0).spend, model.spend)
    assert np.array_equal(blended(model, challenger, 1.0).active, challenger.active)


def test_the_weight_is_the_one_that_fits(two):
    origins, model, challenger = two
    assert best_weight(origins, [model] * 3, [challenger] * 3) == 0.5


def test_the_blend_is_added_with_a_prediction_for_every_origin(two):
    origins, model, challenger = two
    candidates = [candidate("A", "model", model), candidate("B", "challenger", challenger)]
    found = add_blend(origins, candidates, {"A": [model] * 3, "B": [challenger] * 3})
    assert found is not None
    blend, predictions = found
    assert (blend.kind, blend.name, len(predictions)) == ("blend", "A and b, 50 % to 50 %", 3)
    assert np.array_equal(blend.predict(origins[0]).purchases, predictions[0].purchases)


def test_the_holdout_has_no_say(two):
    origins, model, challenger = two
    candidates = [candidate("A", "model", model), candidate("B", "challenger", challenger)]
    predicted = {"A": [model] * 3, "B": [challenger] * 3}
    other = replace(origins[0], purchases=challenger.purchases, spend=challenger.spend)
    changed = add_blend([other, *origins[1:]], candidates, predicted)
    assert changed[0].name == add_blend(origins, candidates, predicted)[0].name


def test_no_blend_where_one_alone_is_best_or_something_lacks(two):
    origins, model, challenger = two
    perfect = told(origins[0], origins[0].purchases)
    both = [candidate("A", "model", perfect), candidate("B", "challenger", challenger)]
    assert add_blend(origins, both, {"A": [perfect] * 3, "B": [challenger] * 3}) is None
    assert add_blend(origins, both[:1], {"A": [perfect] * 3}) is None
    assert add_blend(origins[:2], both, {"A": [model] * 2, "B": [challenger] * 2}) is None
