"""Order files of shops with known behaviour."""

from __future__ import annotations

import pandas as pd

from clv.ingest import OrderFile, read_orders
from clv.models import GammaGamma, ModifiedBetaGeoNBD
from clv.simulate import Group, simulate_shop

BASKETS = GammaGamma.from_params(p=12.0, q=6.0, v=16.7)  # 40 an order


def order_lines(customers, days, seed, *, season=None, rate=1 / 40):
    """Orders of customers of two channels who buy at random and leave after each order with a probability near 0.15.

    ``rate`` is the mean rate per day over 1.5; ``season`` the pace of repeat orders by calendar month.
    """
    habits = ModifiedBetaGeoNBD.from_params(r=1.5, alpha=1 / rate, a=150.0, b=850.0)
    groups = [
        Group(habits, size, BASKETS, (0.0, 0.9 * days), {"channel": channel})
        for channel, size in (("sale", customers // 2), ("search", customers - customers // 2))
    ]
    return simulate_shop(groups, days, seed, season=season).order_lines()


def lapsing(frame):
    """The same orders, but those of channel "sale" stop 60 days after the first."""
    since_first = frame["order_date"] - frame.groupby("customer_id")["order_date"].transform("min")
    return frame[(frame["channel"] != "sale") | (since_first <= pd.Timedelta(days=60))]


def read(frame, folder):
    """The transactions of an order frame, read through a file."""
    path = folder / "orders.csv"
    frame.to_csv(path, index=False)
    return read_orders([OrderFile(path.name, path)], currency="EUR")
