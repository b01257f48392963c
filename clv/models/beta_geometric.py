"""BG/NBD and MBG/NBD: customers buy at random and may leave right after a purchase.

One core serves both. While alive a customer buys at a rate lambda ~ Gamma(r, rate alpha) and after each
purchase leaves with probability p ~ Beta(a, b). In BG/NBD the coin is first tossed after the first repeat
purchase, in MBG/NBD already after the very first one; after x repeat purchases n = x + c coins have been
tossed, c = 0 for BG/NBD and c = 1 for MBG/NBD, and nothing else differs.

Sources
-------
Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way", eq. 6, 8 and 10.
Batislam, Denizel, Filiztekin (2007), "Empirical validation and comparison of models for customer base
analysis", for the coin at time zero.
Hardie's note 027 for the likelihood in logs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special, stats

from clv.models.maximum_likelihood import FloatArray
from clv.models.purchase_model import Histories, Likelihood, PurchaseModel, _checked_history

QUADRATURE_LOG_ERROR = 25.0  # nodes are chosen for a relative error of about e^-25
MAX_NODES = 600


class BetaGeoNBD(PurchaseModel):
    """BG/NBD: r, alpha (time), a, b. No coin is tossed after the first purchase."""

    name: ClassVar[str] = "BG/NBD"
    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    coins_at_first_purchase: ClassVar[int] = 0

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
        """Probability that the customer has not dropped out by T; 1 for x = 0 under BG/NBD."""
        x, t_x, period = _checked_history(frequency, recency, T)
        return np.asarray(special.expit(-self._log_odds_of_dropout(self._values(), x, t_x, period)))

    def purchases_if_alive(
        self,
        t: ArrayLike,
        frequency: ArrayLike,
        T: ArrayLike,
        *,
        dropout_scale: float = 1.0,
        rate_scale: float = 1.0,
    ) -> FloatArray:
        """E[X] in (T, T+t] for a customer alive at T, by Gauss-Jacobi quadrature over p.

        Given alive, lambda ~ Gamma(r+x, alpha+T) and p ~ Beta(a, b+n) are independent, and for given both,
        X = min(Poisson(lambda t), Geometric(p)), whose moments integrate over lambda in closed form. The
        rule over p has no singular case, where the hypergeometric form of eq. 10 has one at a = 1.
        """
        return self._average_over_dropout(_mean_given_dropout, t, frequency, T, dropout_scale, rate_scale)

    def purchase_pairs_if_alive(self, t: ArrayLike, frequency: ArrayLike, T: ArrayLike) -> FloatArray:
        """E[X(X-1)] in (T, T+t] for a customer alive at T, by the same rule."""
        return self._average_over_dropout(_pairs_given_dropout, t, frequency, T, 1.0, 1.0)

    def _average_over_dropout(
        self,
        moment: Callable[[float, FloatArray, FloatArray], FloatArray],
        t: ArrayLike,
        frequency: ArrayLike,
        T: ArrayLike,
        dropout_scale: float,
        rate_scale: float,
    ) -> FloatArray:
        """The moment given p, averaged over p ~ Beta(a, b+n): one rule for each distinct frequency."""
        r, alpha, a, b = self._values()
        horizon, x, period = np.broadcast_arrays(
            *(np.asarray(values, dtype=float) for values in (t, frequency, T))
        )
        tau = rate_scale * horizon / (alpha + period)
        result = np.empty(x.shape)
        for count in np.unique(x):
            rows = x == count
            reach = dropout_scale * tau[rows].max(initial=0.0)
            nodes, weights = _beta_rule(
                a, b + count + self.coins_at_first_purchase, _nodes_needed(reach, r + count)
            )
            result[rows] = moment(r + count, tau[rows][:, None], dropout_scale * nodes) @ weights
        return result

    def probability_of_purchase(
        self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """P(X > 0 in (T, T+t]): alive, and a Poisson event within t (a living customer leaves only then)."""
        r, alpha, _, _ = self._values()
        x, period = np.asarray(frequency, dtype=float), np.asarray(T, dtype=float)
        exposure = np.asarray(t, dtype=float) / (alpha + period)
        return self.probability_alive(x, recency, period) * -np.expm1(-(r + x) * np.log1p(exposure))

    def probability_of_n_purchases(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n) of a new customer: Fader, Hardie, Lee (2005) eq. 8, coins counted as above."""
        r, alpha, a, b = self._values()
        count, horizon = np.asarray(n, dtype=float), np.asarray(t, dtype=float)
        coins = count + self.coins_at_first_purchase
        stay = alpha / (alpha + horizon)
        survived = np.exp(special.betaln(a, b + coins) - special.betaln(a, b))
        left_last = np.exp(special.betaln(a + 1, b + np.maximum(coins, 1) - 1) - special.betaln(a, b))
        at_least_n = stats.nbinom.sf(count - 1, r, stay)
        return np.asarray(
            survived * stats.nbinom.pmf(count, r, stay) + np.where(coins > 0, left_last, 0.0) * at_least_n
        )

    def _log_odds_of_dropout(
        self, values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> FloatArray:
        """log of P(left after the last purchase) : P(alive); -inf where no coin was tossed."""
        r, alpha, a, b = values
        coins = x + self.coins_at_first_purchase
        odds = np.log(a) - np.log(b + np.maximum(coins, 1) - 1)
        odds = odds + (r + x) * (np.log(alpha + T) - np.log(alpha + t_x))
        return np.where(coins > 0, odds, -np.inf)

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
        r, alpha, a, b = values
        coins = x + self.coins_at_first_purchase
        odds = self._log_odds_of_dropout(values, x, t_x, T)
        dead = special.expit(odds)
        alive_part = (
            special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + T)
        )
        coins_part = special.betaln(a, b + coins) - special.betaln(a, b)
        rows = alive_part + coins_part + np.logaddexp(0.0, odds)

        digamma = special.digamma
        both = digamma(a + b) - digamma(a + b + coins)
        per_coin = np.where(coins > 0, 1 / (b + np.maximum(coins, 1) - 1), 0.0)
        later = np.log(alpha + T) - np.log(alpha + t_x)
        gradient = np.stack(
            [
                digamma(r + x) - digamma(r) + np.log(alpha) - np.log(alpha + T) + dead * later,
                r / alpha - (r + x) * ((1 - dead) / (alpha + T) + dead / (alpha + t_x)),
                both + dead / a,
                both + digamma(b + coins) - digamma(b) - dead * per_coin,
            ]
        )
        return rows, gradient

    def _starts(self) -> list[FloatArray]:
        natural = [(0.5, 0.2, 0.8, 2.0), (1.0, 0.5, 0.3, 3.0), (0.3, 0.1, 1.5, 1.5), (2.0, 0.3, 0.2, 10.0)]
        return [np.log(np.array(start)) for start in natural]

    def _time_power(self, scale: float) -> FloatArray:
        return np.array([1.0, scale, 1.0, 1.0])


class ModifiedBetaGeoNBD(BetaGeoNBD):
    """MBG/NBD: r, alpha (time), a, b. A customer may leave right after the first purchase."""

    name: ClassVar[str] = "MBG/NBD"
    coins_at_first_purchase: ClassVar[int] = 1


def _mean_given_dropout(shape: float, tau: FloatArray, p: FloatArray) -> FloatArray:
    """E[X | p] = (1 - (1 + p tau)^-shape) / p for lambda t ~ tau Gamma(shape); shape tau at p tau = 0."""
    y = tau * p
    small = y < 1e-8
    bought = -np.expm1(-shape * np.log1p(y))
    return np.where(small, shape * tau, bought / np.where(small, 1.0, p))


def _pairs_given_dropout(shape: float, tau: FloatArray, p: FloatArray) -> FloatArray:
    """E[X(X-1) | p] = 2 (1-p) (1 - (1+y)^-shape - shape y (1+y)^-(shape+1)) / p^2 with y = p tau."""
    y = tau * p
    small = y < 1e-5
    growth = np.log1p(y)
    again = -np.expm1(-shape * growth) - shape * y * np.exp(-(shape + 1) * growth)
    pairs = 2 * np.maximum(again, 0.0) / np.where(small, 1.0, p) ** 2
    return (1 - p) * np.where(small, shape * (shape + 1) * tau**2, pairs)


def _nodes_needed(reach: float, shape: float) -> int:
    """Nodes for (1 + reach p)^-shape on (0, 1) to a relative error of about e^-25.

    The integrand has its pole at p = -1/reach. On the Bernstein ellipse through p = -theta/reach, with
    parameter rho, it is at most (1 - theta)^-shape, and n nodes err by that times rho^(-2n): the best theta
    is searched (Trefethen, "Approximation Theory and Approximation Practice", theorem 19.3).
    """
    if reach <= 0:
        return 2
    theta = np.linspace(0.02, 0.98, 49)
    nearest = 1 + 2 * theta / reach
    log_rho = np.log(nearest + np.sqrt(nearest**2 - 1))
    nodes = np.min((QUADRATURE_LOG_ERROR - shape * np.log1p(-theta)) / (2 * log_rho))
    # Rounded up to a multiple of 8, so that similar calls share a cached rule.
    return int(min(8 * np.ceil(nodes / 8), MAX_NODES))


@lru_cache(maxsize=4096)
def _beta_rule(a: float, b: float, nodes: int) -> tuple[FloatArray, FloatArray]:
    """Gauss rule for the Beta(a, b) density on (0, 1): Golub and Welsch (1969), weights summing to 1.

    The recurrence is that of the Jacobi polynomials with exponents b - 1 and a - 1. (SciPy's own
    ``roots_jacobi`` overflows for b in the thousands: its weights carry the factor 2^(a+b).)
    """
    i, j = b - 1.0, a - 1.0
    k = np.arange(1, nodes, dtype=float)
    total = 2 * k + i + j
    diagonal = np.empty(nodes)
    diagonal[0] = (j - i) / (i + j + 2)
    diagonal[1:] = (j - i) * (j + i) / (total * (total + 2))
    squared = np.empty(nodes - 1)
    squared[0] = 4 * (1 + i) * (1 + j) / ((i + j + 2) ** 2 * (i + j + 3))
    later, sums = k[1:], total[1:]
    squared[1:] = (
        4 * later * (later + i) * (later + j) * (later + i + j) / (sums**2 * (sums + 1) * (sums - 1))
    )
    points, vectors = linalg.eigh_tridiagonal(diagonal, np.sqrt(squared))
    return np.clip((points + 1) / 2, 0.0, 1.0), vectors[0] ** 2
