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

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from math import inf, isnan

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from clv.models.group_draws import draw_group_models
from clv.models.held_out_groups import Group, HeldOut, hold_out, split_into_folds
from clv.models.maximum_likelihood import FloatArray
from clv.models.pooled_prior import PooledPrior, merge, with_counts
from clv.models.purchase_model import Histories, PurchaseModel, checked_history, distinct_histories

BLANK = "(blank)"
MOST_GROUPS = 30
FOLDS = 5
PRIOR_STRENGTHS = (30.0, 100.0, 300.0, 1000.0, 3000.0)


@dataclass(frozen=True)
class GroupedFit:
    """One model for each group, or one for all where groups do not predict better.

    Attributes
    ----------
    pooled : the model fitted on everybody.
    prior : the pooled fit as the groups' prior.
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
    prior: PooledPrior
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

    @property
    def purchase_models(self) -> tuple[PurchaseModel, ...]:
        """The models in use: the pooled one, then each group's own, in the order of ``models``."""
        return (self.pooled, *self.models.values()) if self.helps else (self.pooled,)

    def model_numbers(self, groups: Iterable[object]) -> NDArray[np.intp]:
        """For groups given as in the data, shape (n,): the place of each one's model in ``purchase_models``."""
        codes, distinct = pd.factorize(group_names(groups))
        places = {name: place for place, name in enumerate(self.models, start=1)} if self.helps else {}
        return np.array([places.get(name, 0) for name in distinct], dtype=np.intp)[codes]

    def sample_models(self, size: int, seed: int) -> list[tuple[PurchaseModel, ...]]:
        """Equally good guesses of ``purchase_models`` where grouping helps, see ``draw_group_models``."""
        return draw_group_models(self.prior, self.prior_strength, list(self.models.values()), size, seed)

    def refit(
        self,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        numbers: NDArray[np.intp],
        weights: FloatArray,
    ) -> tuple[PurchaseModel, ...]:
        """``purchase_models`` fitted anew to customers of these weights, at the prior strength chosen before.

        Parameters
        ----------
        frequency, recency, T, numbers, weights : shape (n,); ``numbers`` from ``model_numbers``.

        Raises
        ------
        ModelDataError : nobody with a weight bought twice.
        """
        x, t_x, period = checked_history(frequency, recency, T)
        pooled = copy(self.pooled).fit(x, t_x, period, weights)
        if not self.helps:
            return (pooled,)
        unit = self.prior.unit
        everyone = Histories(x, t_x, period, weights).in_unit(unit)
        centre = np.log(pooled._values() / pooled._time_power(unit))
        prior = PooledPrior.of(pooled, merge([with_counts(everyone, weights)]), unit, centre)
        own = []
        for number in range(1, len(self.models) + 1):
            rows = merge([with_counts(everyone, np.where(numbers == number, weights, 0.0))])
            own.append(prior.fit_near(rows, self.prior_strength) if rows.x.size else pooled)
        return (pooled, *own)


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
    folds : parts into which each group's customers are split, each held out in turn.
    seed : of the split.

    Raises
    ------
    ValueError : lengths differ, or a history or setting is impossible.
    ModelDataError : fewer than two customers, or nobody bought twice.
    """
    _require_settings(strengths, most_groups, folds)
    x, t_x, period = checked_history(frequency, recency, T)
    names = group_names(groups)
    if names.shape != x.shape:
        raise ValueError("groups must have the length of frequency")
    pooled = copy(model() if isinstance(model, type) else model).fit(x, t_x, period)
    unit = float(period.mean())
    everyone = _largest_first(names, Histories(x, t_x, period, np.ones(x.shape)).in_unit(unit))
    by_fold = split_into_folds(everyone, folds, seed)
    centre = np.log(pooled._values() / pooled._time_power(unit))
    prior = PooledPrior.of(pooled, merge([group.rows for group in by_fold]), unit, centre)
    held_out = hold_out(prior, by_fold, most_groups, sorted(strengths, reverse=True))
    return _grouped_fit(prior, by_fold, most_groups, held_out, noun)


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
        (str(name), distinct_histories(customers.x[of], customers.t_x[of], customers.T[of], None))
        for name, of in zip(distinct, members, strict=True)
    ]
    return sorted(groups, key=lambda group: (*(-total for total in _totals(group[1])), group[0]))


def _totals(rows: Histories) -> tuple[float, ...]:
    return tuple(float(rows.count @ values) for values in (np.ones(rows.x.shape), rows.x, rows.t_x, rows.T))


def _grouped_fit(
    prior: PooledPrior, by_fold: list[Group], most_groups: int, held_out: HeldOut, noun: str
) -> GroupedFit:
    fitted, rest = by_fold[:most_groups], by_fold[most_groups:]
    return GroupedFit(
        pooled=prior.model,
        prior=prior,
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
        message=_message(noun, len(by_fold), held_out) + _rest_message(noun, len(fitted), len(rest)),
    )


def _message(noun: str, groups: int, held_out: HeldOut) -> str:
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
