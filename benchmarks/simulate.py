"""Shops simulated from the models' own stories, with the future known.

Used by the benchmarks and by the recovery tests. A million customers take seconds: all customers still buying
move on by one purchase at a time, as arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.models import BetaGeoNBD, GammaGamma, ModifiedBetaGeoNBD, ParetoNBD, PurchaseModel

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.intp]

# An ordinary shop, times in days: repeat rates of about seven a year, a quarter leave at each purchase.
ORDINARY: dict[str, PurchaseModel] = {
    "BG/NBD": BetaGeoNBD.from_params(r=0.6, alpha=30.0, a=0.8, b=2.5),
    "MBG/NBD": ModifiedBetaGeoNBD.from_params(r=0.8, alpha=30.0, a=0.8, b=2.5),
    "Pareto/NBD": ParetoNBD.from_params(r=0.7, alpha=35.0, s=0.6, beta=90.0),
}
ORDINARY_SPEND = GammaGamma.from_params(p=4.0, q=4.5, v=35.0)  # 40 a purchase
TWO_YEARS = (1.0, 730.0)


@dataclass(frozen=True)
class Shop:
    """What happened to each customer of a simulated shop, arrays of shape (customers,).

    Attributes
    ----------
    frequency, recency, T : the history, days; monetary_value : mean of its repeat purchases, 0 without any.
    future_purchases, future_spend : what followed within the horizon after T.
    """

    frequency: FloatArray
    recency: FloatArray
    T: FloatArray
    monetary_value: FloatArray
    future_purchases: FloatArray
    future_spend: FloatArray

    def buyers(self) -> pd.DataFrame:
        """The history as the frame that ``clv.forecast`` takes."""
        return pd.DataFrame(
            {
                "frequency": self.frequency,
                "recency_days": self.recency,
                "T_days": self.T,
                "monetary_value": self.monetary_value,
            }
        )


def simulate_shop(
    model: PurchaseModel,
    customers: int,
    seed: int,
    *,
    spend: GammaGamma = ORDINARY_SPEND,
    period: tuple[float, float] = TWO_YEARS,
    horizon: float = 0.0,
    whole_days: bool = False,
) -> Shop:
    """Draw a shop from the process behind ``model`` (parameters in days) and ``spend``.

    Parameters
    ----------
    period : T is uniform between these, days.
    horizon : days after T for which the future is drawn.
    whole_days : with dates instead of times, as the app's history: every customer starts at a random moment
        of day 0, several purchases of one day are one (worth one draw of the spend), T counts whole days of
        which the last is complete, and amounts are whole cents. Otherwise times are continuous.
    """
    rng = np.random.default_rng(seed)
    T = rng.uniform(*period, customers)
    if whole_days:
        T = np.floor(T)
    frequency, recency, future = _purchases(rng, model, T, horizon, whole_days)
    _, q, v = spend.params_.values()
    rate = rng.gamma(q, 1 / v, customers)
    past_spend, future_spend = (_spend(rng, spend, rate, count) for count in (frequency, future))
    if whole_days:
        past_spend = np.where(frequency > 0, np.maximum(np.round(past_spend, 2), 0.01), 0.0)
    return Shop(frequency, recency, T, past_spend / np.maximum(frequency, 1), future, future_spend)


def _purchases(
    rng: np.random.Generator, model: PurchaseModel, T: FloatArray, horizon: float, whole_days: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Repeat purchases until T, time of the last of them, and purchases in (T, T + horizon]."""
    customers = T.size
    rate, coin, leaves = _propensities(rng, model, customers)
    start = rng.random(customers) if whole_days else np.zeros(customers)
    frequency, recency, future, last = (np.zeros(customers) for _ in range(4))
    who = np.arange(customers)
    if isinstance(model, ModifiedBetaGeoNBD):
        who = who[rng.random(customers) >= coin]
    clock = np.zeros(who.size)
    while who.size:
        clock = clock + rng.exponential(1 / rate[who])
        moment = np.floor(start[who] + clock) if whole_days else clock
        happens = (clock <= leaves[who]) & (moment <= T[who] + horizon)
        who, clock, moment = who[happens], clock[happens], moment[happens]
        counts = moment > last[who]
        _count(who[counts], moment[counts], T, frequency, recency, future)
        last[who] = moment
        stays = rng.random(who.size) >= coin[who]
        who, clock = who[stays], clock[stays]
    return frequency, recency, future


def _propensities(
    rng: np.random.Generator, model: PurchaseModel, customers: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Each customer's purchase rate, probability of leaving at a purchase, and moment of leaving else."""
    r, alpha, first, second = model.params_.values()
    rate = np.maximum(rng.gamma(r, 1 / alpha, customers), 1e-100)
    if isinstance(model, ParetoNBD):
        dropout = np.maximum(rng.gamma(first, 1 / second, customers), 1e-100)
        return rate, np.zeros(customers), rng.exponential(1 / dropout)
    return rate, rng.beta(first, second, customers), np.full(customers, np.inf)


def _count(
    who: IntArray,
    moment: FloatArray,
    T: FloatArray,
    frequency: FloatArray,
    recency: FloatArray,
    future: FloatArray,
) -> None:
    """Enter one purchase of each of ``who`` into the history or the future."""
    seen = moment <= T[who]
    frequency[who[seen]] += 1
    recency[who[seen]] = moment[seen]
    future[who[~seen]] += 1


def _spend(rng: np.random.Generator, spend: GammaGamma, rate: FloatArray, count: FloatArray) -> FloatArray:
    """Sum of ``count`` purchases, each Gamma(p, rate)."""
    buys = count > 0
    total = np.zeros(count.size)
    total[buys] = rng.gamma(spend.params_["p"] * count[buys]) / rate[buys]
    return total
