"""A gradient-boosted challenger of the purchase models: who buys at all, then how many purchases and how much money.

It learns from earlier cut-offs of the same shop: features before each, outcomes after it, all known on the
origin's cut-off. The purchase model's own answers are among the features, and how many and how much are learned as
multiples of them, so that a customer unlike any seen before is still predicted sensibly.

Sources
-------
Friedman (2001), "Greedy Function Approximation: A Gradient Boosting Machine"; scikit-learn's histogram-based form.
Zadrozny and Elkan (2002), "Transforming Classifier Scores into Accurate Multiclass Probability Estimates", for the
isotonic calibration, here on customers held out in turn.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.isotonic import IsotonicRegression
from threadpoolctl import threadpool_limits

from clv.assumptions import ModelSetting
from clv.forecast import fit_models
from clv.validation.features import category_features, logit, model_features, order_features
from clv.validation.order_entries import OrderEntries, day_number
from clv.validation.origins import SHORTEST_HOLDOUT_DAYS, BacktestError, Origin
from clv.validation.predictions import Candidate, Prediction, predict_by_model

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NAME = "Machine learning"
MODEL = ModelSetting("mbg-nbd")
CUTOFFS = 3
FOLDS = 3
# More threads than free cores make boosting many times slower, and one is fast enough.
THREADS = 1
MOST_ROWS = 60_000
BINS = 64
FEWEST_BUYERS = 50
FEWEST_PER_LEAF = 20
BOOSTING = {"learning_rate": 0.06, "max_iter": 60, "max_leaf_nodes": 10, "l2_regularization": 5.0}


@dataclass(frozen=True)
class Examples:
    """Customers at one or more cut-offs.

    Attributes
    ----------
    features : one row per customer and cut-off; the index is the place of the customer in the entries.
    purchases, spend : what followed, shape (rows,).
    """

    features: pd.DataFrame
    purchases: FloatArray
    spend: FloatArray


def challenger_candidate() -> Candidate:
    """The challenger, for the backtest."""
    return Candidate(NAME, "challenger", predict_by_challenger)


def predict_by_challenger(origin: Origin) -> Prediction:
    """Learn from what was known on the origin's cut-off, and predict the period after it.

    Where the history is too short for outcomes as long as the period, it learns from a shorter one and carries
    the answer to the whole period as the purchase model does. Customers who have been silent for longer than
    anybody it learned from are left to the purchase model: trees go on flat beyond what they have seen.

    Raises
    ------
    BacktestError : the history is too short, or too few bought in the periods to learn from.
    ModelDataError : no purchase model can be fitted.
    """
    cutoff = day_number(origin.window.cutoff)
    length, cutoffs = training_cutoffs(origin)
    attributes = category_features(origin.first_touch)
    examples = _sample_of(_joined([_examples(origin.entries, attributes, day, length) for day in cutoffs]))
    buyers = int((examples.purchases > 0).sum())
    if min(buyers, len(examples.purchases) - buyers) < FEWEST_BUYERS:
        raise BacktestError(
            f"{NAME} needs at least {FEWEST_BUYERS} customers who came back and {FEWEST_BUYERS} who did not in the "
            f"{length} days after an earlier cut-off; {buyers} of {len(examples.purchases)} came back."
        )
    now = _features(origin.entries, attributes, cutoff, length)
    place = origin.entries.customer_ids.get_indexer(pd.Index(origin.buyers["customer_id"]))
    active, purchases, spend = _learn(examples)(now.loc[place])
    model = predict_by_model(origin, fit_models(origin.buyers, MODEL))
    learned = _whole_period(active, purchases, spend, now.loc[place], model)
    silent_longest = float(examples.features["days_since"].max())
    return _model_where(now.loc[place, "days_since"].to_numpy() > silent_longest, model, learned)


def training_cutoffs(origin: Origin) -> tuple[int, list[int]]:
    """Length of the outcomes to learn from, days, and up to three cut-offs before which as much is known.

    Raises
    ------
    BacktestError : the history is too short.
    """
    cutoff, first = day_number(origin.window.cutoff), int(origin.entries.day.min())
    length = min(origin.days, (cutoff - first) // 3)
    if length < SHORTEST_HOLDOUT_DAYS:
        raise BacktestError(
            f"{NAME} needs at least {3 * SHORTEST_HOLDOUT_DAYS} days of orders before {origin.window.cutoff} to learn "
            f"from; there are {cutoff - first}."
        )
    days = [cutoff - length - step * length // 2 for step in range(CUTOFFS)]
    return length, [day for day in days if day - first >= length]


def _examples(entries: OrderEntries, attributes: pd.DataFrame, cutoff: int, length: int) -> Examples:
    features = _features(entries, attributes, cutoff, length)
    later = entries.known_by(cutoff + length)
    bought = (later.day > cutoff) & (later.net > 0)
    size = len(entries.customer_ids)
    who = features.index.to_numpy()
    return Examples(
        features,
        np.bincount(later.customer[bought], minlength=size)[who].astype(float),
        np.bincount(later.customer[bought], later.net[bought], minlength=size)[who],
    )


def _features(entries: OrderEntries, attributes: pd.DataFrame, cutoff: int, length: int) -> pd.DataFrame:
    own = order_features(entries.known_by(cutoff), length)
    models = fit_models(own, MODEL)
    return own.join(model_features(own, models, length)).join(attributes)


def _joined(parts: list[Examples]) -> Examples:
    return Examples(
        pd.concat([part.features for part in parts]),
        np.concatenate([part.purchases for part in parts]),
        np.concatenate([part.spend for part in parts]),
    )


def _sample_of(examples: Examples) -> Examples:
    """At most some 60,000 rows: all those of every so many-th customer."""
    step = -(-len(examples.features) // MOST_ROWS)
    keep = examples.features.index.to_numpy() // FOLDS % step == 0
    return Examples(examples.features[keep], examples.purchases[keep], examples.spend[keep])


def _learn(examples: Examples) -> Callable[[pd.DataFrame], tuple[FloatArray, FloatArray, FloatArray]]:
    """Learn the two stages; the result takes features and gives the probability of buying, purchases and spend."""
    bought = examples.purchases > 0
    # What hardly anybody has cannot be learned from.
    known = examples.features[bought].notna().sum() >= FEWEST_BUYERS
    features = examples.features.loc[:, known]
    settings = boosting_settings(features)
    multiples = _multiples(features)
    coded = _binning(features)
    features = coded(features)
    more, spent = (values[bought] for values in (examples.purchases - 1, examples.spend))
    active = calibrated_classifier(features, bought, settings)
    again = _boosted(features[bought], more, multiples[0][bought], "poisson", settings)
    money = _boosted(features[bought], spent, multiples[1][bought], "gamma", settings)

    def predict(new: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
        more_per, spend_per = _multiples(new)
        new = coded(new)
        with threadpool_limits(THREADS):
            buys = active(new)
            return buys, buys * (1 + more_per * again(new)), buys * spend_per * money(new)

    return predict


def calibrated_classifier(
    features: pd.DataFrame, outcome: NDArray[np.bool_], settings: dict[str, Any]
) -> Callable[[pd.DataFrame], FloatArray]:
    """Probability of the outcome: the mean of classifiers that each left out a part of the customers.

    Each is calibrated by isotonic regression on the customers that it has not seen.
    """
    # All rows of a customer go into the same part.
    part = features.index.to_numpy() % FOLDS
    fitted = []
    for left_out in range(FOLDS):
        inside, held_out = part != left_out, part == left_out
        with threadpool_limits(THREADS):
            learner = HistGradientBoostingClassifier(**settings).fit(features[inside], outcome[inside])
            probability = learner.predict_proba(features[held_out])[:, 1]
        # However the past went, nobody is certain to buy or not to.
        edge = 1 / (probability.size + 2)
        isotonic = IsotonicRegression(y_min=edge, y_max=1 - edge, out_of_bounds="clip")
        isotonic.fit(probability, outcome[held_out])
        fitted.append((learner, isotonic))

    def predict(new: pd.DataFrame) -> FloatArray:
        parts = [isotonic.predict(learner.predict_proba(new)[:, 1]) for learner, isotonic in fitted]
        return np.mean(parts, axis=0)

    return predict


def _binning(features: pd.DataFrame) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Each column as the number of its bin among some 64 of like size, once for all learners."""
    categories = set(_categories(features))
    edges = {
        name: np.unique(np.nanquantile(features[name], np.linspace(0, 1, BINS)[1:-1], method="lower"))
        for name in features
        if name not in categories
    }

    def code(new: pd.DataFrame) -> pd.DataFrame:
        columns = {name: new[name].to_numpy(dtype=float) for name in features}
        for name, cuts in edges.items():
            columns[name] = np.where(
                np.isnan(columns[name]), np.nan, np.searchsorted(cuts, columns[name], side="left")
            )
        return pd.DataFrame(columns, index=new.index)

    return code


def _categories(features: pd.DataFrame) -> list[str]:
    """The attributes: the columns after those of the model."""
    last = max(place for place, name in enumerate(features) if str(name).startswith("model_"))
    return list(features.columns[last + 1 :])


def boosting_settings(features: pd.DataFrame) -> dict[str, Any]:
    """Settings of scikit-learn's histogram-based boosting for these features."""
    return {
        **BOOSTING,
        "min_samples_leaf": max(FEWEST_PER_LEAF, len(features) // 200),
        "categorical_features": _categories(features),
        "early_stopping": False,
        "random_state": 1,
    }


def _multiples(features: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Further purchases and spend in the period of a customer who buys in it, as the purchase model says."""
    bought = features["model_purchases"].to_numpy() / np.maximum(features["model_active"].to_numpy(), 1e-9)
    bought = np.maximum(bought, 1 + 1e-3)
    return bought - 1, bought * np.maximum(features["model_spend"].to_numpy(), 1e-9)


def _boosted(
    features: pd.DataFrame, outcome: FloatArray, unit: FloatArray, loss: str, settings: dict[str, Any]
) -> Callable[[pd.DataFrame], FloatArray]:
    """Mean of the outcome as a multiple of its unit, boosted on the log scale."""
    if not outcome.any():
        return lambda new: np.zeros(len(new))
    # Poisson counts weigh as much as their exposure; a gamma amount's spread grows with its mean already.
    weight = unit if loss == "poisson" else np.ones_like(unit)
    learner = HistGradientBoostingRegressor(loss=loss, **settings)
    with threadpool_limits(THREADS):
        learner.fit(features, outcome / unit, sample_weight=weight)
    return learner.predict


def _whole_period(
    active: FloatArray, purchases: FloatArray, spend: FloatArray, features: pd.DataFrame, model: Prediction
) -> Prediction:
    """From the period learned to the one predicted: as many times as in the purchase model, customer by customer."""
    in_period = np.maximum(features["model_purchases"].to_numpy(), 1e-12)
    times = np.maximum(model.purchases, 1e-12) / in_period
    odds = logit(active) + logit(model.active) - logit(features["model_active"].to_numpy())
    return Prediction(purchases * times, spend * times, special.expit(odds))


def _model_where(unlike: NDArray[np.bool_], model: Prediction, learned: Prediction) -> Prediction:
    """The model's answer where ``unlike`` is true, else the learned one; the weeks follow the model's."""
    pairs = [
        (model.purchases, learned.purchases),
        (model.spend, learned.spend),
        (model.active, learned.active),
    ]
    purchases, spend, active = (np.where(unlike, own, other) for own, other in pairs)
    total = float(model.purchases.sum())
    weekly = None if model.weekly is None or total <= 0 else model.weekly * purchases.sum() / total
    return Prediction(purchases, spend, active, weekly)
