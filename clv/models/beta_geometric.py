"""BG/NBD, MBG/NBD and their regular-timing forms BG/CNBD-k and MBG/CNBD-k: customers may leave after a purchase.

One core serves all four. While alive a customer passes phases at a rate lambda ~ Gamma(r, rate alpha), every
k-th phase ends in a purchase (interpurchase times are Erlang-k; k = 1 is buying at random), and after each
purchase the customer leaves with probability p ~ Beta(a, b). In the BG forms the coin is first tossed after the
first repeat purchase, in the MBG forms already after the very first one; after x repeat purchases n = x + c
coins have been tossed, c = 0 for BG and c = 1 for MBG, and nothing else differs.

With s = r + kx and z = (T - t_x) / (alpha + T), the likelihood of a history is Gamma(s) / Gamma(r) alpha^r times

    alive:  B(a, b+n) / B(a, b)      (alpha + T)^-s  sum over j < k of (s)_j / j! z^j
    left:   B(a+1, b+n-1) / B(a, b)  (alpha + t_x)^-s                                  (n > 0)

times (product of the gaps)^(k-1) / Gamma(k)^x, which no parameter enters: it only matters when different k are
compared. The j-th term of the sum is a living customer j phases after the last purchase.

Sources
-------
Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way", eq. 6, 8 and 10.
Batislam, Denizel, Filiztekin (2007), "Empirical validation and comparison of models for customer base
analysis", for the coin at time zero.
Reutterer, Platzer, Schroeder (2020), "Leveraging purchase regularity for predicting customer behavior the easy
way", for Erlang-k interpurchase times; the expectations here are exact where the paper approximates them.
Hardie's note 027 for the likelihood in logs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from clv.models.beta_geometric_kernel import IntArray, mixture_sums, purchases_over_phases
from clv.models.beta_quadrature import beta_rule, mean_over_dropout, nodes_needed, pairs_over_dropout
from clv.models.maximum_likelihood import FloatArray, Likelihood
from clv.models.negative_binomial import probability_of, probability_of_at_least
from clv.models.purchase_model import Histories, PurchaseModel, checked_history

LARGEST_K = 20
MANY_ROWS = 1_000  # for one frequency, that repay rules of their own for nearer horizons
LARGEST_DROPOUT_SCALE = 2.0


class BetaGeoNBD(PurchaseModel):
    """BG/NBD: r, alpha (time), a, b. No coin is tossed after the first purchase.

    Attributes
    ----------
    k : phases from purchase to purchase; 1 is buying at random.
    """

    name: ClassVar[str] = "BG/NBD"
    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    coins_at_first_purchase: ClassVar[int] = 0
    k: int = 1

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
        """Probability that the customer has not dropped out by T; 1 for x = 0 without a coin at time zero."""
        x, t_x, period = checked_history(frequency, recency, T)
        return np.asarray(special.expit(-self._log_odds_of_dropout(self._values(), x, t_x, period)))

    @property
    def needs_recency(self) -> bool:
        """With k > 1 the time since the last purchase tells how near the next one is."""
        return self.k > 1

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
        """E[X], X the purchases in (T, T+t] of a customer who is alive at T; arrays broadcast.

        Given alive and j phases after the last purchase, lambda ~ Gamma(s+j, alpha+T) and p ~ Beta(a, b+n) are
        independent, and X is the smaller of the purchases that the phases in t allow and Geometric(p). For
        k = 1 the mean over lambda is closed and the rest a Gauss-Jacobi rule over p; for k > 1 it is a series
        over the number of phases. Horizons of more than 1,000 times alpha + T may be cut for k > 1: see
        ``MOST_PHASES`` in ``beta_geometric_kernel``.

        Parameters
        ----------
        recency : time of the last purchase. It tells the phase, so with k > 1 it matters also for a living
            customer; without it the result is averaged over all last purchases possible given x, T and alive.
            With k = 1 it changes nothing.
        dropout_scale : multiplies p from T on; with k > 1 between 0 and 2.
        rate_scale : multiplies lambda from T on.

        Raises
        ------
        ValueError : ``dropout_scale`` out of range.
        """
        if self.k == 1:
            return self._average_over_dropout(
                mean_over_dropout, t, frequency, T, dropout_scale=dropout_scale, rate_scale=rate_scale
            )
        return self._average_over_phases(
            t, frequency, recency, T, dropout_scale=dropout_scale, rate_scale=rate_scale
        )

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
        """E[X] in (T, T+t] of a customer who left at t_x and is won back at T; arrays broadcast.

        Given that the last coin fell, lambda ~ Gamma(r+kx, alpha+t_x) and p ~ Beta(a+1, b+n-1). Who comes back
        starts as after a purchase: at phase 0.
        """
        x, t_x, _ = np.broadcast_arrays(
            *(np.asarray(values, dtype=float) for values in (frequency, recency, T))
        )
        _, _, a, b = self._values()
        stays = b + np.maximum(x + self.coins_at_first_purchase, 1.0) - 1.0
        if self.k == 1:
            return self._average_over_dropout(
                mean_over_dropout,
                t,
                x,
                t_x,
                dropout=(a + 1.0, stays),
                dropout_scale=dropout_scale,
                rate_scale=rate_scale,
            )
        return self._average_over_phases(
            t, x, t_x, t_x, dropout=(a + 1.0, stays), dropout_scale=dropout_scale, rate_scale=rate_scale
        )

    def purchase_pairs_if_alive(
        self, t: ArrayLike, frequency: ArrayLike, T: ArrayLike, *, recency: ArrayLike | None = None
    ) -> FloatArray:
        """E[X(X-1)] of the same purchases; ``recency`` as in ``purchases_if_alive``."""
        if self.k == 1:
            return self._average_over_dropout(pairs_over_dropout, t, frequency, T)
        return self._average_over_phases(t, frequency, recency, T, pairs=True)

    def probability_of_purchase(
        self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """P(X > 0 in (T, T+t]): alive, and the phases up to the next purchase are passed within t.

        A living customer leaves only at the next purchase, so dropout does not come between.
        """
        alive = self.probability_alive(frequency, recency, T)
        values = self._values()
        r, alpha = values[:2]
        horizon, x, t_x, period = (np.asarray(given, dtype=float) for given in (t, frequency, recency, T))
        if self.k == 1:
            return alive * -np.expm1(-(r + x) * np.log1p(horizon / (alpha + period)))
        stay = (alpha + period) / (alpha + period + horizon)
        weights = self._phase_weights(values, x, t_x, period)
        shape = r + self.k * x
        bought = sum(
            weight * probability_of_at_least(self.k - j, shape + j, stay) for j, weight in enumerate(weights)
        )
        return np.asarray(alive * bought / sum(weights))

    def probability_of_n_purchases(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n) of a new customer: Fader, Hardie, Lee (2005) eq. 8, coins and phases counted as above."""
        r, alpha, a, b = self._values()
        count, horizon = np.asarray(n, dtype=float), np.asarray(t, dtype=float)
        coins = count + self.coins_at_first_purchase
        stay = alpha / (alpha + horizon)
        survived = np.exp(special.betaln(a, b + coins) - special.betaln(a, b))
        left_last = np.exp(special.betaln(a + 1, b + np.maximum(coins, 1) - 1) - special.betaln(a, b))
        exactly_n = sum(probability_of(self.k * count + j, r, stay) for j in range(self.k))
        at_least_n = probability_of_at_least(self.k * count, r, stay)
        return np.asarray(survived * exactly_n + np.where(coins > 0, left_last, 0.0) * at_least_n)

    def log_likelihood_with_gaps(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, sum_log_gaps: ArrayLike
    ) -> FloatArray:
        """Log-likelihood of each row with the term that no parameter enters: comparable between different k.

        Parameters
        ----------
        frequency, recency, T : shape (n,).
        sum_log_gaps : shape (n,), sum of the logs of the customer's x interpurchase times; 0 for x = 0.

        Raises
        ------
        ValueError : as ``log_likelihood``, or a sum of log gaps is not finite.
        """
        gaps = np.asarray(sum_log_gaps, dtype=float)
        if not np.all(np.isfinite(gaps)):
            raise ValueError("sum_log_gaps must be finite: every interpurchase time above 0")
        gaps_term = (self.k - 1) * gaps - np.asarray(frequency, dtype=float) * special.gammaln(self.k)
        return self.log_likelihood(frequency, recency, T) + gaps_term

    def _average_over_dropout(
        self,
        moment: Callable[[float, FloatArray, FloatArray, FloatArray], FloatArray],
        t: ArrayLike,
        frequency: ArrayLike,
        T: ArrayLike,
        *,
        dropout: tuple[float, FloatArray] | None = None,
        dropout_scale: float = 1.0,
        rate_scale: float = 1.0,
    ) -> FloatArray:
        """The moment averaged over p ~ Beta(a, b+n), or ``dropout``.

        One rule for each distinct frequency; where many share one, shorter rules for their nearer horizons.
        """
        r, alpha, a, b = self._values()
        horizon, x, period = np.broadcast_arrays(
            *(np.asarray(values, dtype=float) for values in (t, frequency, T))
        )
        a, stays = dropout or (a, b + x + self.coins_at_first_purchase)
        stays = np.broadcast_to(stays, x.shape)
        tau = rate_scale * horizon / (alpha + period)
        result = np.empty(x.size)
        rules = _same_value(x.ravel())
        if x.size > MANY_ROWS * len(rules):
            octave = np.ceil(np.log2(np.maximum(tau.ravel(), 2.0**-4)))
            rules = [rows[part] for rows in rules for part in _same_value(octave[rows])]
        for rows in rules:
            count, exposure = float(x.flat[rows[0]]), tau.ravel()[rows]
            reach = dropout_scale * exposure.max()
            nodes, weights = beta_rule(a, float(stays.flat[rows[0]]), nodes_needed(reach, r + count))
            result[rows] = moment(r + count, exposure, dropout_scale * nodes, weights)
        return result.reshape(x.shape)

    def _average_over_phases(
        self,
        t: ArrayLike,
        frequency: ArrayLike,
        recency: ArrayLike | None,
        T: ArrayLike,
        *,
        dropout: tuple[float, ArrayLike] | None = None,
        dropout_scale: float = 1.0,
        rate_scale: float = 1.0,
        pairs: bool = False,
    ) -> FloatArray:
        """E[X], or E[X(X-1)] with ``pairs``, averaged over the phase; ``dropout`` (a, b) in place of the model's.

        Given the last purchase, a living customer has passed j < k phases since, with weights (s)_j / j! z^j.
        Given x alone, kx + j phases in (0, T]: weights from j to j+1 by T / (alpha+T) (s+j) / (kx+j+1).
        """
        if not 0 <= dropout_scale <= LARGEST_DROPOUT_SCALE:
            raise ValueError(f"dropout_scale must be between 0 and {LARGEST_DROPOUT_SCALE:g}")
        r, alpha, a, b = self._values()
        given = (t, frequency, T, 0.0 if recency is None else recency)
        horizon, x, period, t_x = np.broadcast_arrays(*(np.asarray(values, dtype=float) for values in given))
        stays = b + x + self.coins_at_first_purchase
        if dropout is not None:
            a, stays = dropout[0], np.broadcast_to(np.asarray(dropout[1], dtype=float), x.shape)
        moments = purchases_over_phases(
            self.k,
            (r + self.k * x).ravel(),
            (rate_scale * horizon / (alpha + period)).ravel(),
            (np.maximum(period - t_x, 0.0) / (alpha + period)).ravel(),
            (self.k * x if recency is None else np.zeros(x.shape)).ravel(),
            a,
            stays.ravel(),
            dropout_scale,
            pairs,
        )
        return moments.reshape(x.shape)

    def _phase_weights(
        self, values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> list[FloatArray]:
        """(s)_j / j! z^j for j < k: how likely a living customer is j phases after the last purchase."""
        r, alpha = values[:2]
        share = (T - t_x) / (alpha + T)
        weights = [np.ones(np.shape(x))]
        for j in range(1, self.k):
            weights.append(weights[-1] * share * (r + self.k * x + j - 1) / j)
        return weights

    def _log_odds_of_dropout(
        self, values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> FloatArray:
        """log of P(left after the last purchase) : P(alive); -inf where no coin was tossed."""
        r, alpha, _, _ = values
        odds = self._log_odds_of_coin(values, x)
        odds = odds + (r + self.k * x) * (np.log(alpha + T) - np.log(alpha + t_x))
        return odds - np.log(sum(self._phase_weights(values, x, t_x, T)))

    def _log_odds_of_coin(self, values: FloatArray, x: FloatArray) -> FloatArray:
        """log of B(a+1, b+n-1) / B(a, b+n); -inf where no coin was tossed."""
        _, _, a, b = values
        coins = x + self.coins_at_first_purchase
        return np.where(coins > 0, np.log(a) - np.log(b + np.maximum(coins, 1) - 1), -np.inf)

    def _row_log_likelihood(
        self, values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> FloatArray:
        r, alpha, a, b = values
        shape, coins = r + self.k * x, x + self.coins_at_first_purchase
        timing = special.gammaln(shape) - special.gammaln(r) + r * np.log(alpha) - shape * np.log(alpha + T)
        stayed = special.betaln(a, b + coins) - special.betaln(a, b)
        phases = np.log(sum(self._phase_weights(values, x, t_x, T)))
        return timing + stayed + phases + np.logaddexp(0.0, self._log_odds_of_dropout(values, x, t_x, T))

    def likelihood_of(self, rows: Histories) -> Likelihood:
        """Tables over the few distinct x, t_x and T; only the mixture of alive and left runs over the rows."""
        k, count = self.k, rows.count
        (frequencies, of_frequency), (last, of_last), (periods, of_period) = (
            _table(column) for column in (rows.x, rows.t_x, rows.T)
        )
        with_frequency, in_period = np.bincount(of_frequency, count), np.bincount(of_period, count)
        phases_in_period = k * np.bincount(of_period, count * rows.x)
        coins, total = frequencies + self.coins_at_first_purchase, float(count.sum())
        # Never used where no coin was tossed: nobody has left there.
        coins_before = np.maximum(coins, 1) - 1
        gammaln, digamma = special.gammaln, special.digamma

        def likelihood(values: FloatArray) -> tuple[float, FloatArray]:
            r, alpha, a, b = values
            shape, log_last, log_period = r + k * frequencies, np.log(alpha + last), np.log(alpha + periods)
            mixture, by_r, by_alpha, gone = mixture_sums(
                k, alpha, shape, self._log_odds_of_coin(values, frequencies),
                last, log_last, periods, log_period, of_frequency, of_last, of_period, count,
            )  # fmt: skip
            events = r * in_period + phases_in_period
            timing = with_frequency @ gammaln(shape) - events @ log_period
            timing += total * (r * np.log(alpha) - gammaln(r))
            stayed = with_frequency @ (special.betaln(a, b + coins) - special.betaln(a, b))
            both = with_frequency @ (digamma(a + b) - digamma(a + b + coins))
            gradient = np.array(
                [
                    with_frequency @ digamma(shape) - in_period @ log_period
                    + total * (np.log(alpha) - digamma(r)) + by_r,
                    total * r / alpha - events @ (1 / (alpha + periods)) + by_alpha,
                    both + gone.sum() / a,
                    both + with_frequency @ (digamma(b + coins) - digamma(b)) - gone @ (1 / (b + coins_before)),
                ]
            )  # fmt: skip
            return float(timing + stayed + mixture), gradient

        return likelihood

    def _starts(self) -> list[FloatArray]:
        natural = [(0.5, 0.2, 0.8, 2.0), (1.0, 0.5, 0.3, 3.0), (0.3, 0.1, 1.5, 1.5), (2.0, 0.3, 0.2, 10.0)]
        return [np.log(np.array(start) / (1.0, self.k, 1.0, 1.0)) for start in natural]

    def _time_power(self, scale: float) -> FloatArray:
        return np.array([1.0, scale, 1.0, 1.0])


class ModifiedBetaGeoNBD(BetaGeoNBD):
    """MBG/NBD: r, alpha (time), a, b. A customer may leave right after the first purchase."""

    name: ClassVar[str] = "MBG/NBD"
    coins_at_first_purchase: ClassVar[int] = 1


class BetaGeoCNBD(BetaGeoNBD):
    """BG/CNBD-k: r, alpha (time), a, b and the setting k: interpurchase times are Erlang-k.

    lambda ~ Gamma(r, rate alpha) counts phases, k of which make a purchase: a living customer's mean time
    between purchases is k / lambda.

    Parameters
    ----------
    k : 1 to 20; 1 is BG/NBD, 2 and more are ever more regular shoppers. Not fitted: see ``choose_k``.

    Raises
    ------
    ValueError : k is not a whole number from 1 to 20.
    """

    _family: ClassVar[str] = "BG/CNBD"

    def __init__(self, k: int = 2) -> None:
        if k not in range(1, LARGEST_K + 1):
            raise ValueError(f"k must be a whole number from 1 to {LARGEST_K}")
        self.k = int(k)

    @property
    def name(self) -> str:  # type: ignore[override]
        """The model and its k, such as "BG/CNBD-2"."""
        return f"{self._family}-{self.k}"

    @classmethod
    def from_params(cls, **params: float) -> Self:
        """A model with the given k, r, alpha, a and b and no data behind it.

        Raises
        ------
        ValueError : k or a parameter is missing, unknown or out of range. (k has no default here: parameters
            fitted with one k are nonsense with another.)
        """
        if "k" not in params:
            raise ValueError(f"{cls.__name__} takes exactly k, {', '.join(cls.parameter_names)}")
        model = super().from_params(**{name: value for name, value in params.items() if name != "k"})
        model.k = cls(params["k"]).k  # type: ignore[arg-type]
        return model

    def with_params(self, **params: float) -> Self:
        """A model of the same kind and k with other parameters; errors as ``from_params``."""
        return type(self).from_params(k=self.k, **params)

    def fit(
        self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike, weights: ArrayLike | None = None
    ) -> Self:
        """Fit by maximum likelihood given k; parameters and errors as in ``PurchaseModel.fit``."""
        super().fit(frequency, recency, T, weights)
        # Without the gaps' term a purchase counts k times in the unit of time, not once as ``fit`` takes it.
        rows = self.log_likelihood(frequency, recency, T)
        self.log_likelihood_ = float(
            rows.sum() if weights is None else rows @ np.asarray(weights, dtype=float)
        )
        return self


class ModifiedBetaGeoCNBD(BetaGeoCNBD):
    """MBG/CNBD-k: as BG/CNBD-k, but a customer may leave right after the first purchase; k = 1 is MBG/NBD."""

    _family: ClassVar[str] = "MBG/CNBD"
    coins_at_first_purchase: ClassVar[int] = 1


def _same_value(values: FloatArray) -> list[IntArray]:
    """The positions of each distinct value."""
    order = np.argsort(values, kind="stable")
    starts = np.flatnonzero(np.diff(values[order])) + 1
    return np.split(order, starts) if values.size else []


def _table(column: FloatArray) -> tuple[FloatArray, IntArray]:
    """The distinct values, and where among them each row's value stands."""
    values, place = np.unique(column, return_inverse=True)
    return values, place.astype(np.int32)
