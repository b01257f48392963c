"""What each candidate says, on a cut-off, of the period after it: models and naive baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clv.assumptions import ModelChoice, ModelSetting
from clv.forecast import (
    DAYS_PER_MONTH,
    FittedModels,
    Forecast,
    SpendDistribution,
    drawn_parameters,
    fit_models,
    forecast_customers,
    forecast_under,
    relative_parameter_variance,
    spend_distribution,
)
from clv.forecast.own_model import with_own_model
from clv.validation.origins import WEEK, BacktestError, Origin

FloatArray = NDArray[np.float64]
Kind = Literal["model", "challenger", "blend", "baseline"]

YEAR_DAYS = 365


@dataclass(frozen=True)
class Prediction:
    """What one candidate predicts for the period after an origin's cut-off.

    Attributes
    ----------
    purchases, spend : shape (customers,), expected days of purchase and net spend, money.
    active : shape (customers,), probability of at least one purchase.
    weekly : shape (weeks,), expected purchases of all customers in each week; None where it gives none.
    forecast : of the models behind it, from which ranges can be worked out; None where there are none.
    """

    purchases: FloatArray
    spend: FloatArray
    active: FloatArray
    weekly: FloatArray | None = None
    forecast: Forecast | None = None

    def spend_distribution(self, days: float) -> SpendDistribution | None:
        """The distribution of each customer's spend in so many days, as in the app; None without a forecast."""
        if self.forecast is None:
            return None
        sets = forecast_under(self.forecast, drawn_parameters(self.forecast.models))
        return spend_distribution(self.forecast, relative_parameter_variance(sets), days / DAYS_PER_MONTH)


@dataclass(frozen=True)
class Candidate:
    """Something that predicts: a name for people, what kind it is, and how it predicts from an origin.

    ``setting`` is the model setting that the app would use; None for what is not a purchase model.
    """

    name: str
    kind: Kind
    predict: Callable[[Origin], Prediction]
    setting: ModelSetting | None = None


NOBODY_BUYS = "Nobody buys"
MODEL_NAMES: dict[ModelChoice, str] = {
    "bg-nbd": "BG/NBD",
    "mbg-nbd": "MBG/NBD",
    "cnbd-k": "(M)BG/CNBD-k",
    "pareto-nbd": "Pareto/NBD",
}


def model_candidates() -> list[Candidate]:
    """The purchase models, each with the Gamma-Gamma spend model."""
    return [model_candidate(choice) for choice in MODEL_NAMES]


def model_candidate(choice: ModelChoice, group_by: str | None = None) -> Candidate:
    """One purchase model, with a fit for each value of a column where one is given."""
    setting = ModelSetting(choice, group_by)

    def predict(origin: Origin) -> Prediction:
        return predict_by_model(origin, fit_models(origin.buyers, setting))

    return Candidate(model_name(MODEL_NAMES[choice], group_by), "model", predict, setting)


def model_name(name: str, group_by: str | None) -> str:
    """A purchase model in words, with the column for whose values it is fitted."""
    return name + (f", by {group_by}" if group_by else "")


def baseline_candidates() -> list[Candidate]:
    """What could be said without a model."""
    return [
        Candidate(NOBODY_BUYS, "baseline", _nobody_buys),
        Candidate("Past rate goes on", "baseline", _past_rate),
        Candidate("Past spend goes on", "baseline", _past_spend),
        Candidate("Same as a year before", "baseline", _last_year),
        Candidate("Recent customers go on", "baseline", _recent_go_on),
    ]


def predict_by_model(origin: Origin, models: FittedModels) -> Prediction:
    """What fitted models predict for the period."""
    forecast = forecast_customers(origin.buyers, models)
    days = float(origin.days)
    week_ends = np.minimum(WEEK * np.arange(1, len(origin.weekly_purchases) + 1), days)
    by_week = _purchases_up_to(forecast, np.r_[0.0, week_ends])
    purchases = forecast.probability_alive * _purchases_up_to(forecast, np.array([days]))[forecast.cell, 0]
    in_cell = np.bincount(forecast.cell, forecast.probability_alive, len(by_week))
    return Prediction(
        purchases=purchases,
        spend=purchases * forecast.expected_spend,
        active=1 - forecast.churn_risk(days),
        weekly=np.diff(in_cell @ by_week),
        forecast=forecast,
    )


def _purchases_up_to(forecast: Forecast, days: FloatArray) -> FloatArray:
    """Expected purchases of a living customer of each cell up to each day, shape (cells, days)."""
    return with_own_model(
        lambda model, x, T, *recency: model.purchases_if_alive(
            days, x[:, None], T[:, None], recency=recency[0][:, None] if recency else None
        ),
        forecast.models.purchase_models,
        forecast.cell_model,
        *forecast.cell_state,
    )


def _baseline(origin: Origin, purchases: FloatArray, spend: FloatArray) -> Prediction:
    """A baseline's probability of buying is that of random purchases at its rate."""
    return Prediction(purchases, spend, active=-np.expm1(-purchases))


def _nobody_buys(origin: Origin) -> Prediction:
    nothing = np.zeros(len(origin.buyers))
    return _baseline(origin, nothing, nothing)


def _past_rate(origin: Origin) -> Prediction:
    """Repeat purchases per day since the first one go on; each is worth the customer's own mean."""
    buyers = origin.buyers
    purchases = buyers["frequency"].to_numpy(dtype=float) * _share_of_life(origin)
    return _baseline(origin, purchases, purchases * buyers["monetary_value"].to_numpy(dtype=float))


def _past_spend(origin: Origin) -> Prediction:
    """All that a customer spent since the first day, the first purchase included, goes on at the same rate."""
    share = _share_of_life(origin)
    revenue = origin.buyers["revenue"].to_numpy(dtype=float)
    return _baseline(origin, origin.buyers["purchase_days"].to_numpy(dtype=float) * share, revenue * share)


def _share_of_life(origin: Origin) -> FloatArray:
    """The period's length over that of the customer's history, a month at the least."""
    return origin.days / np.maximum(origin.buyers["T_days"].to_numpy(dtype=float), DAYS_PER_MONTH)


def _last_year(origin: Origin) -> Prediction:
    """What each customer bought in the same days a year before comes again.

    Raises
    ------
    BacktestError : the history does not reach back a year.
    """
    if origin.buyers["T_days"].max() < YEAR_DAYS:
        raise BacktestError(f"The orders up to {origin.window.cutoff} do not reach back a year.")
    known = origin.known_by_customer()
    ago = (known["day"] - np.datetime64(origin.window.cutoff)).dt.days + YEAR_DAYS
    same = known[(ago > 0) & (ago <= origin.days) & (known["net"] > 0)]
    count = len(origin.buyers)
    purchases = np.bincount(same["customer"], minlength=count).astype(float)
    return _baseline(
        origin, purchases, np.bincount(same["customer"], same["net"], minlength=count).astype(float)
    )


def _recent_go_on(origin: Origin) -> Prediction:
    """The managers' rule: who bought within the last quarter of the history goes on at the past rate, others stop.

    Source: Wübben and von Wangenheim (2008), "Instant Customer Base Analysis: Managerial Heuristics Often Get It
    Right", whose hiatus differs by trade; here it is the same share of the history for every shop.
    """
    rate = _past_rate(origin)
    since, whole = origin.buyers["days_since_last_order"], origin.buyers["T_days"].max()
    recent = (since <= max(float(whole) / 4, DAYS_PER_MONTH)).to_numpy()
    return _baseline(origin, rate.purchases * recent, rate.spend * recent)
