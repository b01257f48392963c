"""The season: how much more or less customers buy in each calendar month than the model expects, from the own history.

The purchase models know no calendar. Where a shop's repeat purchases run above the model every November and below it
every July, an index by calendar month, shrunk toward 1 by its standard error, corrects the months ahead.

Sources
-------
Fader, Hardie, Lee (2005), "Counting Your Customers the Easy Way", for the expected incremental purchases by day.
Efron and Morris (1975), "Data analysis using Stein's estimator and its generalizations", for the shrinkage.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.forecast import FittedModels, Forecast
from clv.forecast.forecast import MONTH_ENDS
from clv.memo import cached_property
from clv.models import PurchaseModel
from clv.validation.comparison import paired_difference
from clv.validation.order_entries import day_number, day_stamps
from clv.validation.origins import WEEK, BacktestError, Origin
from clv.validation.predictions import Candidate, Prediction
from clv.validation.scorecard import losses

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

MONTHS = 12
YEAR_DAYS = 365
DAYS_PER_YEAR = 365.25
PART_OF_MONTH_DAYS = 8
FEWEST_PURCHASES = 120
NOTABLE_SHARE = 0.10
ITERATIONS = 10


@dataclass(frozen=True)
class SeasonIndex:
    """Repeat purchases of each calendar month, January first, relative to what the model expects. Shape (12,).

    Attributes
    ----------
    index : shrunk toward 1 by its error, 1 on average over the year: what the forecast is multiplied by.
    raw : actual over expected, before shrinking.
    standard_error : of ``raw``.
    """

    index: FloatArray
    raw: FloatArray
    standard_error: FloatArray

    def on(self, days: IntArray) -> FloatArray:
        """The index on each day, by number of the day since 1970-01-01."""
        return self.index[month_of(days)]

    def mean_over(self, after: int, until: FloatArray) -> FloatArray:
        """Mean index over the days (after, after + until[i]], for increasing whole or broken numbers of days."""
        last = int(np.ceil(until.max(initial=1.0)))
        summed = np.r_[0.0, np.cumsum(self.on(after + np.arange(1, last + 1)))]
        return np.interp(until, np.arange(last + 1), summed) / np.maximum(until, 1e-9)

    def table(self) -> pd.DataFrame:
        """Frame month (1 to 12), name, index, raw, standard_error."""
        return pd.DataFrame(
            {
                "month": np.arange(1, MONTHS + 1),
                "name": calendar.month_name[1:],
                "index": self.index,
                "raw": self.raw,
                "standard_error": self.standard_error,
            }
        )

    @property
    def message(self) -> str:
        """The finding in words."""
        high, low = (int(pick(self.index)) for pick in (np.argmax, np.argmin))
        if max(self.index[high] - 1, 1 - self.index[low]) < NOTABLE_SHARE:
            return "Repeat purchases follow no marked season: no calendar month is 10 % off the model's expectation."
        return (
            f"Customers buy {_percent(self.index[high])} than the model expects in {calendar.month_name[high + 1]} and "
            f"{_percent(self.index[low])} in {calendar.month_name[low + 1]}."
        )


@dataclass(frozen=True)
class SeasonalForecast(Forecast):
    """A forecast whose purchases of a living customer follow the season; ``without_season`` is the one it comes from."""

    without_season: Forecast
    season: SeasonIndex
    after: int

    @cached_property
    def cell_pairs(self) -> FloatArray:
        """E[X(X-1)], scaled as the square of the purchases."""
        before = self.without_season.cell_purchases
        share = np.where(before > 0, self.cell_purchases / np.where(before > 0, before, 1.0), 1.0)
        return np.asarray(self.without_season.cell_pairs * share**2)

    def churn_risk(self, window_days: float) -> FloatArray:
        """Probability of no purchase within the window: purchases so many times as frequent or rare."""
        times = float(self.season.mean_over(self.after, np.array([window_days]))[0])
        return np.asarray(self.without_season.churn_risk(window_days) ** times)


def month_of(days: IntArray) -> IntArray:
    """Calendar month, 0 to 11, of numbered days."""
    return day_stamps(days).astype("datetime64[M]").astype(np.int64) % MONTHS


def season_index(
    first_days: IntArray, repeat_days: IntArray, as_of: int, model: PurchaseModel
) -> SeasonIndex:
    """Measure the season on the days known.

    Expected are the repeat purchases that the model gives each customer on each day since the first one; a level that
    drifts over the years is not taken for a season, because the index compares months within whole years. (Expecting
    each month from what customers had just done would be worse: after a high month it expects more of the same, and
    takes the return to normal for a low one.)

    Parameters
    ----------
    first_days : number of the day of each customer's first purchase, shape (customers,).
    repeat_days : number of the day of each repeat purchase, shape (purchases,).
    as_of : number of the last day known.
    model : fitted in days.

    Raises
    ------
    BacktestError : less than a year of days, or too few repeat purchases.
    """
    start = int(first_days.min())
    span = as_of - start + 1
    if span < YEAR_DAYS:
        raise BacktestError(f"A season needs a year of orders; there are {span} days.")
    if repeat_days.size < FEWEST_PURCHASES:
        raise BacktestError(
            f"A season needs at least {FEWEST_PURCHASES} repeat purchases; there are {repeat_days.size}."
        )
    expected = _expected_by_day(first_days - start, span, model)
    actual = np.bincount(repeat_days - start, minlength=span).astype(float)
    days = start + np.arange(span)
    # Level and season each need the other: in a growing shop the later months of a year weigh more.
    found = np.ones(MONTHS)
    for _ in range(ITERATIONS):
        level = _level(actual, expected * found[month_of(days)])
        found = _raw_index(actual, expected * level, days)
    return _index_of(actual, expected * level, found, days)


def index_of_origin(origin: Origin, models: FittedModels) -> SeasonIndex:
    """``season_index`` of what was known on an origin's cut-off."""
    cutoff = day_number(origin.window.cutoff)
    days = origin.entries.known_by(cutoff)
    ids = origin.entries.customer_ids.get_indexer(pd.Index(origin.buyers["customer_id"]))
    paid = (days.net > 0) & np.isin(days.customer, ids)
    customer, day = days.customer[paid], days.day[paid]
    is_first = np.r_[True, np.diff(customer) != 0]
    return season_index(day[is_first], day[~is_first], cutoff, models.purchases)


def with_season(forecast: Forecast, index: SeasonIndex, as_of: dt.date) -> SeasonalForecast:
    """The forecast with each month's purchases ahead of ``as_of`` multiplied by the season of its days."""
    after = day_number(as_of)
    ends = MONTH_ENDS.astype(float)
    summed = index.mean_over(after, ends) * ends
    monthly = np.diff(forecast.cell_purchases, axis=1) * (np.diff(summed) / np.diff(MONTH_ENDS))
    plain = {field.name: getattr(forecast, field.name) for field in fields(Forecast)}
    plain["cell_purchases"] = np.concatenate(
        [forecast.cell_purchases[:, :1], np.cumsum(monthly, axis=1)], axis=1
    )
    return SeasonalForecast(**plain, without_season=forecast, season=index, after=after)


def add_season(
    origins: Sequence[Origin], candidates: Sequence[Candidate], predicted: Mapping[str, Sequence[Prediction]]
) -> tuple[Candidate, list[Prediction]] | None:
    """The best purchase model with the season, and its prediction at each origin; None where it does not help.

    It helps where its loss over the inner origins is distinguishably the smaller, paired by customer. The index of an
    origin is measured before its cut-off; where less than a year is known before it, the season changes nothing there.

    Parameters
    ----------
    origins : the holdout, then the inner origins.
    predicted : by name of the candidate, its prediction at each of them.
    """
    models = [one for one in candidates if one.kind == "model" and one.name in predicted]
    if not models or len(origins) < 2:
        return None
    model = min(models, key=lambda one: float(_losses_over(origins[1:], predicted[one.name][1:]).mean()))
    plain = list(predicted[model.name])
    seasonal = [_in_season_if_known(*each) for each in zip(origins, plain, strict=True)]
    better = paired_difference(_losses_over(origins[1:], seasonal[1:]), _losses_over(origins[1:], plain[1:]))
    return (seasonal_candidate(model), seasonal) if better.verdict == "better" else None


def seasonal_candidate(candidate: Candidate) -> Candidate:
    """The same purchase model with the season; it fails with ``BacktestError`` where too little is known for one."""

    def predict(origin: Origin) -> Prediction:
        prediction = candidate.predict(origin)
        return in_season(origin, prediction, index_of_origin(origin, _models_of(prediction)))

    return Candidate(f"{candidate.name} with season", candidate.kind, predict)


def in_season(origin: Origin, prediction: Prediction, index: SeasonIndex) -> Prediction:
    """A prediction by week corrected by the season; a customer's purchases move with those of all."""
    assert prediction.weekly is not None
    cutoff = day_number(origin.window.cutoff)
    days = np.arange(1, origin.days + 1)
    week = (days - 1) // WEEK
    by_week = np.bincount(week, index.on(cutoff + days)) / np.bincount(week)
    weekly = prediction.weekly * by_week
    total = float(prediction.weekly.sum())
    times = float(weekly.sum()) / total if total > 0 else 1.0
    forecast = prediction.forecast
    return Prediction(
        purchases=prediction.purchases * times,
        spend=prediction.spend * times,
        active=1 - (1 - prediction.active) ** times,
        weekly=weekly,
        forecast=None if forecast is None else with_season(forecast, index, origin.window.cutoff),
    )


def _in_season_if_known(origin: Origin, prediction: Prediction) -> Prediction:
    try:
        return in_season(origin, prediction, index_of_origin(origin, _models_of(prediction)))
    except BacktestError:
        return prediction


def _models_of(prediction: Prediction) -> FittedModels:
    assert prediction.forecast is not None
    return prediction.forecast.models


def _losses_over(origins: Sequence[Origin], predictions: Sequence[Prediction]) -> FloatArray:
    return np.concatenate([losses(*each) for each in zip(origins, predictions, strict=True)])


def _expected_by_day(first: IntArray, span: int, model: PurchaseModel) -> FloatArray:
    """Expected repeat purchases of all customers on each day, shape (span,), from the curve of a new customer."""
    curve = model.expected_purchases_new_customer(np.arange(span, dtype=float))
    new = np.bincount(first, minlength=span).astype(float)
    return np.convolve(new, np.diff(curve, prepend=0.0))[:span]


def _level(actual: FloatArray, expected: FloatArray) -> FloatArray:
    """How far actual purchases run above or below the expected ones over the year around each day, shape (days,).

    Near the ends the nearest whole year is taken, so that every calendar month weighs alike.
    """
    span = actual.size
    sums = [np.r_[0.0, np.cumsum(values)] for values in (actual, expected)]
    starts = np.clip(np.arange(span) - YEAR_DAYS // 2, 0, span - YEAR_DAYS)
    in_year, foreseen = (total[starts + YEAR_DAYS] - total[starts] for total in sums)
    return np.where(foreseen > 0, in_year / np.where(foreseen > 0, foreseen, 1.0), 1.0)


def _raw_index(actual: FloatArray, expected: FloatArray, days: IntArray) -> FloatArray:
    """Actual over expected by calendar month, 1 on average."""
    seen, foreseen = (np.bincount(month_of(days), values, MONTHS) for values in (actual, expected))
    raw = np.where(foreseen > 0, seen / np.maximum(foreseen, 1e-9), 1.0)
    return np.asarray(raw / raw.mean())


def _index_of(actual: FloatArray, expected: FloatArray, raw: FloatArray, days: IntArray) -> SeasonIndex:
    """Shrink the raw index toward 1 by its error, as far as the months differ by no more than that."""
    month = month_of(days)
    foreseen = np.bincount(month, expected, MONTHS)
    error = np.sqrt(_dispersion(actual, expected * raw[month], days) * np.maximum(raw, 1e-3) / foreseen)
    between = max(float(np.var(raw, ddof=1) - np.mean(error**2)), 0.0)
    index = 1 + (raw - 1) * between / (between + error**2)
    return SeasonIndex(index / index.mean(), raw, error)


def _dispersion(actual: FloatArray, expected: FloatArray, days: IntArray) -> float:
    """Variance over mean of the purchases in eight-day parts of months, given the index; 1 at least.

    Where a month was seen in several years, their disagreement is in it.
    """
    stamps = day_stamps(days)
    months = stamps.astype("datetime64[M]")
    of_month = (stamps - months).astype(np.int64) // PART_OF_MONTH_DAYS
    part = (months.astype(np.int64) - months[0].astype(np.int64)) * 4 + of_month
    seen, foreseen = (np.bincount(part, values) for values in (actual, expected))
    used = foreseen >= 1
    spare = int(used.sum()) - MONTHS
    if spare < 1:
        return 1.0
    return max(float(((seen - foreseen)[used] ** 2 / foreseen[used]).sum()) / spare, 1.0)


def _percent(index: float) -> str:
    return f"{abs(index - 1):.0%}".replace("%", " %") + (" more" if index >= 1 else " less")
