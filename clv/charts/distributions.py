"""How value and risk are spread over the customers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import altair as alt
import pandas as pd

from clv.charts.annotations import Rule, rule_columns, vertical_rules, words_at
from clv.charts.figure import STRUCTURES_KEPT, Columns, Figure, Spec, layer_on, structure
from clv.charts.theme import (
    Role,
    amount_axis,
    amounts,
    axis,
    colour_by,
    descriptions,
    money_title,
    nothing_to_show,
    ranges,
)
from clv.wording import money

DISTRIBUTION_HEIGHT = 280
LABEL_ROOM = 40  # pixels above the highest bar, for the words
LINE = 17  # pixels from one line of words to the next
RIGHT_PART = 0.6  # of the axis: words of a rule beyond that stand left of it
ROLE_OF_BAND: dict[str, Role] = {"Low": "accent", "Medium": "caution", "High": "risk"}


def clv_distribution(
    bins: pd.DataFrame, currency_symbol: str, *, median: float | None = None, mean: float | None = None
) -> Figure:
    """Histogram of predicted CLV per customer, the median and the mean marked.

    bins: one row a bin, ordered
        bin_start, bin_end  CLV per customer, in money; bins of one width, or their heights mislead
        customers           how many customers lie in it
    median, mean: of the customers themselves. Left out, they are read off the bins, as if the customers of
        a bin were spread evenly over it.
    """
    if bins["customers"].sum() <= 0:
        return nothing_to_show(DISTRIBUTION_HEIGHT, "No customers to show yet")
    marks = {
        "Median": _median_of_bins(bins) if median is None else median,
        "Mean": _mean_of_bins(bins) if mean is None else mean,
    }
    return Figure(
        _clv_structure(currency_symbol),
        {
            "bins": _clv_bars(bins, currency_symbol),
            "marks": rule_columns(
                _marks(marks, bins["bin_start"].min(), bins["bin_end"].max(), currency_symbol)
            ),
        },
    )


@lru_cache(STRUCTURES_KEPT)
def _clv_structure(currency_symbol: str) -> Spec:
    x_scale = alt.Scale(zero=False, nice=False)
    bars = (
        layer_on("bins")
        .mark_bar()
        .encode(
            x=alt.X(
                "bin_start:Q",
                bin="binned",
                scale=x_scale,
                axis=amount_axis(money_title("CLV per customer", currency_symbol), grid=False),
            ),
            x2="bin_end:Q",
            y=_customers_under_words(),
            color=colour_by(),
            description="description:N",
            tooltip=_bin_tooltip("CLV"),
        )
    )
    return structure(DISTRIBUTION_HEIGHT, bars, vertical_rules("marks", alt.X("at:Q", scale=x_scale)))


def _clv_bars(bins: pd.DataFrame, currency_symbol: str) -> Columns:
    start, end = bins["bin_start"].tolist(), bins["bin_end"].tolist()
    return {
        "bin_start": start,
        "bin_end": end,
        "role": ["accent"] * len(bins),
        **_bin_columns(bins["customers"], ranges(start, end, currency_symbol)),
    }


def _marks(marks: dict[str, float], low: float, high: float, currency_symbol: str) -> list[Rule]:
    """A rule for each figure that lies on the axis, one line of words below the other."""
    right_part = low + RIGHT_PART * (high - low)
    return [
        Rule(
            at=float(at),
            label=f"{name} {money(at, currency_symbol)}",
            top=2 + line * LINE,
            words_on_left=bool(at > right_part),
        )
        for line, (name, at) in enumerate(marks.items())
        if low <= at <= high
    ]


def risk_distribution(
    bins: pd.DataFrame, threshold_medium: float, threshold_high: float, *, currency_symbol: str = ""
) -> Figure:
    """Histogram of churn risk, coloured and labelled by band: low, medium, high.

    bins: one row a bin, ordered
        risk_low, risk_high  churn risk, 0 to 1
        customers            how many customers lie in it
        value_at_risk        what those customers are worth times their risk, in money
    threshold_medium, threshold_high: where the medium and the high band begin, 0 to 1. A bin belongs to the
        band of its middle: let the thresholds be bin edges, and the counts are exact.
    """
    if bins["customers"].sum() <= 0:
        return nothing_to_show(DISTRIBUTION_HEIGHT, "No customers to show yet")
    low, high = bins["risk_low"].tolist(), bins["risk_high"].tolist()
    band = [_band_of((a + b) / 2, threshold_medium, threshold_high) for a, b in zip(low, high, strict=True)]
    bars = {
        "risk_low": low,
        "risk_high": high,
        "band": band,
        "role": [ROLE_OF_BAND[name] for name in band],
        **_bin_columns(
            bins["customers"], [f"{a:.0%} to {b:.0%}" for a, b in zip(low, high, strict=True)], band
        ),
        "value_words": amounts(bins["value_at_risk"].tolist(), currency_symbol),
    }
    return Figure(
        _risk_structure(),
        {
            "bins": bars,
            "thresholds": rule_columns(_threshold_rules(threshold_medium, threshold_high)),
            "bands": _band_words(band, bars["customers"], threshold_medium, threshold_high),
        },
    )


@lru_cache(STRUCTURES_KEPT)
def _risk_structure() -> Spec:
    x_scale = alt.Scale(domain=[0, 1])
    at = alt.X("at:Q", scale=x_scale)
    bars = (
        layer_on("bins")
        .mark_bar()
        .encode(
            x=alt.X(
                "risk_low:Q",
                bin="binned",
                scale=x_scale,
                axis=axis("Churn risk", values=[0, 0.2, 0.4, 0.6, 0.8, 1], format=".0%"),
            ),
            x2="risk_high:Q",
            y=_customers_under_words(),
            color=colour_by(),
            description="description:N",
            tooltip=[
                alt.Tooltip("band:N", title="Band"),
                *_bin_tooltip("Churn risk"),
                alt.Tooltip("value_words:N", title="Value at risk"),
            ],
        )
    )
    return structure(
        DISTRIBUTION_HEIGHT,
        bars,
        vertical_rules("thresholds", at),
        words_at("bands", at, alt.value(8), align=alt.ExprRef("datum.align"), dx=0),
    )


def _band_of(risk: float, threshold_medium: float, threshold_high: float) -> str:
    if risk >= threshold_high:
        return "High"
    return "Medium" if risk >= threshold_medium else "Low"


def _threshold_rules(threshold_medium: float, threshold_high: float) -> list[Rule]:
    """Where one band ends and the next begins, without words."""
    return [Rule(at, top=LABEL_ROOM - 4) for at in sorted({threshold_medium, threshold_high}) if 0 < at < 1]


def _band_words(
    band: Sequence[str], customers: Sequence[float], threshold_medium: float, threshold_high: float
) -> Columns:
    """Name and head count over the bands: low at the left edge, high at the right, medium between."""
    counts = dict.fromkeys(ROLE_OF_BAND, 0.0)
    for name, count in zip(band, customers, strict=True):
        counts[name] += count
    return {
        "at": [0.0, min(max((threshold_medium + threshold_high) / 2, 0.4), 0.6), 1.0],
        "label": [f"{name} risk\n{count:,.0f}" for name, count in counts.items()],
        "align": ["left", "center", "right"],
        "ink": ["muted"] * len(counts),
    }


def _bin_columns(
    customers: pd.Series, range_words: Sequence[str], *said_before: Sequence[str]
) -> dict[str, Any]:
    """Columns of every bin, whatever is binned: its range, how many customers lie in it, what is said of it."""
    counts, everyone = customers.tolist(), float(customers.sum())
    people_words = [f"{count:,.0f} customers" for count in counts]
    return {
        "customers": counts,
        "share": [count / everyone for count in counts],
        "range_words": range_words,
        "description": descriptions(*said_before, range_words, people_words),
    }


def _customers_under_words() -> alt.Y:
    return alt.Y(
        "customers:Q",
        axis=amount_axis("Customers", ticks=4),
        scale=alt.Scale(domainMin=0, range=[alt.ExprRef("height"), LABEL_ROOM]),
    )


def _bin_tooltip(title: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("range_words:N", title=title),
        alt.Tooltip("customers:Q", title="Customers", format=",.0f"),
        alt.Tooltip("share:Q", title="Share of customers", format=".1%"),
    ]


def _mean_of_bins(bins: pd.DataFrame) -> float:
    middle = (bins["bin_start"] + bins["bin_end"]) / 2
    return float((middle * bins["customers"]).sum() / bins["customers"].sum())


def _median_of_bins(bins: pd.DataFrame) -> float:
    half = bins["customers"].sum() / 2
    up_to = bins["customers"].cumsum()
    row = int((up_to >= half).to_numpy().argmax())
    start, end, inside = (float(bins[name].iloc[row]) for name in ("bin_start", "bin_end", "customers"))
    before = float(up_to.iloc[row]) - inside
    return start + (end - start) * ((half - before) / inside if inside else 0.0)
