"""A file's orders, summarised, and what the models say of them before any money assumption: the costly part."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from functools import cached_property
from threading import Lock
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import IntervalSource, ModelSetting
from clv.economics.acquisition import NewCustomerSpend, RepeatSpend, new_customer_spend, repeat_spend
from clv.forecast import (
    FittedModels,
    Forecast,
    ForecastSets,
    ParameterSets,
    TotalDraws,
    draw_totals,
    drawn_parameters,
    fit_models,
    forecast_customers,
    forecast_under,
    next_order_days,
    relative_parameter_variance,
    resampled_parameters,
)
from clv.history import (
    RFM_SEGMENTS,
    CustomerSummary,
    customer_summary,
    monthly_revenue,
    orders_of_customer,
    rfm_scores,
    rfm_segments,
)
from clv.ingest import Ingested, QualityReport
from clv.scenarios import LeverBase, prepare_levers

EVERYONE = "All customers"
MOST_GROUPS = 60

MIN_BUYERS = 500
MIN_DAYS = 180
MIN_ORDERS_OF_SOME = 3

Key = TypeVar("Key")
Value = TypeVar("Value")


class Dataset:
    """Orders read, summarised and segmented; models are fitted once for each model choice.

    Parameters
    ----------
    ingested : transactions and their quality report.
    as_of : day to count from; the day of the last order when omitted.

    Raises
    ------
    ValueError : there is no order up to ``as_of``.
    """

    def __init__(self, ingested: Ingested, as_of: dt.date | None = None) -> None:
        self.transactions = ingested.transactions
        self.report: QualityReport = ingested.report
        self.summary: CustomerSummary = customer_summary(ingested.transactions, as_of)
        self.buyers: pd.DataFrame = self.summary.buyers.reset_index(drop=True)
        self.scores: pd.DataFrame = rfm_scores(self.buyers)
        self.segment: pd.Series = rfm_segments(self.scores)
        self._models: dict[ModelSetting, FittedModels] = {}
        self._forecasts: dict[ModelSetting, Forecast] = {}
        self._lever_bases: dict[tuple[ModelSetting, str], LeverBase] = {}
        self._parameter_sets: dict[tuple[ModelSetting, IntervalSource], ParameterSets] = {}
        self._forecast_sets: dict[tuple[ModelSetting, IntervalSource], ForecastSets] = {}
        self._group_draws: dict[tuple[ModelSetting, IntervalSource, bytes], TotalDraws] = {}
        self._customer_variance: dict[tuple[ModelSetting, IntervalSource], NDArray[np.float64]] = {}
        self._repeat_spend: dict[tuple[ModelSetting, IntervalSource], RepeatSpend] = {}
        self._next_orders: dict[ModelSetting, pd.DataFrame] = {}
        self._lock = Lock()

    @property
    def as_of(self) -> dt.date:
        """The day to count from."""
        return self.summary.as_of

    @cached_property
    def segment_names(self) -> list[str]:
        """Segments that occur, best first."""
        present = set(self.segment)
        return [name for name in RFM_SEGMENTS if name in present]

    @cached_property
    def segment_groups(self) -> pd.Categorical[str]:
        """The segment of every buyer, best segment first."""
        return pd.Categorical(self.segment, categories=self.segment_names)

    @cached_property
    def monthly_revenue(self) -> pd.DataFrame:
        """Frame month, new, returning: net revenue of new and of returning customers."""
        with self._lock:
            return monthly_revenue(self.transactions, self.as_of)

    @cached_property
    def data_notes(self) -> tuple[str, ...]:
        """What makes a forecast from these data weak, in words; empty where there is enough to go on."""
        days = int(self.buyers["T_days"].max()) if len(self.buyers) else 0
        checks = [
            (
                len(self.buyers) < MIN_BUYERS,
                f"Only {len(self.buyers):,} customers ever paid; below {MIN_BUYERS} a forecast is rough.",
            ),
            (
                days < MIN_DAYS,
                f"The orders span {days} days; below {MIN_DAYS} the model cannot tell a pause from a goodbye.",
            ),
            (
                bool((self.buyers["purchase_days"] < MIN_ORDERS_OF_SOME).all()),
                "Nobody bought on three days or more, so regular buyers cannot be told from chance.",
            ),
        ]
        return tuple(text for applies, text in checks if applies)

    @cached_property
    def groupable_attributes(self) -> list[str]:
        """Columns of the file with few enough values to break down by."""
        return [name for name in self.summary.attributes if 1 < self.buyers[name].nunique() <= MOST_GROUPS]

    def models(self, setting: ModelSetting) -> FittedModels:
        """The models of a setting, fitted on first use.

        Raises
        ------
        ModelDataError : the data cannot identify the model; the message says what they lack.
        ValueError : there is no column to group by of that name.
        """
        if setting.group_by not in (None, *self.groupable_attributes):
            there = ", ".join(self.groupable_attributes) or "none"
            raise ValueError(
                f"Customers cannot be grouped by {setting.group_by}. Columns with 2 to {MOST_GROUPS} values: {there}."
            )
        return self._once(self._models, setting, lambda: fit_models(self.buyers, setting))

    def forecast(self, setting: ModelSetting) -> Forecast:
        """The forecast of every buyer, in the row order of ``buyers``; errors as ``models``."""
        models = self.models(setting)
        return self._once(self._forecasts, setting, lambda: forecast_customers(self.buyers, models))

    def parameter_sets(self, setting: ModelSetting, intervals: IntervalSource) -> ParameterSets:
        """Equally good guesses of the parameters, drawn or refitted on first use.

        Raises
        ------
        ModelDataError : too few resamples of the customers can be fitted.
        """
        models = self.models(setting)
        key = setting, intervals
        if intervals == "bootstrap":
            forecast = self.forecast(setting)
            return self._once(self._parameter_sets, key, lambda: resampled_parameters(forecast))
        return self._once(self._parameter_sets, key, lambda: drawn_parameters(models))

    def forecast_sets(self, setting: ModelSetting, intervals: IntervalSource) -> ForecastSets:
        """The forecast under every parameter set; errors as ``parameter_sets``."""
        forecast, parameters = self.forecast(setting), self.parameter_sets(setting, intervals)
        return self._once(
            self._forecast_sets, (setting, intervals), lambda: forecast_under(forecast, parameters)
        )

    def is_ready(self, setting: ModelSetting, intervals: IntervalSource) -> bool:
        """Whether the slow part is done: models fitted and parameter sets evaluated."""
        return (setting, intervals) in self._forecast_sets

    def lever_base(self, setting: ModelSetting, segment: str) -> LeverBase:
        """The customers of a segment (or all) ready for what-if levers, binned on first use."""
        forecast = self.forecast(setting)
        members = None if segment == EVERYONE else (self.segment == segment).to_numpy()
        return self._once(self._lever_bases, (setting, segment), lambda: prepare_levers(forecast, members))

    def group_draws(
        self, setting: ModelSetting, intervals: IntervalSource, groups: pd.Categorical[str]
    ) -> TotalDraws:
        """Totals of the groups of buyers under every parameter set, computed once per grouping."""
        sets = self.forecast_sets(setting, intervals)
        codes, count = groups.codes.astype(np.intp), len(groups.categories)
        key = setting, intervals, hashlib.sha256(codes.tobytes()).digest()
        return self._once(self._group_draws, key, lambda: draw_totals(sets, codes, count))

    def customer_variance(self, setting: ModelSetting, intervals: IntervalSource) -> NDArray[np.float64]:
        """How much each buyer's expected spend differs between parameter sets, computed on first use.

        Relative variance at several month ends, see ``relative_parameter_variance``.
        """
        sets = self.forecast_sets(setting, intervals)
        return self._once(
            self._customer_variance, (setting, intervals), lambda: relative_parameter_variance(sets)
        )

    def new_customer_spend(
        self, setting: ModelSetting, intervals: IntervalSource, members: NDArray[np.bool_] | None = None
    ) -> NewCustomerSpend:
        """What a new customer like the buyers (or those of them where ``members`` is true) spends."""
        models, parameters = self.models(setting), self.parameter_sets(setting, intervals)
        later = self._once(self._repeat_spend, (setting, intervals), lambda: repeat_spend(models, parameters))
        like = self.buyers if members is None else self.buyers[members]
        first_orders = like["first_order_value"].to_numpy(dtype=float)
        return new_customer_spend(later, models.model_numbers(like), first_orders)

    def next_orders(self, setting: ModelSetting) -> pd.DataFrame:
        """When each buyer's next order is due, computed on first use.

        Frame next_order_low, next_order_date, next_order_high: the days by which it has come in 1, 5 and 9 of
        10 cases, given that another order comes at all; NaT for days later than 3 years (36 months).
        """
        forecast = self.forecast(setting)

        def make() -> pd.DataFrame:
            days = np.ceil(next_order_days(forecast))  # an order within the first day from now is tomorrow's
            names = ("next_order_low", "next_order_date", "next_order_high")
            return pd.DataFrame(
                {
                    name: pd.Timestamp(self.as_of) + pd.to_timedelta(days[:, i], unit="D")
                    for i, name in enumerate(names)
                }
            )

        return self._once(self._next_orders, setting, make)

    def orders_of(self, customer_id: str) -> pd.DataFrame:
        """One customer's orders, oldest first: ordered_at, order_id, amount, items."""
        with self._lock:  # one connection serves every thread
            return orders_of_customer(self.transactions, customer_id)

    def _once(self, made: dict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
        """What was made for the key, made now if it is asked for the first time."""
        with self._lock:
            if key not in made:
                made[key] = make()
            return made[key]
