"""The same purchase model for each value of a column (channel, country), drawn toward the fit of everybody.

A group with few customers cannot tell its own parameters; everybody's are a better guess. Between the two
stands a penalised likelihood: the fit of everybody counts, in every group, as ``n0`` more customers of the
ordinary kind. In log parameters a group minimises

    -log L_g(theta) + n0/2 (theta - pooled)' H (theta - pooled),

H the Hessian of the mean negative log-likelihood at the pooled fit. This is the posterior mode under a normal
prior whose spread ``n0`` is learned from the data: the ``n0`` that predicts held-out customers best. The
groups are used only where they predict held-out customers better than one model for all.

Sources
-------
Morris (1983), "Parametric Empirical Bayes Inference: Theory and Applications", for the shrinkage.
Kass and Wasserman (1995), "A Reference Bayesian Test for Nested Hypotheses", for a prior worth n0 observations.
Hastie, Tibshirani, Friedman (2009), "The Elements of Statistical Learning", 7.10, for cross-validation and
its one standard error.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from math import inf, isnan, nan

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from clv.models.maximum_likelihood import FloatArray, Likelihood, Objective, _hessian, _polish, maximise
from clv.models.purchase_model import Histories, PurchaseModel, _checked_history, _distinct_rows

BLANK = "(blank)"
MOST_GROUPS = 30
FOLDS = 5
PRIOR_STRENGTHS = (30.0, 100.0, 300.0, 1000.0, 3000.0)
# Where the pooled data say next to nothing of a direction, a group may stray by a factor of 7 or so.
LEAST_PRECISION = 1 / 2.0**2


@dataclass(frozen=True)
class GroupedFit:
    """One model for each group, or one for all where groups do not predict better.

    Attributes
    ----------
    pooled : the model fitted on everybody.
    models : the model to use for each group, by group, largest group first; the pooled one for each where
        grouping does not help. A group's ``covariance_`` is the posterior's around the pooled fit,
        its ``log_likelihood_`` that of its own customers alone.
    customers : number of customers of each group in ``models``.
    in_pooled : the groups beyond the ``most_groups`` largest, which are given the pooled model.
    prior_strength : customers that the pooled fit counts as in each group; ``inf`` is the pooled fit itself.
    held_out_pooled, held_out_grouped : log-likelihood per held-out customer, of the pooled fit and of the groups
        at their best finite strength; ``nan`` where there was nothing to compare.
    standard_error : of the difference of the two, paired by customer.
    helps : whether the groups predict better by more than one standard error.
    message : all this in a sentence or two.
    """

    pooled: PurchaseModel
    models: dict[str, PurchaseModel]
    customers: dict[str, int]
    in_pooled: tuple[str, ...]
    prior_strength: float
    held_out_pooled: float
    held_out_grouped: float
    standard_error: float
    helps: bool
    message: str

    @property
    def gain(self) -> float:
        """What grouping adds to the log-likelihood of a held-out customer; ``nan`` where nothing was compared."""
        return self.held_out_grouped - self.held_out_pooled

    def model_for(self, group: object) -> PurchaseModel:
        """The model of a group given as in the data; the pooled one for a group that was not fitted."""
        return self.models.get(group_names([group])[0], self.pooled)


@dataclass(frozen=True)
class PooledPrior:
    """The pooled fit as a prior: where it lies, and how sharply one customer's worth of data bends there.

    Attributes
    ----------
    model : the pooled model, whose class and settings the groups share.
    centre : its log parameters with time in ``unit``, shape (k,).
    curvature : Hessian of its mean negative log-likelihood there, shape (k, k).
    unit : user's time units in the unit of the fit.
    """

    model: PurchaseModel
    centre: FloatArray
    curvature: FloatArray
    unit: float

    @classmethod
    def of(cls, model: PurchaseModel, rows: Histories, unit: float, near: FloatArray) -> PooledPrior:
        """The prior of the fit on ``rows`` (time in ``unit``) whose optimum lies ``near`` the point given."""
        objective = model._objective(rows)
        centre = _polish(objective, near)
        return cls(model, centre, _hessian(objective, centre), unit)

    def precision(self, strength: float) -> FloatArray:
        """Inverse covariance of the prior worth ``strength`` customers, shape (k, k)."""
        values, vectors = np.linalg.eigh(self.curvature)
        return np.asarray((vectors * np.maximum(strength * values, LEAST_PRECISION)) @ vectors.T)

    def penalised(self, likelihood: Likelihood, customers: float, strength: float) -> Objective:
        """What a group minimises, per customer of its own and of the prior: so it bends alike at any strength."""
        precision, total = self.precision(strength), customers + strength

        def objective(log_parameters: FloatArray) -> tuple[float, FloatArray]:
            values, away = np.exp(log_parameters), log_parameters - self.centre
            value, gradient = likelihood(values)
            pull = precision @ away
            return (float(away @ pull) / 2 - value) / total, (pull - gradient * values) / total

        return objective

    def fit_near(self, rows: Histories, strength: float) -> PurchaseModel:
        """The pooled model's like, fitted on a group's rows (time in ``unit``) with this prior."""
        likelihood, customers = self.model._likelihood_of(rows), float(rows.count.sum())
        objective = self.penalised(likelihood, customers, strength)
        maximum = maximise(objective, [self.centre], customers + strength)
        values, model = np.exp(maximum.log_parameters), copy(self.model)
        model._set_estimate(values * model._time_power(self.unit), maximum.covariance)
        model.log_likelihood_ = likelihood(values)[0] - float(rows.count @ rows.x) * np.log(self.unit)
        model.converged_ = maximum.converged
        model.message_ = f"{maximum.message}; the fit of everybody counts as {strength:,.0f} customers"
        return model


@dataclass(frozen=True)
class _Group:
    """A group's distinct histories and how many customers of each every fold holds, shape (rows, folds)."""

    name: str
    rows: Histories
    dealt: FloatArray

    @property
    def customers(self) -> int:
        """How many customers there are in the group."""
        return int(self.rows.count.sum())

    def in_fold(self, fold: int) -> Histories:
        """The histories that a fold holds out."""
        return _counted(self.rows, self.dealt[:, fold])

    def without(self, fold: int) -> Histories:
        """The histories that remain when a fold is held out."""
        return _counted(self.rows, self.rows.count - self.dealt[:, fold])


@dataclass(frozen=True)
class _HeldOut:
    """How held-out customers fare: mean log-likelihood pooled, the groups' gain on it, at the best strength."""

    strength: float = inf
    pooled: float = nan
    gain: float = nan
    standard_error: float = nan

    @property
    def helps(self) -> bool:
        """Whether the gain is more than one standard error."""
        return self.gain > self.standard_error


def fit_by_group(
    model: PurchaseModel | type[PurchaseModel],
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    groups: Iterable[object],
    *,
    noun: str = "groups",
    strengths: Sequence[float] = PRIOR_STRENGTHS,
    most_groups: int = MOST_GROUPS,
    folds: int = FOLDS,
    seed: int = 1,
) -> GroupedFit:
    """Fit a purchase model for everybody and for each group, and keep the groups if they predict better.

    Neither the order of the rows nor the names of the groups change the result.

    Parameters
    ----------
    model : the class, or a model of it whose settings every fit shares.
    frequency, recency, T : shape (n,), as in :meth:`PurchaseModel.fit`, times in one unit.
    groups : shape (n,), each customer's group; missing and empty values are a group of their own, "(blank)".
    noun : what the groups are called in the message, plural.
    strengths : customers that the pooled fit may count as in each group, finite and above 0.
    most_groups : only so many of the largest groups get a model.
    folds : parts into which each group's customers are dealt, each held out in turn.
    seed : of the dealing.

    Raises
    ------
    ValueError : lengths differ, or a history or setting is impossible.
    ModelDataError : fewer than two customers, or nobody bought twice.
    """
    _require_settings(strengths, most_groups, folds)
    x, t_x, period = _checked_history(frequency, recency, T)
    names = group_names(groups)
    if names.shape != x.shape:
        raise ValueError("groups must have the length of frequency")
    pooled = copy(model() if isinstance(model, type) else model).fit(x, t_x, period)
    unit = float(period.mean())
    everyone = _largest_first(names, Histories(x, t_x, period, np.ones(x.shape)).in_unit(unit))
    dealt = _deal(everyone, folds, seed)
    centre = np.log(pooled._values() / pooled._time_power(unit))
    prior = PooledPrior.of(pooled, _merged([group.rows for group in dealt]), unit, centre)
    held_out = _hold_out(prior, dealt, most_groups, sorted(strengths, reverse=True))
    return _grouped_fit(prior, dealt, most_groups, held_out, noun)


def group_names(groups: Iterable[object]) -> NDArray[np.object_]:
    """The groups as text, shape (n,), "(blank)" for missing and empty ones."""
    codes, distinct = pd.factorize(pd.Series(list(groups), dtype=object))
    texts = [str(value).strip() or BLANK for value in distinct]
    return np.array([*texts, BLANK], dtype=object)[codes]  # a missing value has code -1


def _require_settings(strengths: Sequence[float], most_groups: int, folds: int) -> None:
    checks = {
        "strengths must be finite and above 0, at least one": len(strengths) > 0
        and all(0 < strength < inf for strength in strengths),
        "most_groups must be 1 or more": most_groups >= 1,
        "folds must be 2 or more": folds >= 2,
    }
    problems = [text for text, holds in checks.items() if not holds]
    if problems:
        raise ValueError("; ".join(problems))


def _largest_first(names: NDArray[np.object_], customers: Histories) -> list[tuple[str, Histories]]:
    """Each group's distinct rows; groups of a size in an order that their histories decide, not their names."""
    codes, distinct = pd.factorize(names)
    members = np.split(np.argsort(codes, kind="stable"), np.cumsum(np.bincount(codes))[:-1])
    groups = [
        (str(name), _distinct_rows(customers.x[of], customers.t_x[of], customers.T[of], None))
        for name, of in zip(distinct, members, strict=True)
    ]
    return sorted(groups, key=lambda group: (*(-total for total in _totals(group[1])), group[0]))


def _totals(rows: Histories) -> tuple[float, ...]:
    return tuple(float(rows.count @ values) for values in (np.ones(rows.x.shape), rows.x, rows.t_x, rows.T))


def _deal(groups: list[tuple[str, Histories]], folds: int, seed: int) -> list[_Group]:
    """Deal each group's customers to folds, as evenly as their number allows.

    Not evenly by history too: a fold with the very mix of histories that the rest has would reward what the
    rest has only by chance.
    """
    rng = np.random.default_rng(seed)
    dealt, next_fold = [], 0
    for name, rows in groups:
        of_customer = np.repeat(np.arange(rows.x.size), rows.count.astype(int))
        fold = rng.permutation((next_fold + np.arange(of_customer.size)) % folds)
        next_fold += of_customer.size
        counts = np.bincount(of_customer * folds + fold, minlength=rows.x.size * folds)
        dealt.append(_Group(name, rows, counts.reshape(-1, folds).astype(float)))
    return dealt


def _counted(rows: Histories, count: FloatArray) -> Histories:
    """The rows that anybody has, with these counts."""
    kept = count > 0
    return Histories(rows.x[kept], rows.t_x[kept], rows.T[kept], count[kept])


def _merged(parts: list[Histories]) -> Histories:
    x, t_x, T, count = (
        np.concatenate([getattr(part, column) for part in parts]) for column in ("x", "t_x", "T", "count")
    )
    return _distinct_rows(x, t_x, T, count)


def _hold_out(
    prior: PooledPrior, dealt: list[_Group], most_groups: int, strengths: Sequence[float]
) -> _HeldOut:
    """Hold out each fold in turn, fit on the rest, and average the held-out customers' log-likelihood.

    ``strengths`` descend. Nothing is compared when there is one group, or when a fold holds all who bought
    twice, so that the rest tells nothing.
    """
    rests = [_merged([group.without(fold) for group in dealt]) for fold in range(dealt[0].dealt.shape[1])]
    if len(dealt) < 2 or any(rest.x.max(initial=0.0) == 0 for rest in rests):
        return _HeldOut()
    parts = []
    for fold, rest in enumerate(rests):
        fold_prior = PooledPrior.of(prior.model, rest, prior.unit, prior.centre)
        for place, group in enumerate(dealt):
            tried = strengths if place < most_groups else ()
            parts.append(_predict(fold_prior, group, fold, tried, len(strengths)))
    count, x, pooled, gains = (np.concatenate(columns, axis=-1) for columns in zip(*parts, strict=True))
    mean_gains = gains @ count / count.sum()
    best = int(np.argmax(mean_gains))
    variance = (gains[best] - mean_gains[best]) ** 2 @ count / count.sum()
    in_users_unit = pooled - x * np.log(prior.unit)
    return _HeldOut(
        strength=strengths[best],
        pooled=float(in_users_unit @ count / count.sum()),
        gain=float(mean_gains[best]),
        standard_error=float(np.sqrt(variance / count.sum())),
    )


def _predict(
    prior: PooledPrior, group: _Group, fold: int, strengths: Sequence[float], columns: int
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """A group's held-out rows: count, x, pooled log-likelihood and the gain on it at each strength.

    The gains have shape (columns, rows), 0 for a group that is left to the pooled fit.
    """
    rows = group.in_fold(fold)
    pooled, gains = _each(prior, prior.centre, rows), np.zeros((columns, rows.x.size))
    if rows.x.size:
        for i, point in enumerate(_path(prior, group.without(fold), strengths)):
            gains[i] = _each(prior, point, rows) - pooled
    return rows.count, rows.x, pooled, gains


def _each(prior: PooledPrior, log_parameters: FloatArray, rows: Histories) -> FloatArray:
    """Log-likelihood of one customer of each row."""
    return prior.model._row_log_likelihood(np.exp(log_parameters), rows.x, rows.t_x, rows.T)


def _path(prior: PooledPrior, rows: Histories, strengths: Sequence[float]) -> Iterator[FloatArray]:
    """A group's log parameters at each strength, each sought from the one before: nearby, so soon found."""
    point = prior.centre
    if rows.x.size == 0:  # the group's only customer is held out
        yield from [point] * len(strengths)
        return
    likelihood, customers = prior.model._likelihood_of(rows), float(rows.count.sum())
    for strength in strengths:
        point = _polish(prior.penalised(likelihood, customers, strength), point)
        yield point


def _grouped_fit(
    prior: PooledPrior, dealt: list[_Group], most_groups: int, held_out: _HeldOut, noun: str
) -> GroupedFit:
    fitted, rest = dealt[:most_groups], dealt[most_groups:]
    return GroupedFit(
        pooled=prior.model,
        models={
            group.name: prior.fit_near(group.rows, held_out.strength) if held_out.helps else prior.model
            for group in fitted
        },
        customers={group.name: group.customers for group in fitted},
        in_pooled=tuple(group.name for group in rest),
        prior_strength=held_out.strength if held_out.helps else inf,
        held_out_pooled=held_out.pooled,
        held_out_grouped=held_out.pooled + held_out.gain,
        standard_error=held_out.standard_error,
        helps=held_out.helps,
        message=_message(noun, len(dealt), held_out) + _rest_message(noun, len(fitted), len(rest)),
    )


def _message(noun: str, groups: int, held_out: _HeldOut) -> str:
    subject = noun[:1].upper() + noun[1:]
    if groups < 2:
        return f"{subject}: there is only one, so the pooled fit stays."
    if isnan(held_out.gain):
        return f"{subject} cannot be compared: too few customers bought twice. The pooled fit stays."
    error = f"(standard error {held_out.standard_error:.2g})"
    if not held_out.helps:
        return (
            f"A fit for each of {groups} {noun} does not help: held-out log-likelihood changes by "
            f"{held_out.gain:+.2g} per customer {error}. The pooled fit stays."
        )
    return (
        f"{subject} buy differently: held-out log-likelihood rises by {held_out.gain:.2g} per customer {error} "
        f"when each is fitted by itself, with the pooled fit counting as {held_out.strength:,.0f} customers more."
    )


def _rest_message(noun: str, fitted: int, rest: int) -> str:
    if rest == 0:
        return ""
    return f" Only the {fitted} largest {noun} were fitted; the other {rest} are given the pooled fit."
