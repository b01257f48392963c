"""Is one candidate better than another, or is the difference chance? A paired bootstrap of customers says.

Source: Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapters 13 and 16: both candidates are
scored on the same resampled customers, so that what makes a customer hard to predict cancels out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from clv.models.compiled import compiled

FloatArray = NDArray[np.float64]
Verdict = Literal["better", "worse", "not distinguishable"]

RESAMPLES = 500
TAIL = 0.025
# Two fits of one model differ by less than this share of the mean loss.
NOISE = 1e-6
CHUNK = 20  # resamples at a time, to bound memory
# How often a customer is drawn, by a number from 0 to 65,535: Poisson with mean 1.
TIMES_DRAWN = np.searchsorted(special.pdtr(np.arange(12), 1.0), (np.arange(2**16) + 0.5) / 2**16).astype(
    np.uint8
)


@dataclass(frozen=True)
class Difference:
    """Mean loss of a candidate less that of another, with its 95 % interval; below 0 is better.

    Attributes
    ----------
    mean, low, high : of the difference, in the unit of the loss.
    verdict : "better" or "worse" where the interval leaves out 0, else "not distinguishable".
    """

    mean: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Which of the two is better, or that chance explains the difference."""
        if self.high < 0:
            return "better"
        return "worse" if self.low > 0 else "not distinguishable"


def paired_difference(
    losses: FloatArray, others: FloatArray, resamples: int = RESAMPLES, seed: int = 1
) -> Difference:
    """Compare two candidates' losses on the same customers, shape (customers,)."""
    gap = losses - others
    # A search for the best parameters stops a little beside them: such a gap says nothing of a customer.
    gap[np.abs(gap) <= NOISE * np.mean(np.abs(losses) + np.abs(others)) / 2] = 0.0
    # Customers on whom both lose alike only fill up the sample.
    different = gap[gap != 0]
    rng = np.random.default_rng(seed)
    means = np.concatenate(
        [
            _resampled_means(different, gap.size, min(CHUNK, resamples - done), rng)
            for done in range(0, resamples, CHUNK)
        ]
    )
    low, high = np.quantile(means, [TAIL, 1 - TAIL])
    return Difference(float(gap.mean()), float(low), float(high))


def _resampled_means(
    different: FloatArray, customers: int, resamples: int, rng: np.random.Generator
) -> FloatArray:
    if different.size == 0:
        return np.zeros(resamples)
    # Each customer is drawn so often by itself, and the mean taken over as many as came of it.
    numbers = rng.integers(0, 2**16, (resamples, different.size), dtype=np.uint16)
    sums, sizes = _sums_drawn(numbers, different, TIMES_DRAWN)
    in_sample = sizes + rng.poisson(customers - different.size, resamples)
    return np.asarray(sums / np.maximum(in_sample, 1))


@compiled
def _sums_drawn(
    numbers: NDArray[np.uint16], values: FloatArray, times: NDArray[np.uint8]
) -> tuple[FloatArray, FloatArray]:
    """Of each resample the sum of the values drawn and how many they are, shape (resamples,)."""
    sums, sizes = np.empty(len(numbers)), np.empty(len(numbers))
    for i in range(len(numbers)):
        total, size = 0.0, 0
        for j in range(values.size):
            count = times[numbers[i, j]]
            total += count * values[j]
            size += count
        sums[i], sizes[i] = total, size
    return sums, sizes
