"""How far the forecasts may be off: for one customer, and for totals of groups.

Two sources are kept apart: the parameters are estimates (draws from their asymptotic normal), and customers
with known parameters still buy at random. A total's interval contains both.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import interpolate, special

from clv.forecast.bins import bin_histories, weighted_means
from clv.forecast.forecast import DAYS_PER_MONTH, MONTH_ENDS, Forecast, IntArray
from clv.models import GammaGamma, PurchaseModel, SpendModel

FloatArray = NDArray[np.float64]

INTERVAL_LEVEL = 0.80
INTERVAL_REACH = float(special.ndtri(0.5 + INTERVAL_LEVEL / 2))  # standard deviations to either side
DRAWS = 100
BIN_STEP = 0.15  # only the spread between draws is read off these bins
# Month ends at which draws are evaluated; between them the growing curve is interpolated.
DRAW_MONTHS = np.array([0, 1, 2, 3, 4, 6, 9, 12, 18, 24, 36])


@dataclass(frozen=True)
class TotalDraws:
    """Undiscounted spend totals of groups of customers, by parameter draw and month.

    Attributes
    ----------
    cumulative_spend : shape (draws, groups, 37), money spent up to each month's end under each draw.
    process_variance : shape (groups, 37), variance of that money when the parameters are known.
    """

    cumulative_spend: FloatArray
    process_variance: FloatArray

    def pooled(self) -> TotalDraws:
        """All groups as one."""
        return TotalDraws(
            self.cumulative_spend.sum(axis=1, keepdims=True),
            self.process_variance.sum(axis=0, keepdims=True),
        )

    def of_group(self, group: int) -> TotalDraws:
        """One group alone."""
        return TotalDraws(
            self.cumulative_spend[:, group : group + 1], self.process_variance[group : group + 1]
        )

    def relative_sd(self, monthly_weights: FloatArray) -> FloatArray:
        """Standard deviation over mean of each group's weighted total up to each month, shape (groups, months)."""
        months = monthly_weights.size
        totals = np.cumsum(
            np.diff(self.cumulative_spend[:, :, : months + 1], axis=2) * monthly_weights, axis=2
        )
        mean = totals.mean(axis=0)
        shrink = _ratio(mean, self.cumulative_spend[:, :, 1 : months + 1].mean(axis=0))
        process = self.process_variance[:, 1 : months + 1] * shrink**2
        return _ratio(np.sqrt(totals.var(axis=0) + process), mean)


def draw_totals(
    forecast: Forecast, groups: IntArray, group_count: int, draws: int = DRAWS, seed: int = 1
) -> TotalDraws:
    """Totals of each group (``groups``: number of each customer's group) under parameter draws."""
    bins = bin_histories(forecast.frequency, forecast.T, BIN_STEP)
    value = forecast.probability_alive * forecast.expected_spend
    bin_x, bin_T = (weighted_means(bins, values, value) for values in (forecast.frequency, forecast.T))
    place = groups * bin_x.size + bins
    spend_models = spend_model_draws(forecast.models.spend, draws, seed + 1)
    totals = np.empty((draws, group_count, MONTH_ENDS.size))
    for i, model in enumerate(purchase_model_draws(forecast.models.purchases, draws, seed)):
        alive = model.probability_alive(forecast.frequency, forecast.recency, forecast.T)
        spend = spend_models[i].expected_spend(forecast.frequency, forecast.monetary_value)
        weight = np.bincount(place, alive * spend, group_count * bin_x.size).reshape(group_count, -1)
        bought = model.purchases_if_alive(DRAW_MONTHS * DAYS_PER_MONTH, bin_x[:, None], bin_T[:, None])
        totals[i] = _every_month(weight @ bought)
    return TotalDraws(totals, _process_variance(forecast, groups, group_count))


def interval_around(mean: FloatArray, relative_sd: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Low and high end of the 80 % interval: log-normal with the given mean and relative deviation."""
    sd = np.sqrt(np.log1p(relative_sd**2))
    reach = INTERVAL_REACH * sd
    low, high = mean * np.exp(-reach - sd**2 / 2), mean * np.exp(reach - sd**2 / 2)
    # With a deviation of many times the mean, the mean itself lies beyond the upper quantile.
    return low, np.maximum(high, mean)


def value_quantiles(forecast: Forecast, horizon_months: int) -> tuple[FloatArray, FloatArray]:
    """10 % and 90 % quantile of each customer's spend within the horizon, money, undiscounted.

    The spend is 0 with the probability of no purchase, else Gamma with the exact conditional mean and
    variance. Depends on the customer's own history alone, not on who else is forecast.
    """
    mean, variance = _spend_moments(forecast, horizon_months)
    window = horizon_months * DAYS_PER_MONTH
    buys = np.clip(1 - forecast.churn_risk(window), 1e-12, 1.0)
    mean_if = mean / buys
    variance_if = np.maximum((variance + mean**2) / buys - mean_if**2, 1e-12 * mean_if**2 + 1e-300)
    shape = np.maximum(mean_if, 1e-300) ** 2 / variance_if
    tails = (1 - INTERVAL_LEVEL) / 2, (1 + INTERVAL_LEVEL) / 2
    low, high = (
        special.gammaincinv(shape, np.clip((tail - (1 - buys)) / buys, 0.0, 1.0)) * variance_if / mean_if
        for tail in tails
    )
    return np.where(mean > 0, low, 0.0), np.where(mean > 0, high, 0.0)


def _spend_moments(forecast: Forecast, horizon_months: int) -> tuple[FloatArray, FloatArray]:
    """Mean and variance of each customer's spend within the horizon, parameters known.

    With N purchases of mean spend z: E[S^2] = E[N^2] E[z^2] + E[N] E[variance of one purchase].
    """
    alive, cell = forecast.probability_alive, forecast.cell
    count = alive * forecast.cell_purchases[cell, horizon_months]
    squared = count + alive * forecast.cell_pairs[cell, horizon_months]
    z_squared, z_variance = forecast.models.spend.spend_second_moments(
        forecast.frequency, forecast.monetary_value
    )
    mean = count * forecast.expected_spend
    return mean, np.maximum(squared * z_squared + count * z_variance - mean**2, 0.0)


def _process_variance(forecast: Forecast, groups: IntArray, group_count: int) -> FloatArray:
    variance = np.zeros((group_count, MONTH_ENDS.size))
    for month in DRAW_MONTHS[1:]:
        variance[:, month] = np.bincount(groups, _spend_moments(forecast, month)[1], group_count)
    return _every_month(variance[:, DRAW_MONTHS])


def purchase_model_draws(model: PurchaseModel, draws: int, seed: int) -> list[PurchaseModel]:
    sample = model.sample_params(draws, seed)
    return [
        type(model).from_params(**{name: float(values[i]) for name, values in sample.items()})
        for i in range(draws)
    ]


def spend_model_draws(model: SpendModel, draws: int, seed: int) -> list[SpendModel]:
    """Spend models under parameter draws; draws without a finite population mean keep the estimate."""
    if not isinstance(model, GammaGamma) or model.params_["q"] <= 1:
        return [model] * draws
    sample = model.sample_params(draws, seed)
    return [
        GammaGamma.from_params(**{name: float(values[i]) for name, values in sample.items()})
        if sample["q"][i] > 1.05
        else model
        for i in range(draws)
    ]


def _every_month(values: FloatArray) -> FloatArray:
    """From the draw months to all 37 month ends, shape-preserving."""
    months = np.arange(MONTH_ENDS.size)
    return np.asarray(interpolate.PchipInterpolator(DRAW_MONTHS, values, axis=-1)(months))


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1.0), 0.0)
