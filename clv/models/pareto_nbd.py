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
from scipy import special

from clv.models.distinct import distinct_rows
from clv.models.maximum_likelihood import FloatArray, Likelihood
from clv.models.negative_binomial import probability_of
from clv.models.pareto_nbd_kernel import dropout_sums, log_antiderivative, log_antiderivative_alone
from clv.models.purchase_model import Histories, PurchaseModel, checked_history

# Gauss-Legendre on (0, 1).
TIME_NODES, TIME_WEIGHTS = (special.roots_legendre(48)[0] + 1) / 2, special.roots_legendre(48)[1] / 2


class ParetoNBD(PurchaseModel):
    """Pareto/NBD: r, alpha (time), s, beta (time)."""

    name: ClassVar[str] = "Pareto/NBD"
    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
        """Probability that the customer has not left by T."""
        x, t_x, period = checked_history(frequency, recency, T)
        return np.asarray(special.expit(-_log_odds_of_dropout(self._values(), x, t_x, period)))

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
        """E[X] in (T, T+t] of a customer who had left in (t_x, T] and is won back at T.

        Who left at tau has lambda ~ Gamma(r+x, alpha+tau) and mu ~ Gamma(s+1, beta+tau), independent; tau has
        the density proportional to (alpha+tau)^-(r+x) (beta+tau)^-(s+1) and is integrated by Gauss-Legendre in
        the logarithm of beta + tau.
        """
        r, alpha, s, beta = self._values()
        horizon, x, t_x, period = (
            values[..., None]
            for values in np.broadcast_arrays(
                *(np.asarray(values, dtype=float) for values in (t, frequency, recency, T))
            )
        )
        reach = np.log1p((period - t_x) / (beta + t_x))
        after_last = (beta + t_x) * np.expm1(reach * TIME_NODES)  # tau - t_x
        buying = -(r + x) * np.log1p(after_last / (alpha + t_x))
        weight = TIME_WEIGHTS * np.exp(buying - s * reach * TIME_NODES)
        left_at = t_x + after_last
        lifetime = horizon * _mean_survival(dropout_scale * horizon / (beta + left_at), s + 1)
        bought = rate_scale * (r + x) / (alpha + left_at) * lifetime
        return np.asarray((bought * weight).sum(axis=-1) / weight.sum(axis=-1))

    def purchase_pairs_if_alive(
        self, t: ArrayLike, frequency: ArrayLike, T: ArrayLike, *, recency: ArrayLike | None = None
    ) -> FloatArray:
        """E[X(X-1)] in (T, T+t] for a customer alive at T: E[lambda^2] E[min(lifetime, t)^2]."""
        r, alpha, s, beta = self._values()
        horizon, x, period = np.broadcast_arrays(
            *(np.asarray(values, dtype=float) for values in (t, frequency, T))
        )
        squared_lifetime = (beta + period) ** 2 * _squared_lifetime(horizon / (beta + period), s)
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
        before = probability_of(count[..., None], r, alpha / (alpha + left_at))
        survived = np.exp(-s * np.log1p(horizon / beta)) * probability_of(count, r, alpha / (alpha + horizon))
        return np.asarray(survived + horizon * ((density * before) @ weights))

    def _row_log_likelihood(
        self, values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> FloatArray:
        r, alpha, s, beta = values
        purchases = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha)
        alive = purchases - (r + x) * np.log(alpha + T) - s * (np.log(beta + T) - np.log(beta))
        return np.asarray(alive + np.logaddexp(0.0, _log_odds_of_dropout(values, x, t_x, T)))

    def likelihood_of(self, rows: Histories) -> Likelihood:
        """A0's terms are worked out once for each distinct (x, time), of which a day's resolution leaves few."""
        x, T, count = rows.x, rows.T, rows.count
        (point_x, point_time), place = distinct_rows(np.tile(x, 2), np.r_[rows.t_x, T])
        at_last, at_end = place.reshape(2, -1)
        frequencies, of_frequency = np.unique(x, return_inverse=True)
        periods, of_period = np.unique(T, return_inverse=True)
        with_frequency, in_period = np.bincount(of_frequency, count), np.bincount(of_period, count)
        bought_in_period = np.bincount(of_period, count * x)

        def likelihood(values: FloatArray) -> tuple[float, FloatArray]:
            r, alpha, s, beta = values
            terms, slopes = log_antiderivative(r, alpha, s, beta, point_x, point_time)
            left, gradient = dropout_sums(r, alpha, s, beta, x, T, count, at_last, at_end, terms, slopes)
            log_a, log_b = np.log(alpha + periods), np.log(beta + periods)
            events = r * in_period + bought_in_period
            alive = with_frequency @ special.gammaln(r + frequencies) - events @ log_a - s * in_period @ log_b
            constant = r * np.log(alpha) - special.gammaln(r) + s * np.log(beta)
            digamma, total = special.digamma, in_period.sum()
            gradient += np.array(
                [
                    with_frequency @ digamma(r + frequencies)
                    - in_period @ log_a
                    + total * (np.log(alpha) - digamma(r)),
                    total * r / alpha - events @ (1 / (alpha + periods)),
                    total * np.log(beta) - in_period @ log_b,
                    total * s / beta - s * in_period @ (1 / (beta + periods)),
                ]
            )
            return float(alive + total * constant + left), gradient

        return likelihood

    def _starts(self) -> list[FloatArray]:
        return [np.log(np.array(start)) for start in [(0.6, 0.3, 0.6, 0.4), (1.0, 0.5, 0.5, 2.0)]]

    def _time_power(self, scale: float) -> FloatArray:
        return np.array([1.0, scale, 1.0, scale])


def _log_odds_of_dropout(values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray) -> FloatArray:
    """log of P(left in (t_x, T]) : P(alive at T) = log[s/(r+s+x) A0 (alpha+T)^(r+x) (beta+T)^s]."""
    r, alpha, s, beta = values
    x, t_x, T = np.broadcast_arrays(x, t_x, T)
    # A day's resolution leaves few distinct (x, time), and a term takes long where alpha and beta are far apart.
    (point_x, point_time), place = distinct_rows(np.tile(x.ravel(), 2), np.r_[t_x.ravel(), T.ravel()])
    terms = log_antiderivative_alone(r, alpha, s, beta, point_x, point_time)
    at_last, at_end = terms[place].reshape(2, *x.shape)
    with np.errstate(divide="ignore"):  # t_x = T: nobody left in an empty interval
        log_a0 = at_last + np.log(-np.expm1(np.minimum(at_end - at_last, 0.0)))
    scale = (r + x) * np.log(alpha + T) + s * np.log(beta + T)
    return np.asarray(np.log(s) - np.log(r + s + x) + log_a0 + scale)


def _squared_lifetime(reach: FloatArray, s: float) -> FloatArray:
    """Mean of min(lifetime, reach)^2 for a lifetime with survival (1 + u)^-s: twice the integral of u (1 + u)^-s.

    In v = log(1 + u) it is twice that of e^((2-s) v) - e^((1-s) v); where these cancel, a Gauss-Legendre rule.
    """
    end = np.log1p(reach)
    closed = 2 * end * (_mean_decay((s - 2) * end) - _mean_decay((s - 1) * end))
    v = end[..., None] * TIME_NODES
    by_rule = 2 * end * ((np.expm1(v) * np.exp((1 - s) * v)) @ TIME_WEIGHTS)
    return np.where((end < 0.1) & (s * end < 50), by_rule, closed)


def _mean_decay(w: FloatArray) -> FloatArray:
    """Mean of e^(-w u) over u in (0, 1)."""
    tiny = np.abs(w) < 1e-12
    return np.where(tiny, 1.0, -np.expm1(-w) / np.where(tiny, 1.0, w))


def _mean_survival(reach: FloatArray, s: float) -> FloatArray:
    """Mean of (1 + u)^-s over u in (0, reach); 1 at reach 0, no singular case at s = 1."""
    log_growth = np.log1p(reach)
    mean = _mean_decay((s - 1) * log_growth) * log_growth / np.where(reach > 0, reach, 1.0)
    return np.where(reach > 0, mean, 1.0)
