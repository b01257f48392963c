"""Charts of clv.charts on the page."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

import pandas as pd
import pyarrow as pa
import streamlit as st

from clv.charts.figure import Columns, Figure
from clv.wording import currency_sign


def draw_chart(
    chart: Callable[..., Figure],
    frame: pd.DataFrame,
    currency: str | None,
    *args: Any,
    alt: str,
    key: str,
    **options: Any,
) -> None:
    """Draw a chart of money from its frame, see ``draw_figure``."""
    draw_figure(chart(frame, *args, currency_symbol=currency_sign(currency), **options), alt=alt, key=key)


def draw_figure(figure: Figure, *, alt: str, key: str) -> None:
    """Draw a chart of clv.charts; ``alt`` says what it shows to those who cannot see it.

    While the structure stays the same, the browser keeps the chart and takes in the new data alone.
    """
    datasets = {name: _arrow_table(columns) for name, columns in figure.datasets.items()}
    st.vega_lite_chart(
        spec={**figure.spec, "datasets": datasets},
        alt=alt,
        key=key,
        width="stretch",
        theme="streamlit",
    )


def _arrow_table(columns: Columns) -> pa.Table:
    """What Streamlit sends to the browser; from lists it would make a frame first, which takes longer."""
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})


def card_title(title: str, explanation: str = "") -> None:
    """Title of a card, plain text, with a quiet sentence beneath."""
    beneath = f"<small>{escape(explanation)}</small>" if explanation else ""
    st.html(f'<p class="clv-card">{escape(title)}{beneath}</p>')
