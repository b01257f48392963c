"""Counts of purchases at a Gamma-distributed rate.

``scipy.stats.nbinom`` says the same; importing it takes longer than the rest of a cold start's models.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from clv.models.maximum_likelihood import FloatArray


def probability_of(n: ArrayLike, shape: ArrayLike, stay: ArrayLike) -> FloatArray:
    """P(N = n), N negative binomial: Poisson with a mean of Gamma(shape) x (1 - stay) / stay. Arrays broadcast."""
    count, r, p = (np.asarray(values, dtype=float) for values in (n, shape, stay))
    ways = special.gammaln(count + r) - special.gammaln(r) - special.gammaln(count + 1)
    return np.exp(ways + r * np.log(p) + special.xlog1py(count, -p))


def probability_of_at_least(n: ArrayLike, shape: ArrayLike, stay: ArrayLike) -> FloatArray:
    """P(N >= n) of the same."""
    count, r, p = (np.asarray(values, dtype=float) for values in (n, shape, stay))
    return np.where(count > 0, special.betainc(np.maximum(count, 1), r, 1 - p), 1.0)
