"""Averages over the dropout probability p ~ Beta(a, b) by Gauss-Jacobi quadrature, for purchases at random.

The rule over p has no singular case, where the hypergeometric form of Fader, Hardie, Lee (2005) eq. 10 has one
at a = 1.
"""

from __future__ import annotations

from functools import lru_cache
from math import exp, expm1, log1p

import numpy as np
from scipy import linalg

from clv.models.compiled import compiled
from clv.models.maximum_likelihood import FloatArray

QUADRATURE_LOG_ERROR = 25.0  # nodes are chosen for a relative error of about e^-25
MAX_NODES = 600
THETA = np.linspace(0.02, 0.98, 49)
LOG_REMAINDER = np.log1p(-THETA)


@compiled
def mean_over_dropout(shape: float, tau: FloatArray, nodes: FloatArray, weights: FloatArray) -> FloatArray:
    """E[X] at each tau, shape (n,), for lambda t ~ tau Gamma(shape) and p by the rule.

    E[X | p] = (1 - (1 + p tau)^-shape) / p, which is shape tau at p tau = 0.
    """
    means = np.zeros(tau.size)
    for i in range(tau.size):
        for p, weight in zip(nodes, weights):  # noqa: B905 (of one length; compiled code knows no strict)
            y = p * tau[i]
            means[i] += weight * (-expm1(-shape * log1p(y)) / p if y > 1e-300 else shape * tau[i])
    return means


@compiled
def pairs_over_dropout(shape: float, tau: FloatArray, nodes: FloatArray, weights: FloatArray) -> FloatArray:
    """E[X(X-1)] at each tau, shape (n,).

    E[X(X-1) | p] = 2 (1-p) (1 - (1+y)^-shape - shape y (1+y)^-(shape+1)) / p^2 with y = p tau. The difference is
    the tail of a negative binomial distribution from 2 on: for small shape times y, where it cancels, its first
    four terms are added up.
    """
    pairs = np.zeros(tau.size)
    for i in range(tau.size):
        for p, weight in zip(nodes, weights):  # noqa: B905
            y = p * tau[i]
            none = exp(-shape * log1p(y))
            if (shape + 1.0) * y < 1e-3:
                ratio = y / (1.0 + y)
                later = 1.0 + (shape + 3.0) / 4.0 * ratio * (1.0 + (shape + 4.0) / 5.0 * ratio)
                later = 1.0 + (shape + 2.0) / 3.0 * ratio * later
                again = shape * (shape + 1.0) * (tau[i] / (1.0 + y)) ** 2 * none * later
            else:
                again = 2.0 * (-expm1(-shape * log1p(y)) - shape * y / (1.0 + y) * none) / p**2
            pairs[i] += weight * (1.0 - p) * again
    return pairs


def nodes_needed(reach: float, shape: float) -> int:
    """Nodes for (1 + reach p)^-shape on (0, 1) to a relative error of about e^-25.

    The integrand has its pole at p = -1/reach. On the Bernstein ellipse through p = -theta/reach, with
    parameter rho, it is at most (1 - theta)^-shape, and n nodes err by that times rho^(-2n): the best theta
    is searched (Trefethen, "Approximation Theory and Approximation Practice", theorem 19.3).
    """
    if reach <= 0:
        return 2
    nearest = 1 + 2 * THETA / reach
    log_rho = np.log(nearest + np.sqrt(nearest**2 - 1))
    nodes = np.min((QUADRATURE_LOG_ERROR - shape * LOG_REMAINDER) / (2 * log_rho))
    # Rounded up to a multiple of 8, so that similar calls share a cached rule.
    return int(min(8 * np.ceil(nodes / 8), MAX_NODES))


@lru_cache(maxsize=4096)
def beta_rule(a: float, b: float, nodes: int) -> tuple[FloatArray, FloatArray]:
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
