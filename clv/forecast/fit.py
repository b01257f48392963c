"""Fit the purchase and the spend model on a customer summary."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.assumptions import ModelChoice, ModelSetting
from clv.forecast.spend_independence import SpendIndependence, spend_independence
from clv.models import (
    BetaGeoNBD,
    GammaGamma,
    GroupedFit,
    ModelDataError,
    ModifiedBetaGeoNBD,
    ObservedMeanSpend,
    ParetoNBD,
    PurchaseModel,
    SpendModel,
    choose_k,
    fit_by_group,
    wheat_morrison_k,
)

IntArray = NDArray[np.intp]

ONE_MODEL = ModelSetting()

CANDIDATES: dict[ModelChoice, tuple[type[PurchaseModel], ...]] = {
    "auto": (BetaGeoNBD, ModifiedBetaGeoNBD),
    "bg-nbd": (BetaGeoNBD,),
    "mbg-nbd": (ModifiedBetaGeoNBD,),
    "pareto-nbd": (ParetoNBD,),
}

NOBODY_LEAVES = (
    "The model finds no sign of customers leaving for good in these data: those who buy less simply buy seldom. "
    "Better retention can then gain nothing; a longer period may show otherwise."
)


@dataclass(frozen=True)
class FittedModels:
    """The purchase model (time in days), the spend model (money), and what to know of their fits.

    Attributes
    ----------
    purchases : the purchase model of everybody.
    spend : the spend model of everybody.
    notes : in words.
    independence : whether spend goes with frequency, which the spend model excludes; None where too few came back.
    group_by, groups : the column whose values were fitted by themselves, and those fits; None where not asked.
    """

    purchases: PurchaseModel
    spend: SpendModel
    notes: tuple[str, ...]
    independence: SpendIndependence | None = None
    group_by: str | None = None
    groups: GroupedFit | None = None

    @property
    def purchase_models(self) -> tuple[PurchaseModel, ...]:
        """The purchase models in use: that of everybody, then those of the groups where grouping helps."""
        return (self.purchases,) if self.groups is None else self.groups.purchase_models

    def model_numbers(self, buyers: pd.DataFrame) -> IntArray:
        """The place of each customer's model in ``purchase_models``, shape (customers,)."""
        if self.groups is None or self.group_by is None:
            return np.zeros(len(buyers), dtype=np.intp)
        return self.groups.model_numbers(buyers[self.group_by])


def fit_models(buyers: pd.DataFrame, setting: ModelSetting = ONE_MODEL) -> FittedModels:
    """Fit on customers with at least one purchase day.

    "auto" keeps the likelier of BG/NBD and MBG/NBD; "cnbd-k" also chooses how regularly customers buy.

    Parameters
    ----------
    buyers : frame with frequency, recency_days, T_days, monetary_value; for "cnbd-k" also sum_log_gaps,
        last_gap_days, previous_gap_days; and the column of ``setting.group_by``, if any.

    Raises
    ------
    ModelDataError : the data cannot identify a purchase model; the message says what they lack.
    """
    if buyers.empty:
        raise ModelDataError("Nobody in the file has paid for an order: every amount is 0 or was refunded.")
    history = (buyers["frequency"], buyers["recency_days"], buyers["T_days"])
    if setting.choice == "cnbd-k":
        purchases, timing = _fit_regular_timing(buyers)
    else:
        fitted = [model().fit(*history) for model in CANDIDATES[setting.choice]]
        purchases, timing = max(fitted, key=lambda model: model.log_likelihood_), ()
    spend, notes = _fit_spend(buyers)
    if not _loses_customers(purchases):
        notes = (NOBODY_LEAVES, *notes)
    if not purchases.converged_:
        notes = (f"{purchases.name} {purchases.message_}: take its figures with caution.", *notes)
    independence = spend_independence(buyers)
    if independence is not None and not independence.holds:
        notes = (*notes, independence.message)
    if setting.group_by is None:
        return FittedModels(purchases, spend, (*timing, *notes), independence)
    groups = fit_by_group(
        purchases, *history[:3], buyers[setting.group_by], noun=f"groups by {setting.group_by}"
    )
    return FittedModels(
        groups.pooled, spend, (*timing, groups.message, *notes), independence, setting.group_by, groups
    )


def _fit_regular_timing(buyers: pd.DataFrame) -> tuple[PurchaseModel, tuple[str, ...]]:
    """The likelier of BG/CNBD-k and MBG/CNBD-k, each at its likeliest k, and what the data say of k."""
    history = (buyers["frequency"], buyers["recency_days"], buyers["T_days"], buyers["sum_log_gaps"])
    fitted = [choose_k(*history, modified=modified) for modified in (False, True)]
    purchases = max(fitted, key=lambda model: float(model.log_likelihood_with_gaps(*history).sum()))
    gaps = buyers[buyers["frequency"] >= 2]
    if len(gaps) < 2:
        return purchases, ()
    estimate = wheat_morrison_k(gaps["previous_gap_days"], gaps["last_gap_days"])
    verdict = (
        "customers buy at random times" if purchases.k == 1 else "customers buy more regularly than at random"
    )
    return purchases, (
        f"Timing: k = {purchases.k} is the likeliest, {verdict} (Wheat-Morrison estimate {estimate:.1f}).",
    )


def _loses_customers(model: PurchaseModel) -> bool:
    """Whether dropout takes more than a hundredth off the purchases of a new customer's first year."""
    with_dropout, without = (
        float(model.purchases_if_alive(365.25, 0.0, 0.0, dropout_scale=scale)) for scale in (1.0, 0.0)
    )
    return with_dropout < 0.99 * without


def _fit_spend(buyers: pd.DataFrame) -> tuple[SpendModel, tuple[str, ...]]:
    repeaters = buyers[buyers["frequency"] > 0]
    try:
        spend = GammaGamma().fit(repeaters["frequency"], repeaters["monetary_value"])
    except ModelDataError as error:
        mean = float(repeaters["monetary_value"].mean())
        return ObservedMeanSpend(mean, str(error)), (str(error),)
    if spend.params_["q"] <= 1 or not spend.converged_:
        return spend, (f"Spend model: {spend.message_}.",)
    return spend, ()
