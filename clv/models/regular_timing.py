"""How regularly customers buy: the k of (M)BG/CNBD-k by likelihood, and Wheat and Morrison's diagnostic.

Sources
-------
Reutterer, Platzer, Schroeder (2020), "Leveraging purchase regularity for predicting customer behavior the easy
way": k is the whole number with the highest likelihood.
Wheat and Morrison (1990), "Estimating purchase regularity with two interpurchase times".
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from clv.models.beta_geometric import BetaGeoCNBD, BetaGeoNBD, ModifiedBetaGeoCNBD, ModifiedBetaGeoNBD
from clv.models.errors import ModelDataError


def choose_k(
    frequency: ArrayLike,
    recency: ArrayLike,
    T: ArrayLike,
    sum_log_gaps: ArrayLike,
    weights: ArrayLike | None = None,
    modified: bool = True,
    largest_k: int = 6,
) -> BetaGeoNBD:
    """The likeliest of the models fitted with k = 1, 2, ... up to the first k that is worse.

    Parameters
    ----------
    frequency, recency, T : shape (n,).
    sum_log_gaps : shape (n,), sum of the logs of the customer's x interpurchase times, in the unit of T; 0 for
        x = 0.
    weights : shape (n,), number of customers that each row stands for; 1 when omitted.
    modified : MBG/CNBD-k, else BG/CNBD-k.
    largest_k : 1 to 20.

    Returns
    -------
    (M)BG/NBD where k = 1 is the likeliest, else (M)BG/CNBD-k. Its ``log_likelihood_`` is without the gaps'
    term, as always; ``log_likelihood_with_gaps`` adds it.

    Raises
    ------
    ValueError, ModelDataError : as ``fit``; or ``sum_log_gaps`` has another length or is not finite.
    """
    x, gaps = np.asarray(frequency, dtype=float), np.asarray(sum_log_gaps, dtype=float)
    if gaps.shape != x.shape:
        raise ValueError("sum_log_gaps must have the length of frequency")
    count = np.ones(x.shape) if weights is None else np.asarray(weights, dtype=float)

    def fitted(k: int) -> tuple[BetaGeoNBD, float]:
        model = _model(k, modified).fit(x, recency, T, weights)
        return model, float(count @ model.log_likelihood_with_gaps(x, recency, T, gaps))

    best, highest = fitted(1)
    for k in range(2, largest_k + 1):
        model, reached = fitted(k)
        if reached <= highest:
            break
        best, highest = model, reached
    return best


def wheat_morrison_k(previous_gap: ArrayLike, last_gap: ArrayLike) -> float:
    """Wheat and Morrison's (1990) estimate of k from two successive interpurchase times of each customer.

    Whatever the customer's rate, the share of the last gap in the two is Beta(k, k) for Erlang-k times, of
    variance 1 / (4 (2k + 1)); solved for k with the variance of the shares observed,

        k = (1 - 4 v) / (8 v).

    1 is buying at random, below 1 in bursts, above 1 regular; infinity when all shares are equal. A diagnostic:
    customers with fewer than two gaps, many of whom left, say nothing in it. (Not rounded.)

    Parameters
    ----------
    previous_gap, last_gap : shape (n,), the last but one and the last interpurchase time of each customer with
        at least two, any unit.

    Raises
    ------
    ValueError : lengths differ, or a gap is not positive.
    ModelDataError : fewer than two customers.
    """
    previous, last = np.asarray(previous_gap, dtype=float), np.asarray(last_gap, dtype=float)
    if previous.shape != last.shape:
        raise ValueError("previous_gap and last_gap must have the same length")
    if not np.all(np.isfinite(previous) & np.isfinite(last) & (previous > 0) & (last > 0)):
        raise ValueError("interpurchase times must be positive and finite")
    if last.size < 2:
        raise ModelDataError("Regularity needs at least two customers with two interpurchase times each.")
    variance = float(np.var(last / (previous + last), ddof=1))
    return (1 - 4 * variance) / (8 * variance) if variance > 0 else float("inf")


def _model(k: int, modified: bool) -> BetaGeoNBD:
    if k == 1:
        return ModifiedBetaGeoNBD() if modified else BetaGeoNBD()
    return ModifiedBetaGeoCNBD(k) if modified else BetaGeoCNBD(k)
