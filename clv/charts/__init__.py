"""Charts: a small frame in, a figure out. Nothing here knows of Streamlit or of the rest of clv."""

from clv.charts.acquisition import payback_curve
from clv.charts.backtest import calibration_chart, decile_chart, tracking_chart
from clv.charts.customers import alive_history, order_history
from clv.charts.distributions import clv_distribution, risk_distribution
from clv.charts.figure import Figure
from clv.charts.history import monthly_revenue
from clv.charts.scenarios import cumulative_value, lever_gains
from clv.charts.segments import segment_values
from clv.charts.theme import standalone

__all__ = [
    "Figure",
    "alive_history",
    "calibration_chart",
    "clv_distribution",
    "cumulative_value",
    "decile_chart",
    "lever_gains",
    "monthly_revenue",
    "order_history",
    "payback_curve",
    "risk_distribution",
    "segment_values",
    "standalone",
    "tracking_chart",
]
