"""One customer's own story."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import altair as alt
import pandas as pd

from clv.charts.annotations import Rule, rule_columns, vertical_rules
from clv.charts.figure import STRUCTURES_KEPT, Columns, Figure, Spec, layer_on, structure
from clv.charts.theme import (
    LINE_WIDTH,
    amount_axis,
    amounts,
    axis,
    colour_by,
    day_axis,
    descriptions,
    money_title,
    nothing_to_show,
    utc_milliseconds,
    without_zone,
)
from clv.wording import day_words

ORDER_HISTORY_HEIGHT = 220
ALIVE_HEIGHT = 160
LABEL_ROOM = 24  # pixels above the highest order, for the words at the rule
MARGIN = 10  # pixels left of the first order and right of the last day


def order_history(orders: pd.DataFrame, as_of: date, currency_symbol: str = "") -> Figure:
    """A customer's orders over time, and the day up to which they are known.

    orders: one row an order
        date     the day of the order
        amount   what it brought, in money; refunds are negative and drawn in the colour of risk
    as_of: the last day of the data
    """
    orders = orders.dropna(subset=["date", "amount"])
    if orders.empty:
        return nothing_to_show(ORDER_HISTORY_HEIGHT, "No orders to show")
    return Figure(
        _structure(currency_symbol),
        {
            "orders": _order_columns(orders, currency_symbol),
            "as_of": rule_columns([_as_of_rule(as_of)]),
        },
    )


def alive_history(path: pd.DataFrame, order_days: list[date]) -> Figure:
    """How likely the customer still was one, day by day with what was known then; the days of orders are marked.

    path: one row a day, ordered
        day                 the day
        probability_alive   0 to 1
    """
    if path.empty:
        return nothing_to_show(ALIVE_HEIGHT, "No orders to show")
    stamps = without_zone(path["day"])
    probability = path["probability_alive"].astype(float).tolist()
    shares, days = [f"{value:.0%}" for value in probability], [day_words(day) for day in stamps]
    line: Columns = {
        "day": utc_milliseconds(stamps.to_numpy()),
        "alive": probability,
        "role": ["accent"] * len(path),
        "day_words": days,
        "share_words": shares,
        "description": descriptions(days, shares),
    }
    marks: Columns = {
        "at": utc_milliseconds(without_zone(order_days).to_numpy()),
        "role": ["muted"] * len(order_days),
    }
    return Figure(_alive_structure(), {"alive": line, "orders": marks})


@lru_cache(STRUCTURES_KEPT)
def _alive_structure() -> Spec:
    scale = alt.Scale(type="utc", nice=False, padding=MARGIN)
    line = (
        layer_on("alive")
        .mark_line(strokeWidth=LINE_WIDTH)
        .encode(
            x=alt.X("day:T", scale=scale, axis=day_axis()),
            y=alt.Y(
                "alive:Q",
                scale=alt.Scale(domain=[0, 1], nice=False),
                axis=axis("Still a customer", format="%", tickCount=3, grid=True),
            ),
            color=colour_by(),
            description="description:N",
            tooltip=[
                alt.Tooltip("day_words:N", title="Day"),
                alt.Tooltip("share_words:N", title="Still a customer"),
            ],
        )
    )
    ticks = (
        layer_on("orders")
        .mark_tick(aria=False, thickness=1.5, height=10)
        .encode(x="at:T", y=alt.datum(0), color=colour_by(), tooltip=alt.value(None))
    )
    return structure(ALIVE_HEIGHT, line, ticks)


@lru_cache(STRUCTURES_KEPT)
def _structure(currency_symbol: str) -> Spec:
    x = alt.X("day:T", scale=alt.Scale(type="utc", nice=False, padding=MARGIN), axis=day_axis())
    y = alt.Y(
        "amount:Q",
        axis=amount_axis(money_title("Order", currency_symbol), ticks=4),
        scale=alt.Scale(zero=True, range=[alt.ExprRef("height"), LABEL_ROOM]),
    )
    base = layer_on("orders").encode(
        x=x,
        y=y,
        color=colour_by(),
        description="description:N",
        tooltip=[
            alt.Tooltip("day_words:N", title="Day"),
            alt.Tooltip("amount_words:N", title="Amount"),
        ],
    )
    stems = base.mark_rule(strokeWidth=1.5).encode(y2=alt.datum(0))
    heads = base.mark_point(filled=True, size=60, opacity=1)
    as_of_rule = vertical_rules("as_of", alt.X("at:T", scale=alt.Scale(type="utc")))
    return structure(ORDER_HISTORY_HEIGHT, stems, heads, as_of_rule)


def _order_columns(orders: pd.DataFrame, currency_symbol: str) -> Columns:
    amount = orders["amount"].astype(float).tolist()
    stamps = without_zone(orders["date"])
    days = [day_words(day) for day in stamps]
    amount_words = amounts(amount, currency_symbol)
    return {
        "day": utc_milliseconds(stamps.to_numpy()),
        "amount": amount,
        "role": ["risk" if value < 0 else "accent" for value in amount],
        "day_words": days,
        "amount_words": amount_words,
        "description": descriptions(days, amount_words),
    }


def _as_of_rule(as_of: date) -> Rule:
    [at] = utc_milliseconds(without_zone([as_of]).to_numpy())
    return Rule(at, f"as of {day_words(as_of)}", words_on_left=True)
