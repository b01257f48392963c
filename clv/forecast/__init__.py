"""From a fitted model and a customer summary to purchases by month, spend, risk and their uncertainty."""

from clv.forecast.fit import FittedModels, fit_models
from clv.forecast.forecast import DAYS_PER_MONTH, Forecast, forecast_customers
from clv.forecast.uncertainty import TotalDraws, draw_totals, interval_around, value_quantiles

__all__ = [
    "DAYS_PER_MONTH",
    "FittedModels",
    "Forecast",
    "TotalDraws",
    "draw_totals",
    "fit_models",
    "forecast_customers",
    "interval_around",
    "value_quantiles",
]
