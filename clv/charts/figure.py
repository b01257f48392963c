"""A chart in two parts: its structure, built once and shared, and the numbers that it draws this time.

Altair takes tens of milliseconds to build and check a chart, plain lists take less than one. So the structure
(marks, encodings, scales, axes) is built with Altair once and kept; its layers name their data instead of
holding them, and a redraw makes new columns only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

Layer = alt.Chart | alt.LayerChart
Spec = Mapping[str, Any]
Columns = Mapping[str, Sequence[Any]]

STRUCTURES_KEPT = 64  # of each chart: one for each currency, number of bars and the like seen lately
PADDING = {"left": 0, "top": 0, "right": 0, "bottom": 4}  # pixels; left out, Streamlit adds 20 at the bottom


@dataclass(frozen=True)
class Figure:
    """What a chart function returns.

    spec: a Vega-Lite specification whose layers name their data. Shared between calls: read it, never change it
    datasets: for each of those names its columns, all of one length
    """

    spec: Spec
    datasets: Mapping[str, Columns]

    def to_dict(self) -> dict[str, Any]:
        """The complete Vega-Lite specification, its data as rows."""
        return {**self.spec, "datasets": {name: _rows(columns) for name, columns in self.datasets.items()}}


def structure(height: int, *layers: Layer) -> Spec:
    """The layers in one chart of fixed height (pixels) and of the width of whatever holds it, checked."""
    spec: dict[str, Any] = alt.LayerChart(
        layer=list(layers), width="container", height=height, padding=PADDING
    ).to_dict()
    spec.pop("config", None)  # Altair's own theme; the page's, or that of `standalone`, decides
    return spec


def layer_on(dataset: str) -> alt.Chart:
    """A layer to be, drawn on the data of that name."""
    return alt.Chart(alt.NamedData(name=dataset))


def _rows(columns: Columns) -> list[dict[str, Any]]:
    return [
        {name: _json_value(value) for name, value in zip(columns, values, strict=True)}
        for values in zip(*columns.values(), strict=True)
    ]


def _json_value(value: Any) -> Any:
    """JSON knows no NaN."""
    return None if isinstance(value, float) and math.isnan(value) else value
