"""When a new customer has earned back what winning them cost."""

from __future__ import annotations

from functools import lru_cache

import altair as alt
import pandas as pd

from clv.charts.annotations import GAP, Rule, rule_columns, vertical_rules
from clv.charts.figure import STRUCTURES_KEPT, Columns, Figure, Layer, Spec, layer_on, structure
from clv.charts.theme import (
    BAND_OPACITY,
    LABEL_SIZE,
    LINE_WIDTH,
    RULE_DASH,
    amount_axis,
    amounts,
    colour_by,
    descriptions,
    money_title,
    month_axis,
    nothing_to_show,
    ranges,
)
from clv.wording import money

PAYBACK_HEIGHT = 300
LABEL_ROOM = 24  # pixels above the plot, for the words at the payback month
EARLY_SHARE = 0.35  # of the horizon: paid back before that, the words about CAC stand right, else left


def payback_curve(
    months: pd.DataFrame, cac: float, payback_month: float | None, currency_symbol: str = ""
) -> Figure:
    """Margin that a new customer has brought, month by month, against what winning one cost.

    months: one row a month, ordered
        month               months since the first order, 0, 1, 2, ...
        cumulative_margin   margin per new customer until then, in money
        low, high           its interval, in money
    cac: cost of winning a customer, in money
    payback_month: when the margin reaches CAC; None when it does not within the months shown
    """
    if months.empty:
        return nothing_to_show(PAYBACK_HEIGHT, "No new customers to follow yet")
    end = max(float(months["month"].max()), 1.0)
    shown = payback_month if payback_month is not None and 0 <= payback_month <= end else None
    return Figure(
        _structure(currency_symbol, end),
        {
            "months": _margins(months, currency_symbol),
            "cac": _cac(cac, shown, end, currency_symbol),
            "payback": rule_columns(_payback(shown, end)),
        },
    )


@lru_cache(STRUCTURES_KEPT)
def _structure(currency_symbol: str, end: float) -> Spec:
    x_scale = alt.Scale(domain=[0, end], nice=False)
    y_scale = alt.Scale(zero=True, range=[alt.ExprRef("height"), LABEL_ROOM])
    base = layer_on("months").encode(
        x=alt.X("month:Q", scale=x_scale, axis=month_axis(end, "Months since the first order")),
        color=colour_by(),
        tooltip=alt.value(None),
    )
    band = base.mark_area(aria=False, opacity=BAND_OPACITY).encode(
        y=alt.Y(
            "low:Q",
            axis=amount_axis(money_title("Margin per new customer", currency_symbol)),
            scale=y_scale,
        ),
        y2="high:Q",
    )
    margin = base.encode(y=alt.Y("cumulative_margin:Q", scale=y_scale))
    line = margin.mark_line(aria=False, strokeWidth=LINE_WIDTH)
    points = margin.mark_point(filled=True, size=36, opacity=1).encode(
        description="description:N",
        tooltip=[
            alt.Tooltip("month:Q", title="Month", format="d"),
            alt.Tooltip("margin_words:N", title="Margin per customer"),
            alt.Tooltip("interval_words:N", title="Interval"),
        ],
    )
    payback = vertical_rules("payback", alt.X("at:Q", scale=x_scale))
    return structure(PAYBACK_HEIGHT, band, line, points, *_cac_rule(y_scale), payback)


def _cac_rule(y_scale: alt.Scale) -> list[Layer]:
    """The level to reach; its words stand left above it or, when it is reached early, right below it."""
    base = layer_on("cac").encode(y=alt.Y("cac:Q", scale=y_scale), color=colour_by(), tooltip=alt.value(None))
    rule = base.mark_rule(aria=False, strokeDash=RULE_DASH, strokeWidth=1.5)
    words = base.mark_text(
        align=alt.ExprRef("datum.early ? 'right' : 'left'"),
        baseline=alt.ExprRef("datum.early ? 'top' : 'bottom'"),
        dy=alt.ExprRef(f"datum.early ? {GAP} : {-GAP}"),
        fontSize=LABEL_SIZE,
    ).encode(x=alt.value(alt.ExprRef(f"datum.early ? width : {GAP}")), text="label:N", description="label:N")
    return [rule, words]


def _margins(months: pd.DataFrame, currency_symbol: str) -> Columns:
    month, margin, low, high = (
        months[name].tolist() for name in ("month", "cumulative_margin", "low", "high")
    )
    margin_words = amounts(margin, currency_symbol)
    return {
        "month": month,
        "cumulative_margin": margin,
        "low": low,
        "high": high,
        "role": ["accent"] * len(months),
        "margin_words": margin_words,
        "interval_words": ranges(low, high, currency_symbol),
        "description": descriptions([f"Month {number:.0f}" for number in month], margin_words),
    }


def _cac(cac: float, payback_month: float | None, end: float, currency_symbol: str) -> Columns:
    label = f"CAC {money(cac, currency_symbol)}"
    if payback_month is None:
        label += f", not earned back in {end:.0f} months" if end > 1 else ", not earned back yet"
    early = payback_month is not None and payback_month < EARLY_SHARE * end
    return {"cac": [float(cac)], "label": [label], "early": [early], "role": ["risk"]}


def _payback(payback_month: float | None, end: float) -> list[Rule]:
    """The rule at the month of payback, if there is one."""
    if payback_month is None:
        return []
    words = f"Paid back in month {payback_month:.0f}" if payback_month else "Paid back by the first order"
    return [Rule(float(payback_month), words, words_on_left=payback_month > end / 2)]
