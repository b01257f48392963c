"""Files of small shops, as users hand them in."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tests.conftest import SAMPLE_ORDERS

ONE_CUSTOMER = b"customer,date,amount\na,2024-01-31,5\na,2024-03-01,6\n"
NOBODY_TWICE = (
    "customer,date,amount\n" + "\n".join(f"c{i},2024-{i % 12 + 1:02d}-05,{10 + i}.50" for i in range(60))
).encode()

WITHOUT_DATES = b"customer_id,amount\na,1\nb,2\n"


def own_orders(customers: int = 700, seed: int = 3) -> bytes:
    """An order file of another shop: other names, other separators, repeat buyers."""
    rng = np.random.default_rng(seed)
    visits = rng.geometric(0.4, customers)
    rows = pd.DataFrame({"Klient": np.repeat(np.arange(customers), visits)})
    rows["Data"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700, len(rows)), unit="D")
    rows["Kwota"] = rng.gamma(4, 20, len(rows)).round(2)
    return rows.to_csv(sep=";", decimal=",", index=False, date_format="%d.%m.%Y").encode("cp1250")


def few_orders() -> bytes:
    """A shop with repeat buyers, too small for a forecast to rely on."""
    return own_orders(customers=120)


def gone_orders() -> bytes:
    """A shop whose customers bought every three months or so, and all but a few stopped at once."""
    rng = np.random.default_rng(2)
    rows = []
    for number in range(510):
        last = 600 if number < 30 else 400
        days = np.arange(rng.integers(0, 300), last, rng.integers(80, 120))
        rows += [(f"c{number}", day, round(rng.gamma(4, 10), 2)) for day in days]
    frame = pd.DataFrame(rows, columns=["customer", "day", "amount"])
    frame["date"] = pd.Timestamp("2023-01-01") + pd.to_timedelta(frame.pop("day"), unit="D")
    return frame.to_csv(index=False, date_format="%Y-%m-%d").encode()


def sample_orders(customers: int) -> bytes:
    """The order lines of the sample shop's first customers, with all their columns."""
    heading, *lines = SAMPLE_ORDERS.read_text().splitlines()
    wanted = [line for line in lines if int(line[1 : line.index(",")]) <= customers]
    return "\n".join([heading, *wanted]).encode()


def customer_table() -> bytes:
    """A table of customers, without their orders."""
    rng = np.random.default_rng(5)
    frequency = rng.geometric(0.4, 900) - 1
    T = rng.integers(200, 700, 900)
    table = pd.DataFrame({"customer_id": [f"k{n}" for n in range(900)], "frequency": frequency})
    table["recency"] = np.where(frequency > 0, (T * rng.uniform(0.1, 0.9, 900)).round(), 0)
    return table.assign(T=T, monetary_value=rng.gamma(4, 10, 900).round(2)).to_csv(index=False).encode()
