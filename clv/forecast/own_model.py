"""Customers evaluated each with the own model: that of everybody, or that of the customer's group."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from clv.models import PurchaseModel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]


def with_own_model(
    evaluate: Callable[..., FloatArray],
    models: Sequence[PurchaseModel],
    model_of: IntArray,
    *columns: FloatArray,
) -> FloatArray:
    """``evaluate(model, *rows)`` for each row's own model, in the order of the rows.

    Parameters
    ----------
    evaluate : takes a model and the rows of ``columns`` that are its own; returns an array, rows first.
    models, model_of : the models, and the place of each row's among them, shape (rows,).
    columns : arrays, rows first.
    """
    if len(models) == 1:
        return evaluate(models[0], *columns)
    by_model = np.split(
        np.argsort(model_of, kind="stable"), np.cumsum(np.bincount(model_of, minlength=len(models)))[:-1]
    )
    parts = [
        evaluate(model, *(column[rows] for column in columns))
        for model, rows in zip(models, by_model, strict=True)
    ]
    result = np.empty((model_of.size, *parts[0].shape[1:]))
    for rows, part in zip(by_model, parts, strict=True):
        result[rows] = part
    return result
