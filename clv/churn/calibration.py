"""Churn risks held against the past: of those given 70 %, did 70 % leave? Where not, they are corrected.

Sources
-------
Zadrozny and Elkan (2002), "Transforming Classifier Scores into Accurate Multiclass Probability Estimates" (isotonic).
Oron and Flournoy (2017), "Centered Isotonic Regression", for the line through the steps' centres.
Platt (1999), "Probabilistic Outputs for Support Vector Machines": a logistic curve, where outcomes are few.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from clv.assumptions import ModelSetting
from clv.forecast import fit_models, forecast_customers
from clv.ingest import Transactions
from clv.validation.features import logit
from clv.validation.metrics import calibration_table
from clv.validation.order_entries import EPOCH, OrderEntries, day_number, read_entries
from clv.validation.origins import Origin, Window, read_origin

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
Method = Literal["isotonic", "Platt", "none"]

MOST_ORIGINS = 4
FEWEST_FOR_ISOTONIC = 1_000
FEWEST_OF_EACH = 30


@dataclass(frozen=True)
class PastRisks:
    """Risks given on an earlier day, and who then left. Shape (customers,).

    Attributes
    ----------
    customer_id : whose.
    risk : probability of no order within the churn window, by the model fitted on what was known.
    churned : whether none came.
    """

    customer_id: NDArray[np.object_]
    risk: FloatArray
    churned: BoolArray


@dataclass(frozen=True)
class RiskCalibration:
    """How the risks are corrected, and how that did on a period held out.

    Attributes
    ----------
    method : "none" where the risks are left as they are.
    before, after : ``calibration_table`` on the held-out period, None where there is none; ``after`` also where
        the correction is not applied.
    brier_before, brier_after : Brier score there, NaN where there is none.
    message : in words.
    """

    method: Method
    before: pd.DataFrame | None
    after: pd.DataFrame | None
    brier_before: float
    brier_after: float
    message: str
    correction: Callable[[FloatArray], FloatArray]

    @property
    def applied(self) -> bool:
        """Whether risks are corrected."""
        return self.method != "none"

    def apply(self, risk: FloatArray) -> FloatArray:
        """The risks corrected, in the same order; as they are where no correction is applied."""
        return self.correction(risk)


def churn_origins(
    transactions: Transactions, as_of: dt.date, window_days: int, entries: OrderEntries | None = None
) -> list[Origin]:
    """The last complete churn window, then earlier ones that end by its cut-off; empty where the orders are too few.

    Each has at least as many days of orders before its cut-off as the window is long.

    Parameters
    ----------
    entries : those up to ``as_of``, where they are read already.
    """
    entries = entries or read_entries(transactions, as_of)
    first = int(entries.day.min())
    newest = day_number(as_of) - window_days
    earlier = [newest - window_days - step * window_days // 2 for step in range(MOST_ORIGINS - 1)]
    cutoffs = [day for day in (newest, *earlier) if day - first >= window_days]
    return [
        read_origin(
            transactions,
            Window(EPOCH + dt.timedelta(days=day), EPOCH + dt.timedelta(days=day + window_days)),
            entries,
        )
        for day in cutoffs
    ]


def past_risks(origin: Origin, setting: ModelSetting) -> PastRisks:
    """What the purchase model, fitted on what was known, gave each customer, and who bought nothing after.

    Raises
    ------
    ModelDataError : no model can be fitted.
    """
    forecast = forecast_customers(origin.buyers, fit_models(origin.buyers, setting))
    return PastRisks(
        origin.buyers["customer_id"].to_numpy(dtype=object),
        forecast.churn_risk(float(origin.days)),
        ~origin.active,
    )


def calibrate(past: Sequence[PastRisks]) -> RiskCalibration:
    """Learn the correction on the earlier periods, try it on the newest, and apply it only if it does no harm there.

    Where applied, it is learned again on all periods.

    Parameters
    ----------
    past : the newest period first.
    """
    if len(past) < 2:
        return _left_alone("There is too little history to check churn risks against the past.")
    newest, earlier = past[0], past[1:]
    method, correct = _learn(earlier)
    if method == "none":
        return _left_alone("Too few customers left or stayed in the past to check churn risks against it.")
    risk, churned = newest.risk, newest.churned
    corrected = correct(risk)
    brier_before, brier_after = (float(((said - churned) ** 2).mean()) for said in (risk, corrected))
    helps = brier_after <= brier_before
    figures = (
        f"on the newest churn window held out, mean risk {_percent(risk.mean())} before and "
        f"{_percent(corrected.mean())} after, {_percent(churned.mean())} left; Brier score {brier_before:.4f} before, "
        f"{brier_after:.4f} after"
    )
    return RiskCalibration(
        method=method if helps else "none",
        before=calibration_table(churned, risk),
        after=calibration_table(churned, corrected),
        brier_before=brier_before,
        brier_after=brier_after,
        message=f"Churn risks are corrected by what happened before ({method} calibration; {figures})."
        if helps
        else f"Churn risks are left as the model gives them: correcting them by the past would not have helped ({figures}).",
        correction=_learn(past)[1] if helps else _unchanged,
    )


def _left_alone(message: str) -> RiskCalibration:
    return RiskCalibration("none", None, None, np.nan, np.nan, message, _unchanged)


def _unchanged(risk: FloatArray) -> FloatArray:
    return risk


def _learn(past: Sequence[PastRisks]) -> tuple[Method, Callable[[FloatArray], FloatArray]]:
    risk, churned = (np.concatenate([getattr(one, name) for one in past]) for name in ("risk", "churned"))
    fewer = min(int(churned.sum()), int((~churned).sum()))
    if fewer < FEWEST_OF_EACH:
        return "none", _unchanged
    if risk.size < FEWEST_FOR_ISOTONIC or fewer < 10 * FEWEST_OF_EACH:
        return "Platt", _platt(risk, churned)
    return "isotonic", _isotonic(risk, churned)


def _isotonic(risk: FloatArray, churned: BoolArray) -> Callable[[FloatArray], FloatArray]:
    """The line through the centres of isotonic regression's steps, so that risks that differ still differ."""
    fitted = IsotonicRegression().fit_transform(risk, churned)
    levels, block = np.unique(fitted, return_inverse=True)
    centres = np.bincount(block, risk) / np.bincount(block)
    # However the past went, nobody is certain to leave or to stay.
    edge = 1 / (risk.size + 2)
    from_, to = np.r_[0.0, centres, 1.0], np.r_[edge, np.clip(levels, edge, 1 - edge), 1 - edge]
    return lambda given: np.interp(given, from_, to)


def _platt(risk: FloatArray, churned: BoolArray) -> Callable[[FloatArray], FloatArray]:
    curve = LogisticRegression(C=1e3).fit(logit(risk)[:, None], churned)
    slope, level = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    if slope <= 0:
        return _unchanged
    return lambda given: special.expit(level + slope * logit(given))


def _percent(share: float) -> str:
    return f"{share:.1%}".replace("%", " %")
