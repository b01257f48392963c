"""When each channel wins its customers, and what it pays for them, day by day."""

from datetime import date, timedelta

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from parameters import CHANNELS, CUSTOMERS, DAYS, FIRST_DAY, SEASON_BY_MONTH, WEEKDAY_PULL, Channel

CAC_INFLATION = 0.35
"""How much dearer a new customer is at the end of the period than at its start."""


def calendar_date(day: int) -> date:
    """Date of a day counted from the first day of the period."""
    return FIRST_DAY + timedelta(days=day)


def daily_pull(channel: Channel) -> NDArray[np.float64]:
    """Relative number of customers that a channel wins on each day: growth x season x weekday."""
    growth = np.linspace(1.0, channel.growth, DAYS)
    dates = [calendar_date(day) for day in range(DAYS)]
    season = np.array([SEASON_BY_MONTH.get(d.month, 1.0) * WEEKDAY_PULL[d.weekday()] for d in dates])
    pull: NDArray[np.float64] = growth * season
    return pull


def customers_by_channel() -> dict[str, int]:
    """Number of customers that each channel wins over the period."""
    return {channel.name: round(channel.share * CUSTOMERS) for channel in CHANNELS}


def first_purchase_times(channel: Channel, rng: Generator) -> NDArray[np.float64]:
    """Moment of the first purchase of each of a channel's customers, in days from the period's start."""
    pull = daily_pull(channel)
    number = customers_by_channel()[channel.name]
    return rng.choice(DAYS, size=number, p=pull / pull.sum()) + rng.random(number)


def media_spend(channel: Channel, rng: Generator) -> NDArray[np.int64]:
    """Spend of each day in cents: it follows the customers won, grows dearer, and adds up to the CAC."""
    dearer = np.linspace(1.0, 1.0 + CAC_INFLATION, DAYS)
    weights = daily_pull(channel) * dearer * rng.lognormal(mean=0.0, sigma=0.15, size=DAYS)
    total = channel.cac * customers_by_channel()[channel.name]
    cents: NDArray[np.int64] = np.rint(100 * total * weights / weights.sum()).astype(np.int64)
    return cents
