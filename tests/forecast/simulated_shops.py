"""Shops with known parameters: a history, and what followed it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clv.models import GammaGamma, ModifiedBetaGeoNBD

TRUTH = ModifiedBetaGeoNBD.from_params(r=0.8, alpha=45.0, a=0.8, b=2.4)
SPEND = GammaGamma.from_params(p=5.0, q=4.2, v=25.0)
CALIBRATION, HOLDOUT = 540, 365


def simulated_shop(customers, seed):
    """Orders of a shop with known parameters: history up to day 540 and spend in the year after it."""
    rng = np.random.default_rng(seed)
    rate, dropout = rng.gamma(0.8, 1 / 45.0, customers), rng.beta(0.8, 2.4, customers)
    nu = rng.gamma(4.2, 1 / 25.0, customers)
    born = rng.integers(0, 500, customers).astype(float)
    rows, clock, alive = [], born.copy(), rng.random(customers) >= dropout
    who = np.arange(customers)
    while alive.any():
        clock = clock + rng.exponential(1 / rate)
        alive = alive & (clock < CALIBRATION + HOLDOUT)
        rows.append(
            pd.DataFrame({"who": who[alive], "day": clock[alive], "spend": rng.gamma(5.0, 1 / nu[alive])})
        )
        alive = alive & (rng.random(customers) >= dropout)
    orders = pd.concat(rows)
    seen = orders[orders["day"] < CALIBRATION].groupby("who")
    later = orders[orders["day"] >= CALIBRATION].groupby("who")["spend"].sum().reindex(who, fill_value=0.0)
    x = seen.size().reindex(who, fill_value=0)
    buyers = pd.DataFrame(
        {
            "frequency": x,
            "recency_days": (seen["day"].max().reindex(who) - born).fillna(0.0),
            "T_days": CALIBRATION - born,
            "monetary_value": seen["spend"].mean().reindex(who, fill_value=0.0),
        }
    )
    return buyers, later.to_numpy()
