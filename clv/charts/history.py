"""What the shop took in, month by month."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from clv.charts.annotations import names_at
from clv.charts.figure import STRUCTURES_KEPT, Columns, Figure, Spec, layer_on, structure
from clv.charts.theme import (
    Role,
    amount_axis,
    amounts,
    colour_by,
    day_axis,
    descriptions,
    money_title,
    nothing_to_show,
    spread_out,
    utc_milliseconds,
    without_zone,
)

MONTHLY_HEIGHT = 280
PLOT_HEIGHT = 245  # of MONTHLY_HEIGHT, what the axis leaves
LABEL_GAP = 16  # pixels between the two names
NAME_ROOM = 88  # pixels right of the last month
BAR_SHARE = 0.84  # of a month's width
MOST_BARS_WITH_GAPS = 60


def monthly_revenue(months: pd.DataFrame, currency_symbol: str = "") -> Figure:
    """Revenue by month: from customers who came back, and on top from those who bought for the first time.

    months: one row a month, ordered
        month       any day of the month
        new         revenue of customers in the month of their first order, in money
        returning   revenue of all others, in money
    """
    if months.empty:
        return nothing_to_show(MONTHLY_HEIGHT, "No months to show yet")
    new, returning = months["new"].to_numpy(float), months["returning"].to_numpy(float)
    common = _month_columns(months["month"], new + returning, currency_symbol)
    nothing = np.zeros(len(months))
    lower = _stack(common, nothing, returning, "Returning", "accent", currency_symbol)
    upper = _stack(common, returning, returning + new, "New", "soft", currency_symbol)
    return Figure(
        _structure(currency_symbol),
        {
            "bars": {name: [*lower[name], *upper[name]] for name in lower},
            "names": _names(lower, upper),
        },
    )


@lru_cache(STRUCTURES_KEPT)
def _structure(currency_symbol: str) -> Spec:
    x_scale = alt.Scale(
        type="utc",
        nice=False,
        range=[0, alt.ExprRef(f"max(width - {NAME_ROOM}, width / 2)")],
    )
    bars = (
        layer_on("bars")
        .mark_bar()
        .encode(
            x=alt.X("begin:T", scale=x_scale, axis=day_axis()),
            x2="end:T",
            y=alt.Y("low:Q", axis=amount_axis(money_title("Revenue", currency_symbol), ticks=4)),
            y2="high:Q",
            color=colour_by(),
            description="description:N",
            tooltip=[
                alt.Tooltip("month_words:N", title="Month"),
                alt.Tooltip("customers:N", title="Customers"),
                alt.Tooltip("amount_words:N", title="Revenue"),
                alt.Tooltip("total_words:N", title="Revenue of the month"),
            ],
        )
    )
    names = names_at("names", alt.X("end:T", scale=alt.Scale(type="utc")), alt.Y("words_y:Q"))
    return structure(MONTHLY_HEIGHT, bars, names)


def _month_columns(months: pd.Series, total: np.ndarray, currency_symbol: str) -> dict[str, list[Any]]:
    """What both bars of a month share: from when to when they reach, and their words."""
    stamps = without_zone(months)
    month = stamps.to_numpy().astype("datetime64[M]")
    begin, after = utc_milliseconds(month), utc_milliseconds(month + 1)
    share = BAR_SHARE if len(months) <= MOST_BARS_WITH_GAPS else 1.0
    return {
        "begin": begin,
        "end": [a + (b - a) * share for a, b in zip(begin, after, strict=True)],
        "month_words": stamps.strftime("%B %Y").tolist(),
        "total_words": amounts(total.tolist(), currency_symbol),
    }


def _stack(
    common: dict[str, list[Any]],
    low: np.ndarray,
    high: np.ndarray,
    customers: str,
    role: Role,
    currency_symbol: str,
) -> dict[str, list[Any]]:
    """One bar a month, from `low` to `high`."""
    amount_words = amounts((high - low).tolist(), currency_symbol)
    names = [customers] * len(low)
    return {
        **common,
        "low": low.tolist(),
        "high": high.tolist(),
        "customers": names,
        "role": [role] * len(low),
        "amount_words": amount_words,
        "description": descriptions(common["month_words"], names, amount_words),
    }


def _names(lower: dict[str, list[Any]], upper: dict[str, list[Any]]) -> Columns:
    """New and Returning beside the last bar, at the height of their part of it."""
    stacks = (lower, upper)
    middle = [(stack["low"][-1] + stack["high"][-1]) / 2 for stack in stacks]
    tallest = max(*lower["high"], *upper["high"])
    gap = LABEL_GAP * tallest / PLOT_HEIGHT if tallest > 0 else 1.0
    return {
        "end": [stack["end"][-1] for stack in stacks],
        "words_y": spread_out(middle, gap),
        "label": [stack["customers"][-1] for stack in stacks],
        "role": [stack["role"][-1] for stack in stacks],
        "ink": ["muted"] * len(stacks),
    }
