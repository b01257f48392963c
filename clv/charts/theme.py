"""What every chart shares: colours by role, axes, labels that keep apart.

A chart never names a colour. It names a role, and the page's theme turns the role into the colour for
light or dark: roles are drawn on the "category" range, which Streamlit fills with `chartCategoricalColors`.
Outside a page (notebook, report) `standalone` supplies the same palettes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from clv.charts.figure import STRUCTURES_KEPT, Figure, Layer, Spec, layer_on, structure
from clv.wording import money

Role = Literal["accent", "soft", "caution", "risk", "good", "muted"]
ROLES: tuple[Role, ...] = ("accent", "soft", "caution", "risk", "good", "muted")

# The order of ROLES; the same as chartCategoricalColors in .streamlit/config.toml.
LIGHT_PALETTE = ("#0b5f7a", "#4796b8", "#b98300", "#c2410c", "#0f8a5f", "#4f5962")
DARK_PALETTE = ("#63bdd7", "#2b7f9f", "#e0b13a", "#f0703c", "#35a077", "#aab4bb")
LIGHT_BACKGROUND = "#ffffff"
DARK_BACKGROUND = "#14191d"

AXIS_INK = alt.ExprRef(f"luminance(background) < 0.2 ? '{DARK_PALETTE[-1]}' : '{LIGHT_PALETTE[-1]}'")
LABEL_SIZE = 12
AXIS_LINE = 13  # pixels from one line of an axis label to the next
LINE_WIDTH = 2
BAND_OPACITY = 0.18
RULE_DASH = [4, 3]
NAME_WIDTH = 20  # characters of a category's name on one line
NAME_LIMIT = 150  # pixels
TICKS = 5
AMOUNT_LABEL = (
    "abs(datum.value) < 1 ? format(datum.value, '~r') : replace(format(datum.value, '~s'), 'G', 'B')"
)


def colour_by(column: str = "role") -> alt.Color:
    """Colours from a column that holds roles."""
    return alt.Color(column, type="nominal", scale=alt.Scale(domain=list(ROLES)), legend=None)


def standalone(figure: Figure, *, dark: bool = False) -> Layer:
    """The chart for a notebook or a report: an Altair chart with the product's own palette and background."""
    palette = DARK_PALETTE if dark else LIGHT_PALETTE
    ink = palette[ROLES.index("muted")]
    styled: Layer = (
        alt.Chart.from_dict(figure.to_dict())
        .configure(background=DARK_BACKGROUND if dark else LIGHT_BACKGROUND)
        .configure_range(category=list(palette))
        .configure_axis(ticks=False, domain=False, gridColor=ink, gridOpacity=0.25)
        .configure_view(stroke=None)
    )
    return styled


def nothing_to_show(height: int, message: str) -> Figure:
    """Stands where a chart would, at the chart's height, so that nothing jumps when the data arrives."""
    return Figure(_message_structure(height), {"message": {"message": [message], "role": ["muted"]}})


@lru_cache(STRUCTURES_KEPT)
def _message_structure(height: int) -> Spec:
    words = (
        layer_on("message")
        .mark_text(fontSize=LABEL_SIZE)
        .encode(
            x=alt.value(alt.ExprRef("width / 2")),
            y=alt.value(alt.ExprRef("height / 2")),
            text="message:N",
            description="message:N",
            color=colour_by(),
            tooltip=alt.value(None),
        )
    )
    return structure(height, words)


def axis(title: str | None, *, grid: bool = False, aria_title: str = "", **more: Any) -> alt.Axis:
    """An axis whose words can be read in light and in dark; Streamlit's own grey is too pale on white.

    A screen reader says its title (`aria_title` where none is drawn). What Vega would say by itself names
    the first and the last value, and goes on naming those of old after new data have come.
    """
    return alt.Axis(
        title=title,
        description=f"Axis: {title or aria_title}",
        grid=grid,
        labelColor=AXIS_INK,
        titleColor=AXIS_INK,
        **more,
    )


def amount_axis(title: str, *, grid: bool = True, ticks: int = TICKS) -> alt.Axis:
    """An axis of amounts or counts: 950, 1.2k, 3M, 2B."""
    return axis(
        title,
        grid=grid,
        tickCount=ticks,
        labelExpr=AMOUNT_LABEL,
    )


def month_axis(end: float, title: str = "Months from today") -> alt.Axis:
    """Whole months from 0 to `end`, at most half a dozen of them."""
    return axis(title, values=whole_ticks(end), format="d")


def whole_ticks(end: float) -> list[int]:
    """0 .. end in whole steps that divide a year well."""
    step = next((s for s in (1, 2, 3, 6, 12, 24, 60) if end / s <= TICKS), 120)
    return list(range(0, int(end) + 1, step))


def name_axis() -> alt.Axis:
    """Names of categories, broken into lines where `wrapped` put a line break."""
    lines = "split(datum.label, '\\n')"
    return axis(
        None,
        aria_title="names",
        labelLimit=NAME_LIMIT,
        labelPadding=8,
        labelExpr=lines,
        # Vega centres the first line on the bar; this centres all of them.
        labelOffset=alt.ExprRef(f"{-AXIS_LINE / 2} * (length({lines}) - 1)"),
    )


def day_axis() -> alt.Axis:
    """Days or months, as many labels as there is room for."""
    return axis(None, aria_title="time", tickCount=TICKS)


def wrapped(name: str, width: int = NAME_WIDTH) -> str:
    """A long name on two or more lines."""
    lines: list[str] = []
    for word in str(name).split():
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return "\n".join(lines)


def money_title(words: str, currency_symbol: str) -> str:
    """An axis title with its unit."""
    return f"{words} ({currency_symbol})" if currency_symbol else words


def spread_out(values: Sequence[float], gap: float) -> list[float]:
    """The values moved as little as needed to lie `gap` apart, in the order they came."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    placed: dict[int, float] = {}
    previous = float("-inf")
    for i in order:
        placed[i] = max(values[i], previous + gap)
        previous = placed[i]
    excess = sum(placed[i] - values[i] for i in order) / max(len(order), 1)
    return [placed[i] - excess for i in range(len(values))]


def amounts(values: Iterable[float], currency_symbol: str, *, signed: bool = False) -> list[str]:
    """Each value as money, in words."""
    return [money(value, currency_symbol, signed=signed) for value in values]


def ranges(
    lows: Iterable[float], highs: Iterable[float], currency_symbol: str, *, signed: bool = False
) -> list[str]:
    """Each pair as money, in words: €10 to €12."""
    return [
        f"{low} to {high}"
        for low, high in zip(
            amounts(lows, currency_symbol, signed=signed),
            amounts(highs, currency_symbol, signed=signed),
            strict=True,
        )
    ]


def descriptions(*columns: Sequence[str]) -> list[str]:
    """What a screen reader says of each row's mark, from columns of words."""
    return [", ".join(row) for row in zip(*columns, strict=True)]


def without_zone(dates: Iterable[date]) -> pd.DatetimeIndex:
    """Dates or stamps as the calendar days that they are where they were taken."""
    return pd.DatetimeIndex(dates if isinstance(dates, pd.Series) else list(dates)).tz_localize(None)


def utc_milliseconds(days: np.ndarray) -> list[float]:
    """NumPy dates as numbers that every browser, wherever it is, shows as the same day (on a UTC scale)."""
    return days.astype("datetime64[ms]").astype(float).tolist()
