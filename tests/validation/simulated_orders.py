"""Order files of shops with known behaviour."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clv.ingest import OrderFile, read_orders
from clv.models import ModifiedBetaGeoNBD, ParetoNBD

START = pd.Timestamp("2023-01-01")
FLAT = np.ones(12)


def order_lines(customers, days, seed, *, season=FLAT, lapsing_channel=False, rate=1 / 40):
    """Orders of customers who buy at random and leave with probability 0.15 after each order.

    With ``lapsing_channel`` those of channel "sale" buy as the others for 60 days and then never again.
    ``rate`` is the mean rate per day over 1.5; ``season`` thins or thickens repeat orders by calendar month.
    """
    rng = np.random.default_rng(seed)
    most = season.max()
    rows = []
    for number in range(customers):
        day = rng.uniform(0, days * 0.9)
        born, channel = day, rng.choice(["sale", "search"])
        own_rate, value = rng.gamma(1.5, rate), rng.gamma(4, 10)
        while day < days:
            rows.append((f"c{number:05d}", int(day), round(value * rng.uniform(0.5, 1.5) + 0.01, 2), channel))
            if rng.random() < 0.15:
                break
            while day < days:
                day += rng.exponential(1 / (own_rate * most))
                month = (START + pd.Timedelta(days=int(day))).month - 1
                if rng.random() < season[month] / most:
                    break
            if lapsing_channel and channel == "sale" and day > born + 60:
                break
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount", "channel"])
    frame["order_date"] = (START + pd.to_timedelta(frame.pop("day"), unit="D")).dt.strftime("%Y-%m-%d 12:00")
    return frame.assign(order_id=np.arange(len(frame)))


def read(frame, folder):
    """The transactions of an order frame, read through a file."""
    path = folder / "orders.csv"
    frame.to_csv(path, index=False)
    return read_orders([OrderFile(path.name, path)], currency="EUR")


def orders_from(model, spend, customers, days, seed):
    """Orders as ``model`` and ``spend`` (parameters in days) say: first ones on random days of the first nine tenths.

    A customer's first order starts the process; under MBG/NBD the customer may leave right after it, under BG/NBD
    after every later one, under Pareto/NBD at any moment.
    """
    rng = np.random.default_rng(seed)
    r, alpha, first, second = model.params_.values()
    p, q, v = spend.params_.values()
    rows = []
    for number in range(customers):
        day, rate, worth = rng.uniform(0, days * 0.9), rng.gamma(r, 1 / alpha), rng.gamma(q, 1 / v)
        dropout = 0.0 if isinstance(model, ParetoNBD) else rng.beta(first, second)
        end = (
            day + rng.exponential(1 / rng.gamma(first, 1 / second)) if isinstance(model, ParetoNBD) else days
        )
        may_leave = isinstance(model, ModifiedBetaGeoNBD)
        while day < min(days, end):
            rows.append((f"c{number:05d}", int(day), max(round(rng.gamma(p, 1 / worth), 2), 0.01)))
            if may_leave and rng.random() < dropout:
                break
            may_leave = True
            day += rng.exponential(1 / max(rate, 1e-12))
    frame = pd.DataFrame(rows, columns=["customer_id", "day", "amount"])
    frame["order_date"] = (START + pd.to_timedelta(frame.pop("day"), unit="D")).dt.strftime("%Y-%m-%d 12:00")
    return frame.assign(order_id=np.arange(len(frame)))
