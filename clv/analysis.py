"""One data set under one set of assumptions; each part is computed once, when first asked."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import Assumptions, IntervalSource, ModelChoice
from clv.economics import (
    ClvRanges,
    NewCustomer,
    Total,
    breakdown,
    clv_of_customers,
    clv_ranges,
    clv_tiers,
    discount_weights,
    smallest_share_holding,
    totals_with_intervals,
    value_of_new_customer,
)
from clv.economics.acquisition import NewCustomerSpend, new_customer_spend
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
    interval_around,
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
from clv.history.rfm import NEVER_PAID
from clv.ingest import Ingested, QualityReport
from clv.models import GroupedFit, fit_by_group
from clv.models.by_group import group_names
from clv.scenarios import LeverBase, Levers, WhatIf, prepare_levers, what_if

RISK_BANDS = ("Low", "Medium", "High")
EVERYONE = "All customers"
BLANK = "(blank)"
MOST_GROUPS = 60

MIN_BUYERS = 500
MIN_DAYS = 180
MIN_ORDERS_OF_SOME = 3

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Modelled:
    """What the models say of a data set before any money assumption: the costly part, computed once."""

    models: FittedModels
    forecast: Forecast


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
        self._modelled: dict[ModelChoice, Modelled] = {}
        self._lever_bases: dict[tuple[ModelChoice, str], LeverBase] = {}
        self._forecast_sets: dict[tuple[ModelChoice, IntervalSource], ForecastSets] = {}
        self._group_draws: dict[tuple[ModelChoice, IntervalSource, bytes], TotalDraws] = {}
        self._customer_variance: dict[tuple[ModelChoice, IntervalSource], NDArray[np.float64]] = {}
        self._purchases_by_group: dict[tuple[ModelChoice, str], GroupedFit] = {}
        self._spend_by_group: dict[tuple[ModelChoice, str], dict[str, NewCustomerSpend]] = {}
        self._new_customer_spend: dict[tuple[ModelChoice, IntervalSource], NewCustomerSpend] = {}
        self._next_orders: dict[ModelChoice, pd.DataFrame] = {}
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

    def modelled(self, choice: ModelChoice) -> Modelled:
        """Models and forecast for a model choice, fitted on first use.

        Raises
        ------
        ModelDataError : the data cannot identify the model; the message says what they lack.
        """
        return self._once(self._modelled, choice, lambda: self._fit(choice))

    def forecast_sets(self, choice: ModelChoice, intervals: IntervalSource) -> ForecastSets:
        """The forecast under equally good guesses of the parameters, drawn or refitted on first use.

        Raises
        ------
        ModelDataError : too few resamples of the customers can be fitted.
        """
        modelled = self.modelled(choice)

        def make() -> ForecastSets:
            resampled = intervals == "bootstrap"
            parameters = (
                resampled_parameters(modelled.forecast) if resampled else drawn_parameters(modelled.models)
            )
            return forecast_under(modelled.forecast, parameters)

        return self._once(self._forecast_sets, (choice, intervals), make)

    def is_ready(self, choice: ModelChoice, intervals: IntervalSource) -> bool:
        """Whether the slow part is done: models fitted and parameter sets evaluated."""
        return (choice, intervals) in self._forecast_sets

    def lever_base(self, choice: ModelChoice, segment: str) -> LeverBase:
        """The customers of a segment (or all) ready for what-if levers, binned on first use."""
        forecast = self.modelled(choice).forecast
        members = None if segment == EVERYONE else (self.segment == segment).to_numpy()
        return self._once(self._lever_bases, (choice, segment), lambda: prepare_levers(forecast, members))

    def group_draws(
        self, choice: ModelChoice, intervals: IntervalSource, groups: pd.Categorical[str]
    ) -> TotalDraws:
        """Totals of the groups of buyers under every parameter set, computed once per grouping."""
        sets = self.forecast_sets(choice, intervals)
        codes, count = groups.codes.astype(np.intp), len(groups.categories)
        key = choice, intervals, hashlib.sha256(codes.tobytes()).digest()
        return self._once(self._group_draws, key, lambda: draw_totals(sets, codes, count))

    def customer_variance(self, choice: ModelChoice, intervals: IntervalSource) -> NDArray[np.float64]:
        """How much each buyer's expected spend differs between parameter sets, computed on first use.

        Relative variance at several month ends, see ``relative_parameter_variance``.
        """
        sets = self.forecast_sets(choice, intervals)
        return self._once(
            self._customer_variance, (choice, intervals), lambda: relative_parameter_variance(sets)
        )

    def new_customer_spend(self, choice: ModelChoice, intervals: IntervalSource) -> NewCustomerSpend:
        """What a new customer spends under the models and every parameter set, computed on first use."""
        sets = self.forecast_sets(choice, intervals)
        first_orders = self.buyers["first_order_value"].to_numpy(dtype=float)
        return self._once(
            self._new_customer_spend,
            (choice, intervals),
            lambda: new_customer_spend(sets.forecast.models, sets.parameters, first_orders),
        )

    def purchases_by_group(self, choice: ModelChoice, by: str) -> GroupedFit:
        """The purchase model for each value of a column, where that predicts held-out customers better."""
        pooled, buyers = self.modelled(choice).models.purchases, self.buyers

        def make() -> GroupedFit:
            return fit_by_group(
                pooled,
                buyers["frequency"],
                buyers["recency_days"],
                buyers["T_days"],
                buyers[by],
                noun=f"groups by {by}",
            )

        return self._once(self._purchases_by_group, (choice, by), make)

    def spend_by_group(self, choice: ModelChoice, by: str) -> dict[str, NewCustomerSpend]:
        """What a new customer of each value of a column spends, by value, largest group first."""
        grouped, models = self.purchases_by_group(choice, by), self.modelled(choice).models
        first_orders = self.buyers["first_order_value"].to_numpy(dtype=float)
        group_of = group_names(self.buyers[by])

        def make() -> dict[str, NewCustomerSpend]:
            spends = {}
            for group in (*grouped.models, *grouped.in_pooled):
                own = replace(models, purchases=grouped.model_for(group))
                spends[group] = new_customer_spend(
                    own, drawn_parameters(own), first_orders[group_of == group]
                )
            return spends

        return self._once(self._spend_by_group, (choice, by), make)

    def next_orders(self, choice: ModelChoice) -> pd.DataFrame:
        """When each buyer's next order is due, computed on first use.

        Frame next_order_low, next_order_date, next_order_high: the days by which it has come in 1, 5 and 9 of
        10 cases, given that another order comes at all; NaT for days later than 3 years (36 months).
        """
        forecast = self.modelled(choice).forecast

        def make() -> pd.DataFrame:
            days = np.ceil(next_order_days(forecast))  # an order within the first day from now is tomorrow's
            names = ("next_order_low", "next_order_date", "next_order_high")
            return pd.DataFrame(
                {
                    name: pd.Timestamp(self.as_of) + pd.to_timedelta(days[:, i], unit="D")
                    for i, name in enumerate(names)
                }
            )

        return self._once(self._next_orders, choice, make)

    def orders_of(self, customer_id: str) -> pd.DataFrame:
        """One customer's orders, oldest first: ordered_at, order_id, amount, items."""
        with self._lock:  # one connection serves every thread
            return orders_of_customer(self.transactions, customer_id)

    def _fit(self, choice: ModelChoice) -> Modelled:
        models = fit_models(self.buyers, choice)
        forecast = forecast_customers(self.buyers, models)
        return Modelled(models, forecast)

    def _once(self, made: dict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
        """What was made for the key, made now if it is asked for the first time."""
        with self._lock:
            if key not in made:
                made[key] = make()
            return made[key]


class Analysis:
    """The answers: CLV, risk, segments, acquisition and what-if of a data set under assumptions.

    Parts that need a model raise ModelDataError where the data cannot identify one.
    """

    def __init__(self, dataset: Dataset, assumptions: Assumptions) -> None:
        self.dataset = dataset
        self.assumptions = assumptions

    @property
    def modelled(self) -> Modelled:
        """Models and forecast under the chosen model."""
        return self.dataset.modelled(self.assumptions.model)

    @property
    def forecast(self) -> Forecast:
        """The forecast, in the row order of ``dataset.buyers``."""
        return self.modelled.forecast

    @cached_property
    def clv(self) -> NDArray[np.float64]:
        """CLV of every buyer, money."""
        return clv_of_customers(self.forecast, self.assumptions)

    @cached_property
    def clv_ranges(self) -> ClvRanges:
        """The 80 % range of every buyer's CLV and the two parts of its standard deviation, money."""
        variance = self.dataset.customer_variance(self.assumptions.model, self.assumptions.intervals)
        return clv_ranges(self.forecast, variance, self.assumptions)

    @cached_property
    def churn_risk(self) -> NDArray[np.float64]:
        """Probability of no order within the churn window, for every buyer."""
        return self.forecast.churn_risk(self.assumptions.churn_window_days)

    @cached_property
    def risk_band(self) -> pd.Categorical[str]:
        """Low, Medium or High, by the risk bands of the assumptions."""
        edges = [self.assumptions.medium_risk, self.assumptions.high_risk]
        codes = np.searchsorted(edges, self.churn_risk, side="right")
        return pd.Categorical.from_codes(codes, categories=pd.Index(RISK_BANDS), ordered=True)

    @cached_property
    def at_risk(self) -> NDArray[np.bool_]:
        """Buyers whose churn risk is high."""
        return np.asarray(self.risk_band == "High")

    @cached_property
    def value_at_risk(self) -> float:
        """Risk x CLV, summed over the customers at high risk, money."""
        return float((self.churn_risk * self.clv)[self.at_risk].sum())

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row per customer, by customer_id; predictions are blank for those who never paid."""
        summary, ranges = self.dataset.summary, self.clv_ranges
        predictions = pd.DataFrame(
            {
                "customer_id": self.dataset.buyers["customer_id"],
                "probability_alive": self.forecast.probability_alive,
                "churn_risk": self.churn_risk,
                "risk_band": self.risk_band.astype(str),
                "expected_purchases": self.forecast.expected_purchases(self.assumptions.horizon_months),
                "expected_spend": self.forecast.expected_spend,
                "clv": self.clv,
                "clv_low": ranges.low,
                "clv_high": ranges.high,
                "parameter_sd": ranges.parameter_sd,
                "process_sd": ranges.process_sd,
                "value_at_risk": self.churn_risk * self.clv,
                "clv_tier": clv_tiers(self.clv).astype(str),
                "segment": self.dataset.segment,
                **self.dataset.next_orders(self.assumptions.model),
                **self.dataset.scores,
            }
        )
        table = summary.frame.merge(predictions, on="customer_id", how="left", validate="one_to_one")
        table["segment"] = table["segment"].fillna(NEVER_PAID)
        table = table.astype(dict.fromkeys(self.dataset.scores.columns, "Int64"))
        order = [*CUSTOMER_COLUMNS, *summary.attributes]
        return table[order]

    @cached_property
    def segments(self) -> pd.DataFrame:
        """``breakdown`` by RFM segment, best segment first."""
        return self.breakdown("segment")

    @cached_property
    def breakdown_attributes(self) -> list[str]:
        """Columns of the file with few enough values to break down by."""
        buyers, attributes = self.dataset.buyers, self.dataset.summary.attributes
        return [name for name in attributes if 1 < buyers[name].nunique() <= MOST_GROUPS]

    def breakdown(self, by: str) -> pd.DataFrame:
        """One row per group: size, revenue, CLV with its 80 % interval, risk and value at risk.

        ``by`` is "segment", "clv_tier", "risk_band" or one of ``breakdown_attributes``; the first three
        come in their own order, an attribute's values by CLV, largest first.
        """
        groups = self._groups(by)
        draws = self._draws(groups)
        table = breakdown(by, groups, self.dataset.buyers, self.clv, self.churn_risk, draws, self.assumptions)
        if by in self.dataset.summary.attributes:
            return table.sort_values("clv_total", ascending=False, ignore_index=True)
        return table

    @cached_property
    def total_clv(self) -> Total:
        """CLV of all customers with its 80 % interval."""
        draws = self._draws(self.dataset.segment_groups)
        return totals_with_intervals(np.array([self.clv.sum()]), draws.pooled(), self.assumptions)[0]

    @cached_property
    def share_holding_half(self) -> float:
        """Smallest share of buyers that hold half of the predicted CLV."""
        return smallest_share_holding(self.clv)

    @cached_property
    def new_customer(self) -> NewCustomer:
        """Value of a newly acquired customer against CAC."""
        spend = self.dataset.new_customer_spend(self.assumptions.model, self.assumptions.intervals)
        return value_of_new_customer(spend, self.assumptions)

    def acquisition_by(self, by: str) -> pd.DataFrame:
        """What a new customer of each value of a column is worth, highest first.

        Frame with the column, customers, new_customer_clv with new_customer_low and new_customer_high (money),
        clv_to_cac, payback_month (missing beyond 36 months) and largest_cac (money). ``grouping_message`` says
        whether the groups have purchase models of their own; the spend of later orders is that of everybody.
        """
        counts = pd.Series(group_names(self.dataset.buyers[by])).value_counts()
        rows = []
        for group, spend in self.dataset.spend_by_group(self.assumptions.model, by).items():
            new = value_of_new_customer(spend, self.assumptions)
            rows.append(
                {
                    by: group,
                    "customers": int(counts[group]),
                    "new_customer_clv": new.clv.mean,
                    "new_customer_low": new.clv.low,
                    "new_customer_high": new.clv.high,
                    "clv_to_cac": new.ratio,
                    "payback_month": new.payback_month,
                    "largest_cac": new.allowable_cac,
                }
            )
        table = pd.DataFrame(rows).astype({"clv_to_cac": float, "payback_month": "Int64"})
        return table.sort_values("new_customer_clv", ascending=False, ignore_index=True)

    def grouping_message(self, by: str) -> str:
        """Whether customers of different values of a column buy differently enough, in words."""
        return self.dataset.purchases_by_group(self.assumptions.model, by).message

    def what_if(self, levers: Levers, segment: str = EVERYONE) -> WhatIf:
        """Base case against levers, for all customers or those of one segment."""
        return what_if(self.dataset.lever_base(self.assumptions.model, segment), levers, self.assumptions)

    def with_interval(self, curve: pd.DataFrame, segment: str = EVERYONE) -> pd.DataFrame:
        """A what-if curve with low and high: the base's 80 % interval; the scenario's own value elsewhere."""
        draws = self._draws(self.dataset.segment_groups)
        names = self.dataset.segment_names
        draws = draws.pooled() if segment == EVERYONE else draws.of_group(names.index(segment))
        weights = discount_weights(self.assumptions.horizon_months, self.assumptions.annual_discount_rate)
        is_base = curve["scenario"] == curve["scenario"].iloc[0]
        base = curve.loc[is_base, "value"].to_numpy(dtype=float)
        low, high = interval_around(base, np.r_[0.0, draws.relative_sd(weights)[0]])
        banded = curve.assign(low=curve["value"], high=curve["value"])
        banded.loc[is_base, "low"], banded.loc[is_base, "high"] = low, high
        return banded

    @cached_property
    def clv_bins(self) -> pd.DataFrame:
        """Histogram of CLV: bin_start, bin_end, customers; the last bin holds everyone above it."""
        clv = self.clv
        top = float(np.quantile(clv, 0.98)) or 1.0
        counts, edges = np.histogram(np.minimum(clv, top), bins=30, range=(0.0, top))
        return pd.DataFrame({"bin_start": edges[:-1], "bin_end": edges[1:], "customers": counts})

    @cached_property
    def risk_bins(self) -> pd.DataFrame:
        """Histogram of churn risk: risk_low, risk_high, customers, value_at_risk."""
        edges = np.linspace(0, 1, 21)
        counts, _ = np.histogram(self.churn_risk, bins=edges)
        value, _ = np.histogram(self.churn_risk, bins=edges, weights=self.churn_risk * self.clv)
        return pd.DataFrame(
            {"risk_low": edges[:-1], "risk_high": edges[1:], "customers": counts, "value_at_risk": value}
        )

    @property
    def parameter_sets(self) -> ParameterSets:
        """What the intervals are read off."""
        return self.dataset.forecast_sets(self.assumptions.model, self.assumptions.intervals).parameters

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know before believing the forecast: of the data, the models and the intervals, in words."""
        skipped = self.parameter_sets.skipped
        left_out = (
            f"{skipped} of {skipped + len(self.parameter_sets.pairs)} resamples of the customers could not be "
            "fitted and are left out of the intervals."
        )
        return (
            *self.dataset.data_notes,
            *self.modelled.models.notes,
            *((left_out,) if skipped else ()),
        )

    @property
    def is_ready(self) -> bool:
        """Whether the slow part is done, so that every total answers in a moment."""
        return self.dataset.is_ready(self.assumptions.model, self.assumptions.intervals)

    def _draws(self, groups: pd.Categorical[str]) -> TotalDraws:
        return self.dataset.group_draws(self.assumptions.model, self.assumptions.intervals, groups)

    def _groups(self, by: str) -> pd.Categorical[str]:
        """The group of every buyer; only groups that occur."""
        if by == "segment":
            return self.dataset.segment_groups
        if by == "clv_tier":
            return clv_tiers(self.clv).remove_unused_categories()
        if by == "risk_band":
            return self.risk_band.remove_unused_categories()
        return pd.Categorical(self.dataset.buyers[by].fillna(BLANK))


CUSTOMER_COLUMNS = (
    "customer_id",
    "segment",
    "clv_tier",
    "clv",
    "clv_low",
    "clv_high",
    "parameter_sd",
    "process_sd",
    "churn_risk",
    "risk_band",
    "value_at_risk",
    "probability_alive",
    "next_order_date",
    "next_order_low",
    "next_order_high",
    "expected_purchases",
    "expected_spend",
    "orders",
    "revenue",
    "first_order_date",
    "last_order_date",
    "days_since_last_order",
    "frequency",
    "recency_days",
    "T_days",
    "monetary_value",
    "first_order_value",
    "recency_score",
    "frequency_score",
    "monetary_score",
)
