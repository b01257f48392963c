"""What the models say of a shop under one model setting, before any money assumption: the costly part."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable
from dataclasses import dataclass
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
from clv.scenarios import LeverBase, prepare_levers
from clv.shop import MOST_GROUPS, Shop

EVERYONE = "All customers"

Value = TypeVar("Value")


@dataclass(frozen=True)
class ShopForecast:
    """A shop's customers under one model setting. Each part is computed once for all who show the shop.

    Parts raise ModelDataError where the data cannot identify a model, and ValueError where there is no column to
    group by of the setting's name.
    """

    shop: Shop
    setting: ModelSetting

    @property
    def models(self) -> FittedModels:
        """The models of the setting.

        Raises
        ------
        ModelDataError : the data cannot identify the model; the message says what they lack.
        ValueError : there is no column to group by of that name.
        """
        groupable = self.shop.groupable_attributes
        if self.setting.group_by not in (None, *groupable):
            raise ValueError(
                f"Customers cannot be grouped by {self.setting.group_by}. Columns with 2 to {MOST_GROUPS} values: "
                f"{', '.join(groupable) or 'none'}."
            )
        return self._once("models", lambda: fit_models(self.shop.buyers, self.setting))

    @property
    def forecast(self) -> Forecast:
        """The forecast of every buyer, in the row order of ``shop.buyers``."""
        return self._once("forecast", lambda: forecast_customers(self.shop.buyers, self.models))

    def parameter_sets(self, intervals: IntervalSource) -> ParameterSets:
        """Equally good guesses of the parameters, drawn or refitted.

        Raises
        ------
        ModelDataError : too few resamples of the customers can be fitted.
        """

        def make() -> ParameterSets:
            bootstrap = intervals == "bootstrap"
            return resampled_parameters(self.forecast) if bootstrap else drawn_parameters(self.models)

        return self._once(("parameter sets", intervals), make)

    def forecast_sets(self, intervals: IntervalSource) -> ForecastSets:
        """The forecast under every parameter set; errors as ``parameter_sets``."""
        return self._once(
            ("forecast sets", intervals),
            lambda: forecast_under(self.forecast, self.parameter_sets(intervals)),
        )

    def is_ready(self, intervals: IntervalSource) -> bool:
        """Whether the slow part is done: models fitted and parameter sets evaluated."""
        return self._key(("forecast sets", intervals)) in self.shop.memo

    def lever_base(self, segment: str) -> LeverBase:
        """The customers of a segment (or all) ready for what-if levers, binned."""
        members = None if segment == EVERYONE else (self.shop.segment == segment).to_numpy()
        return self._once(("lever base", segment), lambda: prepare_levers(self.forecast, members))

    def group_draws(self, intervals: IntervalSource, groups: pd.Categorical[str]) -> TotalDraws:
        """Totals of the groups of buyers under every parameter set, once per grouping."""
        codes, count = groups.codes.astype(np.intp), len(groups.categories)
        grouping = hashlib.sha256(codes.tobytes()).digest()
        return self._once(
            ("group draws", intervals, grouping),
            lambda: draw_totals(self.forecast_sets(intervals), codes, count),
        )

    def customer_variance(self, intervals: IntervalSource) -> NDArray[np.float64]:
        """How much each buyer's expected spend differs between parameter sets.

        Relative variance at several month ends, see ``relative_parameter_variance``.
        """
        return self._once(
            ("customer variance", intervals),
            lambda: relative_parameter_variance(self.forecast_sets(intervals)),
        )

    def new_customer_spend(
        self, intervals: IntervalSource, members: NDArray[np.bool_] | None = None
    ) -> NewCustomerSpend:
        """What a new customer like the buyers (or those of them where ``members`` is true) spends."""

        def make() -> RepeatSpend:
            return repeat_spend(self.models, self.parameter_sets(intervals))

        like = self.shop.buyers if members is None else self.shop.buyers[members]
        first_orders = like["first_order_value"].to_numpy(dtype=float)
        later = self._once(("repeat spend", intervals), make)
        return new_customer_spend(later, self.models.model_numbers(like), first_orders)

    @property
    def next_orders(self) -> pd.DataFrame:
        """When each buyer's next order is due.

        Frame next_order_low, next_order_date, next_order_high: the days by which it has come in 1, 5 and 9 of
        10 cases, given that another order comes at all; NaT for days later than 3 years (36 months).
        """

        def make() -> pd.DataFrame:
            # An order within the first day from now is tomorrow's.
            days = np.ceil(next_order_days(self.forecast))
            today, names = (
                pd.Timestamp(self.shop.as_of),
                ("next_order_low", "next_order_date", "next_order_high"),
            )
            return pd.DataFrame(
                {name: today + pd.to_timedelta(days[:, i], unit="D") for i, name in enumerate(names)}
            )

        return self._once("next orders", make)

    def _key(self, what: Hashable) -> Hashable:
        return self.setting, what

    def _once(self, what: Hashable, make: Callable[[], Value]) -> Value:
        return self.shop.memo.once(self._key(what), make)
