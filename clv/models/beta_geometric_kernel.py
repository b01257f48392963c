"""Inner loops of the beta-geometric models, compiled: sums for the likelihood, and purchases phase by phase."""

from __future__ import annotations

from math import exp, log

import numpy as np
from numpy.typing import NDArray

from clv.models.compiled import compiled
from clv.models.maximum_likelihood import FloatArray

IntArray = NDArray[np.int32]

SERIES_ERROR = 1e-16
RESCALE_ABOVE = 1e200
# Phases followed at most, that is a horizon of MOST_PHASES / (shape + 40) times alpha + T: a thousand times
# the past of a customer with thousands of purchases, 100,000 times that of a new one.
MOST_PHASES = 4e6


@compiled
def mixture_sums(
    k: int,
    alpha: float,
    shape: FloatArray,
    log_odds: FloatArray,
    last: FloatArray,
    log_last: FloatArray,
    period: FloatArray,
    log_period: FloatArray,
    of_frequency: IntArray,
    of_last: IntArray,
    of_period: IntArray,
    count: FloatArray,
) -> tuple[float, float, float, FloatArray]:
    """Sum of count x log(S + e^o), its slopes in r and alpha, and the customers gone at each frequency.

    Given the row's s = r + kx and z = (T - t_x) / (alpha + T), S = sum over j < k of (s)_j / j! z^j is the part
    that is alive and e^o = a / (b + n - 1) ((alpha + T) / (alpha + t_x))^s the part that has left. ``shape``
    (s) and ``log_odds`` (log of a / (b + n - 1)) are tables of the distinct frequencies, ``last`` and
    ``log_last`` (log of alpha + t_x) of the distinct t_x, ``period`` and ``log_period`` of the distinct T;
    ``of_frequency``, ``of_last`` and ``of_period``, shape (rows,), say where in them each row stands.
    """
    total, slope_r, slope_alpha, gone = 0.0, 0.0, 0.0, np.zeros(shape.size)
    per_last, per_period = 1.0 / (alpha + last), 1.0 / (alpha + period)
    for row in range(count.size):
        x, end, before = of_frequency[row], of_period[row], of_last[row]
        s, later = shape[x], log_period[end] - log_last[before]
        odds = log_odds[x] + s * later
        share = (period[end] - last[before]) * per_period[end]
        # alive = S, with its slopes in s and in log z
        term, term_s, alive, alive_s, alive_z = 1.0, 0.0, 1.0, 0.0, 0.0
        for j in range(1, k):
            step = share / j
            term_s = (term_s * (s + j - 1) + term) * step
            term *= (s + j - 1) * step
            alive += term
            alive_s += term_s
            alive_z += j * term
        # Both parts are divided by the larger of 1 and e^o, so that nothing overflows.
        small = exp(-abs(odds))
        of_left, of_alive = (1.0, small) if odds > 0.0 else (small, 1.0)
        both = of_left + of_alive * alive
        left, stayed = of_left / both, of_alive / both
        weight = count[row]
        total += weight * (max(odds, 0.0) + log(both))
        gone[x] += weight * left
        slope_r += weight * (left * later + stayed * alive_s)
        slope_alpha += weight * (
            left * s * (per_period[end] - per_last[before]) - stayed * alive_z * per_period[end]
        )
    return total, slope_r, slope_alpha, gone


@compiled
def purchases_from_phase(
    k: int, phase: int, shape: float, reach: float, a: float, b: float, dropout_scale: float, pairs: bool
) -> float:
    """E[X], or E[X(X-1)] with ``pairs``, of a customer ``phase`` phases after the last purchase.

    The phases M in the horizon are negative binomial, the rate being Gamma(shape) x ``reach`` phases: a series
    of positive terms, its ratio known. n = floor((M + phase) / k) of them would be purchases without dropout;
    a purchase follows the i-th with probability E[(1 - d p)^i], d = ``dropout_scale``, p ~ Beta(a, b), so that
    X given n has mean sum over i < n of E[(1 - d p)^i] (and pairs that of 2i E[(1 - d p)^i]).
    E[(1 - d p)^i] = 2F1(-i, a; a+b; d) follows Gauss's contiguous relation in i, written in its differences:
    for d <= 1 these have one sign, so that nothing cancels.
    """
    if reach <= 0.0:
        return 0.0
    reach = min(reach, MOST_PHASES / (shape + 40.0))
    ratio = reach / (1.0 + reach)
    term, total, bought = 1.0, 0.0, 0.0
    stay, slope, gain = 1.0, 0.0, 0.0
    n, m, to_purchase = 0, 0, k - phase
    while True:
        total += term
        bought += term * gain
        term *= (shape + m) / (m + 1) * ratio
        m += 1
        to_purchase -= 1
        if to_purchase > 0:
            continue
        to_purchase = k
        gain += 2 * n * stay if pairs else stay
        slope = (n * (1.0 - dropout_scale) * slope - a * dropout_scale * stay) / (a + b + n)
        stay += slope
        n += 1
        if term > RESCALE_ABOVE:
            term, total, bought = term / RESCALE_ABOVE, total / RESCALE_ABOVE, bought / RESCALE_ABOVE
        rest = 1.0 - max((shape + m) / (m + 1), 1.0) * ratio  # 1 - ratio of all later terms, at most
        if term == 0.0 or (bought > 0.0 and term * gain <= SERIES_ERROR * rest * bought):
            return bought / total


@compiled
def purchases_over_phases(
    k: int,
    shape: FloatArray,
    reach: FloatArray,
    share: FloatArray,
    phases_before: FloatArray,
    a: float,
    b: FloatArray,
    dropout_scale: float,
    pairs: bool,
) -> FloatArray:
    """``purchases_from_phase`` averaged over the phase j < k that each living customer is in, shape (n,).

    The weights go from j to j + 1 by the factor z (shape + j) / (phases_before + j + 1), z = ``share``; the
    rate given j is Gamma(shape + j).
    """
    result = np.empty(shape.size)
    for row in range(shape.size):
        weight, weights, bought = 1.0, 0.0, 0.0
        for j in range(k):
            if weight > 0.0:
                bought += weight * purchases_from_phase(
                    k, j, shape[row] + j, reach[row], a, b[row], dropout_scale, pairs
                )
            weights += weight
            weight *= share[row] * (shape[row] + j) / (phases_before[row] + j + 1)
        result[row] = bought / weights
    return result
