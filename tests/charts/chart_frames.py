"""Frames as the pages pass them, one for each chart, and how to read what a chart would draw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from clv import charts
from clv.charts import (
    acquisition,
    backtest,
    customers,
    distributions,
    history,
    scenarios,
    segments,
)
from clv.charts.figure import Figure

SEGMENTS = [
    "Champions",
    "Loyal customers",
    "Potential loyalists",
    "New customers",
    "Promising",
    "Need attention",
    "About to sleep",
    "At risk",
    "Cannot lose them",
    "Hibernating",
    "Lost",
]


def clv_bins() -> pd.DataFrame:
    edges = np.arange(0.0, 110.0, 10.0)
    return pd.DataFrame(
        {"bin_start": edges[:-1], "bin_end": edges[1:], "customers": [50, 30, 10, 4, 2, 1, 1, 1, 0, 1]}
    )


def risk_bins() -> pd.DataFrame:
    edges = np.linspace(0, 1, 11)
    return pd.DataFrame(
        {
            "risk_low": edges[:-1],
            "risk_high": edges[1:],
            "customers": np.arange(10) + 1,
            "value_at_risk": np.arange(10) * 100.0,
        }
    )


def segment_frame() -> pd.DataFrame:
    total = np.linspace(30_000, -50, len(SEGMENTS))
    return pd.DataFrame(
        {
            "segment": SEGMENTS,
            "customers": [1, 0, *range(2, len(SEGMENTS))],
            "clv_total": total,
            "clv_low": total - 100,
            "clv_high": total + 100,
        }
    )


def levers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lever": ["Keep 5 % more customers", "Upsell", "Lower margin", "All together"],
            "gain": [4200.0, 100.0, -2400.0, 1900.0],
            "low": [4000.0, np.nan, -3000.0, 1000.0],
            "high": [4400.0, np.nan, -2000.0, 2500.0],
        }
    )


def cumulative() -> pd.DataFrame:
    month = np.arange(13)
    return pd.concat(
        [
            pd.DataFrame(
                {"month": month, "scenario": name, "value": value, "low": value * 0.9, "high": value * 1.1}
            )
            for name, value in (("As today", month * 100.0), ("With levers", month * 101.0))
        ]
    )


def orders() -> pd.DataFrame:
    frame = pd.DataFrame(
        {"date": pd.to_datetime(["2023-01-05", "2023-02-11", "2023-06-01"]), "amount": [45.0, -20.0, 60.0]}
    )
    return frame.set_axis([7, 3, 5])  # as a slice of a larger frame would come


def months() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "month": pd.date_range("2022-12-01", periods=14, freq="MS"),
            "new": np.linspace(100, 50, 14),
            "returning": np.linspace(0, 500, 14),
        }
    ).set_axis(range(20, 34))


def payback() -> pd.DataFrame:
    month = np.arange(13)
    margin = 12 + 3.0 * month
    return pd.DataFrame({"month": month, "cumulative_margin": margin, "low": margin - 2, "high": margin + 2})


def deciles() -> pd.DataFrame:
    spend = np.linspace(200, 1, 10)
    return pd.DataFrame(
        {"decile": np.arange(1, 11), "customers": 50, "predicted": spend, "actual": spend * 0.9}
    )


def weeks() -> pd.DataFrame:
    actual, predicted = np.full(13, 30.0), np.linspace(34, 25, 13)
    return pd.DataFrame(
        {
            "week": np.arange(1, 14),
            "actual": actual,
            "predicted": predicted,
            "cumulative_actual": np.cumsum(actual),
            "cumulative_predicted": np.cumsum(predicted),
        }
    )


def alive() -> pd.DataFrame:
    days = pd.date_range("2023-01-05", periods=20, freq="7D")
    return pd.DataFrame({"day": days, "probability_alive": np.linspace(0.95, 0.2, 20)})


def probability_bins() -> pd.DataFrame:
    probability = np.linspace(0.05, 0.95, 10)
    return pd.DataFrame({"probability": probability, "share_active": probability**1.1, "customers": 120})


BUILDERS: dict[str, tuple[Callable[[], pd.DataFrame], Callable[[pd.DataFrame], Figure], int]] = {
    "clv": (clv_bins, lambda f: charts.clv_distribution(f, "€"), distributions.DISTRIBUTION_HEIGHT),
    "risk": (risk_bins, lambda f: charts.risk_distribution(f, 0.3, 0.7), distributions.DISTRIBUTION_HEIGHT),
    "segments": (segment_frame, lambda f: charts.segment_values(f, "€"), segments.EMPTY_HEIGHT),
    "levers": (levers, lambda f: charts.lever_gains(f, "€"), scenarios.EMPTY_LEVERS_HEIGHT),
    "cumulative": (cumulative, lambda f: charts.cumulative_value(f, "€"), scenarios.CUMULATIVE_HEIGHT),
    "orders": (
        orders,
        lambda f: charts.order_history(f, date(2024, 1, 31), "€"),
        customers.ORDER_HISTORY_HEIGHT,
    ),
    "months": (months, lambda f: charts.monthly_revenue(f, "CHF"), history.MONTHLY_HEIGHT),
    "deciles": (deciles, lambda f: charts.decile_chart(f, "€"), backtest.HEIGHT),
    "alive": (
        alive,
        lambda f: charts.alive_history(f, [date(2023, 1, 5), date(2023, 2, 2)]),
        customers.ALIVE_HEIGHT,
    ),
    "weeks": (weeks, charts.tracking_chart, backtest.HEIGHT),
    "calibration": (probability_bins, charts.calibration_chart, backtest.HEIGHT),
    "payback": (payback, lambda f: charts.payback_curve(f, 32.0, 7, "€"), acquisition.PAYBACK_HEIGHT),
}


def layers(spec: dict[str, Any], data: str = "") -> Iterator[dict[str, Any]]:
    """Every layer that draws, nested ones too, with the name of its data."""
    data = spec.get("data", {}).get("name", data)
    if "layer" not in spec:
        yield {**spec, "data": data}
    for layer in spec.get("layer", []):
        yield from layers(layer, data)


def rows(spec: dict[str, Any], layer: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = spec["datasets"][layer["data"]]
    return found


def drawn_by(spec: dict[str, Any], mark: str) -> list[dict[str, Any]]:
    return [layer for layer in layers(spec) if layer["mark"]["type"] == mark]


def words(spec: dict[str, Any]) -> list[str]:
    """Everything written on the plot."""
    return [
        row[layer["encoding"]["text"]["field"]]
        for layer in drawn_by(spec, "text")
        for row in rows(spec, layer)
    ]
