"""What a shop's own past says of its forecasts: backtests, risks held against who left, reasons, the days ahead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clv.assumptions import ModelSetting
from clv.ingest import Transactions
from clv.models import ModelDataError
from clv.shop import Shop
from clv.shop_forecast import ShopForecast

if TYPE_CHECKING:
    from clv.churn.calibration import RiskCalibration
    from clv.churn.reasons import RiskReasons
    from clv.validation.backtest import Backtest
    from clv.validation.outlook import Outlook

MOST_MODELLED_GROUPS = 30
MOST_EXPLAINED = 200_000


@dataclass(frozen=True)
class ShopPast:
    """The past of a shop. Each part is computed once for all who show the shop.

    scikit-learn, which takes a second of every start, is loaded when a part asks for it.
    """

    shop: Shop

    def backtest(self, holdout_days: int | None, progress: Callable[[float, str], None]) -> Backtest:
        """How well each candidate would have predicted the last days of the file.

        Parameters
        ----------
        holdout_days : days held out at the end; a quarter of the period, at most a year, when None.
        progress : called with the share done, 0 to 1, and what is being done.

        Raises
        ------
        BacktestError : the orders are too few or too short for it; the message says what would help.
        """
        orders = self._orders("A backtest needs the single orders, which a table of customers does not tell.")
        return self.shop.memo.once(
            ("backtest", holdout_days), lambda: self._backtest(orders, holdout_days, progress)
        )

    def outlook(self, found: Backtest, setting: ModelSetting) -> Outlook:
        """What each customer is expected to do in as many days ahead as a backtest held out.

        By the candidate chosen in it, by the models of a setting and by the baseline that did best.

        Raises
        ------
        BacktestError : there are too many customers for a chosen candidate that learns from examples.
        ModelDataError : the data cannot identify the models of the setting.
        """
        from clv.validation.origins import BacktestError
        from clv.validation.outlook import look_ahead, origin_today
        from clv.validation.predictions import MODEL_NAMES, model_name

        orders = self._orders(
            "The days ahead need the single orders, which a table of customers does not tell."
        )
        customers, chosen = len(self.shop.buyers), found.chosen.candidate
        if chosen.kind in ("challenger", "blend") and customers > MOST_EXPLAINED:
            raise BacktestError(
                f"{chosen.name} is worked out for each customer of up to {MOST_EXPLAINED:,}; there are {customers:,}."
            )
        models = ShopForecast(self.shop, setting).models
        name = model_name(MODEL_NAMES.get(setting.choice, models.purchases.name), setting.group_by)

        def make() -> Outlook:
            origin = origin_today(orders, self.shop.as_of, found.holdout.days)
            return look_ahead(origin, chosen, (name, models), found.baseline.candidate)

        return self.shop.memo.once(("outlook", setting, found.holdout.window), make)

    def risk_calibration(self, setting: ModelSetting, window_days: int) -> RiskCalibration:
        """The model's churn risks held against earlier windows of the same length.

        Of large shops, a sample of the customers is looked at.
        """
        from clv.churn.calibration import uncorrected

        def make() -> RiskCalibration:
            if self.shop.transactions is None:
                return uncorrected("a table of customers does not tell what happened before.")
            return self._risk_calibration(self.shop.transactions, setting, window_days)

        return self.shop.memo.once(("risk calibration", setting, window_days), make)

    def risk_reasons(self, setting: ModelSetting, window_days: int) -> RiskReasons:
        """Why each buyer is at risk of no order within the window, against the own rhythm.

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

        shop = self.shop
        orders = self._orders("Reasons need the single orders, which a table of customers does not tell.")
        if len(shop.buyers) > MOST_EXPLAINED:
            raise BacktestError(f"Reasons are worked out for up to {MOST_EXPLAINED:,} customers.")

        def make() -> RiskReasons:
            forecast = ShopForecast(shop, setting).forecast
            entries = read_entries(orders, shop.as_of)
            drivers = learn_drivers(churn_origins(orders, shop.as_of, window_days, entries), setting)
            ids = shop.buyers["customer_id"]
            return risk_reasons(forecast, ids, entries, day_number(shop.as_of), window_days, drivers)

        return shop.memo.once(("risk reasons", setting, window_days), make)

    def _orders(self, without: str) -> Transactions:
        """The order lines; BacktestError with the sentence given where there are none."""
        from clv.validation.origins import BacktestError

        if self.shop.transactions is None:
            raise BacktestError(without)
        return self.shop.transactions

    def _backtest(
        self, transactions: Transactions, holdout_days: int | None, progress: Callable[[float, str], None]
    ) -> Backtest:
        from clv.validation.backtest import backtest, column_to_group_by
        from clv.validation.challenger import challenger_candidate
        from clv.validation.origins import plan_windows, read_origins, sampled
        from clv.validation.predictions import baseline_candidates, model_candidates

        shop = self.shop
        first, customers = shop.summary.frame["first_order_date"].min().date(), len(shop.buyers)
        plan = plan_windows(first, shop.as_of, holdout_days)
        few_values = [
            name for name in shop.groupable_attributes if shop.buyers[name].nunique() <= MOST_MODELLED_GROUPS
        ]
        orders = sampled(transactions, customers)
        holdout, inner = read_origins(orders, plan, lambda share, doing: progress(0.1 * share, doing))
        progress(0.1, "Looking for groups that differ")
        return backtest(
            holdout,
            inner,
            customers_in_all=customers,
            candidates=[*model_candidates(), challenger_candidate(), *baseline_candidates()],
            group_by=column_to_group_by(inner, few_values),
            progress=lambda share, doing: progress(0.15 + 0.85 * share, doing),
        )

    def _risk_calibration(
        self, transactions: Transactions, setting: ModelSetting, window_days: int
    ) -> RiskCalibration:
        from clv.churn.calibration import calibrate, churn_origins, past_risks, uncorrected
        from clv.validation.origins import sampled

        orders = replace(
            sampled(transactions, len(self.shop.buyers)),
            attributes=() if setting.group_by is None else (setting.group_by,),
        )
        try:
            origins = churn_origins(orders, self.shop.as_of, window_days)
            return calibrate([past_risks(origin, setting) for origin in origins])
        except ModelDataError as error:
            return uncorrected(f"no model can be fitted to the past. {error}")
