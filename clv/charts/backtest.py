"""What was predicted against what happened: by decile, by week, and by probability."""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import numpy as np
import pandas as pd

from clv.charts.annotations import names_at
from clv.charts.figure import STRUCTURES_KEPT, Columns, Figure, Spec, layer_on, structure
from clv.charts.theme import (
    LINE_WIDTH,
    RULE_DASH,
    amount_axis,
    amounts,
    axis,
    colour_by,
    descriptions,
    money_title,
    nothing_to_show,
    spread_out,
)

HEIGHT = 280
NAME_ROOM = 92  # pixels right of the last week
LABEL_GAP_SHARE = 0.08  # of the height, between the two names
POINT_SIZE = 60


def decile_chart(deciles: pd.DataFrame, currency_symbol: str = "") -> Figure:
    """Customers in ten groups by predicted spend: bars for what they spent, points for what was predicted.

    deciles: one row a decile, highest first
        decile              1 to 10
        predicted, actual   mean spend per customer in the period, money
    """
    if deciles.empty:
        return nothing_to_show(HEIGHT, "Nothing to compare yet")
    predicted, actual = (deciles[name].tolist() for name in ("predicted", "actual"))
    place = [f"{number:.0f}" for number in deciles["decile"]]
    actual_words, predicted_words = amounts(actual, currency_symbol), amounts(predicted, currency_symbol)
    columns: Columns = {
        "decile": place,
        "actual": actual,
        "predicted": predicted,
        "actual_words": actual_words,
        "predicted_words": predicted_words,
        "bar_role": ["soft"] * len(place),
        "role": ["caution"] * len(place),
        "description": descriptions(
            [f"Tenth {number}" for number in place],
            [f"spent {words}" for words in actual_words],
            [f"predicted {words}" for words in predicted_words],
        ),
    }
    return Figure(_decile_structure(currency_symbol), {"deciles": columns})


@lru_cache(STRUCTURES_KEPT)
def _decile_structure(currency_symbol: str) -> Spec:
    base = layer_on("deciles").encode(
        x=alt.X("decile:N", sort=None, axis=axis("Tenth, highest predicted first", labelAngle=0)),
        description="description:N",
        tooltip=[
            alt.Tooltip("decile:N", title="Tenth"),
            alt.Tooltip("actual_words:N", title="Spent per customer"),
            alt.Tooltip("predicted_words:N", title="Predicted"),
        ],
    )
    y_axis = amount_axis(money_title("Per customer", currency_symbol), ticks=4)
    bars = base.mark_bar().encode(y=alt.Y("actual:Q", axis=y_axis), color=colour_by("bar_role"))
    points = base.mark_point(aria=False, filled=True, opacity=1, size=POINT_SIZE, shape="diamond").encode(
        y="predicted:Q", color=colour_by()
    )
    return structure(HEIGHT, bars, points)


def tracking_chart(weeks: pd.DataFrame) -> Figure:
    """Order days by week, added up: what came, and what was expected on the cut-off.

    weeks: one row a week, ordered
        week                                        1, 2, ... after the cut-off
        cumulative_actual, cumulative_predicted     order days of all customers known then, up to the week's end
    """
    if weeks.empty:
        return nothing_to_show(HEIGHT, "No weeks to show yet")
    lines = {
        "Actual": ("cumulative_actual", "accent"),
        "Expected": ("cumulative_predicted", "caution"),
    }
    week = np.r_[0, weeks["week"].to_numpy()].tolist()
    columns: dict[str, list[object]] = {
        name: [] for name in ("week", "orders", "line", "role", "words", "description")
    }
    for line, (column, role) in lines.items():
        values = np.r_[0.0, weeks[column].to_numpy(dtype=float)].tolist()
        words = [f"{value:,.0f}" for value in values]
        columns["week"] += week
        columns["orders"] += values
        columns["line"] += [line] * len(week)
        columns["role"] += [role] * len(week)
        columns["words"] += words
        columns["description"] += descriptions([f"{line}, week {number}" for number in week], words)
    ends = [float(weeks[column].iloc[-1]) for column, _ in lines.values()]
    names: Columns = {
        "week": [week[-1]] * len(lines),
        "words_y": spread_out(ends, LABEL_GAP_SHARE * max(*ends, 1.0)),
        "label": list(lines),
        "role": [role for _, role in lines.values()],
        "ink": ["muted"] * len(lines),
    }
    return Figure(_tracking_structure(), {"lines": columns, "names": names})


@lru_cache(STRUCTURES_KEPT)
def _tracking_structure() -> Spec:
    scale = alt.Scale(nice=False, range=[0, alt.ExprRef(f"max(width - {NAME_ROOM}, width / 2)")])
    lines = (
        layer_on("lines")
        .mark_line(strokeWidth=LINE_WIDTH)
        .encode(
            x=alt.X("week:Q", scale=scale, axis=axis("Weeks after the cut-off", tickMinStep=1)),
            y=alt.Y("orders:Q", axis=amount_axis("Order days so far", ticks=4)),
            color=colour_by(),
            detail="line:N",
            description="description:N",
            tooltip=[
                alt.Tooltip("line:N", title="Line"),
                alt.Tooltip("week:Q", title="Week"),
                alt.Tooltip("words:N", title="Order days so far"),
            ],
        )
    )
    names = names_at("names", alt.X("week:Q"), alt.Y("words_y:Q"))
    return structure(HEIGHT, lines, names)


def calibration_chart(bins: pd.DataFrame, event: str = "ordering", happened: str = "ordered") -> Figure:
    """Predicted probability of an event against the share to whom it happened; on the diagonal the two agree.

    bins: one row for each group of customers of like probability
        probability     mean predicted probability, 0 to 1
        share_active    share of them to whom it happened, 0 to 1
        customers       how many
    event, happened: the event in words, as in "probability of ordering" and "share who ordered"
    """
    if bins.empty:
        return nothing_to_show(HEIGHT, "Nothing to compare yet")
    probability, share = bins["probability"].tolist(), bins["share_active"].tolist()
    said, did = ([f"{value:.0%}" for value in values] for values in (probability, share))
    people = [f"{count:,.0f}" for count in bins["customers"]]
    columns: Columns = {
        "probability": probability,
        "share": share,
        "said": said,
        "did": did,
        "customers": people,
        "role": ["accent"] * len(bins),
        "description": descriptions(
            [f"{count} customers" for count in people],
            [f"predicted {words}" for words in said],
            [f"{happened} {words}" for words in did],
        ),
    }
    diagonal: Columns = {"x": [0.0, 1.0], "y": [0.0, 1.0], "role": ["muted", "muted"]}
    return Figure(_calibration_structure(event, happened), {"bins": columns, "diagonal": diagonal})


@lru_cache(STRUCTURES_KEPT)
def _calibration_structure(event: str, happened: str) -> Spec:
    scale = alt.Scale(domain=[0, 1], nice=False)
    line = (
        layer_on("diagonal")
        .mark_line(aria=False, strokeDash=RULE_DASH, strokeWidth=1.5)
        .encode(
            x=alt.X(
                "x:Q", scale=scale, axis=axis(f"Predicted probability of {event}", format="%", tickCount=5)
            ),
            y=alt.Y(
                "y:Q", scale=scale, axis=axis(f"Share who {happened}", format="%", tickCount=5, grid=True)
            ),
            color=colour_by(),
            tooltip=alt.value(None),
        )
    )
    points = (
        layer_on("bins")
        .mark_point(filled=True, opacity=1, size=POINT_SIZE)
        .encode(
            x="probability:Q",
            y="share:Q",
            color=colour_by(),
            description="description:N",
            tooltip=[
                alt.Tooltip("customers:N", title="Customers"),
                alt.Tooltip("said:N", title="Predicted"),
                alt.Tooltip("did:N", title=happened.capitalize()),
            ],
        )
    )
    return structure(HEIGHT, line, points)
