"""Every candidate scored at an origin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv.validation.metrics import (
    TWEEDIE_POWER,
    ActivityScores,
    AmountScores,
    coverage,
    deviances,
    score_activity,
    score_amounts,
)
from clv.validation.origins import Origin
from clv.validation.predictions import Candidate, Prediction

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """A candidate, what it predicted at an origin, and how good that was.

    Attributes
    ----------
    coverage : share of customers whose spend lay within the 80 % range; None where the candidate gives none.
    """

    candidate: Candidate
    prediction: Prediction
    purchases: AmountScores
    money: AmountScores
    activity: ActivityScores
    coverage: float | None


def score(origin: Origin, candidate: Candidate, prediction: Prediction) -> Scored:
    """Score a prediction against what happened."""
    ranges = prediction.ranges(origin.days)
    return Scored(
        candidate=candidate,
        prediction=prediction,
        purchases=score_amounts(origin.purchases, prediction.purchases, power=1),
        money=score_amounts(origin.spend, prediction.spend, power=TWEEDIE_POWER),
        activity=score_activity(origin.active, prediction.active),
        coverage=None if ranges is None else coverage(origin.spend, ranges.low, ranges.high),
    )


def absolute_errors(origin: Origin, prediction: Prediction) -> FloatArray:
    """Each customer's absolute error in purchases, shape (customers,)."""
    return np.abs(prediction.purchases - origin.purchases)


def losses(origin: Origin, prediction: Prediction) -> FloatArray:
    """What candidates are chosen by: each customer's deviance in purchases and in money, on one scale.

    Each is divided by the mean deviance of predicting the average for everybody, so that neither outweighs the
    other and shops of any size compare.
    """
    total = np.zeros(len(origin.buyers))
    for actual, predicted, power in (
        (origin.purchases, prediction.purchases, 1.0),
        (origin.spend, prediction.spend, TWEEDIE_POWER),
    ):
        average = np.full(actual.shape, actual.mean())
        scale = float(deviances(actual, average, power).mean())
        if scale > 0:
            total += deviances(actual, predicted, power) / scale / 2
    return total
