"""How well each candidate would have predicted this shop's own past: rolling origins, one final test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import ModelChoice
from clv.forecast import DAYS_PER_MONTH, draw_totals, drawn_parameters, forecast_under
from clv.memo import cached_property
from clv.models import ModelDataError, ModifiedBetaGeoNBD, fit_by_group
from clv.validation.blend import add_blend
from clv.validation.choice import Choice, choose
from clv.validation.comparison import Difference, paired_difference
from clv.validation.metrics import calibration_table, decile_table
from clv.validation.origins import BacktestError, Origin
from clv.validation.predictions import (
    MODEL_NAMES,
    NOBODY_BUYS,
    Candidate,
    Prediction,
    model_candidate,
    model_name,
)
from clv.validation.scorecard import Scored, absolute_errors, losses, score
from clv.validation.season import add_season

FloatArray = NDArray[np.float64]
Progress = Callable[[float, str], None]


# The customers known at the cut-off are always fewer than those of today; a sample is fewer by far.
MUCH_SMALLER = 1.5


@dataclass(frozen=True)
class Totals:
    """Order days and spend (money) of the period held out: those that came, and those that were expected."""

    order_days: float
    order_days_expected: float
    spend: float
    spend_expected: float


@dataclass(frozen=True)
class Backtest:
    """The scorecard of a shop's own past.

    Attributes
    ----------
    holdout : the last period, on which every candidate is scored once.
    choice : made on the inner origins, all before the holdout; None where the orders are too few for any.
    scored : every candidate at the holdout, the best loss first.
    failed : candidates that could not be fitted, and why.
    customers_in_all : customers of the shop, of whom ``holdout`` may be a sample.
    """

    holdout: Origin
    choice: Choice | None
    scored: tuple[Scored, ...]
    failed: dict[str, str]
    customers_in_all: int

    @cached_property
    def chosen(self) -> Scored:
        """The candidate chosen on the inner origins; without any, the first model."""
        name = self.choice.chosen.name if self.choice else self._first_model
        return self.by_name(name)

    @property
    def best_purchase_model(self) -> Candidate:
        """The best candidate that the forecast of the app can be made with: a purchase model as it stands."""
        scores = self.choice.scores if self.choice else ()
        models = [one.candidate for one in scores if one.eligible and one.candidate.setting is not None]
        return models[0] if models else self.by_name(self._first_model).candidate

    @cached_property
    def baseline(self) -> Scored:
        """The baseline that did best at the holdout."""
        return next(one for one in self.scored if one.candidate.kind == "baseline")

    @property
    def ranged(self) -> Scored:
        """The candidate whose ranges a user sees: the chosen one, or the best purchase model where that has none.

        A blend has no ranges of its own.
        """
        return (
            self.chosen if self.chosen.coverage is not None else self.by_name(self.best_purchase_model.name)
        )

    @cached_property
    def totals(self) -> Totals:
        """What came in the period held out, and what the chosen candidate expected of it."""
        actual, expected = self.holdout, self.chosen.prediction
        return Totals(
            order_days=float(actual.purchases.sum()),
            order_days_expected=float(expected.purchases.sum()),
            spend=float(actual.spend.sum()),
            spend_expected=float(expected.spend.sum()),
        )

    @property
    def nobody_buys(self) -> Scored:
        """The baseline by which nobody orders again."""
        return self.by_name(NOBODY_BUYS)

    @property
    def is_drawn(self) -> bool:
        """Whether the customers looked at are a sample of the shop's."""
        return self.customers_in_all > MUCH_SMALLER * len(self.holdout.buyers)

    @property
    def share_who_ordered(self) -> float:
        """Of the customers known at the cut-off, those who ordered in the period held out, 0 to 1."""
        return float(self.holdout.active.mean())

    @property
    def ranking_quality(self) -> float:
        """Ranking by predicted spend, from 0 (worthless) to 1 (as good as knowing the future): the normalised Gini."""
        return max(self.chosen.money.gini, 0.0)

    @property
    def _first_model(self) -> str:
        return next(one.candidate.name for one in self.scored if one.candidate.kind == "model")

    def of_model(self, choice: ModelChoice, fitted: str, group_by: str | None) -> Scored | None:
        """A model as the app uses it; for "auto", ``fitted`` names the one kept. None where it was not tried."""
        name = model_name(MODEL_NAMES.get(choice, fitted), group_by)
        return next((one for one in self.scored if one.candidate.name == name), None)

    def by_name(self, name: str) -> Scored:
        """One candidate at the holdout."""
        return next(one for one in self.scored if one.candidate.name == name)

    def error_against(self, other: Scored) -> Difference:
        """The chosen candidate's absolute error in purchases against another's, at the holdout."""
        return paired_difference(
            absolute_errors(self.holdout, self.chosen.prediction),
            absolute_errors(self.holdout, other.prediction),
        )

    def loss_against(self, other: Scored, one: Scored | None = None) -> Difference:
        """The loss of one candidate, the chosen where none is given, against another's, at the holdout."""
        one = one or self.chosen
        return paired_difference(losses(self.holdout, one.prediction), losses(self.holdout, other.prediction))

    @cached_property
    def total_spend_interval(self) -> tuple[float, float] | None:
        """95 % interval of the total spend that the model held possible, money; None without a forecast.

        Where the chosen candidate is no model, it is that of the best model around the chosen candidate's total.
        """
        forecast = (
            self.chosen.prediction.forecast or self.by_name(self.best_purchase_model.name).prediction.forecast
        )
        if forecast is None:
            return None
        sets = forecast_under(forecast, drawn_parameters(forecast.models))
        totals = draw_totals(sets, np.zeros(forecast.T.size, dtype=np.intp), 1)
        months = max(round(self.holdout.days / DAYS_PER_MONTH), 1)
        spread = np.log1p(totals.relative_sd(np.ones(months))[0, -1] ** 2)
        reach, mean = 1.96 * np.sqrt(spread), self.chosen.prediction.spend.sum()
        return float(mean * np.exp(-reach - spread / 2)), float(mean * np.exp(reach - spread / 2))

    @cached_property
    def drift_week(self) -> int | None:
        """The week from which on the orders so far stayed farther from the forecast than ``total_spend_interval`` allows.

        None where they did not stay away up to the end.
        """
        interval, expected = self.total_spend_interval, float(self.chosen.prediction.spend.sum())
        if interval is None or expected <= 0:
            return None
        weeks = self.tracking()
        ratio = (weeks["cumulative_actual"] / weeks["cumulative_predicted"]).to_numpy()
        inside = np.flatnonzero((ratio >= interval[0] / expected) & (ratio <= interval[1] / expected))
        first = int(inside[-1]) + 1 if inside.size else 0
        return None if first >= len(weeks) else int(weeks["week"].iloc[first])

    def deciles(self, money: bool = True) -> pd.DataFrame:
        """``decile_table`` of the chosen candidate, in money or in purchases."""
        prediction, holdout = self.chosen.prediction, self.holdout
        if money:
            return decile_table(holdout.spend, prediction.spend)
        return decile_table(holdout.purchases, prediction.purchases)

    def calibration(self) -> pd.DataFrame:
        """``calibration_table`` of the chosen candidate's probability of buying."""
        return calibration_table(self.holdout.active, self.chosen.prediction.active)

    def tracking(self) -> pd.DataFrame:
        """Purchases by week of the holdout: frame week, actual, predicted, cumulative too; from the chosen candidate
        or, where it has no weeks, from the best model."""
        weekly = self.chosen.prediction.weekly
        if weekly is None:
            weekly = next(one.prediction.weekly for one in self.scored if one.prediction.weekly is not None)
        actual = self.holdout.weekly_purchases
        return pd.DataFrame(
            {
                "week": np.arange(1, actual.size + 1),
                "actual": actual,
                "predicted": weekly,
                "cumulative_actual": np.cumsum(actual),
                "cumulative_predicted": np.cumsum(weekly),
            }
        )


def column_to_group_by(inner: Sequence[Origin], attributes: Sequence[str]) -> str | None:
    """The column whose groups differ most, if any do so by more than chance.

    Decided on the customers of the latest inner origin, so that the period held out has no say.
    """
    return _column_that_helps(inner[0].buyers, attributes) if inner else None


def _column_that_helps(buyers: pd.DataFrame, attributes: Sequence[str]) -> str | None:
    history = (buyers["frequency"], buyers["recency_days"], buyers["T_days"])
    gains: dict[str, float] = {}
    for column in attributes:
        try:
            fitted = fit_by_group(ModifiedBetaGeoNBD, *history, buyers[column])
        except ModelDataError:  # then no model can be fitted, which is said elsewhere
            return None
        if fitted.helps:
            gains[column] = fitted.gain
    return max(gains, key=lambda column: gains[column], default=None)


def backtest(
    holdout: Origin,
    inner: Sequence[Origin],
    *,
    customers_in_all: int,
    candidates: Sequence[Candidate],
    group_by: str | None = None,
    progress: Progress,
) -> Backtest:
    """Choose among the candidates on the inner origins, and score all of them once on the holdout.

    Parameters
    ----------
    candidates : where a challenger is among them, its blend with the best model is tried too; the season always is.
    group_by : column for whose values the best models are also tried each by itself.

    Raises
    ------
    BacktestError : no model can be fitted, or nobody bought in the period held out.
    """
    if not holdout.active.any():
        raise BacktestError(
            f"None of the {len(holdout.buyers):,} customers known by {holdout.window.cutoff} bought after it: "
            "there is nothing to compare a forecast with."
        )
    origins, tried = [holdout, *inner], list(candidates)
    predicted, failed = _predict_all(origins, tried, progress)
    if not any(candidate.kind == "model" and candidate.name in predicted for candidate in tried):
        raise BacktestError(
            "No model can be fitted to the orders before the cut-off: "
            + " ".join(dict.fromkeys(failed.values()))
        )
    choice = _choose(inner, tried, predicted)
    if group_by is not None and choice is not None:
        more = _by_group(choice, group_by)
        more_predicted, more_failed = _predict_all(origins, more, progress)
        tried, predicted, failed = [*tried, *more], predicted | more_predicted, failed | more_failed
    before = len(tried)
    for derive in (add_season, add_blend):
        derived = derive(origins, tried, predicted)
        if derived is not None:
            tried, predicted = [*tried, derived[0]], predicted | {derived[0].name: derived[1]}
    if len(tried) > before or group_by is not None:
        choice = _choose(inner, tried, predicted)
    progress(0.9, "Scoring")
    left = [candidate for candidate in tried if candidate.name in predicted]
    scored = [score(holdout, candidate, predicted[candidate.name][0]) for candidate in left]
    scored.sort(key=lambda one: float(losses(holdout, one.prediction).mean()))
    progress(1.0, "Done")
    return Backtest(holdout, choice, tuple(scored), failed, customers_in_all)


def _choose(
    inner: Sequence[Origin], candidates: Sequence[Candidate], predicted: dict[str, list[Prediction]]
) -> Choice | None:
    left = [candidate for candidate in candidates if candidate.name in predicted]
    return choose(inner, left, {name: found[1:] for name, found in predicted.items()}) if inner else None


def _by_group(choice: Choice, group_by: str) -> list[Candidate]:
    """The model chosen and that with the smallest loss, each for the values of a column."""
    best = next(one.candidate for one in choice.scores if one.candidate.setting is not None)
    settings = dict.fromkeys(one.setting for one in (choice.chosen, best) if one.setting is not None)
    return [model_candidate(setting.choice, group_by) for setting in settings]


def _predict_all(
    origins: Sequence[Origin], candidates: Sequence[Candidate], progress: Progress
) -> tuple[dict[str, list[Prediction]], dict[str, str]]:
    """Each candidate's prediction at each origin; one that fails at any is left out, with the reason."""
    predicted: dict[str, list[Prediction]] = {}
    failed: dict[str, str] = {}
    for number, candidate in enumerate(candidates):
        progress(number / len(candidates), f"Fitting {candidate.name}")
        try:
            predicted[candidate.name] = [candidate.predict(origin) for origin in origins]
        except (ModelDataError, BacktestError) as error:
            failed[candidate.name] = str(error)
    return predicted, failed
