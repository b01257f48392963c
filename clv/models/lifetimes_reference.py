"""The `lifetimes` library as a reference: its fit on the same summary, for comparison.

`lifetimes` is archived, warns on import and sets a global pandas option; it is imported here only, when asked.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike

from clv.models.errors import ModelDataError

FITTERS = {
    "BG/NBD": "BetaGeoFitter",
    "MBG/NBD": "ModifiedBetaGeoFitter",
    "Pareto/NBD": "ParetoNBDFitter",
}


def reference_params(
    model_name: str, frequency: ArrayLike, recency: ArrayLike, T: ArrayLike
) -> dict[str, float]:
    """Parameters of ``model_name`` ("BG/NBD", "MBG/NBD" or "Pareto/NBD") as `lifetimes` fits them.

    The rows are compressed to distinct ones with weights; parameters are in the time unit of the data.

    Raises
    ------
    ModelDataError : `lifetimes` has no such model, or does not converge on these data.
    """
    if model_name not in FITTERS:
        raise ModelDataError(f"lifetimes has no {model_name}; it fits {', '.join(FITTERS)}.")
    rows = np.stack([np.asarray(values, dtype=float) for values in (frequency, recency, T)], axis=1)
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        import lifetimes

        fitter = getattr(lifetimes, FITTERS[model_name])()
        try:
            fitter.fit(*distinct.T, weights=counts)
        except (lifetimes.utils.ConvergenceError, ValueError, FloatingPointError) as error:
            raise ModelDataError(f"lifetimes did not converge on {model_name}: {error}") from error
    return {name: float(value) for name, value in fitter.params_.items()}
