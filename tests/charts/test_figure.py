"""The two parts of every chart: a structure that is built once and kept, and data that fit it."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest

from clv import charts
from clv.charts.figure import Figure
from tests.charts.chart_frames import (
    BUILDERS,
    clv_bins,
    layers,
    levers,
    orders,
    payback,
    risk_bins,
    segment_frame,
)

CHANGING = {  # a column of each chart's frame that moves when a slider moves
    "deciles": "actual",
    "alive": "probability_alive",
    "weeks": "cumulative_actual",
    "calibration": "share_active",
    "clv": "customers",
    "risk": "value_at_risk",
    "segments": "clv_total",
    "levers": "gain",
    "cumulative": "value",
    "orders": "amount",
    "months": "new",
    "payback": "cumulative_margin",
}


def figure_of(name: str, rows: int | None = None, times: float = 1) -> Figure:
    """The chart of its usual frame, or of the first rows of it, or with other numbers."""
    make, build, _ = BUILDERS[name]
    frame = make() if rows is None else make().head(rows)
    column = CHANGING[name]
    return build(frame.assign(**{column: frame[column] * times}))


@pytest.mark.parametrize("name", BUILDERS)
def test_other_numbers_of_the_same_structure_share_the_specification(name: str) -> None:
    first, second = figure_of(name), figure_of(name, times=2)
    assert second.spec is first.spec
    assert second.datasets.keys() == first.datasets.keys()
    assert second.datasets != first.datasets


@pytest.mark.parametrize(
    "build",
    [
        lambda step: charts.clv_distribution(clv_bins(), "€", median=[3, 60, 999][step], mean=20 * step),
        lambda step: charts.risk_distribution(risk_bins(), *[(0.3, 0.7), (0.5, 0.5), (0.0, 1.0)][step]),
        lambda step: charts.payback_curve(payback(), [14, 40, 99][step], [1, 10, None][step], "€"),
        lambda step: charts.order_history(orders(), date(2024, 1 + step, 28), "€"),
        lambda step: charts.segment_values(segment_frame().sample(frac=1, random_state=step), "€"),
    ],
    ids=["median and mean", "thresholds", "month of payback", "last day", "order of segments"],
)
def test_what_a_slider_moves_is_in_the_data(build: Callable[[int], Figure]) -> None:
    first, *others = (build(step) for step in range(3))
    for other in others:
        assert other.spec is first.spec
        assert other.datasets != first.datasets


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("rows", [None, 0, 1])
def test_is_valid_vega_lite(name: str, rows: int | None) -> None:
    spec = figure_of(name, rows).to_dict()
    json.dumps(spec, allow_nan=False)
    assert isinstance(alt.Chart.from_dict(spec, validate=True), alt.LayerChart)


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("rows", [None, 0, 1])
def test_every_dataset_named_is_supplied_and_every_one_supplied_is_named(name: str, rows: int | None) -> None:
    figure = figure_of(name, rows)
    assert set(names_of_data(figure.spec)) == set(figure.datasets)


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("rows", [None, 0, 1])
def test_every_column_that_a_layer_reads_is_supplied(name: str, rows: int | None) -> None:
    figure = figure_of(name, rows)
    for layer in layers(dict(figure.spec)):
        assert columns_read(layer) <= set(figure.datasets[layer["data"]])


@pytest.mark.parametrize("name", BUILDERS)
def test_columns_of_a_dataset_are_of_one_length_and_of_plain_values(name: str) -> None:
    for columns in figure_of(name).datasets.values():
        assert len({len(values) for values in columns.values()}) == 1
        values = [value for values in columns.values() for value in values]
        assert not [value for value in values if isinstance(value, np.generic)]


@pytest.mark.parametrize("name", BUILDERS)
def test_what_is_kept_is_never_changed(name: str) -> None:
    kept = figure_of(name).spec
    before = copy.deepcopy(kept)
    for times in (2, -1):
        figure = figure_of(name, times=times)
        figure.to_dict()
        charts.standalone(figure, dark=True).to_dict()
        figure_of(name, rows=1)
    assert kept == before


@pytest.mark.parametrize("name", BUILDERS)
def test_stands_alone_with_the_same_data(name: str) -> None:
    figure = figure_of(name)
    spec = charts.standalone(figure).to_dict()
    assert spec["datasets"] == figure.to_dict()["datasets"]
    assert len(spec["layer"]) == len(figure.spec["layer"])


def test_a_value_that_is_missing_is_null() -> None:
    frame = segment_frame().assign(clv_low=np.nan)
    spec = charts.segment_values(frame, "€").to_dict()
    assert {row["clv_low"] for row in spec["datasets"]["segments"]} == {None}


def test_structures_differ_where_the_chart_does() -> None:
    gains = levers()
    only_gains: pd.DataFrame = gains[gains["gain"] > 0]
    specs = [
        charts.lever_gains(gains, "€").spec,
        charts.lever_gains(gains, "$").spec,
        charts.lever_gains(only_gains, "€").spec,
        charts.lever_gains(gains[["lever", "gain"]], "€").spec,
    ]
    assert len({json.dumps(spec) for spec in specs}) == len(specs)


def names_of_data(spec: Any) -> Iterator[str]:
    """Names under "data", wherever they stand."""
    if isinstance(spec, dict):
        if isinstance(spec.get("data"), dict):
            yield spec["data"]["name"]
        for part in spec.values():
            yield from names_of_data(part)
    elif isinstance(spec, list):
        for part in spec:
            yield from names_of_data(part)


def columns_read(layer: dict[str, Any]) -> set[str]:
    """Columns in the encodings of a layer and in its expressions (those of an axis speak of ticks)."""
    parts = {
        channel: [
            {key: value for key, value in part.items() if key not in ("axis", "scale")} for part in each
        ]
        for channel, definition in layer["encoding"].items()
        for each in [definition if isinstance(definition, list) else [definition]]
    }
    text = json.dumps([layer["mark"], parts])
    return set(re.findall(r'"field": "(\w+)"', text)) | set(re.findall(r"datum\.(\w+)", text))
