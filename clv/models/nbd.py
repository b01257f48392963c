"""NBD: customers buy at random and never leave. The baseline that a model of leaving has to beat.

A customer buys at a rate lambda ~ Gamma(r, rate alpha) for ever.

Source: Ehrenberg (1959), "The Pattern of Consumer Purchases".
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from clv.models.maximum_likelihood import FloatArray, Likelihood
from clv.models.negative_binomial import probability_of
from clv.models.purchase_model import Histories, PurchaseModel, checked_history


class NBD(PurchaseModel):
    """NBD: r, alpha (time). Recency plays no part; every customer is alive.

    The log-likelihood is that of the purchase times, as in the models with dropout, so the two compare. That of
    the count alone (``scipy.stats.nbinom``) has x log T - log x! on top.
    """

    name: ClassVar[str] = "NBD"
    parameter_names: ClassVar[tuple[str, ...]] = ("r", "alpha")

    def probability_alive(self, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike) -> FloatArray:
        """1 for everybody: nobody leaves."""
        self._values()
        return np.ones(checked_history(frequency, recency, T)[0].shape)

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
        """E[X] in (T, T+t] = (r+x) / (alpha+T) t. There is no dropout that ``dropout_scale`` could change."""
        shape, reach = self._rate(t, frequency, T)
        return rate_scale * shape * reach

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
        """As for everybody: nobody leaves, so nobody is won back."""
        return self.purchases_if_alive(t, frequency, T, dropout_scale=dropout_scale, rate_scale=rate_scale)

    def purchase_pairs_if_alive(
        self, t: ArrayLike, frequency: ArrayLike, T: ArrayLike, *, recency: ArrayLike | None = None
    ) -> FloatArray:
        """E[X(X-1)] in (T, T+t] = E[lambda^2] t^2."""
        shape, reach = self._rate(t, frequency, T)
        return shape * (shape + 1) * reach**2

    def probability_of_purchase(
        self, t: ArrayLike, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
    ) -> FloatArray:
        """P(X > 0 in (T, T+t]) = 1 - (1 + t / (alpha+T))^-(r+x)."""
        shape, reach = self._rate(t, frequency, T)
        return self.probability_alive(frequency, recency, T) * -np.expm1(-shape * np.log1p(reach))

    def probability_of_n_purchases(self, n: ArrayLike, t: ArrayLike) -> FloatArray:
        """P(X(t) = n) of a new customer: the negative binomial distribution."""
        r, alpha = self._values()
        return np.asarray(probability_of(n, r, alpha / (alpha + np.asarray(t, dtype=float))))

    def _rate(self, t: ArrayLike, frequency: ArrayLike, T: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Given the history lambda t ~ reach x Gamma(shape)."""
        r, alpha = self._values()
        return r + np.asarray(frequency, dtype=float), np.asarray(t, dtype=float) / (
            alpha + np.asarray(T, dtype=float)
        )

    def _row_log_likelihood(
        self, values: FloatArray, x: FloatArray, t_x: FloatArray, T: FloatArray
    ) -> FloatArray:
        r, alpha = values
        return np.asarray(
            special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) - (r + x) * np.log(alpha + T)
        )

    def likelihood_of(self, rows: Histories) -> Likelihood:
        """Sums over the few distinct x and T."""
        frequencies, of_frequency = np.unique(rows.x, return_inverse=True)
        periods, of_period = np.unique(rows.T, return_inverse=True)
        with_frequency, in_period = np.bincount(of_frequency, rows.count), np.bincount(of_period, rows.count)
        bought_in_period = np.bincount(of_period, rows.count * rows.x)
        total = float(rows.count.sum())

        def likelihood(values: FloatArray) -> tuple[float, FloatArray]:
            r, alpha = values
            log_period, events = np.log(alpha + periods), r * in_period + bought_in_period
            value = with_frequency @ special.gammaln(r + frequencies) - events @ log_period
            value += total * (r * np.log(alpha) - special.gammaln(r))
            gradient = np.array(
                [
                    with_frequency @ special.digamma(r + frequencies)
                    - in_period @ log_period
                    + total * (np.log(alpha) - special.digamma(r)),
                    total * r / alpha - events @ (1 / (alpha + periods)),
                ]
            )
            return float(value), gradient

        return likelihood

    def _starts(self) -> list[FloatArray]:
        return [np.log(np.array(start)) for start in [(0.5, 0.5), (1.0, 0.3), (3.0, 1.0)]]

    def _time_power(self, scale: float) -> FloatArray:
        return np.array([1.0, scale])
