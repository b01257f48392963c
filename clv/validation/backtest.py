"""How well each candidate would have predicted this shop's own past: rolling origins, one final test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.models import ModelDataError
from clv.validation.choice import Choice, choose
from clv.validation.comparison import Difference, paired_difference
from clv.validation.metrics import calibration_table, decile_table
from clv.validation.origins import BacktestError, Origin
from clv.validation.predictions import (
    Candidate,
    Prediction,
    baseline_candidates,
    model_candidates,
)
from clv.validation.scorecard import Scored, absolute_errors, losses, score

FloatArray = NDArray[np.float64]
Progress = Callable[[float, str], None]


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

    @cached_property
    def baseline(self) -> Scored:
        """The baseline that did best at the holdout."""
        return next(one for one in self.scored if one.candidate.kind == "baseline")

    @property
    def _first_model(self) -> str:
        return next(one.candidate.name for one in self.scored if one.candidate.kind == "model")

    def by_name(self, name: str) -> Scored:
        """One candidate at the holdout."""
        return next(one for one in self.scored if one.candidate.name == name)

    def against(self, other: Scored) -> Difference:
        """The chosen candidate's absolute error in purchases against another's, at the holdout."""
        return paired_difference(
            absolute_errors(self.holdout, self.chosen.prediction),
            absolute_errors(self.holdout, other.prediction),
        )

    def loss_against(self, other: Scored) -> Difference:
        """The chosen candidate's loss against another's, at the holdout."""
        return paired_difference(
            losses(self.holdout, self.chosen.prediction), losses(self.holdout, other.prediction)
        )

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


def backtest(
    holdout: Origin,
    inner: Sequence[Origin],
    *,
    customers_in_all: int,
    candidates: Sequence[Candidate] | None = None,
    tell: Progress,
) -> Backtest:
    """Choose among the candidates on the inner origins, and score all of them once on the holdout.

    Raises
    ------
    BacktestError : no model can be fitted, or nobody bought in the period held out.
    """
    if not holdout.active.any():
        raise BacktestError(
            f"None of the {len(holdout.buyers):,} customers known by {holdout.window.cutoff} bought after it: "
            "there is nothing to compare a forecast with."
        )
    tried = list(candidates) if candidates is not None else [*model_candidates(), *baseline_candidates()]
    predicted, failed = _predict_all([holdout, *inner], tried, tell)
    left = [candidate for candidate in tried if candidate.name in predicted]
    if not any(candidate.kind == "model" for candidate in left):
        raise BacktestError(
            "No model can be fitted to the orders before the cut-off: " + " ".join(set(failed.values()))
        )
    choice = choose(inner, left, {name: found[1:] for name, found in predicted.items()}) if inner else None
    scored = [score(holdout, candidate, predicted[candidate.name][0]) for candidate in left]
    scored.sort(key=lambda one: float(losses(holdout, one.prediction).mean()))
    tell(1.0, "Done")
    return Backtest(holdout, choice, tuple(scored), failed, customers_in_all)


def _predict_all(
    origins: Sequence[Origin], candidates: Sequence[Candidate], tell: Progress
) -> tuple[dict[str, list[Prediction]], dict[str, str]]:
    """Each candidate's prediction at each origin; one that fails at any is left out, with the reason."""
    predicted: dict[str, list[Prediction]] = {}
    failed: dict[str, str] = {}
    for number, candidate in enumerate(candidates):
        tell(number / len(candidates), f"Fitting {candidate.name}")
        try:
            predicted[candidate.name] = [candidate.predict(origin) for origin in origins]
        except (ModelDataError, BacktestError) as error:
            failed[candidate.name] = str(error)
    return predicted, failed
