"""Maximum likelihood in log parameters: starts, optimiser, Hessian and draws, the same for every model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from threadpoolctl import ThreadpoolController

FloatArray = NDArray[np.float64]
# Parameter values to the summed log-likelihood and its gradient, shape (k,).
Likelihood = Callable[[FloatArray], tuple[float, FloatArray]]
# Log parameters to (negative log-likelihood, its gradient), both per observation.
Objective = Callable[[FloatArray], tuple[float, FloatArray]]

GRADIENT_TOLERANCE = 1e-5
HESSIAN_STEP = 1e-4
NEWTON_STEPS = 20
# e^±10 spans what data can tell from the limit; beyond, log-gamma differences lose their digits.
LOG_PARAMETER_BOUND = 10.0
# Draws may lie beyond it: where the data tell only the ratio of two parameters, cutting one of them off at the
# bound would change the ratio.
LOG_DRAW_BOUND = 18.0
ROWS_TO_START_ON = 20_000


class Rows(Protocol):
    """Distinct observations, ``count`` of each, shape (rows,)."""

    @property
    def count(self) -> FloatArray:
        """How many observations each row stands for."""
        ...

    def every(self, step: int) -> Self:
        """Every ``step``-th row."""
        ...


RowsT = TypeVar("RowsT", bound=Rows)


@dataclass(frozen=True)
class Maximum:
    """The best point found: log parameters, the objective there, their covariance, and how far to trust both."""

    log_parameters: FloatArray
    value: float
    covariance: FloatArray
    converged: bool
    message: str


def mean_objective(likelihood: Likelihood, observations: float) -> Objective:
    """What is minimised: the mean negative log-likelihood in log parameters."""

    def objective(log_parameters: FloatArray) -> tuple[float, FloatArray]:
        values = np.exp(log_parameters)
        value, gradient = likelihood(values)
        return -value / observations, -gradient * values / observations

    return objective


def maximise_over(
    rows: RowsT, likelihood_of: Callable[[RowsT], Likelihood], starts: Sequence[FloatArray]
) -> Maximum:
    """Maximise the likelihood of the rows; with many of them the starts are tried on a thinned set first."""
    observations = float(rows.count.sum())
    if rows.count.size > ROWS_TO_START_ON:
        thinned = rows.every(-(-rows.count.size // ROWS_TO_START_ON))
        starts = [maximise_over(thinned, likelihood_of, starts).log_parameters]
    return maximise(mean_objective(likelihood_of(rows), observations), starts, observations)


def maximise(objective: Objective, starts: Sequence[FloatArray], observations: float) -> Maximum:
    """Minimise the mean negative log-likelihood from several starts and judge the result by its gradient.

    Parameters
    ----------
    objective : log parameters, shape (k,) -> (mean negative log-likelihood, gradient of shape (k,)).
    starts : log parameters to begin from, each of shape (k,).
    observations : number of observations behind the mean, to scale the covariance.
    """
    # The algebra is on matrices of 4 x 4: waking more threads for it takes twenty times as long.
    with _linear_algebra().limit(limits=1, user_api="blas"):
        return _maximise(objective, starts, observations)


def _maximise(objective: Objective, starts: Sequence[FloatArray], observations: float) -> Maximum:
    runs = [_descend(objective, start) for start in starts]
    best = min(range(len(runs)), key=lambda i: runs[i].fun)
    point = polish(objective, np.asarray(runs[best].x, dtype=float))
    gradient = float(np.max(np.abs(_projected_gradient(objective, point))))
    curvature = hessian(objective, point) * observations
    converged = gradient < GRADIENT_TOLERANCE
    message = (
        f"{'converged' if converged else 'did not converge'}: largest gradient {gradient:.1e} per customer, "
        f"start {best + 1} of {len(runs)}"
    )
    if np.any(np.abs(point) >= LOG_PARAMETER_BOUND - 1e-6):
        message += "; a parameter lies at its limit: the data do not bound it"
    return Maximum(point, objective(point)[0], _inverse(curvature), converged, message)


@cache
def _linear_algebra() -> ThreadpoolController:
    return ThreadpoolController()


def draw(maximum: FloatArray, covariance: FloatArray, size: int, seed: int) -> FloatArray:
    """Draws from the asymptotic normal of the log parameters, natural scale, shape (size, k)."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.clip(values, 0.0, None))
    noise = np.random.default_rng(seed).standard_normal((size, maximum.size))
    return np.exp(np.clip(maximum + noise @ root.T, -LOG_DRAW_BOUND, LOG_DRAW_BOUND))


def _descend(objective: Objective, start: FloatArray) -> optimize.OptimizeResult:
    bounds = [(-LOG_PARAMETER_BOUND, LOG_PARAMETER_BOUND)] * start.size
    options = {"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9}
    return optimize.minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)


def polish(objective: Objective, point: FloatArray) -> FloatArray:
    """A few Newton steps on the directions that curve, each kept only if it climbs."""
    for _ in range(NEWTON_STEPS):
        value, _ = objective(point)
        gradient = _projected_gradient(objective, point)
        if np.max(np.abs(gradient)) < GRADIENT_TOLERANCE / 100:
            break
        free = ~_at_bound(point, objective(point)[1])
        values, vectors = np.linalg.eigh(hessian(objective, point)[np.ix_(free, free)])
        step = np.zeros(point.size)
        step[free] = vectors @ ((vectors.T @ gradient[free]) / np.maximum(np.abs(values), 1e-8))
        bound = LOG_PARAMETER_BOUND
        trials = (np.clip(point - step / 4**k, -bound, bound) for k in range(8))
        better = next((trial for trial in trials if objective(trial)[0] < value), None)
        if better is None:
            break
        point = better
    return point


def _projected_gradient(objective: Objective, point: FloatArray) -> FloatArray:
    """The gradient, without the part that pushes against a bound."""
    gradient = objective(point)[1]
    return np.where(_at_bound(point, gradient), 0.0, gradient)


def _at_bound(point: FloatArray, gradient: FloatArray) -> NDArray[np.bool_]:
    """Which parameters lie at their bound and would go on beyond it."""
    return np.asarray((np.abs(point) >= LOG_PARAMETER_BOUND - 1e-6) & (gradient * point < 0))


def hessian(objective: Objective, point: FloatArray) -> FloatArray:
    """Central differences of the analytic gradient, made symmetric."""
    steps = np.eye(point.size) * HESSIAN_STEP
    rows = [(objective(point + h)[1] - objective(point - h)[1]) / (2 * HESSIAN_STEP) for h in steps]
    matrix = np.array(rows)
    return (matrix + matrix.T) / 2


def _inverse(curvature: FloatArray) -> FloatArray:
    """Inverse on the directions that the data bound; flat directions get the variance of a wide prior."""
    values, vectors = np.linalg.eigh(curvature)
    widest = 4.0  # sd 2 on the log scale: a factor of 7 either way
    variances = np.where(values > 1 / widest, 1 / np.where(values > 1 / widest, values, 1.0), widest)
    return np.asarray((vectors * variances) @ vectors.T)
