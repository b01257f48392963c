"""How good predictions are, customer by customer: purchases, money, and who is active.

Sources
-------
Wang, Liu, Miao (2019), "A Deep Probabilistic Model for Customer Lifetime Value Prediction" (arXiv 1912.07753), for
the normalised Gini coefficient and the decile chart.
Gneiting (2011), "Making and Evaluating Point Forecasts", for scoring a mean: the Poisson and Tweedie deviances are
smallest on average at the true mean, the absolute error at the median, which for rare buyers is 0.
Brier (1950), "Verification of Forecasts Expressed in Terms of Probability".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import metrics

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# A prediction of nothing where something happened is as wrong as one of so small a share of the mean.
SMALLEST_SHARE = 1e-3
TWEEDIE_POWER = 1.5
CALIBRATION_BINS = 10
SMALLEST_PROBABILITY = 1e-4


@dataclass(frozen=True)
class AmountScores:
    """How good a prediction of amounts (purchases or money) is.

    Attributes
    ----------
    bias : predicted total over actual total, less 1; NaN where nothing happened.
    mae, rmse : mean absolute and root mean squared error per customer.
    msle : mean squared error of log(1 + amount).
    deviance : mean Poisson (purchases) or Tweedie 1.5 (money) deviance: 0 is perfect.
    spearman : rank correlation of predicted and actual; NaN where either is all alike.
    gini : normalised Gini coefficient: 1 ranks customers perfectly, 0 not at all.
    top_decile : share of the actual total that the tenth of customers predicted highest brought.
    """

    bias: float
    mae: float
    rmse: float
    msle: float
    deviance: float
    spearman: float
    gini: float
    top_decile: float


@dataclass(frozen=True)
class ActivityScores:
    """How good a predicted probability of buying at all is.

    Attributes
    ----------
    auc : probability that a buyer is ranked above one who does not buy; NaN where all or none bought.
    brier : mean squared difference of probability and outcome.
    log_likelihood : mean log probability of what each customer did: bought or not.
    """

    auc: float
    brier: float
    log_likelihood: float


def score_amounts(actual: FloatArray, predicted: FloatArray, power: float) -> AmountScores:
    """Score predicted amounts, shape (customers,), against what happened; ``power`` 1 for counts, 1.5 for money."""
    error = predicted - actual
    total = float(actual.sum())
    return AmountScores(
        bias=float(predicted.sum()) / total - 1 if total > 0 else np.nan,
        mae=float(np.abs(error).mean()),
        rmse=float(np.sqrt((error**2).mean())),
        msle=float(((np.log1p(predicted) - np.log1p(actual)) ** 2).mean()),
        deviance=float(deviances(actual, predicted, power).mean()),
        spearman=_spearman(actual, predicted),
        gini=normalised_gini(actual, predicted),
        top_decile=top_decile_share(actual, predicted),
    )


def score_activity(active: BoolArray, probability: FloatArray) -> ActivityScores:
    """Score the probability of at least one purchase, shape (customers,), against who bought."""
    both = 0 < active.sum() < active.size
    safe = np.clip(probability, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return ActivityScores(
        auc=float(metrics.roc_auc_score(active, probability)) if both else np.nan,
        brier=float(((probability - active) ** 2).mean()),
        log_likelihood=float(np.where(active, np.log(safe), np.log1p(-safe)).mean()),
    )


def deviances(actual: FloatArray, predicted: FloatArray, power: float) -> FloatArray:
    """Each customer's Tweedie deviance (power 1: Poisson; between 1 and 2: counts of amounts), 0 where right."""
    floor = SMALLEST_SHARE * max(float(actual.mean()), 1e-12)
    mean = np.maximum(predicted, floor)
    if power == 1:
        gain = np.where(actual > 0, actual * np.log(np.where(actual > 0, actual, 1.0) / mean), 0.0)
        return 2 * (gain - actual + mean)
    one, two = 1 - power, 2 - power
    return 2 * (actual**two / (one * two) - actual * mean**one / one + mean**two / two)


def normalised_gini(actual: FloatArray, predicted: FloatArray) -> float:
    """Gini coefficient of the actual amounts in the order of the predicted, over that in their own order.

    Customers predicted alike share what they brought, so that the order of rows does not matter. NaN where
    nothing happened or all did alike.
    """
    best = _gini(actual, actual)
    return _gini(actual, predicted) / best if best > 0 else np.nan


def top_decile_share(actual: FloatArray, predicted: FloatArray) -> float:
    """Share of the actual total brought by the tenth predicted highest; ties share. NaN where nothing happened."""
    if actual.sum() <= 0:
        return np.nan
    shared = _shared_by_ties(actual, predicted)
    count = max(round(actual.size / 10), 1)
    highest = np.argsort(-predicted, kind="stable")[:count]
    return float(shared[highest].sum() / actual.sum())


def decile_table(actual: FloatArray, predicted: FloatArray) -> pd.DataFrame:
    """Customers in ten groups of like size by prediction, highest first.

    Frame decile (1..10), customers, predicted, actual: means per customer.
    """
    order = np.argsort(-predicted, kind="stable")
    decile = np.empty(actual.size, dtype=np.intp)
    decile[order] = np.arange(actual.size) * 10 // max(actual.size, 1)
    table = pd.DataFrame(
        {"decile": decile + 1, "predicted": predicted, "actual": _shared_by_ties(actual, predicted)}
    )
    grouped = table.groupby("decile")
    return (
        grouped.mean()
        .assign(customers=grouped.size())
        .reset_index()[["decile", "customers", "predicted", "actual"]]
    )


def calibration_table(active: BoolArray, probability: FloatArray) -> pd.DataFrame:
    """Predicted against observed: frame probability, share_active, customers, in up to ten bins of like size."""
    bins = pd.qcut(
        pd.Series(probability).rank(method="average"), CALIBRATION_BINS, labels=False, duplicates="drop"
    )
    table = pd.DataFrame({"bin": bins, "probability": probability, "share_active": active.astype(float)})
    grouped = table.groupby("bin")
    return grouped.mean().assign(customers=grouped.size()).reset_index(drop=True)


def coverage(actual: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Share of customers whose outcome lies within the range; both ends belong to it."""
    return float(((actual >= low - 1e-9) & (actual <= high + 1e-9)).mean())


def _spearman(actual: FloatArray, predicted: FloatArray) -> float:
    ranks = pd.DataFrame({"actual": actual, "predicted": predicted}).rank()
    if (ranks.nunique() < 2).any():
        return np.nan
    return float(np.corrcoef(ranks["actual"], ranks["predicted"])[0, 1])


def _gini(actual: FloatArray, order_by: FloatArray) -> float:
    shared = _shared_by_ties(actual, order_by)[np.argsort(-order_by, kind="stable")]
    total = shared.sum()
    if total <= 0:
        return 0.0
    places = np.arange(1, shared.size + 1)
    return float((np.cumsum(shared) / total - places / shared.size).sum() / shared.size)


def _shared_by_ties(actual: FloatArray, predicted: FloatArray) -> FloatArray:
    """What each customer brought; those predicted alike each the mean of theirs."""
    _, place = np.unique(predicted, return_inverse=True)
    return (np.bincount(place, actual) / np.bincount(place))[place]
