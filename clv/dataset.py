"""A file's orders, summarised, and what the models say of them before any money assumption: the costly part."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import IntervalSource, ModelSetting
from clv.economics.acquisition import NewCustomerSpend, RepeatSpend, new_customer_spend, repeat_spend
from clv.economics.media import MediaCost, media_cost
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
    history_of_groups,
    monthly_revenue,
    orders_of_customer,
    rfm_scores,
    rfm_segments,
    summary_of_table,
    with_contacts,
)
from clv.history.from_table import FROM_TABLE
from clv.history.rfm import NEVER_PAID
from clv.history.summary import FIRST_ORDER
from clv.ingest import Contacts, CustomerTable, Finding, Ingested, QualityReport, Spend, Transactions
from clv.models import ModelDataError
from clv.scenarios import LeverBase, prepare_levers

if TYPE_CHECKING:
    from clv.churn.calibration import RiskCalibration
    from clv.churn.reasons import RiskReasons
    from clv.churn.window import ChurnWindow
    from clv.validation.backtest import Backtest
    from clv.validation.origins import Window
    from clv.validation.outlook import Outlook

EVERYONE = "All customers"
BLANK = "(blank)"
MOST_GROUPS = 60
MOST_MODELLED_GROUPS = 30
MOST_EXPLAINED = 200_000

KNOWN_FROM_THE_START = (FIRST_ORDER, FROM_TABLE)

MIN_BUYERS = 500
MIN_DAYS = 180
MIN_ORDERS_OF_SOME = 3
MOST_SILENT_DAYS = 30

Key = TypeVar("Key")
Value = TypeVar("Value")


class Dataset:
    """Orders read, summarised and segmented; models are fitted once for each model choice.

    Parameters
    ----------
    source : transactions and their quality report, or a table of customers in place of the orders.
    as_of : day to count from; the day of the last order when omitted. A table of customers has its own.
    contacts : what else is known of the customers; its columns become attributes.
    spend : what winning the customers has cost.

    Raises
    ------
    ValueError : there is no order up to ``as_of``.
    """

    def __init__(
        self,
        source: Ingested | CustomerTable,
        as_of: dt.date | None = None,
        *,
        contacts: Contacts | None = None,
        spend: Spend | None = None,
    ) -> None:
        self.transactions: Transactions | None = None
        self.report: QualityReport = source.report
        if isinstance(source, CustomerTable):
            summary = summary_of_table(source)
        else:
            self.transactions = source.transactions
            summary = customer_summary(source.transactions, as_of)
        found: tuple[Finding, ...] = ()
        if contacts is not None:
            summary, found = with_contacts(summary, contacts)
        self.summary: CustomerSummary = summary
        self.buyers: pd.DataFrame = self.summary.buyers.reset_index(drop=True)
        self.scores: pd.DataFrame = rfm_scores(self.buyers)
        self.segment: pd.Series = rfm_segments(self.scores)
        self.media: MediaCost | None = None
        if spend is not None:
            self.media, about = media_cost(spend, self.buyers, self._media_columns, self.report.currency)
            found = (*found, *spend.assumed, *about)
        self.companions: tuple[Finding, ...] = found
        self._models: dict[ModelSetting, FittedModels] = {}
        self._forecasts: dict[ModelSetting, Forecast] = {}
        self._lever_bases: dict[tuple[ModelSetting, str], LeverBase] = {}
        self._parameter_sets: dict[tuple[ModelSetting, IntervalSource], ParameterSets] = {}
        self._forecast_sets: dict[tuple[ModelSetting, IntervalSource], ForecastSets] = {}
        self._group_draws: dict[tuple[ModelSetting, IntervalSource, bytes], TotalDraws] = {}
        self._customer_variance: dict[tuple[ModelSetting, IntervalSource], NDArray[np.float64]] = {}
        self._repeat_spend: dict[tuple[ModelSetting, IntervalSource], RepeatSpend] = {}
        self._next_orders: dict[ModelSetting, pd.DataFrame] = {}
        self._backtests: dict[int | None, Backtest] = {}
        self._risk_reasons: dict[tuple[ModelSetting, int], RiskReasons] = {}
        self._outlooks: dict[tuple[ModelSetting, Window], Outlook] = {}
        self._calibrations: dict[tuple[ModelSetting, int], RiskCalibration] = {}
        self._lock = Lock()

    @property
    def as_of(self) -> dt.date:
        """The day to count from."""
        return self.summary.as_of

    @property
    def _media_columns(self) -> list[str]:
        return [
            name for name in self.summary.attributes if self.summary.origins.get(name) in KNOWN_FROM_THE_START
        ]

    @property
    def has_orders(self) -> bool:
        """Whether the single orders are known, not only each customer's sums."""
        return self.transactions is not None

    @property
    def currency(self) -> str | None:
        """ISO 4217 code of the amounts where it is known."""
        return self.report.currency

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
        """Frame month, new, returning: net revenue of new and of returning customers; empty without orders."""
        if self.transactions is None:
            return pd.DataFrame({"month": pd.Series(dtype="datetime64[us]"), "new": 0.0, "returning": 0.0})
        with self._lock:
            return monthly_revenue(self.transactions, self.as_of)

    @cached_property
    def churn_window(self) -> ChurnWindow:
        """The churn window that the gaps between these orders suggest; of large shops, between those of a sample."""
        from clv.churn.window import MOST_CUSTOMERS, assumed_window, churn_window, gaps_between_purchases
        from clv.validation.origins import sampled

        if self.transactions is None:
            return assumed_window("A table of customers does not tell the gaps between orders.")
        with self._lock:
            orders = sampled(self.transactions, len(self.buyers), MOST_CUSTOMERS)
            return churn_window(gaps_between_purchases(orders, self.as_of))

    @cached_property
    def data_notes(self) -> tuple[str, ...]:
        """What makes a forecast from these data weak, in words; empty where there is enough to go on."""
        days = int(self.buyers["T_days"].max()) if len(self.buyers) else 0
        silent = round(self.buyers["days_since_last_order"].min()) if len(self.buyers) else 0
        people = "1 customer" if len(self.buyers) == 1 else f"{len(self.buyers):,} customers"
        checks = [
            (
                len(self.buyers) < MIN_BUYERS,
                f"Only {people} ever paid; below {MIN_BUYERS} a forecast is rough.",
            ),
            (
                days < MIN_DAYS,
                f"The orders span {days} days; below {MIN_DAYS} the model cannot tell a pause from a goodbye.",
            ),
            (
                bool((self.buyers["purchase_days"] < MIN_ORDERS_OF_SOME).all()),
                "Nobody bought on three days or more, so regular buyers cannot be told from chance.",
            ),
            (
                len(self.buyers) > 0 and silent > MOST_SILENT_DAYS,
                f"The last order is {silent:,} days old; after more than {MOST_SILENT_DAYS} days without any, the model "
                "cannot tell a closed shop from customers who left.",
            ),
        ]
        return tuple(text for applies, text in checks if applies)

    def history_by(self, by: str) -> pd.DataFrame:
        """What the buyers of each group have done so far, without any model; see ``history_of_groups``.

        ``by`` is "segment", whose groups come best first, or one of ``groupable_attributes``, largest first.
        """
        groups = self.segment_groups if by == "segment" else pd.Categorical(self.buyers[by].fillna(BLANK))
        table = history_of_groups(self.buyers, groups, by)
        return table if by == "segment" else table.sort_values("revenue", ascending=False, ignore_index=True)

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row per customer without any forecast: the segment and what the summary says, by revenue."""
        segments = pd.DataFrame({"customer_id": self.buyers["customer_id"], "segment": self.segment})
        table = segments.merge(self.summary.table, on="customer_id", how="right", validate="one_to_one")
        table["segment"] = table["segment"].fillna(NEVER_PAID)
        return table.sort_values(["revenue", "customer_id"], ascending=[False, True], ignore_index=True)

    @cached_property
    def groupable_attributes(self) -> list[str]:
        """Columns with few enough values to fit models by: those known when a customer was won, not later."""
        return [
            name
            for name in self.breakdown_attributes
            if self.summary.origins.get(name) in KNOWN_FROM_THE_START
        ]

    @cached_property
    def breakdown_attributes(self) -> list[str]:
        """Columns of the files with few enough values to break down by."""
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

    def backtest(self, holdout_days: int | None, tell: Callable[[float, str], None]) -> Backtest:
        """How well each candidate would have predicted the last days of this file, computed on first use.

        Parameters
        ----------
        holdout_days : days held out at the end; a quarter of the period, at most a year, when None.
        tell : called with the share done, 0 to 1, and what is being done.

        Raises
        ------
        BacktestError : the orders are too few or too short for it; the message says what would help.
        """
        # Loaded when asked for: scikit-learn alone takes a second of every start.
        from clv.validation.backtest import backtest, column_to_group_by
        from clv.validation.challenger import challenger_candidate
        from clv.validation.origins import BacktestError, plan_windows, read_origins, sampled
        from clv.validation.predictions import baseline_candidates, model_candidates

        known = self._backtests.get(holdout_days)
        if known is not None:
            return known
        if self.transactions is None:
            raise BacktestError(
                "A backtest needs the single orders, which a table of customers does not tell."
            )
        first, customers = self.summary.frame["first_order_date"].min().date(), len(self.buyers)
        plan = plan_windows(first, self.as_of, holdout_days)
        few_values = [
            name for name in self.groupable_attributes if self.buyers[name].nunique() <= MOST_MODELLED_GROUPS
        ]
        with self._lock:
            orders = sampled(self.transactions, customers)
            holdout, inner = read_origins(orders, plan, lambda share, doing: tell(0.1 * share, doing))
        tell(0.1, "Looking for groups that differ")
        found = backtest(
            holdout,
            inner,
            customers_in_all=customers,
            candidates=[*model_candidates(), challenger_candidate(), *baseline_candidates()],
            group_by=column_to_group_by(inner, few_values),
            tell=lambda share, doing: tell(0.15 + 0.85 * share, doing),
        )
        return self._backtests.setdefault(holdout_days, found)

    def outlook(self, found: Backtest, setting: ModelSetting) -> Outlook:
        """What each customer is expected to do in as many days ahead as a backtest held out; computed on first use.

        By the candidate chosen in it, by the models of a setting and by the baseline that did best.

        Raises
        ------
        BacktestError : there are too many customers for a chosen candidate that learns from examples.
        ModelDataError : the data cannot identify the models of the setting.
        """
        from clv.validation.origins import BacktestError
        from clv.validation.outlook import look_ahead, origin_today
        from clv.validation.predictions import MODEL_NAMES, model_name

        transactions, models = self.transactions, self.models(setting)
        assert transactions is not None
        if found.chosen.candidate.kind in ("challenger", "blend") and len(self.buyers) > MOST_EXPLAINED:
            raise BacktestError(
                f"{found.chosen.candidate.name} is worked out for each customer of up to {MOST_EXPLAINED:,}; there are "
                f"{len(self.buyers):,}."
            )
        name = model_name(MODEL_NAMES.get(setting.choice, models.purchases.name), setting.group_by)

        def make() -> Outlook:
            origin = origin_today(transactions, self.as_of, found.holdout.days)
            return look_ahead(origin, found.chosen.candidate, (name, models), found.baseline.candidate)

        return self._once(self._outlooks, (setting, found.holdout.window), make)

    def risk_calibration(self, setting: ModelSetting, window_days: int) -> RiskCalibration:
        """The model's churn risks held against earlier windows of the same length, computed on first use.

        Of large shops, a sample of the customers is looked at.
        """
        from clv.churn.calibration import calibrate, churn_origins, left_alone, past_risks
        from clv.validation.origins import sampled

        transactions = self.transactions

        def make() -> RiskCalibration:
            if transactions is None:
                return left_alone("a table of customers does not tell what happened before.")
            orders = replace(
                sampled(transactions, len(self.buyers)),
                attributes=() if setting.group_by is None else (setting.group_by,),
            )
            try:
                origins = churn_origins(orders, self.as_of, window_days)
                return calibrate([past_risks(origin, setting) for origin in origins])
            except ModelDataError as error:
                return left_alone(f"no model can be fitted to the past. {error}")

        return self._once(self._calibrations, (setting, window_days), make)

    def risk_reasons(self, setting: ModelSetting, window_days: int) -> RiskReasons:
        """Why each buyer is at risk of no order within the window, against the own rhythm; computed on first use.

        What goes with leaving is learned on earlier windows of the same length.

        Raises
        ------
        BacktestError : there are no single orders, or too many customers to look at each.
        ModelDataError : the data before a window cannot identify the model.
        """
        from clv.churn.calibration import churn_origins
        from clv.churn.reasons import learn_drivers, risk_reasons
        from clv.validation.order_entries import day_number, read_entries
        from clv.validation.origins import BacktestError

        transactions, forecast = self.transactions, self.forecast(setting)
        if transactions is None:
            raise BacktestError("Reasons need the single orders, which a table of customers does not tell.")
        if len(self.buyers) > MOST_EXPLAINED:
            raise BacktestError(f"Reasons are worked out for up to {MOST_EXPLAINED:,} customers.")

        def make() -> RiskReasons:
            entries = read_entries(transactions, self.as_of)
            drivers = learn_drivers(churn_origins(transactions, self.as_of, window_days, entries), setting)
            ids = self.buyers["customer_id"]
            return risk_reasons(forecast, ids, entries, day_number(self.as_of), window_days, drivers)

        return self._once(self._risk_reasons, (setting, window_days), make)

    def orders_of(self, customer_id: str) -> pd.DataFrame:
        """One customer's orders, oldest first: ordered_at, order_id, amount, items; empty without orders."""
        if self.transactions is None:
            return pd.DataFrame({name: [] for name in ("ordered_at", "order_id", "amount", "items")})
        with self._lock:  # one connection serves every thread
            return orders_of_customer(self.transactions, customer_id)

    def _once(self, made: dict[Key, Value], key: Key, make: Callable[[], Value]) -> Value:
        """What was made for the key, made now if it is asked for the first time."""
        with self._lock:
            if key not in made:
                made[key] = make()
            return made[key]
