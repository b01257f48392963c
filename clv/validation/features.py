"""What a customer's orders up to a cut-off say, as columns a learner can use; nothing after the cut-off is read."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.forecast import FittedModels
from clv.models.distinct import distinct_rows
from clv.validation.order_entries import KnownDays

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

WINDOWS = (30, 90, 180, 365)
YEAR_DAYS = 365
FEW_VALUES = range(2, 31)
SMALLEST_PROBABILITY = 1e-6


def order_features(days: KnownDays, horizon: int) -> pd.DataFrame:
    """Features of each customer who had bought by the cut-off, indexed by the place in the entries.

    A customer's row depends on the own orders alone. Columns: frequency, recency_days, T_days, monetary_value as
    in the customer summary, days_since; purchases and spend of the last 30 to 365 days; the gaps between purchases
    (mean, spread, last, days_since over the usual one); the trend; first, last and largest amounts; refunds and
    discounts as shares; and what was bought in the same days a year before. NaN where the history is too short to say.

    Parameters
    ----------
    days : what was known on the cut-off.
    horizon : length of the period to be predicted, days.
    """
    revenue = np.bincount(days.customer, days.net).astype(float)
    refunded = np.bincount(days.customer, days.refunded).astype(float)
    refunded_lately = np.bincount(days.customer, days.refunded * (days.day > days.cutoff - WINDOWS[1]))
    refunded_lately = refunded_lately.astype(float)
    paid = days.net > 0
    places, who = np.unique(days.customer[paid & (revenue[days.customer] > 0)], return_inverse=True)
    kept = paid & (revenue[days.customer] > 0)
    day, net = days.day[kept].astype(float), days.net[kept]
    count = places.size

    def total(values: FloatArray) -> FloatArray:
        return np.bincount(who, values, count).astype(float)

    purchases = np.bincount(who, minlength=count).astype(float)
    last_row = np.cumsum(purchases).astype(np.int64) - 1
    first_row = last_row - purchases.astype(np.int64) + 1
    first, last = day[first_row], day[last_row]
    ago, x, T = days.cutoff - day, purchases - 1, days.cutoff - first
    since = days.cutoff - last
    repeat_net = total(net) - net[first_row]
    discounted = total(days.discounted[kept])
    columns = {
        "frequency": x,
        "recency_days": last - first,
        "T_days": T,
        "monetary_value": np.where(x > 0, repeat_net / np.maximum(x, 1), 0.0),
        "days_since": since,
        "since_share": since / np.maximum(T, 1),
        "revenue": revenue[places],
        "mean_spend": total(net) / purchases,
        "first_spend": net[first_row],
        "last_spend": net[last_row],
        "largest_spend": np.maximum.reduceat(net, first_row) if count else net,
        "rate": x / np.maximum(T, 1),
        "refunded_share": refunded[places] / np.maximum(revenue[places] + refunded[places], 1e-9),
        "refunded_lately": refunded_lately[places],
        "discount_share": discounted / np.maximum(total(net) + discounted, 1e-9),
        "orders_per_day": total(days.orders[kept].astype(float)) / purchases,
        "lines_per_day": total(days.lines[kept].astype(float)) / purchases,
    }
    for window in WINDOWS:
        within = (ago < window).astype(float)
        columns[f"purchases_{window}"], columns[f"spend_{window}"] = total(within), total(within * net)
    late = total((ago < T[who] / 2).astype(float))
    columns["trend"] = np.log((late + 0.5) / (purchases - late + 0.5))
    columns |= _gaps(day, first_row, last_row, since)
    a_year_before = (ago < YEAR_DAYS) & (ago >= YEAR_DAYS - horizon)
    columns["year_before"] = np.where(T >= YEAR_DAYS, total(a_year_before.astype(float)), np.nan)
    return pd.DataFrame(columns, index=places)


def model_features(features: pd.DataFrame, models: FittedModels, horizon: int) -> pd.DataFrame:
    """What fitted models say of the same customers for the period ahead.

    Columns model_alive, model_active (probability of buying at all), model_purchases, model_spend (per purchase).
    The models must have been fitted on what was known on the cut-off of the features.
    """
    names = ("frequency", "recency_days", "T_days")
    states, state = distinct_rows(*(features[name].to_numpy(dtype=float) for name in names))
    model = models.purchases
    alive = model.probability_alive(*states)
    values = {
        "model_alive": alive[state],
        "model_active": model.probability_of_purchase(horizon, *states)[state],
        "model_purchases": model.expected_purchases(horizon, *states)[state],
        "model_spend": models.spend.expected_spend(features["frequency"], features["monetary_value"]),
    }
    return pd.DataFrame(values, index=features.index)


def category_features(first_touch: pd.DataFrame) -> pd.DataFrame:
    """The attributes with two to thirty different values as numbers 0, 1, ..., NaN where unknown."""
    found = {}
    for name in first_touch:
        codes, values = pd.factorize(first_touch[name], sort=True)
        if len(values) in FEW_VALUES:
            found[str(name)] = np.where(codes >= 0, codes, np.nan)
    return pd.DataFrame(found, index=np.arange(len(first_touch)))


def logit(probability: FloatArray) -> FloatArray:
    """Log odds, kept finite."""
    safe = np.clip(probability, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY)
    return np.log(safe / (1 - safe))


def _gaps(
    day: FloatArray, first_row: IntArray, last_row: IntArray, since: FloatArray
) -> dict[str, FloatArray]:
    """Of the days between purchases; NaN for customers who bought once, the spread for those who did twice."""
    number = last_row - first_row
    steps = np.diff(day, prepend=day[:1])
    steps[first_row] = 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (day[last_row] - day[first_row]) / np.where(number > 0, number, np.nan)
        squares = np.add.reduceat(steps**2, first_row) if first_row.size else steps
        spread = np.sqrt(np.maximum(squares / np.where(number > 1, number, np.nan) - mean**2, 0.0))
        return {
            "gap_mean": mean,
            "gap_spread": spread / mean,
            "gap_last": np.where(number > 0, steps[last_row], np.nan),
            "gap_longest": np.where(number > 0, np.maximum.reduceat(steps, first_row), np.nan)
            if first_row.size
            else mean,
            "since_over_gap": since / mean,
        }
