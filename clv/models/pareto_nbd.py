"""Pareto/NBD: customers buy at random and may leave at any moment.

While alive a customer buys at a rate lambda ~ Gamma(r, rate alpha); the lifetime is exponential with rate
mu ~ Gamma(s, rate beta), independent of lambda.

Sources
-------
Schmittlein, Morrison, Colombo (1987), "Counting Your Customers: Who Are They and What Will They Do Next?"
Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD Model and Related Expressions", for A0.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from clv.models.maximum_likelihood import FloatArray
from clv.models.purchase_model import Histories, Likelihood, PurchaseModel, _checked_history

# Gauss-Legendre on (0, 1).
TIME_NODES, TIME_WEIGHTS = (special.roots_legendre(48)[0] + 1) / 2, special.roots_legendre(48)[1] / 2
GRADIENT_STEP = 1e-5
FRACTION_LOG_ERROR = 40.0
MOST_FRACTION_PAIRS = 3000


class ParetoNBD(PurchaseModel):
    """Pareto/NBD: r, alpha (time), s, beta (time)."""

    name: ClassVar[str] = "Pareto/NBD"
    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
        """Probability that the customer has not left by T."""
        x, t_x, period = _checked_history(frequency, recency, T)
        return np.asarray(special.expit(-_log_odds_of_dropout(self._values(), x, t_x, period)))

    def purchases_if_alive(
        self,
        t: ArrayLike,
        frequency: ArrayLike,
        T: ArrayLike,
        *,
        dropout_scale: float = 1.0,
        rate_scale: float = 1.0,
    ) -> FloatArray:
        """E[X] in (T, T+t] for a customer alive at T: E[lambda] E[min(lifetime, t)].

        Given alive, lambda ~ Gamma(r+x, alpha+T) and mu ~ Gamma(s, beta+T) are independent, and X is
        Poisson over the time alive.
        """
        r, alpha, s, beta = self._values()
        horizon, x, period = np.broadcast_arrays(
            *(np.asarray(values, dtype=float) for values in (t, frequency, T))
        )
        lifetime = horizon * _mean_survival(dropout_scale * horizon / (beta + period), s)
        return rate_scale * (r + x) / (alpha + period) * lifetime

    def purchase_pairs_if_alive(self, t: ArrayLike, frequency: ArrayLike, T: ArrayLike) -> FloatArray:
        """E[X(X-1)] in (T, T+t] for a customer alive at T: E[lambda^2] E[min(lifetime, t)^2]."""
        r, alpha, s, beta = self._values()
        horizon, x, period = np.broadcast_arrays(
            *(np.asarray(values, dtype=float) for values in (t, frequency, T))
        )
        time = horizon[..., None] * TIME_NODES
        survival = np.exp(-s * np.log1p(time / (beta + period)[..., None]))
        squared_lifetime = 2 * horizon * ((time * survival) @ TIME_WEIGHTS)
        return (r + x) * (r + x + 1) / (alpha + period) ** 2 * squared_lifetime

    def probability_of_purchase(
        self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """P(X > 0 in (T, T+t]) = P(alive) x integral of E[lambda e^(-lambda u)] E[e^(-mu u)] over (0, t)."""
        r, alpha, s, beta = self._values()
        horizon, x, period = np.broadcast_arrays(
            *(np.asarray(values, dtype=float) for values in (t, frequency, T))
        )
        shape, exposure = (r + x)[..., None], (alpha + period)[..., None]
        # In w = log(1 + u/(alpha+T)) scaled by the shape the integrand is smooth however often they buy.
        reach = -np.expm1(-shape * np.log1p(horizon[..., None] / exposure))
        bought = reach * TIME_NODES
        time = exposure * np.expm1(-np.log1p(-bought) / shape)
        survival = np.exp(-s * np.log1p(time / (beta + period)[..., None]))
        first_purchase = reach[..., 0] * (survival @ TIME_WEIGHTS)
        return self.probability_alive(x, recency, period) * np.minimum(first_purchase, 1.0)

    def probability_of_n_purchases(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n) of a new customer: NBD over the exponential lifetime, integrated over its end.

        Fader and Hardie (2005) write it with Gaussian hypergeometric functions; here the time of leaving is
        integrated by a Gauss-Legendre rule on pieces of (0, t).
        """
        r, alpha, s, beta = self._values()
        count, horizon = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in (n, t)))
        pieces = np.linspace(0.0, 1.0, 9)
        share = (pieces[:-1, None] + np.diff(pieces)[:, None] * TIME_NODES).ravel()
        weights = (np.diff(pieces)[:, None] * TIME_WEIGHTS).ravel()
        left_at = horizon[..., None] * share
        density = s / beta * np.exp(-(s + 1) * np.log1p(left_at / beta))
        before = stats.nbinom.pmf(count[..., None], r, alpha / (alpha + left_at))
        survived = np.exp(-s * np.log1p(horizon / beta)) * stats.nbinom.pmf(
            count, r, alpha / (alpha + horizon)
        )
        return np.asarray(survived + horizon * ((density * before) @ weights))

    def _row_log_likelihood(
        self, values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> FloatArray:
        return self._log_likelihood_gradient(values, x, t_x, T)[0]

    def _likelihood_of(self, rows: Histories) -> Likelihood:
        def likelihood(values: FloatArray) -> tuple[float, FloatArray]:
            each, gradient = self._log_likelihood_gradient(values, rows.x, rows.t_x, rows.T)
            return float(each @ rows.count), gradient @ rows.count

        return likelihood

    def _log_likelihood_gradient(
        self, values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """The likelihood, with central differences in the log parameters for its gradient."""
        logs = np.log(values)

        def rows(log_values: FloatArray) -> FloatArray:
            return _log_likelihood(np.exp(log_values), x, t_x, T)

        steps = np.eye(4) * GRADIENT_STEP
        gradient = np.stack([(rows(logs + h) - rows(logs - h)) / (2 * GRADIENT_STEP) for h in steps])
        return rows(logs), gradient / values[:, None]

    def _starts(self) -> list[FloatArray]:
        return [np.log(np.array(start)) for start in [(0.6, 0.3, 0.6, 0.4), (1.0, 0.5, 0.5, 2.0)]]

    def _time_power(self, scale: float) -> FloatArray:
        return np.array([1.0, scale, 1.0, scale])


def _log_likelihood(values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    r, alpha, s, beta = values
    purchases = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
    alive = purchases - (r + x) * np.log(alpha + T) - s * (np.log(beta + T) - np.log(beta))
    return np.asarray(alive + np.logaddexp(0.0, _log_odds_of_dropout(values, x, t_x, T)))


def _log_odds_of_dropout(values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """log of P(left in (t_x, T]) : P(alive at T) = log[s/(r+s+x) A0 (alpha+T)^(r+x) (beta+T)^s]."""
    r, alpha, s, beta = values
    at_last, at_end = (_log_antiderivative(values, x, time) for time in (t_x, T))
    with np.errstate(divide="ignore"):  # t_x = T: nobody left in an empty interval
        log_a0 = at_last + np.log(-np.expm1(np.minimum(at_end - at_last, 0.0)))
    scale = (r + x) * np.log(alpha + T) + s * np.log(beta + T)
    return np.asarray(np.log(s) - np.log(r + s + x) + log_a0 + scale)


def _log_antiderivative(values: FloatArray, x: FloatArray, time: FloatArray) -> FloatArray:
    """log of the term of A0 at ``time``, after Euler's transformation of the hypergeometric function.

    The transformed functions 2F1(1, ., r+s+x+1; z) stay moderate, where the untransformed ones overflow
    for some hundred purchases.
    """
    r, alpha, s, beta = values
    buying, leaving, c = r + x, s, r + s + x + 1
    log_a, log_b = np.log(alpha + time), np.log(beta + time)
    if alpha >= beta:
        series = _hypergeometric_one(buying, c, (alpha - beta) / (alpha + time))
        return np.asarray(np.log(series) - buying * log_a - leaving * log_b)
    series = _hypergeometric_one(leaving + 1, c, (beta - alpha) / (beta + time))
    return np.asarray(np.log(series) + (1 - buying) * log_a - (leaving + 1) * log_b)


def _hypergeometric_one(b: FloatArray | float, c: FloatArray, z: FloatArray) -> FloatArray:
    """2F1(1, b; c; z) for 0 <= z < 1 and c > b > 0, by Gauss's continued fraction from its tail.

    SciPy's ``hyp2f1`` gives NaN here for some ordinary values, such as (1, 2; 105; 10/11).
    Source: DLMF 15.7.5 with b = 0. Each term shrinks the error by (1 - sqrt(1-z)) / (1 + sqrt(1-z)).
    """
    root = np.sqrt(1 - z.max(initial=0.0))
    shrink = np.log1p(root) - np.log1p(-root) if root < 1 else 40.0
    pairs = int(min(np.ceil(FRACTION_LOG_ERROR / shrink / 2) + 2, MOST_FRACTION_PAIRS))
    below = c - 1
    tail = np.ones(np.broadcast_shapes(np.shape(b), c.shape, z.shape))
    for k in range(pairs, -1, -1):
        even = (k + 1) * (below - b + k + 1) / ((below + 2 * k + 1) * (below + 2 * k + 2))
        odd = (b + k) * (below + k) / ((below + 2 * k) * (below + 2 * k + 1))
        tail = 1 - odd * z / (1 - even * z / tail)
    return np.asarray(1 / tail)


def _mean_survival(reach: FloatArray, s: float) -> FloatArray:
    """Mean of (1 + u)^-s over u in (0, reach); 1 at reach 0, no singular case at s = 1."""
    log_growth = np.log1p(reach)
    w = (s - 1) * log_growth
    safe = np.where(np.abs(w) < 1e-12, 1.0, w)
    ratio = np.where(np.abs(w) < 1e-12, 1.0, -np.expm1(-safe) / safe)
    return np.where(reach > 0, ratio * log_growth / np.where(reach > 0, reach, 1.0), 1.0)
