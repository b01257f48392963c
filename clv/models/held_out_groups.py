"""Whether groups predict held-out customers better than one model for all does, by cross-validation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf, nan

import numpy as np

from clv.models.maximum_likelihood import FloatArray, polish
from clv.models.pooled_prior import PooledPrior, merge, with_counts
from clv.models.purchase_model import Histories


@dataclass(frozen=True)
class Group:
    """A group's distinct histories and how many customers of each every fold holds, shape (rows, folds)."""

    name: str
    rows: Histories
    fold_counts: FloatArray

    @property
    def customers(self) -> int:
        """How many customers there are in the group."""
        return int(self.rows.count.sum())

    def in_fold(self, fold: int) -> Histories:
        """The histories that a fold holds out."""
        return with_counts(self.rows, self.fold_counts[:, fold])

    def without(self, fold: int) -> Histories:
        """The histories that remain when a fold is held out."""
        return with_counts(self.rows, self.rows.count - self.fold_counts[:, fold])


@dataclass(frozen=True)
class HeldOut:
    """How held-out customers fare: mean log-likelihood pooled, the groups' gain on it, at the best strength."""

    strength: float = inf
    pooled: float = nan
    gain: float = nan
    standard_error: float = nan

    @property
    def helps(self) -> bool:
        """Whether the gain is more than one standard error."""
        return self.gain > self.standard_error


def split_into_folds(groups: list[tuple[str, Histories]], folds: int, seed: int) -> list[Group]:
    """Assign each group's customers to folds, as evenly as their number allows.

    Not evenly by history too: a fold with the very mix of histories that the rest has would reward what the
    rest has only by chance.
    """
    rng = np.random.default_rng(seed)
    split, next_fold = [], 0
    for name, rows in groups:
        of_customer = np.repeat(np.arange(rows.x.size), rows.count.astype(int))
        fold = rng.permutation((next_fold + np.arange(of_customer.size)) % folds)
        next_fold += of_customer.size
        counts = np.bincount(of_customer * folds + fold, minlength=rows.x.size * folds)
        split.append(Group(name, rows, counts.reshape(-1, folds).astype(float)))
    return split


def hold_out(
    prior: PooledPrior, groups: list[Group], most_groups: int, strengths: Sequence[float]
) -> HeldOut:
    """Hold out each fold in turn, fit on the rest, and average the held-out customers' log-likelihood.

    ``strengths`` descend. Nothing is compared when there is one group, or when a fold holds all who bought
    twice, so that the rest tells nothing.
    """
    rests = [
        merge([group.without(fold) for group in groups]) for fold in range(groups[0].fold_counts.shape[1])
    ]
    if len(groups) < 2 or any(rest.x.max(initial=0.0) == 0 for rest in rests):
        return HeldOut()
    parts = []
    for fold, rest in enumerate(rests):
        fold_prior = PooledPrior.of(prior.model, rest, prior.unit, prior.centre)
        for place, group in enumerate(groups):
            tried = strengths if place < most_groups else ()
            parts.append(_predict(fold_prior, group, fold, tried, len(strengths)))
    count, pooled, gains = (np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True))
    mean_gains = gains @ count / count.sum()
    best = int(np.argmax(mean_gains))
    variance = (gains[best] - mean_gains[best]) ** 2 @ count / count.sum()
    return HeldOut(
        strength=strengths[best],
        pooled=float(pooled @ count / count.sum()),
        gain=float(mean_gains[best]),
        standard_error=float(np.sqrt(variance / count.sum())),
    )


def _predict(
    prior: PooledPrior, group: Group, fold: int, strengths: Sequence[float], columns: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A group's held-out rows: count, pooled log-likelihood and the gain on it at each strength.

    The gains have shape (columns, rows), 0 for a group that is left to the pooled fit.
    """
    rows = group.in_fold(fold)
    pooled, gains = _row_log_likelihoods(prior, prior.centre, rows), np.zeros((columns, rows.x.size))
    if rows.x.size:
        for i, point in enumerate(_estimates_by_strength(prior, group.without(fold), strengths)):
            gains[i] = _row_log_likelihoods(prior, point, rows) - pooled
    return rows.count, pooled, gains


def _row_log_likelihoods(prior: PooledPrior, log_parameters: FloatArray, rows: Histories) -> FloatArray:
    """Log-likelihood of one customer of each row, in the user's time unit."""
    values = np.exp(log_parameters) * prior.model._time_power(prior.unit)
    return prior.model._row_log_likelihood(values, rows.x, rows.t_x * prior.unit, rows.T * prior.unit)


def _estimates_by_strength(
    prior: PooledPrior, rows: Histories, strengths: Sequence[float]
) -> Iterator[FloatArray]:
    """A group's log parameters at each strength, each sought from the one before: nearby, so soon found."""
    point = prior.centre
    if rows.x.size == 0:  # the group's only customer is held out
        yield from [point] * len(strengths)
        return
    likelihood, customers = prior.model.likelihood_of(rows), float(rows.count.sum())
    for strength in strengths:
        point = polish(prior.penalised(likelihood, customers, strength), point)
        yield point
