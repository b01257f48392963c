"""Tables as every page shows them, by the dictionary of columns."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Literal

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from clv.column_dictionary import Column, column
from clv.wording import currency_sign

SHOWN_ROWS = 200
FORMATS = {"money": "localized", "count": "localized", "days": "localized", "months": "localized"}

Height = int | Literal["auto", "content"]


def show_table(
    frame: pd.DataFrame,
    *,
    currency: str | None,
    alt: str,
    key: str,
    origins: Mapping[str, str] | None = None,
    height: Height = "auto",
) -> None:
    """Show the first rows of a frame.

    Parameters
    ----------
    origins : the frame's columns of the user's own, as ``CustomerSummary.origins``; the dictionary has all others.
    """
    columns = [column(name, origins) for name in frame.columns]
    st.dataframe(
        _as_shown(frame.head(SHOWN_ROWS), columns), hide_index=True, column_config=_configs(columns, currency),
        key=key, alt=alt, height=height,
    )  # fmt: skip


def select_row(
    frame: pd.DataFrame,
    *,
    currency: str | None,
    alt: str,
    key: str,
    origins: Mapping[str, str] | None = None,
    height: Height = "auto",
) -> int | None:
    """``show_table``, and the position of the row that is selected in it."""
    columns = [column(name, origins) for name in frame.columns]
    event = st.dataframe(
        _as_shown(frame.head(SHOWN_ROWS), columns), hide_index=True, column_config=_configs(columns, currency),
        key=key, alt=alt, height=height, on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    rows: list[int] = event.selection.rows
    return rows[0] if rows else None


def summary_table(frame: pd.DataFrame, caption: str, currency: str | None) -> None:
    """A table of a few rows, to be read rather than worked with.

    It is plain HTML, which the browser repaints in a fifth of the time that st.dataframe takes.
    """
    sign, columns = currency_sign(currency), [column(name) for name in frame.columns]
    head = "".join(f'<th scope="col">{escape(each.label)}</th>' for each in columns)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(each.words(row[each.name], sign))}</td>" for each in columns) + "</tr>"
        for row in frame.to_dict("records")
    )
    st.html(
        f'<table class="clv-table"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _as_shown(frame: pd.DataFrame, columns: list[Column]) -> pd.DataFrame:
    """Shares in percent; money without cents where the column reaches hundreds."""
    shown = {}
    for each in columns:
        cells = frame[each.name]
        if each.unit == "share":
            shown[each.name] = (100 * cells).round(0 if each.signed else 1) + 0.0  # no -0
        elif each.unit == "money":
            shown[each.name] = cells.round(0 if cells.abs().max() >= 100 else 2)
    return frame.assign(**shown)


def _configs(columns: list[Column], currency: str | None) -> dict[str, ColumnConfig]:
    sign = currency_sign(currency)
    return {each.name: _config(each, sign) for each in columns}


def _config(each: Column, sign: str) -> ColumnConfig:
    if each.unit == "text":
        return st.column_config.TextColumn(each.label, help=each.help)
    if each.unit == "date":
        return st.column_config.DateColumn(each.label, help=each.help, format="YYYY-MM-DD")
    label = f"{each.label} ({sign})" if each.unit == "money" and sign else each.label
    return st.column_config.NumberColumn(label, help=each.help, format=_format(each))


def _format(each: Column) -> str:
    if each.unit == "share":
        return "%+.0f %%" if each.signed else "%.0f %%"
    return FORMATS.get(each.unit, f"%.{each.digits}f")
