"""Customers of similar history binned, for totals that must be computed often."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

EXACT_FREQUENCIES = 20
DAYS_OFFSET = 30.0


def bin_histories(model: IntArray, frequency: FloatArray, T: FloatArray, step: float) -> IntArray:
    """Bin number (0, 1, ... without gaps) of each customer: equal model and frequency, T within a factor 1 + step.

    Up to 20 repeat purchases each frequency has bins of its own; above, neighbours within ``step`` share
    one. T is counted from -30 days, so that the bins of the newest customers stay days wide.
    """
    width = np.log1p(step)
    x_bin = np.where(
        frequency <= EXACT_FREQUENCIES,
        frequency,
        EXACT_FREQUENCIES + 1 + np.floor(np.log(np.maximum(frequency, 1) / EXACT_FREQUENCIES) / width),
    )
    T_bin = np.floor(np.log((T + DAYS_OFFSET) / DAYS_OFFSET) / width)
    key = (model * (x_bin.max(initial=0) + 1) + x_bin) * (T_bin.max(initial=0) + 1) + T_bin
    return np.asarray(np.unique(key, return_inverse=True)[1])


def weighted_means(bins: IntArray, values: FloatArray, weights: FloatArray) -> FloatArray:
    """Mean of ``values`` in each bin by ``weights`` (the plain mean in a bin without weight)."""
    size = int(bins.max(initial=-1)) + 1
    total = np.bincount(bins, weights, size)
    count = np.bincount(bins, minlength=size)
    plain = np.bincount(bins, values, size) / np.maximum(count, 1)
    return np.where(
        total > 0, np.bincount(bins, weights * values, size) / np.where(total > 0, total, 1), plain
    )
