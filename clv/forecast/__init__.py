"""From a fitted model and a customer summary to purchases by month, spend, risk and their uncertainty."""

from clv.forecast.bootstrap import resampled_parameters
from clv.forecast.customer_ranges import (
    SpendDistribution,
    SpendRanges,
    relative_parameter_variance,
    spend_distribution,
    spend_ranges,
)
from clv.forecast.fit import FittedModels, fit_models
from clv.forecast.forecast import DAYS_PER_MONTH, Forecast, forecast_customers
from clv.forecast.forecast_sets import ForecastSets, forecast_under
from clv.forecast.next_order import next_order_days
from clv.forecast.parameter_sets import ParameterSets, drawn_parameters
from clv.forecast.uncertainty import TotalDraws, draw_totals, interval_around

__all__ = [
    "DAYS_PER_MONTH",
    "FittedModels",
    "Forecast",
    "ForecastSets",
    "ParameterSets",
    "SpendDistribution",
    "SpendRanges",
    "TotalDraws",
    "draw_totals",
    "drawn_parameters",
    "fit_models",
    "forecast_customers",
    "forecast_under",
    "interval_around",
    "next_order_days",
    "relative_parameter_variance",
    "resampled_parameters",
    "spend_distribution",
    "spend_ranges",
]
