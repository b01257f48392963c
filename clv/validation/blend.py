"""The best purchase model and the challenger together: a weighted mean, the weight learned on the inner origins.

Expected purchases, expected spend and probabilities of two models are averaged arithmetically: that is what follows
when either may be the true one, and the only mean under which the customers' values still add up to the totals
(Hoeting, Madigan, Raftery, Volinsky 1999, "Bayesian Model Averaging: A Tutorial"). A geometric mean is always below
it, most where the two disagree, and so predicts too little in total.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from clv.validation.origins import Origin
from clv.validation.predictions import Candidate, Prediction
from clv.validation.scorecard import losses

WEIGHTS = tuple(np.round(np.linspace(0.0, 1.0, 11), 1).tolist())


def blended(model: Prediction, challenger: Prediction, weight: float) -> Prediction:
    """The mean of both, ``weight`` the share of the challenger, 0 to 1."""
    weekly = model.weekly
    if weekly is not None and challenger.weekly is not None:
        weekly = (1 - weight) * weekly + weight * challenger.weekly
    return Prediction(
        purchases=(1 - weight) * model.purchases + weight * challenger.purchases,
        spend=(1 - weight) * model.spend + weight * challenger.spend,
        active=(1 - weight) * model.active + weight * challenger.active,
        weekly=weekly,
    )


def best_weight(
    origins: Sequence[Origin], models: Sequence[Prediction], challengers: Sequence[Prediction]
) -> float:
    """The challenger's share, of 0, 0.1, ..., 1, with the smallest mean loss per customer over the origins."""
    return min(WEIGHTS, key=lambda weight: _loss(origins, models, challengers, weight))


def add_blend(
    origins: Sequence[Origin], candidates: Sequence[Candidate], predicted: Mapping[str, Sequence[Prediction]]
) -> tuple[Candidate, list[Prediction]] | None:
    """The blend and its prediction at each origin; None where there is nothing to blend.

    At the holdout the weight is the best on all inner origins. At an inner origin it is the best on the others, so
    that the blend is not judged by what it was fitted to. None without a challenger, with fewer than two inner
    origins, or where the best weight leaves one of the two alone.

    Parameters
    ----------
    origins : the holdout, then the inner origins.
    predicted : by name of the candidate, its prediction at each of them.
    """
    inner = origins[1:]
    models = [one for one in candidates if one.kind == "model" and one.name in predicted]
    challenger = next((one for one in candidates if one.kind == "challenger" and one.name in predicted), None)
    if not models or challenger is None or len(inner) < 2:
        return None
    learned = list(predicted[challenger.name])
    model = min(models, key=lambda one: _loss(inner, predicted[one.name][1:], learned[1:], 0.0))
    base = list(predicted[model.name])
    weight = best_weight(inner, base[1:], learned[1:])
    if weight in (0.0, 1.0):
        return None
    weights = [weight, *_weights_of_the_others(inner, base[1:], learned[1:])]
    blend = Candidate(
        f"{model.name} and {challenger.name.lower()}, {1 - weight:.0%} to {weight:.0%}".replace("%", " %"),
        "blend",
        lambda origin: blended(model.predict(origin), challenger.predict(origin), weight),
    )
    return blend, [blended(*each) for each in zip(base, learned, weights, strict=True)]


def _weights_of_the_others(
    inner: Sequence[Origin], models: Sequence[Prediction], challengers: Sequence[Prediction]
) -> list[float]:
    """For each origin the best weight on all but itself."""

    def others(items: Sequence, left_out: int) -> list:  # type: ignore[type-arg]
        return [item for place, item in enumerate(items) if place != left_out]

    return [
        best_weight(others(inner, place), others(models, place), others(challengers, place))
        for place in range(len(inner))
    ]


def _loss(
    origins: Sequence[Origin], models: Sequence[Prediction], challengers: Sequence[Prediction], weight: float
) -> float:
    lost = [
        losses(origin, blended(model, challenger, weight))
        for origin, model, challenger in zip(origins, models, challengers, strict=True)
    ]
    return float(np.concatenate(lost).mean())
