"""What each segment is worth."""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import pandas as pd

from clv.charts.figure import STRUCTURES_KEPT, Columns, Figure, Spec, layer_on, structure
from clv.charts.theme import (
    LINE_WIDTH,
    amount_axis,
    amounts,
    colour_by,
    descriptions,
    money_title,
    name_axis,
    nothing_to_show,
    ranges,
    wrapped,
)
from clv.wording import money

SEGMENT_HEIGHT = 38  # pixels a segment: its name and its head count below
AXIS_HEIGHT = 60
EMPTY_HEIGHT = 280


def segment_values(segments: pd.DataFrame, currency_symbol: str = "") -> Figure:
    """CLV by segment as bars with their intervals, the number of customers under each name.

    segments: one row a segment, in the order to draw them
        segment             its name
        customers           how many customers are in it
        clv_total           what they are worth together over the horizon, in money
        clv_low, clv_high   interval of clv_total, in money
    """
    if segments.empty:
        return nothing_to_show(EMPTY_HEIGHT, "No segments to show yet")
    return Figure(
        _structure(currency_symbol, len(segments)), {"segments": _columns(segments, currency_symbol)}
    )


@lru_cache(STRUCTURES_KEPT)
def _structure(currency_symbol: str, rows: int) -> Spec:
    base = layer_on("segments").encode(
        y=alt.Y("label:N", sort=None, axis=name_axis()),
        description="description:N",
        tooltip=[
            alt.Tooltip("segment:N", title="Segment"),
            alt.Tooltip("customers:Q", title="Customers", format=",.0f"),
            alt.Tooltip("clv_words:N", title="CLV"),
            alt.Tooltip("interval_words:N", title="Interval"),
            alt.Tooltip("each_words:N", title="CLV per customer"),
        ],
    )
    bars = base.mark_bar(height={"band": 0.55}).encode(
        x=alt.X(
            "clv_total:Q",
            scale=alt.Scale(zero=True, nice=False),
            axis=amount_axis(money_title("CLV of the segment", currency_symbol), ticks=4),
        ),
        color=colour_by("bar_role"),
    )
    accent = base.encode(color=colour_by())
    intervals = accent.mark_rule(aria=False, strokeWidth=LINE_WIDTH).encode(x="clv_low:Q", x2="clv_high:Q")
    ends = [
        accent.mark_tick(aria=False, thickness=LINE_WIDTH, height=9).encode(x=field)
        for field in ("clv_low:Q", "clv_high:Q")
    ]
    return structure(AXIS_HEIGHT + SEGMENT_HEIGHT * rows, bars, intervals, *ends)


def _columns(segments: pd.DataFrame, currency_symbol: str) -> Columns:
    names = segments["segment"].astype(str).tolist()
    customers, total, low, high = (
        segments[name].tolist() for name in ("customers", "clv_total", "clv_low", "clv_high")
    )
    people_words = [_customers_words(count) for count in customers]
    clv_words = amounts(total, currency_symbol)
    return {
        "segment": names,
        "label": [
            f"{wrapped(name, width=22)}\n{people}" for name, people in zip(names, people_words, strict=True)
        ],
        "customers": customers,
        "clv_total": total,
        "clv_low": low,
        "clv_high": high,
        "clv_words": clv_words,
        "interval_words": ranges(low, high, currency_symbol),
        "each_words": [
            money(value / count, currency_symbol) if count else "no value"
            for value, count in zip(total, customers, strict=True)
        ],
        "role": ["accent"] * len(names),
        "bar_role": ["soft"] * len(names),
        "description": descriptions(names, people_words, clv_words),
    }


def _customers_words(count: float) -> str:
    return "1 customer" if count == 1 else f"{count:,.0f} customers"
