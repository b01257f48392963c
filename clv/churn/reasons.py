"""Why a customer is at risk, in words against the customer's own rhythm, each with what it adds to the risk.

The risk is taken apart by a logistic regression of who left in earlier churn windows: on the log odds of the purchase
model's risk, and on signals that this model does not see (silence over the usual gap, order value, refunds, pace).
What a reason adds is the risk as it is, less the risk had this one thing been the customer's own normal and all else
as it is: the last order one usual gap ago; the last three orders worth as much as the earlier ones; none of them
refunded; the last gaps as long as the earlier ones. A signal counts only where leaving went with it beyond chance
(z above 2).

Sources
-------
Cox and Snell (1989), "Analysis of Binary Data". Liang and Zeger (1986), "Longitudinal data analysis using generalized
linear models", for errors that allow for the same customer in several windows.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from clv.assumptions import ModelSetting
from clv.churn.signals import signals
from clv.forecast import Forecast, fit_models, forecast_customers
from clv.memo import cached_property
from clv.validation.features import logit
from clv.validation.order_entries import OrderEntries, day_number
from clv.validation.origins import Origin

FloatArray = NDArray[np.float64]

SIGNALS = ("late", "value_down", "refunds", "slowing")
DRIVERS = ("silence", "value_down", "refunds", "slowing")
SMALLEST_POINTS = 2.0
MOST_REASONS = 3
FEWEST_OF_EACH = 100
SMALLEST_Z = 2.0
NEWTON_STEPS = 25
LAST_IN_WORDS = "three"


@dataclass(frozen=True)
class RiskDrivers:
    """How the log odds of leaving go with the model's own log odds and with the signals.

    Attributes
    ----------
    level, slope : of the line in the log odds of the model's risk.
    weights : by name of the signal, log odds per unit; 0 where it does not raise the risk beyond chance.
    standard_errors : of the weights before those were set to 0; NaN where nothing could be learned.
    """

    level: float
    slope: float
    weights: dict[str, float]
    standard_errors: dict[str, float]

    def log_odds(self, risk: FloatArray, found: pd.DataFrame) -> FloatArray:
        """Log odds of leaving, shape (customers,)."""
        added = sum(weight * found[name].to_numpy(dtype=float) for name, weight in self.weights.items())
        return np.asarray(self.level + self.slope * logit(risk) + added)


@dataclass(frozen=True)
class Reason:
    """A reason in words, and the percentage points that it adds to the risk."""

    text: str
    points: float


@dataclass(frozen=True)
class RiskReasons:
    """Reasons of every customer, in the order of the forecast.

    Attributes
    ----------
    points : frame, a column per driver: percentage points that it adds to the customer's risk, 0 where none.
    facts : frame of what the words are made of.
    """

    points: pd.DataFrame
    facts: pd.DataFrame

    def of_customer(self, row: int) -> tuple[Reason, ...]:
        """At most three reasons of 2 percentage points or more, the weightiest first."""
        mine = self.points.iloc[row].sort_values(ascending=False, kind="stable")
        fact = self.facts.iloc[row].to_dict()
        return tuple(
            Reason(_words(str(driver), fact), float(points))
            for driver, points in mine.items()
            if points >= SMALLEST_POINTS
        )[:MOST_REASONS]

    @cached_property
    def top(self) -> pd.Series:
        """The weightiest reason of each customer in words; "" where none adds 2 percentage points."""
        values = self.points.to_numpy()
        best = values.argmax(axis=1)
        enough = values.max(axis=1) >= SMALLEST_POINTS
        facts = self.facts.to_dict("records")
        words = [
            _words(DRIVERS[driver], fact) if shown else ""
            for driver, shown, fact in zip(best, enough, facts, strict=True)
        ]
        return pd.Series(words, name="top_reason", dtype=object)


def learn_drivers(origins: Sequence[Origin], setting: ModelSetting) -> RiskDrivers:
    """Learn from earlier churn windows (``churn_origins``); the model's risk alone counts where they are too few.

    Raises
    ------
    ModelDataError : no purchase model can be fitted before a window.
    """
    columns, outcomes, customers = [], [], []
    for origin in origins:
        forecast = forecast_customers(origin.buyers, fit_models(origin.buyers, setting))
        place = origin.entries.customer_ids.get_indexer(pd.Index(origin.buyers["customer_id"]))
        found = signals(origin.entries.known_by(day_number(origin.window.cutoff)), place)
        risk = logit(forecast.churn_risk(float(origin.days)))
        columns.append(np.column_stack([np.ones(risk.size), risk, found[list(SIGNALS)]]))
        outcomes.append(~origin.active)
        customers.append(place)
    if not columns:
        return _model_alone()
    left = np.concatenate(outcomes).astype(float)
    if min(left.sum(), left.size - left.sum()) < FEWEST_OF_EACH:
        return _model_alone()
    weights, errors = logistic_regression(np.concatenate(columns), left, np.concatenate(customers))
    if weights[1] <= 0:
        return _model_alone()
    kept = np.where(weights[2:] > SMALLEST_Z * errors[2:], weights[2:], 0.0)
    return RiskDrivers(
        float(weights[0]),
        float(weights[1]),
        dict(zip(SIGNALS, kept.tolist(), strict=True)),
        dict(zip(SIGNALS, errors[2:].tolist(), strict=True)),
    )


def risk_reasons(
    forecast: Forecast,
    customer_ids: pd.Series,
    entries: OrderEntries,
    as_of: int,
    window_days: float,
    drivers: RiskDrivers,
) -> RiskReasons:
    """What adds to each customer's risk of no order within the window.

    Parameters
    ----------
    forecast : of today, without a season.
    customer_ids : of its customers, in order.
    entries, as_of : what is known, and the number of today.
    """
    known = entries.known_by(as_of)
    found = signals(known, entries.customer_ids.get_indexer(pd.Index(customer_ids)))
    shop_gap = float(np.nanmedian(found["usual_gap"])) if found["usual_gap"].notna().any() else np.nan
    normal_gap = found["usual_gap"].fillna(shop_gap).to_numpy(dtype=float)
    silence = forecast.T - forecast.recency
    risk = forecast.churn_risk(window_days)
    usual = _as_if_on_time(forecast, normal_gap).churn_risk(window_days)
    now = drivers.log_odds(risk, found)
    without = {
        "silence": drivers.log_odds(np.minimum(usual, risk), found.assign(late=0.0)),
        **{name: now - drivers.weights[name] * found[name].to_numpy() for name in DRIVERS[1:]},
    }
    points = {
        name: 100 * np.maximum(special.expit(now) - special.expit(without[name]), 0.0) for name in DRIVERS
    }
    facts = found.assign(silence=silence, frequency=forecast.frequency, shop_gap=shop_gap)
    return RiskReasons(pd.DataFrame(points), facts)


def _as_if_on_time(forecast: Forecast, usual_gap: FloatArray) -> Forecast:
    """The last purchase one usual gap ago; who bought only once had done so one usual gap of the shop ago."""
    late = (forecast.T - forecast.recency) > usual_gap
    once = forecast.frequency == 0
    return replace(
        forecast,
        recency=np.where(late & ~once, forecast.T - usual_gap, forecast.recency),
        T=np.where(late & once, usual_gap, forecast.T),
    )


def _model_alone() -> RiskDrivers:
    return RiskDrivers(0.0, 1.0, dict.fromkeys(SIGNALS, 0.0), dict.fromkeys(SIGNALS, np.nan))


def logistic_regression(
    columns: FloatArray, outcome: FloatArray, customer: NDArray[np.intp]
) -> tuple[FloatArray, FloatArray]:
    """Weights and their standard errors by Newton's method; a signal that never occurs gets 0 with error infinity."""
    used = columns.std(axis=0) > 0
    used[0] = True
    given = columns[:, used]
    ridge = 1e-6 * np.eye(given.shape[1])
    weights = np.zeros(given.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = special.expit(given @ weights)
        curvature = (given * (chance * (1 - chance))[:, None]).T @ given + ridge
        step = np.linalg.solve(curvature, given.T @ (outcome - chance) - ridge @ weights)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    chance = special.expit(given @ weights)
    bread = np.linalg.inv((given * (chance * (1 - chance))[:, None]).T @ given + ridge)
    each = given * (outcome - chance)[:, None]
    scores = np.column_stack([np.bincount(customer, column) for column in each.T])
    errors = np.sqrt(np.diag(bread @ (scores.T @ scores) @ bread))
    all_weights, all_errors = np.zeros(columns.shape[1]), np.full(columns.shape[1], np.inf)
    all_weights[used], all_errors[used] = weights, errors
    return all_weights, all_errors


def _words(driver: str, fact: Mapping[Hashable, float]) -> str:
    if driver == "silence":
        ago = f"{fact['silence']:,.0f} days ago"
        if fact["frequency"] == 0:
            return f"ordered only once, {ago}; customers who come back usually do within {_days(fact['shop_gap'])}"
        if fact["frequency"] == 1:
            return f"came back once, after {_days(fact['usual_gap'])}; last order {ago}"
        return f"usually orders every {_days(fact['usual_gap'])}, last order {ago}"
    if driver == "value_down":
        return f"order value down {100 * fact['value_down']:.0f} % on the last three"
    if driver == "refunds":
        return f"{('one', 'two', 'all')[int(fact['refunds']) - 1]} of the last {LAST_IN_WORDS} refunded"
    return f"orders {_days(fact['last_gaps'])} apart lately, {_days(fact['earlier_gaps'])} before"


def _days(days: float) -> str:
    return "1 day" if round(days) == 1 else f"{days:,.0f} days"
