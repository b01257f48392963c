"""Gamma-Gamma: what a purchase is worth, shrinking each customer's average toward the population's.

A customer's transactions are Gamma(p, rate nu) with nu ~ Gamma(q, rate v); their mean is p/nu.

Source: Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value", note 025, eq. 1a and 5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Protocol, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from clv.models.errors import ModelDataError
from clv.models.maximum_likelihood import FloatArray, Likelihood, maximise_over
from clv.models.purchase_model import ParametricModel


@dataclass(frozen=True)
class SpendRows:
    """Customers with repeat purchases: frequency x, mean spend m, ``count`` of each. Shape (rows,)."""

    x: FloatArray
    m: FloatArray
    count: FloatArray

    def every(self, step: int) -> SpendRows:
        """Every ``step``-th row."""
        return SpendRows(self.x[::step], self.m[::step], self.count[::step])


class SpendModel(Protocol):
    """Anything that turns (frequency, mean spend) into the expected spend of the next purchase."""

    name: ClassVar[str]
    message_: str

    @property
    def population_mean_(self) -> float:
        """Expected spend per purchase of a customer about whom nothing is known, money."""
        ...

    def expected_spend(self, frequency: ArrayLike, monetary_value: ArrayLike) -> FloatArray:
        """Expected spend per future purchase, money, shape of the inputs."""
        ...

    def spend_second_moments(
        self, frequency: ArrayLike, monetary_value: ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """E[mean spend squared] and E[variance of one purchase], money squared, given the history."""
        ...


class GammaGamma(ParametricModel):
    """Gamma-Gamma spend model: p (shape within), q (shape between), v (money)."""

    name: ClassVar[str] = "Gamma-Gamma"
    parameter_names: ClassVar[tuple[str, ...]] = ("p", "q", "v")
    # Below this posterior shape a customer's spend has no finite variance; the interval uses this floor.
    smallest_shape_with_variance: ClassVar[float] = 2.5

    def fit(self, frequency: ArrayLike, monetary_value: ArrayLike, weights: ArrayLike | None = None) -> Self:
        """Fit on customers with repeat purchases.

        Parameters
        ----------
        frequency : shape (n,), number of transactions behind each average, above 0.
        monetary_value : shape (n,), average spend over them, money, above 0.
        weights : shape (n,), customers each row stands for.

        Raises
        ------
        ValueError : lengths differ, or a frequency or an amount is not positive.
        ModelDataError : fewer than two repeat buyers, or all amounts are equal.
        """
        rows = SpendRows(*_checked_spend(frequency, monetary_value, weights))
        total = float(rows.count.sum())
        scale = float(np.average(rows.m, weights=rows.count))  # the mean becomes 1
        rows = replace(rows, m=rows.m / scale)
        starts = [np.log(np.array(start)) for start in [(5.0, 4.0, 0.6), (1.0, 2.0, 1.0), (20.0, 10.0, 0.5)]]
        maximum = maximise_over(rows, _likelihood_of, starts)
        values = np.exp(maximum.log_parameters) * np.array([1.0, 1.0, scale])
        self._set_estimate(values, maximum.covariance)
        self.log_likelihood_ = -maximum.value * total - total * np.log(scale)
        self.converged_, self.message_ = maximum.converged, maximum.message
        self._observed_mean = scale
        if self.params_["q"] <= 1:
            self.message_ += (
                f"; q = {self.params_['q']:.2f} is not above 1, so the population mean is not finite: "
                f"the observed mean {scale:.2f} is used for customers without repeat purchases"
            )
        return self

    @property
    def population_mean_(self) -> float:
        """p v / (q - 1), money; where q <= 1 the mean observed in the data fitted."""
        p, q, v = self._values()
        if q > 1:
            return float(p * v / (q - 1))
        return float(getattr(self, "_observed_mean", p * v / q))

    def log_likelihood(self, frequency: ArrayLike, monetary_value: ArrayLike) -> FloatArray:
        """Log-likelihood of each row, note 025 eq. 1a."""
        x, m, _ = _checked_spend(frequency, monetary_value, None, singular=True)
        p, q, v = self._values()
        return np.asarray(
            special.gammaln(p * x + q)
            - special.gammaln(p * x)
            - special.gammaln(q)
            + q * np.log(v)
            + (p * x - 1) * np.log(m)
            + p * x * np.log(x)
            - (p * x + q) * np.log(v + x * m)
        )

    def expected_spend(self, frequency: ArrayLike, monetary_value: ArrayLike) -> FloatArray:
        """Expected spend per future purchase, money: p (v + x m) / (p x + q - 1), note 025 eq. 5.

        With x = 0 the population mean; never negative, whatever q.
        """
        p, q, v = self._values()
        x = np.asarray(frequency, dtype=float)
        m = np.where(x > 0, np.asarray(monetary_value, dtype=float), 0.0)
        shape = p * x + q - 1
        known = (x > 0) & (shape > 0)
        individual = p * (v + x * m) / np.where(known, shape, 1.0)
        return np.where(known, individual, np.where(x > 0, m, self.population_mean_))

    def spend_second_moments(
        self, frequency: ArrayLike, monetary_value: ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """E[mean spend^2] and E[variance of one purchase] given the history, money squared.

        nu ~ Gamma(A = p x + q, rate R = v + x m), so E[(p/nu)^2] = p^2 R^2 / ((A-1)(A-2)) and the
        variance of one purchase is p/nu^2. A is held at 2.5 or more, where both moments exist.
        """
        p, q, _ = self._values()
        expected = self.expected_spend(frequency, monetary_value)
        shape = np.maximum(p * np.asarray(frequency, dtype=float) + q, self.smallest_shape_with_variance)
        squared = expected**2 * (shape - 1) / (shape - 2)
        return squared, squared / p


class ObservedMeanSpend:
    """Each customer's own average, the overall one where there is none: when Gamma-Gamma cannot be fitted."""

    name: ClassVar[str] = "observed mean"

    def __init__(self, mean: float, message: str) -> None:
        self._mean = mean
        self.message_ = message

    @property
    def population_mean_(self) -> float:
        """The overall average, money."""
        return self._mean

    def expected_spend(self, frequency: ArrayLike, monetary_value: ArrayLike) -> FloatArray:
        """The customer's own average, money; the overall one with frequency 0."""
        x, m = np.asarray(frequency, dtype=float), np.asarray(monetary_value, dtype=float)
        return np.where(x > 0, m, self._mean)

    def spend_second_moments(
        self, frequency: ArrayLike, monetary_value: ArrayLike
    ) -> tuple[FloatArray, FloatArray]:
        """The squared averages and no variance: amounts are taken as known."""
        expected = self.expected_spend(frequency, monetary_value)
        return expected**2, np.zeros(expected.shape)


def _likelihood_of(rows: SpendRows) -> Likelihood:
    """The summed log-likelihood and its gradient; all but log(v + x m) is worked out per distinct frequency."""
    x, m, count = rows.x, rows.m, rows.count
    frequencies, of_frequency = np.unique(x, return_inverse=True)
    with_frequency = np.bincount(of_frequency, count)
    total, events, spent = count.sum(), count * x, x * m
    log_m, log_spent = float(count @ np.log(m)), float(events @ np.log(spent))

    def likelihood(values: FloatArray) -> tuple[float, FloatArray]:
        p, q, v = values
        rate = v + spent
        log_rate = np.log(rate)
        by_total, by_event = float(count @ log_rate), float(events @ log_rate)
        rate **= -1
        per_rate, events_per_rate = float(count @ rate), float(events @ rate)
        shape, inner = p * frequencies + q, p * frequencies
        gammaln, digamma = special.gammaln, special.digamma
        value = (
            with_frequency @ (gammaln(shape) - gammaln(inner))
            + total * (q * np.log(v) - gammaln(q))
            + p * log_spent
            - log_m
            - p * by_event
            - q * by_total
        )
        by_shape = with_frequency * digamma(shape)
        gradient = [
            frequencies @ (by_shape - with_frequency * digamma(inner)) + log_spent - by_event,
            by_shape.sum() + total * (np.log(v) - digamma(q)) - by_total,
            total * q / v - p * events_per_rate - q * per_rate,
        ]
        return float(value), np.array(gradient)

    return likelihood


def _checked_spend(
    frequency: ArrayLike, monetary_value: ArrayLike, weights: ArrayLike | None, singular: bool = False
) -> tuple[FloatArray, FloatArray, FloatArray]:
    x, m = np.asarray(frequency, dtype=float), np.asarray(monetary_value, dtype=float)
    counts = np.ones(x.shape) if weights is None else np.asarray(weights, dtype=float)
    if not (x.shape == m.shape == counts.shape):
        raise ValueError("frequency, monetary_value and weights must have the same length")
    problems = [
        f"{int(bad.sum())} rows with {what}"
        for what, bad in {
            "frequency not above 0": ~(np.isfinite(x) & (x > 0)),
            "monetary value not above 0": ~(np.isfinite(m) & (m > 0)),
            "a negative weight": ~(np.isfinite(counts) & (counts >= 0)),
        }.items()
        if bad.any()
    ]
    if problems:
        raise ValueError("Impossible spend histories: " + "; ".join(problems))
    if not singular:
        _require_spread(m, counts)
    return x, m, counts


def _require_spread(m: FloatArray, counts: FloatArray) -> None:
    if np.count_nonzero(counts) < 2:
        raise ModelDataError("The spend model needs at least two customers who bought again.")
    amounts = m[counts > 0]
    if np.ptp(amounts) <= 1e-9 * amounts.mean():
        raise ModelDataError(
            "Every repeat purchase has the same value, so there is no spread to learn from; "
            "the observed average is used."
        )
