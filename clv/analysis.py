"""One shop under one set of assumptions; each part is computed once, when first asked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import RISK_BANDS, Assumptions
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
from clv.forecast import (
    FittedModels,
    Forecast,
    ParameterSets,
    TotalDraws,
    interval_around,
)
from clv.history.rfm import NEVER_PAID
from clv.memo import cached_property
from clv.models.by_group import group_names
from clv.rules import BLANK, Condition, Rule
from clv.scenarios import Levers, WhatIf, what_if
from clv.shop import Shop
from clv.shop_forecast import EVERYONE, ShopForecast
from clv.shop_past import ShopPast

if TYPE_CHECKING:
    from clv.churn.calibration import RiskCalibration
    from clv.churn.reasons import Reason, RiskReasons


class Analysis:
    """The answers: CLV, risk, segments, acquisition and what-if of a shop under assumptions.

    Parts that need a model raise ModelDataError where the data cannot identify one.

    Attributes
    ----------
    shop, shop_forecast, shop_past : the facts, the models under the setting of the assumptions, and the past.
    """

    def __init__(self, shop: Shop, assumptions: Assumptions) -> None:
        self.shop = shop
        self.assumptions = assumptions
        self.shop_forecast = ShopForecast(shop, assumptions.model_setting)
        self.shop_past = ShopPast(shop)

    @property
    def models(self) -> FittedModels:
        """The models under the chosen setting."""
        return self.shop_forecast.models

    @property
    def forecast(self) -> Forecast:
        """The forecast, in the row order of ``shop.buyers``."""
        return self.shop_forecast.forecast

    @cached_property
    def clv(self) -> NDArray[np.float64]:
        """CLV of every buyer, money."""
        return clv_of_customers(self.forecast, self.assumptions)

    @cached_property
    def clv_ranges(self) -> ClvRanges:
        """The 80 % range of every buyer's CLV and the two parts of its standard deviation, money."""
        variance = self.shop_forecast.customer_variance(self.assumptions.intervals)
        return clv_ranges(self.forecast, variance, self.assumptions)

    @cached_property
    def churn_risk(self) -> NDArray[np.float64]:
        """Probability of no order within the churn window, for every buyer; corrected by the past where asked for."""
        risk = self.forecast.churn_risk(self.assumptions.churn_window_days)
        return self.risk_calibration.apply(risk) if self.assumptions.calibrated_risk else risk

    @property
    def risk_calibration(self) -> RiskCalibration:
        """The model's churn risks held against the shop's own past; see ``ShopPast.risk_calibration``."""
        return self.shop_past.risk_calibration(
            self.assumptions.model_setting, self.assumptions.churn_window_days
        )

    @property
    def risk_message(self) -> str:
        """Whether churn risks are corrected, and how right they were in the newest window, in words."""
        assumed = self.assumptions
        return self.risk_calibration.message(
            assumed.churn_window_days, assumed.medium_risk, assumed.high_risk
        )

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

    @property
    def customers_at_risk(self) -> int:
        """Number of buyers at high risk."""
        return int(self.at_risk.sum())

    @property
    def share_at_risk(self) -> float:
        """Share of the buyers at high risk, 0 to 1."""
        return float(self.at_risk.mean()) if self.at_risk.size else 0.0

    @property
    def value_at_risk_share(self) -> float:
        """``value_at_risk`` as a share of all predicted CLV; 0 without any."""
        return self.value_at_risk / self.total_clv.mean if self.total_clv.mean else 0.0

    @property
    def mean_clv(self) -> float:
        """CLV of the average buyer, money; 0 without buyers."""
        return float(self.clv.mean()) if self.clv.size else 0.0

    @property
    def median_clv(self) -> float:
        """CLV of the middle buyer, money; 0 without buyers."""
        return float(np.median(self.clv)) if self.clv.size else 0.0

    @cached_property
    def customers(self) -> pd.DataFrame:
        """One row per customer, by customer_id; predictions are blank for those who never paid."""
        summary, ranges = self.shop.summary, self.clv_ranges
        predictions = pd.DataFrame(
            {
                "customer_id": self.shop.buyers["customer_id"],
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
                "segment": self.shop.segment,
                **self.shop_forecast.next_orders,
                **self.shop.scores,
            }
        )
        table = summary.frame.merge(predictions, on="customer_id", how="left", validate="one_to_one")
        table["segment"] = table["segment"].fillna(NEVER_PAID)
        table = table.astype(dict.fromkeys(self.shop.scores.columns, "Int64"))
        order = [*CUSTOMER_COLUMNS, *summary.attributes]
        return table[order]

    @property
    def breakdowns(self) -> list[str]:
        """What customers can be broken down by: segment, clv_tier, risk_band, and columns of the files."""
        return ["segment", "clv_tier", "risk_band", *self.shop.breakdown_attributes]

    def customers_of(self, by: str, group: str) -> pd.DataFrame:
        """Rows of ``customers`` that are in one group of ``breakdown``."""
        return Rule((Condition(by, (group,)),)).apply(self.customers)

    @cached_property
    def segments(self) -> pd.DataFrame:
        """``breakdown`` by RFM segment, best segment first."""
        return self.breakdown("segment")

    def breakdown(self, by: str) -> pd.DataFrame:
        """One row per group: size, revenue, CLV with its 80 % interval, risk and value at risk.

        ``by`` is one of ``breakdowns``; the first three
        come in their own order, an attribute's values by CLV, largest first.
        """
        groups = self._groups(by)
        draws = self._draws(groups)
        table = breakdown(by, groups, self.shop.buyers, self.clv, self.churn_risk, draws, self.assumptions)
        if by in self.shop.summary.attributes:
            return table.sort_values("clv_total", ascending=False, ignore_index=True)
        return table

    @cached_property
    def total_clv(self) -> Total:
        """CLV of all customers with its 80 % interval."""
        draws = self._draws(self.shop.segment_groups)
        return totals_with_intervals(np.array([self.clv.sum()]), draws.pooled(), self.assumptions)[0]

    @cached_property
    def share_holding_half(self) -> float:
        """Smallest share of buyers that hold half of the predicted CLV."""
        return smallest_share_holding(self.clv)

    @cached_property
    def new_customer(self) -> NewCustomer:
        """Value of a newly acquired customer against CAC."""
        spend = self.shop_forecast.new_customer_spend(self.assumptions.intervals)
        return value_of_new_customer(spend, self.assumptions)

    def acquisition_by(self, by: str) -> pd.DataFrame:
        """What a new customer of each value of a column is worth, highest first.

        Frame with the column, customers, new_customer_clv with new_customer_low and new_customer_high (money),
        clv_to_cac, payback_month (missing beyond 36 months) and largest_cac (money). Where the marketing spend is
        known by this column, also cac (money, 0 for values that nothing was spent on), against which ratio and payback
        are then counted; else they are counted against the CAC of the assumptions. ``grouping_message`` says
        whether the groups have purchase models of their own; the spend of later orders is that of everybody.
        """
        grouped = ShopForecast(self.shop, replace(self.assumptions.model_setting, group_by=by))
        group_of = group_names(self.shop.buyers[by])
        counts, rows = pd.Series(group_of).value_counts(), []
        for group in counts.index:
            spend = grouped.new_customer_spend(self.assumptions.intervals, group_of == group)
            media = self.shop.media if self.shop.media and self.shop.media.by == by else None
            cac = self.assumptions.cac if media is None else media.cac_of(str(group))
            new = value_of_new_customer(spend, replace(self.assumptions, cac=cac))
            rows.append(
                {
                    by: group,
                    "customers": int(counts[group]),
                    **({} if media is None else {"cac": cac}),
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
        groups = ShopForecast(self.shop, replace(self.assumptions.model_setting, group_by=by)).models.groups
        assert groups is not None
        return groups.message

    @property
    def risk_reasons(self) -> RiskReasons:
        """Why each buyer is at risk, in the row order of ``shop.buyers``; errors as ``ShopPast.risk_reasons``."""
        return self.shop_past.risk_reasons(self.assumptions.model_setting, self.assumptions.churn_window_days)

    def reasons_of(self, customer_id: str) -> tuple[Reason, ...]:
        """Why one buyer is at risk, the weightiest reason first; errors as ``risk_reasons``."""
        return self.risk_reasons.of_customer(self._row_of(customer_id))

    def main_reasons(self, customers: pd.DataFrame) -> pd.Series[str]:
        """The weightiest reason of each row of ``customers``, empty where nothing stands out; errors as ``risk_reasons``."""
        top = self.risk_reasons.top
        of_customer = pd.Series(top.to_numpy(), index=self.shop.buyers["customer_id"])
        return customers["customer_id"].map(of_customer).fillna("")

    def alive_path(self, customer_id: str) -> tuple[pd.DataFrame, list[dt.date]]:
        """One buyer's P(alive) over time (frame day, probability_alive), and the days of purchase."""
        from clv.churn.alive import alive_path

        row = self._row_of(customer_id)
        orders = self.shop.orders_of(customer_id)
        by_day = orders.groupby(pd.to_datetime(orders["ordered_at"]).dt.date)["amount"].sum()
        days: list[dt.date] = by_day[by_day > 0].index.tolist()
        model = self.models.purchase_models[self.forecast.model_of[row]]
        return alive_path(model, days, self.shop.as_of), days

    def what_if(self, levers: Levers, segment: str = EVERYONE) -> WhatIf:
        """Base case against levers, for all customers or those of one segment."""
        return what_if(self.shop_forecast.lever_base(segment), levers, self.assumptions)

    def with_interval(self, curve: pd.DataFrame, segment: str = EVERYONE) -> pd.DataFrame:
        """A what-if curve with low and high: the base's 80 % interval; the scenario's own value elsewhere."""
        draws = self._draws(self.shop.segment_groups)
        names = self.shop.segment_names
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
        return self.shop_forecast.parameter_sets(self.assumptions.intervals)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know before believing the forecast: of the data, the models and the intervals, in words."""
        skipped = self.parameter_sets.skipped
        left_out = (
            f"{skipped} of {skipped + len(self.parameter_sets.guesses)} resamples of the customers could not be "
            "fitted and are left out of the intervals."
        )
        return (
            *self.shop.data_notes,
            *self.models.notes,
            *((left_out,) if skipped else ()),
        )

    @property
    def is_ready(self) -> bool:
        """Whether the slow part is done, so that every total answers in a moment."""
        return self.shop_forecast.is_ready(self.assumptions.intervals)

    def _row_of(self, customer_id: str) -> int:
        """The place of a customer among the buyers."""
        return int(np.flatnonzero(self.shop.buyers["customer_id"] == customer_id)[0])

    def _draws(self, groups: pd.Categorical[str]) -> TotalDraws:
        return self.shop_forecast.group_draws(self.assumptions.intervals, groups)

    def _groups(self, by: str) -> pd.Categorical[str]:
        """The group of every buyer; only groups that occur."""
        if by == "segment":
            return self.shop.segment_groups
        if by == "clv_tier":
            return clv_tiers(self.clv).remove_unused_categories()
        if by == "risk_band":
            return self.risk_band.remove_unused_categories()
        return pd.Categorical(self.shop.buyers[by].fillna(BLANK))


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
