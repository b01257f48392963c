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
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from clv.assumptions import RISK_BANDS, ModelSetting
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
AS_MODELLED = "Churn risks are as the model gives them"


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
    """How the risks are corrected, and how right they were on the newest churn window, which taught nothing.

    Attributes
    ----------
    method : "none" where the risks are left as they are.
    why : why they are corrected, or left as they are, in words.
    as_modelled, corrected : the risks of the newest window before and after, each with who left; None where there is
        no such window, or nothing to learn a correction from; ``corrected`` also where it is not applied.
    correction : from risks to corrected risks.
    """

    method: Method
    why: str
    as_modelled: PastRisks | None = None
    corrected: PastRisks | None = None
    correction: Callable[[FloatArray], FloatArray] | None = None

    @property
    def applied(self) -> bool:
        """Whether risks are corrected."""
        return self.method != "none"

    @property
    def checked(self) -> PastRisks | None:
        """The risks of the newest window as they would have been given: corrected where that is applied."""
        return self.corrected if self.applied else self.as_modelled

    def apply(self, risk: FloatArray) -> FloatArray:
        """The risks corrected, in the same order; as they are where no correction is applied."""
        return risk if self.correction is None else self.correction(risk)

    def by_band(self, medium: float, high: float) -> pd.DataFrame:
        """The customers of the newest window by the risk given: frame band, customers, expected, left (mean shares).

        Bands without customers are left out; empty where no window could be checked.
        """
        if self.checked is None:
            return pd.DataFrame({name: [] for name in ("band", "customers", "expected", "left")})
        band = np.searchsorted([medium, high], self.checked.risk, side="right")
        found = pd.DataFrame({"band": band, "expected": self.checked.risk, "left": self.checked.churned})
        grouped = found.groupby("band")
        table = grouped.mean().assign(customers=grouped.size()).reset_index()
        table["band"] = table["band"].map(dict(enumerate(RISK_BANDS)))
        return table[["band", "customers", "expected", "left"]]

    def message(self, window_days: int, medium: float, high: float) -> str:
        """Whether the risks are corrected and why, and of whom how many stayed away in the newest window."""
        if self.checked is None:
            return self.why
        sentence = (
            f"{self.why} In the last {window_days} days {_percent(self.checked.churned.mean())} of "
            f"{self.checked.risk.size:,} customers stayed away, where {_percent(self.checked.risk.mean())} were expected to"
        )
        parts = [
            f"of those at {str(row['band']).lower()} risk ({_percent(row['expected'])} on average) "
            f"{_percent(row['left'])} did"
            for row in self.by_band(medium, high)[::-1].to_dict("records")
        ]
        return f"{sentence}: {', '.join(parts)}."


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
    past : the newest period first; may be empty.
    """
    if not past:
        return uncorrected("the past is too short to hold them against.")
    newest, earlier = past[0], past[1:]
    if not earlier:
        return RiskCalibration(
            "none", f"{AS_MODELLED}: the past is too short to learn a correction from.", newest
        )
    method, correct = _learn(earlier)
    if method == "none":
        return RiskCalibration(
            "none", f"{AS_MODELLED}: too few customers left or stayed earlier to learn a correction from.", newest
        )  # fmt: skip
    corrected = replace(newest, risk=correct(newest.risk))
    if brier_score(corrected) > brier_score(newest):
        return RiskCalibration(
            "none",
            f"{AS_MODELLED}: corrected by earlier periods they would not have been nearer.",
            newest,
            corrected,
        )
    return RiskCalibration(
        method,
        f"Churn risks are corrected by how many left after such risks before ({method} calibration), which was nearer on a "
        "period held out.",
        newest,
        corrected,
        _learn(past)[1],
    )


def uncorrected(why: str) -> RiskCalibration:
    """No correction and nothing to check by, with the reason."""
    return RiskCalibration("none", f"{AS_MODELLED}: {why}")


def brier_score(past: PastRisks) -> float:
    """Mean squared difference of the risks given and what happened (Brier 1950); smaller is better."""
    return float(((past.risk - past.churned) ** 2).mean())


def reliability(past: PastRisks) -> pd.DataFrame:
    """Risk given against the share who left: ``calibration_table``, up to ten groups of like size."""
    return calibration_table(past.churned, past.risk)


def _learn(past: Sequence[PastRisks]) -> tuple[Method, Callable[[FloatArray], FloatArray]]:
    risk, churned = (np.concatenate([getattr(one, name) for one in past]) for name in ("risk", "churned"))
    fewer = min(int(churned.sum()), int((~churned).sum()))
    if fewer < FEWEST_OF_EACH:
        return "none", _unchanged
    if risk.size < FEWEST_FOR_ISOTONIC or fewer < 10 * FEWEST_OF_EACH:
        return "Platt", _platt(risk, churned)
    return "isotonic", _isotonic(risk, churned)


def _unchanged(risk: FloatArray) -> FloatArray:
    return risk


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
    return f"{share:.0%}".replace("%", " %")
