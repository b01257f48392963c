"""P(alive) of one customer week by week, as it was on each day with what was known then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from clv.models import PurchaseModel

STEP_DAYS = 7


def alive_path(model: PurchaseModel, purchase_days: Sequence[dt.date], as_of: dt.date) -> pd.DataFrame:
    """Frame day, probability_alive: weekly since the first purchase, on every day of purchase, and on ``as_of``.

    Each day counts only the purchases up to it. The model is today's throughout.

    Parameters
    ----------
    model : fitted in days.
    purchase_days : the customer's days of purchase, in any order; those after ``as_of`` are left out.

    Raises
    ------
    ValueError : no purchase by ``as_of``.
    """
    bought = np.unique(np.array(list(purchase_days), dtype="datetime64[D]"))
    last = np.datetime64(as_of, "D")
    bought = bought[bought <= last]
    if bought.size == 0:
        raise ValueError(f"The customer had not bought by {as_of.isoformat()}.")
    days = np.unique(np.r_[np.arange(bought[0], last, STEP_DAYS), bought, last])
    repeats = np.searchsorted(bought, days, side="right") - 1
    alive = model.probability_alive(
        repeats.astype(float),
        (bought[repeats] - bought[0]).astype(float),
        (days - bought[0]).astype(float),
    )
    return pd.DataFrame({"day": days.astype("datetime64[s]"), "probability_alive": alive})
