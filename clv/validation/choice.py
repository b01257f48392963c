"""Which candidate predicts best, decided on the inner origins alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clv.validation.comparison import Difference, paired_difference
from clv.validation.origins import Origin
from clv.validation.predictions import Candidate, Prediction
from clv.validation.scorecard import absolute_errors, losses

FloatArray = NDArray[np.float64]

# What the field's libraries fit, and so what a forecast is compared with.
STANDARD = ("BG/NBD", "Pareto/NBD")


@dataclass(frozen=True)
class InnerScore:
    """How a candidate did on the inner origins together.

    Attributes
    ----------
    loss : mean loss per customer, 1 for predicting the average for everybody; smaller is better.
    mae : mean absolute error in purchases.
    against_standard : its absolute error against that of the better of the standard models, paired by customer.
    eligible : whether that is not distinguishably worse; baselines are not eligible.
    """

    candidate: Candidate
    loss: float
    mae: float
    against_standard: Difference
    eligible: bool


@dataclass(frozen=True)
class Choice:
    """The candidate chosen, and every candidate's score on the inner origins, best first."""

    chosen: Candidate
    best_baseline: Candidate
    scores: tuple[InnerScore, ...]
    against_baseline: Difference


def choose(
    origins: Sequence[Origin], candidates: Sequence[Candidate], predicted: Mapping[str, Sequence[Prediction]]
) -> Choice:
    """The candidate with the smallest loss among those that are not distinguishably worse in absolute error.

    Worse than the better of the field's standard models, BG/NBD and Pareto/NBD (of all models where neither can be
    fitted): whoever used those before must not do worse. The loss is smallest on average for whoever knows the
    true mean, which is what a CLV is; the absolute error is that of the median, which for rare buyers is 0, so it
    only rules out. Baselines are scored beside.

    Parameters
    ----------
    predicted : by name of the candidate, one prediction for each origin.
    """
    lost = {c.name: _joined(losses, origins, predicted[c.name]) for c in candidates}
    missed = {c.name: _joined(absolute_errors, origins, predicted[c.name]) for c in candidates}
    models = [c for c in candidates if c.kind != "baseline"]
    standard = [c for c in models if c.name in STANDARD] or models
    nearest = min(standard, key=lambda c: float(missed[c.name].mean()))
    scores = []
    for candidate in candidates:
        against = paired_difference(missed[candidate.name], missed[nearest.name])
        scores.append(
            InnerScore(
                candidate=candidate,
                loss=float(lost[candidate.name].mean()),
                mae=float(missed[candidate.name].mean()),
                against_standard=against,
                eligible=candidate.kind != "baseline" and against.verdict != "worse",
            )
        )
    scores.sort(key=lambda score: score.loss)
    chosen = next(score.candidate for score in scores if score.eligible)
    baseline = next(score.candidate for score in scores if score.candidate.kind == "baseline")
    return Choice(
        chosen=chosen,
        best_baseline=baseline,
        scores=tuple(scores),
        against_baseline=paired_difference(lost[chosen.name], lost[baseline.name]),
    )


def _joined(measure, origins: Sequence[Origin], predictions: Sequence[Prediction]) -> FloatArray:  # type: ignore[no-untyped-def]
    parts = [measure(origin, prediction) for origin, prediction in zip(origins, predictions, strict=True)]
    return np.concatenate(parts)
