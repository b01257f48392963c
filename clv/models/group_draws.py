"""Equally good guesses of the parameters of a model for each group.

The groups share the error of the fit of everybody, toward which each is drawn: a centre is drawn first, and
each group around where its estimate goes with that centre. Source: the hierarchical normal model of Morris
(1983), as in ``clv.models.by_group``, with the group means' posterior given the centre.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clv.models.maximum_likelihood import LOG_DRAW_BOUND, FloatArray
from clv.models.pooled_prior import LEAST_PRECISION, PooledPrior
from clv.models.purchase_model import PurchaseModel


def draw_group_models(
    prior: PooledPrior, strength: float, groups: Sequence[PurchaseModel], size: int, seed: int
) -> list[tuple[PurchaseModel, ...]]:
    """Draws of (the model of everybody, each group's model) from the asymptotic normal of the log parameters.

    Parameters
    ----------
    prior, strength : what the groups were fitted with.
    groups : the groups' models; their ``covariance_`` is that around a fixed centre.
    """
    pull = prior.precision(strength)
    everyone, *own = (_LogNormal.of(model) for model in (prior.model, *groups))
    centre_covariance = _centre_covariance(pull, [group.covariance for group in own])
    rng, zero = np.random.default_rng(seed), np.zeros(prior.centre.size)
    guesses = []
    for _ in range(size):
        centre = rng.multivariate_normal(zero, centre_covariance, method="eigh")
        noise = [rng.multivariate_normal(zero, group.covariance, method="eigh") for group in own]
        moved = [
            group.moved(group.covariance @ pull @ centre + away)
            for group, away in zip(own, noise, strict=True)
        ]
        guesses.append((everyone.moved(centre), *moved))
    return guesses


@dataclass(frozen=True)
class _LogNormal:
    """A model's asymptotic normal in log parameters: estimate, covariance, and the model they are of."""

    model: PurchaseModel
    estimate: FloatArray
    covariance: FloatArray

    @classmethod
    def of(cls, model: PurchaseModel) -> _LogNormal:
        values = model._values()
        return cls(model, np.log(values), model.covariance_ / np.outer(values, values))

    def moved(self, away: FloatArray) -> PurchaseModel:
        """The model with its log parameters moved by so much."""
        values = np.exp(np.clip(self.estimate + away, -LOG_DRAW_BOUND, LOG_DRAW_BOUND))
        return self.model.with_params(**dict(zip(self.model.parameter_names, values.tolist(), strict=True)))


def _centre_covariance(pull: FloatArray, own: list[FloatArray]) -> FloatArray:
    """Of the centre that groups of these posterior covariances are drawn to, by a prior of precision ``pull``.

    What a group tells of the centre is what its data tell through the prior: (P^-1 + H^-1)^-1 = P - P S P, S
    the inverse of P + H.
    """
    information = sum((pull - pull @ covariance @ pull for covariance in own), np.zeros_like(pull))
    values, vectors = np.linalg.eigh((information + information.T) / 2)
    return np.asarray((vectors / np.maximum(values, LEAST_PRECISION)) @ vectors.T)
