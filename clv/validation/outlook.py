"""The days ahead, customer by customer: the forecast that the backtest chose, beside the app's model and a naive rule.

The same candidates as in the backtest predict from a cut-off at the last day known, trained on everything up to it.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from clv.forecast import FittedModels
from clv.ingest import Transactions
from clv.models import ModelDataError
from clv.validation.order_entries import read_entries
from clv.validation.origins import BacktestError, Origin, Window, read_origin
from clv.validation.predictions import Candidate, Prediction, predict_by_model

Role = Literal["chosen", "model", "baseline"]
ROLES: tuple[Role, ...] = ("chosen", "model", "baseline")
QUANTITIES = ("order_days", "spend", "chance")


@dataclass(frozen=True)
class Outlook:
    """What several forecasts expect of every customer in the days after the last one known.

    Attributes
    ----------
    window : the last day known, and the last day predicted.
    customer_ids : shape (customers,).
    names : of the forecast in each role; the chosen one may be the model too.
    predictions : by role; of the same customers.
    failed : roles whose forecast could not be made, and why.
    """

    window: Window
    customer_ids: pd.Series
    names: dict[Role, str]
    predictions: dict[Role, Prediction]
    failed: dict[Role, str]

    @property
    def days(self) -> int:
        """Length of the period ahead, days."""
        return self.window.days

    def table(self) -> pd.DataFrame:
        """One row per customer, largest expected spend first.

        Frame customer_id, then for each role (chosen, model, baseline) <role>_order_days and <role>_spend (expected, money)
        and <role>_chance (probability of at least one order); blank where the forecast failed.
        """
        columns: dict[str, object] = {"customer_id": self.customer_ids}
        for role in ROLES:
            found = self.predictions.get(role)
            values = (np.nan,) * 3 if found is None else (found.purchases, found.spend, found.active)
            columns |= {f"{role}_{name}": value for name, value in zip(QUANTITIES, values, strict=True)}
        first = next(role for role in ROLES if role in self.predictions)
        table = pd.DataFrame(columns)
        return table.sort_values(
            [f"{first}_spend", "customer_id"], ascending=[False, True], ignore_index=True
        )

    def totals(self) -> pd.DataFrame:
        """Frame role, forecast (name), order_days, spend (money), customers (expected to order): of all customers."""
        return pd.DataFrame(
            [
                {
                    "role": role,
                    "forecast": self.names[role],
                    "order_days": float(prediction.purchases.sum()),
                    "spend": float(prediction.spend.sum()),
                    "customers": float(prediction.active.sum()),
                }
                for role, prediction in self.predictions.items()
            ]
        )


def origin_today(transactions: Transactions, as_of: dt.date, days: int) -> Origin:
    """What is known on the last day, with so many days ahead to predict; what they bring is not known.

    Raises
    ------
    BacktestError : nobody had bought by then.
    """
    window = Window(as_of, as_of + dt.timedelta(days=days))
    return read_origin(transactions, window, read_entries(transactions, as_of))


def look_ahead(
    origin: Origin, chosen: Candidate, model: tuple[str, FittedModels], baseline: Candidate
) -> Outlook:
    """Predict the period of an origin by the candidate chosen, by fitted models and by a baseline.

    Parameters
    ----------
    origin : see ``origin_today``.
    chosen, baseline : of a backtest; trained anew on what is known at the origin.
    model : name and fits of the models that the app uses.
    """
    name, models = model
    predictors = {
        "chosen": (chosen.name, chosen.predict),
        "model": (name, lambda at: predict_by_model(at, models)),
        "baseline": (baseline.name, baseline.predict),
    }
    predictions: dict[Role, Prediction] = {}
    failed: dict[Role, str] = {}
    for role in ROLES:
        try:
            predictions[role] = predictors[role][1](origin)
        except (BacktestError, ModelDataError) as error:
            failed[role] = str(error)
    return Outlook(
        origin.window,
        origin.buyers["customer_id"],
        {role: predictors[role][0] for role in ROLES},
        predictions,
        failed,
    )
