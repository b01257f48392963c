"""What would change: each lever's gain, and the value that builds up month by month."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from clv.charts.annotations import names_at, words_at
from clv.charts.figure import STRUCTURES_KEPT, Columns, Figure, Layer, Spec, layer_on, structure
from clv.charts.theme import (
    BAND_OPACITY,
    LINE_WIDTH,
    Role,
    amount_axis,
    amounts,
    colour_by,
    descriptions,
    money_title,
    month_axis,
    name_axis,
    nothing_to_show,
    ranges,
    spread_out,
    wrapped,
)

LEVER_HEIGHT = 46  # pixels a lever
AXIS_HEIGHT = 60
EMPTY_LEVERS_HEIGHT = 240
CUMULATIVE_HEIGHT = 300
PLOT_HEIGHT = 230  # of CUMULATIVE_HEIGHT, what the axis leaves
LABEL_GAP = 36  # pixels from one label of two lines to the next
VALUE_ROOM = 68  # pixels for a value beside a bar
VALUE_GAP = 6  # pixels between a bar and its value
LINE_NAME_ROOM = 112  # pixels for a scenario's name and value at the end of its line
SCENARIO_ROLES: tuple[Role, ...] = ("good", "caution", "soft", "risk")


def lever_gains(levers: pd.DataFrame, currency_symbol: str = "") -> Figure:
    """What each lever alone, and all together, would add to CLV; losses in the colour of risk.

    levers: one row a lever, in the order to draw them
        lever       its name
        gain        change of total CLV over the horizon, in money; may be negative
        low, high   (may be left out, or missing in a row) interval of the gain, in money
    """
    if levers.empty:
        return nothing_to_show(EMPTY_LEVERS_HEIGHT, "No lever is set yet")
    with_interval = {"low", "high"} <= set(levers.columns)
    losing = bool((levers["gain"] < 0).any())
    return Figure(
        _lever_structure(currency_symbol, len(levers), with_interval, losing),
        {
            "levers": _lever_columns(levers, with_interval, currency_symbol),
            "zero": {"at": [0], "role": ["muted"]},
        },
    )


@lru_cache(STRUCTURES_KEPT)
def _lever_structure(currency_symbol: str, rows: int, with_interval: bool, losing: bool) -> Spec:
    x_scale = alt.Scale(
        zero=True,
        nice=False,
        range=[VALUE_ROOM if losing else 0, alt.ExprRef(f"max(width - {VALUE_ROOM}, width / 2)")],
    )
    y = alt.Y("label:N", sort=None, axis=name_axis())
    tooltip = [alt.Tooltip("lever:N", title="Lever"), alt.Tooltip("gain_words:N", title="Change of CLV")]
    if with_interval:
        tooltip.append(alt.Tooltip("interval_words:N", title="Interval"))
    base = layer_on("levers").encode(y=y, description="description:N", tooltip=tooltip)
    bars = base.mark_bar(height={"band": 0.5}).encode(
        x=alt.X(
            "gain:Q",
            scale=x_scale,
            axis=amount_axis(money_title("Change of total CLV", currency_symbol), ticks=3 if losing else 4),
        ),
        color=colour_by("bar_role"),
    )
    intervals = base.mark_rule(aria=False, strokeWidth=LINE_WIDTH).encode(
        x=alt.X("low:Q", scale=x_scale), x2="high:Q", color=colour_by()
    )
    values = words_at(
        "levers",
        alt.X("words_at:Q", scale=x_scale),
        y,
        align=alt.ExprRef("datum.gain < 0 ? 'right' : 'left'"),
        dx=alt.ExprRef(f"datum.gain < 0 ? {-VALUE_GAP} : {VALUE_GAP}"),
        text="gain_words",
    )
    zero = (
        layer_on("zero")
        .mark_rule(aria=False)
        .encode(x=alt.X("at:Q", scale=x_scale), color=colour_by(), tooltip=alt.value(None))
    )
    layers: list[Layer] = [bars, intervals, values, zero] if with_interval else [bars, values, zero]
    return structure(AXIS_HEIGHT + LEVER_HEIGHT * rows, *layers)


def _lever_columns(levers: pd.DataFrame, with_interval: bool, currency_symbol: str) -> Columns:
    names = levers["lever"].astype(str).tolist()
    gain = levers["gain"].astype(float).tolist()
    # A lever without an interval gets one of no length: a rule that cannot be seen.
    low = levers["low"].astype(float).fillna(levers["gain"]).tolist() if with_interval else gain
    high = levers["high"].astype(float).fillna(levers["gain"]).tolist() if with_interval else gain
    gain_words = amounts(gain, currency_symbol, signed=True)
    return {
        "lever": names,
        "label": [wrapped(name) for name in names],
        "gain": gain,
        "low": low,
        "high": high,
        "role": ["risk" if value < 0 else "accent" for value in gain],
        "bar_role": ["risk" if value < 0 else "soft" for value in gain],
        "ink": ["muted"] * len(gain),
        "gain_words": gain_words,
        "interval_words": ranges(low, high, currency_symbol, signed=True),
        "words_at": [
            max(b, 0.0) if value >= 0 else min(a, 0.0) for value, a, b in zip(gain, low, high, strict=True)
        ],
        "description": descriptions(names, gain_words),
    }


def cumulative_value(months: pd.DataFrame, currency_symbol: str = "") -> Figure:
    """Value month by month: the base with its interval, and each scenario, named at the end of its line.

    months: one row a month and scenario
        month       months from today, 0, 1, 2, ...
        scenario    its name; the first name in the frame is the base
        value       what customers will have brought by then, in money
        low, high   interval of value, in money; drawn for the base only
    """
    if months.empty:
        return nothing_to_show(CUMULATIVE_HEIGHT, "Nothing to add up yet")
    base = str(months["scenario"].iloc[0])
    lines = _scenario_columns(months, currency_symbol)
    band = _band_of(base, lines)
    end = float(max(lines["month"]))
    return Figure(
        _cumulative_structure(currency_symbol, end),
        {"lines": lines, "band": band, "names": _line_names(lines, band, end)},
    )


@lru_cache(STRUCTURES_KEPT)
def _cumulative_structure(currency_symbol: str, end: float) -> Spec:
    x_scale = alt.Scale(
        domain=[0, max(end, 1)], range=[0, alt.ExprRef(f"max(width - {LINE_NAME_ROOM}, width / 2)")]
    )
    x = alt.X("month:Q", scale=x_scale, axis=month_axis(end))
    y_axis = amount_axis(money_title("Cumulative value", currency_symbol))
    band = (
        layer_on("band")
        .mark_area(aria=False, opacity=BAND_OPACITY)
        .encode(
            x=x,
            y=alt.Y("low:Q", axis=y_axis),
            y2="high:Q",
            color=colour_by(),
            tooltip=alt.value(None),
        )
    )
    scenarios = layer_on("lines").encode(x=x, y="value:Q", color=colour_by())
    lines = scenarios.mark_line(aria=False, strokeWidth=LINE_WIDTH).encode(
        detail="scenario:N", tooltip=alt.value(None)
    )
    points = scenarios.mark_point(filled=True, size=36, opacity=1).encode(
        description="description:N",
        tooltip=[
            alt.Tooltip("scenario:N", title="Scenario"),
            alt.Tooltip("month:Q", title="Month", format="d"),
            alt.Tooltip("value_words:N", title="Value by then"),
            alt.Tooltip("interval_words:N", title="Interval"),
        ],
    )
    names = names_at("names", alt.X("month:Q", scale=x_scale), alt.Y("words_y:Q"))
    return structure(CUMULATIVE_HEIGHT, band, lines, points, names)


def _scenario_columns(months: pd.DataFrame, currency_symbol: str) -> dict[str, list[Any]]:
    """A row a month and scenario, by month."""
    role_of = _scenario_roles(months["scenario"].astype(str).tolist())
    months = months.sort_values("month", kind="stable")
    scenario = months["scenario"].astype(str).tolist()
    month, value, low, high = (months[name].tolist() for name in ("month", "value", "low", "high"))
    value_words = amounts(value, currency_symbol)
    return {
        "month": month,
        "scenario": scenario,
        "value": value,
        "low": low,
        "high": high,
        "role": [role_of[name] for name in scenario],
        "value_words": value_words,
        "interval_words": ranges(low, high, currency_symbol),
        "description": descriptions(scenario, [f"month {number:.0f}" for number in month], value_words),
    }


def _scenario_roles(scenarios: Sequence[str]) -> dict[str, Role]:
    """The base in the accent colour, the others in their own."""
    base, *others = dict.fromkeys(scenarios)
    roles = {name: SCENARIO_ROLES[i % len(SCENARIO_ROLES)] for i, name in enumerate(others)}
    return {base: "accent", **roles}


def _band_of(base: str, lines: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The interval of the base, month by month."""
    rows = [row for row, name in enumerate(lines["scenario"]) if name == base]
    return {column: [lines[column][row] for row in rows] for column in ("month", "low", "high", "role")}


def _line_names(lines: dict[str, list[Any]], band: dict[str, list[Any]], end: float) -> Columns:
    """Name and last value beside the end of each line, kept from covering each other."""
    last = {name: row for row, name in enumerate(lines["scenario"])}  # the later row wins
    tallest = max(*lines["value"], *band["high"])
    lowest = min(0.0, *lines["value"], *band["low"])
    per_pixel = (tallest - lowest) / PLOT_HEIGHT if tallest > lowest else 1.0
    return {
        "month": [end] * len(last),
        "words_y": spread_out([float(lines["value"][row]) for row in last.values()], LABEL_GAP * per_pixel),
        "label": [f"{wrapped(name, width=16)}\n{lines['value_words'][row]}" for name, row in last.items()],
        "role": [lines["role"][row] for row in last.values()],
        "ink": ["muted"] * len(last),
    }
