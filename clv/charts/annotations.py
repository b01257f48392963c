"""Rules and words laid over a chart: where the median is, when a customer has paid back.

Where they stand and on which side of their place depends on the numbers, so it comes with the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from clv.charts.figure import Columns, layer_on
from clv.charts.theme import LABEL_SIZE, RULE_DASH, colour_by

Align = Literal["left", "center", "right"]

GAP = 5  # pixels between a rule and its words
SQUARE = 64  # square pixels
SQUARE_AT = 12  # pixels from the place to the middle of the square
WORDS_AT = 22  # and to the words


@dataclass(frozen=True)
class Rule:
    """A vertical rule down to the bottom, its words beside its upper end."""

    at: float  # where, on the scale of x
    label: str = ""
    top: float = 0  # its upper end, in pixels from the top of the chart
    words_on_left: bool = False


def rule_columns(rules: Sequence[Rule]) -> Columns:
    """The data for `vertical_rules`."""
    return {
        "at": [rule.at for rule in rules],
        "label": [rule.label for rule in rules],
        "top": [rule.top for rule in rules],
        "words_on_left": [rule.words_on_left for rule in rules],
        "role": ["muted"] * len(rules),
    }


def vertical_rules(dataset: str, x: alt.X) -> alt.LayerChart:
    """Rules with their words; the dataset holds `rule_columns`."""
    top = alt.value(alt.ExprRef("datum.top"))
    base = layer_on(dataset).encode(x=x, color=colour_by(), tooltip=alt.value(None))
    rules = base.mark_rule(aria=False, strokeDash=RULE_DASH, strokeWidth=1.5).encode(
        y=top, y2=alt.value(alt.ExprRef("height"))
    )
    # A rule without words draws no text: an empty one would be read out as an unnamed picture.
    words = (
        base.transform_filter("datum.label != ''")
        .mark_text(
            align=alt.ExprRef("datum.words_on_left ? 'right' : 'left'"),
            baseline="top",
            dx=alt.ExprRef(f"datum.words_on_left ? {-GAP} : {GAP}"),
            fontSize=LABEL_SIZE,
        )
        .encode(y=top, text="label:N", description="label:N")
    )
    return alt.LayerChart(layer=[rules, words])


def words_at(
    dataset: str,
    x: alt.X,
    y: Any,
    *,
    align: Align | alt.ExprRef = "left",
    dx: float | alt.ExprRef = GAP,
    text: str = "label",
) -> alt.Chart:
    """Direct labels, from the column `text`, placed by the encodings given, in the colour of column `ink`."""
    words: alt.Chart = (
        layer_on(dataset)
        .mark_text(align=align, baseline="middle", dx=dx, fontSize=LABEL_SIZE, lineBreak="\n")
        .encode(
            x=x,
            y=y,
            text=f"{text}:N",
            description=f"{text}:N",
            color=colour_by("ink"),
            tooltip=alt.value(None),
        )
    )
    return words


def names_at(dataset: str, x: alt.X, y: alt.Y) -> alt.LayerChart:
    """Names beside what they name, each with a square of its colour: columns `label`, `ink` and `role`."""
    squares = (
        layer_on(dataset)
        .mark_point(aria=False, shape="square", filled=True, size=SQUARE, opacity=1, xOffset=SQUARE_AT)
        .encode(x=x, y=y, color=colour_by(), tooltip=alt.value(None))
    )
    return alt.LayerChart(layer=[squares, words_at(dataset, x, y, dx=WORDS_AT)])
