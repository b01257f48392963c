"""The fit of everybody as a prior for each group: a penalised likelihood, see ``clv.models.by_group``."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass

import numpy as np

from clv.models.maximum_likelihood import FloatArray, Likelihood, Objective, hessian, maximise, polish
from clv.models.purchase_model import Histories, PurchaseModel, distinct_histories

# Where the pooled data say next to nothing of a direction, a group may stray by a factor of 7 or so.
LEAST_PRECISION = 1 / 2.0**2


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
        centre = polish(objective, near)
        return cls(model, centre, hessian(objective, centre), unit)

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
        likelihood, customers = self.model.likelihood_of(rows), float(rows.count.sum())
        objective = self.penalised(likelihood, customers, strength)
        maximum = maximise(objective, [self.centre], customers + strength)
        values, model = np.exp(maximum.log_parameters), copy(self.model)
        model._set_estimate(values * model._time_power(self.unit), maximum.covariance)
        own = model.log_likelihood(rows.x, rows.t_x * self.unit, rows.T * self.unit)
        model.log_likelihood_ = float(rows.count @ own)
        model.converged_ = maximum.converged
        model.message_ = f"{maximum.message}; the fit of everybody counts as {strength:,.0f} customers"
        return model


def with_counts(rows: Histories, count: FloatArray) -> Histories:
    """The rows that anybody has, with these counts."""
    kept = count > 0
    return Histories(rows.x[kept], rows.t_x[kept], rows.T[kept], count[kept])


def merge(parts: list[Histories]) -> Histories:
    """The distinct rows of all parts, their counts added up."""
    x, t_x, T, count = (
        np.concatenate([getattr(part, column) for part in parts]) for column in ("x", "t_x", "T", "count")
    )
    return distinct_histories(x, t_x, T, count)
