"""The integral over the time of leaving in the Pareto/NBD likelihood, with its gradient; compiled.

Source: Fader and Hardie (2005), "A Note on Deriving the Pareto/NBD Model and Related Expressions", A0.
"""

from __future__ import annotations

from math import exp, expm1, log, log1p, sqrt

import numpy as np
from numpy.typing import NDArray

from clv.models.compiled import compiled
from clv.models.maximum_likelihood import FloatArray

FRACTION_LOG_ERROR = 40.0
MOST_FRACTION_PAIRS = 3000


@compiled
def log_hypergeometric_one(
    b: float, c: float, z: float, with_slopes: bool
) -> tuple[float, float, float, float]:
    """log 2F1(1, b; c; z) for 0 <= z < 1 and c > b > 0, and its derivatives in b, c and z (0 unless asked for).

    Gauss's continued fraction from its tail, differentiated step by step. SciPy's ``hyp2f1`` gives NaN
    for some ordinary values, such as (1, 2; 105; 10/11).

    Source: DLMF 15.7.5 with b = 0. Each term shrinks the error by (1 - sqrt(1-z)) / (1 + sqrt(1-z)).
    """
    root = sqrt(1.0 - z)
    shrink = log1p(root) - log1p(-root) if root < 1.0 else FRACTION_LOG_ERROR
    pairs = min(int(FRACTION_LOG_ERROR / shrink / 2.0) + 3, MOST_FRACTION_PAIRS)
    below = c - 1.0
    tail, tail_b, tail_c, tail_z = 1.0, 0.0, 0.0, 0.0
    inner_b, inner_c, inner_z = 0.0, 0.0, 0.0
    for k in range(pairs, -1, -1):
        first, second, third = below + 2 * k, below + 2 * k + 1, below + 2 * k + 2
        even = (k + 1) * (below - b + k + 1) / (second * third)
        inner = 1.0 - even * z / tail
        if with_slopes:
            even_b = -(k + 1) / (second * third)
            even_c = -even_b - even * (1.0 / second + 1.0 / third)
            slope = even * z / (tail * tail)
            inner_b = slope * tail_b - even_b * z / tail
            inner_c = slope * tail_c - even_c * z / tail
            inner_z = slope * tail_z - even / tail

        odd = (b + k) * (below + k) / (first * second)
        tail = 1.0 - odd * z / inner
        if with_slopes:
            odd_b = (below + k) / (first * second)
            odd_c = (b + k) / (first * second) - odd * (1.0 / first + 1.0 / second)
            slope = odd * z / (inner * inner)
            tail_b = slope * inner_b - odd_b * z / inner
            tail_c = slope * inner_c - odd_c * z / inner
            tail_z = slope * inner_z - odd / inner
    return -log(tail), -tail_b / tail, -tail_c / tail, -tail_z / tail


@compiled
def log_antiderivative(
    r: float, alpha: float, s: float, beta: float, x: FloatArray, time: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """log of the term of A0 at each ``time``, shape (n,), and its gradient in r, alpha, s, beta, shape (4, n).

    After Euler's transformation of the hypergeometric function: the transformed ones stay moderate where
    the untransformed ones overflow for some hundred purchases.
    """
    value, gradient = np.empty(x.size), np.empty((4, x.size))
    for i in range(x.size):
        buying, c = r + x[i], r + s + x[i] + 1.0
        to_alpha, to_beta = alpha + time[i], beta + time[i]
        log_a, log_b = log(to_alpha), log(to_beta)
        if alpha >= beta:
            z = (alpha - beta) / to_alpha
            series, by_b, by_c, by_z = log_hypergeometric_one(buying, c, z, True)
            value[i] = series - buying * log_a - s * log_b
            gradient[0, i] = by_b + by_c - log_a
            gradient[1, i] = (by_z * (1.0 - z) - buying) / to_alpha
            gradient[2, i] = by_c - log_b
            gradient[3, i] = -by_z / to_alpha - s / to_beta
        else:
            z = (beta - alpha) / to_beta
            series, by_b, by_c, by_z = log_hypergeometric_one(s + 1.0, c, z, True)
            value[i] = series + (1.0 - buying) * log_a - (s + 1.0) * log_b
            gradient[0, i] = by_c - log_a
            gradient[1, i] = -by_z / to_beta + (1.0 - buying) / to_alpha
            gradient[2, i] = by_b + by_c - log_b
            gradient[3, i] = (by_z * (1.0 - z) - (s + 1.0)) / to_beta
    return value, gradient


@compiled
def log_antiderivative_alone(
    r: float, alpha: float, s: float, beta: float, x: FloatArray, time: FloatArray
) -> FloatArray:
    """The values of ``log_antiderivative`` without the gradient, several times faster."""
    value = np.empty(x.size)
    for i in range(x.size):
        buying, c = r + x[i], r + s + x[i] + 1.0
        to_alpha, to_beta = alpha + time[i], beta + time[i]
        if alpha >= beta:
            series = log_hypergeometric_one(buying, c, (alpha - beta) / to_alpha, False)[0]
            value[i] = series - buying * log(to_alpha) - s * log(to_beta)
        else:
            series = log_hypergeometric_one(s + 1.0, c, (beta - alpha) / to_beta, False)[0]
            value[i] = series + (1.0 - buying) * log(to_alpha) - (s + 1.0) * log(to_beta)
    return value


@compiled
def dropout_sums(
    r: float,
    alpha: float,
    s: float,
    beta: float,
    x: FloatArray,
    T: FloatArray,
    count: FloatArray,
    at_last: NDArray[np.intp],
    at_end: NDArray[np.intp],
    value: FloatArray,
    gradient: FloatArray,
) -> tuple[float, FloatArray]:
    """Sum of count x log(1 + odds of having left) over the rows, and its gradient, shape (4,).

    ``at_last`` and ``at_end`` say where in ``value`` and ``gradient`` each row's terms at t_x and at T are.
    """
    total, slopes = 0.0, np.zeros(4)
    for i in range(x.size):
        first, end = at_last[i], at_end[i]
        step = min(value[end] - value[first], 0.0)
        stayed = -expm1(step)  # 1 - ratio of the two terms
        if stayed <= 0.0:  # t_x = T: nobody left in an empty interval
            continue
        buying, log_a, log_b = r + x[i], log(alpha + T[i]), log(beta + T[i])
        odds = log(s / (buying + s)) + value[first] + log(stayed) + buying * log_a + s * log_b
        gain = odds + log1p(exp(-odds)) if odds > 0.0 else log1p(exp(odds))
        left = count[i] / (1.0 + exp(-odds))
        total += count[i] * gain
        ratio = exp(step)
        for j in range(4):
            slopes[j] += left * (gradient[j, first] - ratio * gradient[j, end]) / stayed
        slopes[0] += left * (log_a - 1.0 / (buying + s))
        slopes[1] += left * buying / (alpha + T[i])
        slopes[2] += left * (log_b + 1.0 / s - 1.0 / (buying + s))
        slopes[3] += left * s / (beta + T[i])
    return total, slopes
