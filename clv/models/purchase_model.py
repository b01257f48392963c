"""What every purchase model shares: checks, distinct rows, fitting, standard errors, draws."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from clv.models.distinct import distinct_rows
from clv.models.errors import ModelDataError, NotFittedError
from clv.models.maximum_likelihood import (
    FloatArray,
    Likelihood,
    Objective,
    draw,
    maximise_over,
    mean_objective,
)


class ParametricModel:
    """Named positive parameters with standard errors and draws; base of purchase and spend models.

    Attributes
    ----------
    params_ : dict of the fitted parameters, natural scale.
    standard_errors_ : dict, natural scale, delta method on the log scale.
    covariance_ : ndarray (k, k), natural scale, in the order of ``params_``.
    log_likelihood_ : of the data fitted.
    converged_, message_ : whether the gradient vanished at the maximum, and the report in words.
    """

    parameter_names: ClassVar[tuple[str, ...]]
    params_: dict[str, float]
    standard_errors_: dict[str, float]
    covariance_: FloatArray
    log_likelihood_: float
    converged_: bool
    message_: str

    @classmethod
    def from_params(cls, **params: float) -> Self:
        """A model with the given parameters (all positive) and no data behind it.

        Raises
        ------
        ValueError : a parameter is missing, unknown or not positive.
        """
        if set(params) != set(cls.parameter_names):
            raise ValueError(f"{cls.__name__} takes exactly {', '.join(cls.parameter_names)}")
        wrong = [name for name, value in params.items() if not (np.isfinite(value) and value > 0)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)} must be positive and finite")
        model = cls()
        model.params_ = {name: float(params[name]) for name in cls.parameter_names}
        return model

    def with_params(self, **params: float) -> Self:
        """A model of the same kind and settings with other parameters; errors as ``from_params``."""
        return type(self).from_params(**params)

    def sample_params(self, size: int, seed: int) -> dict[str, FloatArray]:
        """Draws from the asymptotic normal of the log parameters: dict of arrays of shape (size,)."""
        values = self._values()
        if not hasattr(self, "covariance_"):
            raise NotFittedError("Parameters given by hand have no covariance; call fit first.")
        log_covariance = self.covariance_ / np.outer(values, values)
        draws = draw(np.log(values), log_covariance, size, seed)
        return {name: draws[:, i] for i, name in enumerate(self.parameter_names)}

    def _values(self) -> FloatArray:
        if not hasattr(self, "params_"):
            raise NotFittedError(f"{type(self).__name__} has no parameters yet; call fit or from_params.")
        return np.array([self.params_[name] for name in self.parameter_names])

    def _set_estimate(self, values: FloatArray, log_covariance: FloatArray) -> None:
        self.params_ = dict(zip(self.parameter_names, values.tolist(), strict=True))
        self.covariance_ = log_covariance * np.outer(values, values)
        errors = np.sqrt(np.diag(self.covariance_))
        self.standard_errors_ = dict(zip(self.parameter_names, errors.tolist(), strict=True))


@dataclass(frozen=True)
class Histories:
    """Distinct purchase histories, sorted by x, t_x, T; ``count`` customers share each. Shape (rows,)."""

    x: FloatArray
    t_x: FloatArray
    T: FloatArray
    count: FloatArray

    def in_unit(self, unit: float) -> Histories:
        """The same histories with time counted in ``unit``."""
        return Histories(self.x, self.t_x / unit, self.T / unit, self.count)

    def every(self, step: int) -> Histories:
        """Every ``step``-th row."""
        return Histories(self.x[::step], self.t_x[::step], self.T[::step], self.count[::step])


class PurchaseModel(ParametricModel, ABC):
    """A model of when customers buy and when they leave, from (x, t_x, T).

    ``frequency`` x: number of repeat purchase days; ``recency`` t_x: time from the first to the last of
    them; ``T``: time from the first to now. All times in one unit, which is the unit of every result.
    Arrays broadcast against each other; results have the broadcast shape.
    """

    name: ClassVar[str]

    @property
    def needs_recency(self) -> bool:
        """Whether t_x matters for what a customer known to be alive will buy."""
        return False

    def fit(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None
    ) -> Self:
        """Fit by maximum likelihood on the distinct rows, each counted (or weighted) as often as it occurs.

        Parameters
        ----------
        frequency, recency, T : shape (n,).
        weights : shape (n,), number of customers that each row stands for; 1 when omitted.

        Raises
        ------
        ValueError : lengths differ or values are impossible; the message counts and names every problem.
        ModelDataError : fewer than two customers, or nobody bought twice.
        """
        rows = distinct_histories(*checked_history(frequency, recency, T), weights)
        _require_repeats(rows)
        total = float(rows.count.sum())
        scale = float(np.average(rows.T, weights=rows.count))  # mean observation time becomes 1
        rows = rows.in_unit(scale)
        maximum = maximise_over(rows, self.likelihood_of, self._starts())
        # A density of x event times in scaled units is scale^x times that in the user's units.
        self._set_estimate(np.exp(maximum.log_parameters) * self._time_power(scale), maximum.covariance)
        self.log_likelihood_ = -maximum.value * total - float(rows.count @ rows.x) * np.log(scale)
        self.converged_, self.message_ = maximum.converged, maximum.message
        return self

    def log_likelihood(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
        """Log-likelihood of each row, in the time unit of the parameters."""
        return self._row_log_likelihood(self._values(), *checked_history(frequency, recency, T))

    def expected_purchases(
        self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Expected purchases in (T, T+t] given the history: P(alive) times those of a living customer."""
        alive = self.probability_alive(frequency, recency, T)
        return alive * self.purchases_if_alive(t, frequency, T, recency=recency)

    def expected_purchases_new_customer(self, t: ArrayLike) -> FloatArray:
        """Expected repeat purchases of a customer in (0, t] after the first purchase."""
        return self.expected_purchases(t, 0.0, 0.0, 0.0)

    @abstractmethod
    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
        """Probability that the customer has not dropped out by T."""

    @abstractmethod
    def purchases_if_alive(
        self,
        t: ArrayLike,
        frequency: ArrayLike,
        T: ArrayLike,
        *,
        recency: ArrayLike | None = None,
        dropout_scale: float = 1.0,
        rate_scale: float = 1.0,
    ) -> FloatArray:
        """E[X], X the purchases in (T, T+t] of a customer who is alive at T.

        ``dropout_scale`` multiplies the dropout propensity and ``rate_scale`` the purchase rate of each
        customer from T on, inside the integral over that customer's posterior. ``recency`` is used by models
        with ``needs_recency`` alone, which without it average over the last purchases that x and T allow.
        """

    @abstractmethod
    def purchases_if_reactivated(
        self,
        t: ArrayLike,
        frequency: ArrayLike,
        recency: ArrayLike,
        T: ArrayLike,
        *,
        dropout_scale: float = 1.0,
        rate_scale: float = 1.0,
    ) -> FloatArray:
        """E[X] in (T, T+t] of a customer who had left by T and is won back at T.

        With the purchase rate and dropout propensity of that customer's posterior given that he left.
        """

    @abstractmethod
    def purchase_pairs_if_alive(
        self, t: ArrayLike, frequency: ArrayLike, T: ArrayLike, *, recency: ArrayLike | None = None
    ) -> FloatArray:
        """E[X(X-1)] of the same purchases: what their variance needs."""

    @abstractmethod
    def probability_of_purchase(
        self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """Probability of at least one purchase in (T, T+t] given the history."""

    @abstractmethod
    def probability_of_n_purchases(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """Probability that a new customer makes exactly n repeat purchases in (0, t]."""

    @abstractmethod
    def _row_log_likelihood(
        self, values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> FloatArray:
        """Each row's log-likelihood under the parameter values, shape (n,)."""

    @abstractmethod
    def likelihood_of(self, rows: Histories) -> Likelihood:
        """The summed log-likelihood of the rows and its gradient as a function of the parameter values.

        Whatever does not depend on the parameters is worked out here, once.
        """

    def _objective(self, rows: Histories) -> Objective:
        return mean_objective(self.likelihood_of(rows), float(rows.count.sum()))

    @abstractmethod
    def _starts(self) -> list[FloatArray]:
        """Log parameters to start from, for a mean observation time of 1."""

    @abstractmethod
    def _time_power(self, scale: float) -> FloatArray:
        """What each parameter is multiplied by when the time unit shrinks by ``scale``."""


def checked_history(
    frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The three arrays as floats of one shape; every impossible value is reported at once."""
    try:
        x, t_x, period = np.broadcast_arrays(
            *(np.asarray(values, dtype=float) for values in (frequency, recency, T))
        )
    except ValueError as error:
        raise ValueError("frequency, recency and T must have the same length") from error
    slack = 1e-9 * (1 + np.abs(period))
    checks = {
        "not finite": ~(np.isfinite(x) & np.isfinite(t_x) & np.isfinite(period)),
        "negative": (x < 0) | (t_x < 0) | (period < 0),
        "with frequency not a whole number": np.isfinite(x) & (x != np.floor(x)),
        "with recency above T": t_x > period + slack,
        "with frequency 0 but recency above 0": (x == 0) & (t_x > 0),
    }
    problems = [
        f"{int(bad.sum())} rows {what} (first: row {int(np.flatnonzero(bad)[0])})"
        for what, bad in checks.items()
        if bad.any()
    ]
    if problems:
        raise ValueError("Impossible purchase histories: " + "; ".join(problems))
    return x, np.minimum(t_x, period), period


def distinct_histories(x: FloatArray, t_x: FloatArray, T: FloatArray, weights: ArrayLike | None) -> Histories:
    """The distinct rows of the columns, shape (n,), each with its number of rows or the sum of their weights.

    Raises
    ------
    ValueError : weights are of another length, negative or not finite.
    """
    counts = np.ones(x.shape) if weights is None else np.asarray(weights, dtype=float)
    if counts.shape != x.shape:
        raise ValueError("weights must have the length of frequency")
    if not np.all(np.isfinite(counts) & (counts >= 0)):
        raise ValueError("weights must be finite and not negative")
    (distinct_x, distinct_t_x, distinct_T), place = distinct_rows(x, t_x, T)
    return Histories(distinct_x, distinct_t_x, distinct_T, np.bincount(place, counts).astype(float))


def _require_repeats(rows: Histories) -> None:
    if rows.count.sum() < 2:
        raise ModelDataError("One customer is not enough to fit a purchase model: it needs at least two.")
    if not np.any(rows.x[rows.count > 0] > 0):
        raise ModelDataError(
            "Nobody bought on a second day, so the data cannot tell how often customers come back "
            "or when they leave. A longer period with repeat buyers is needed."
        )
