"""Lists that leave the app: built when asked for, formula cells neutralised."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
import streamlit as st

from clv.exports import to_csv

# Spreadsheets read a UTF-8 file as such only with the byte order mark.
SPREADSHEET_ENCODING = "utf-8-sig"


def download_table(
    label: str, frame: Callable[[], pd.DataFrame], name: str, key: str, *, primary: bool = False
) -> None:
    """A button that builds the CSV on click, so that no rerun pays for it."""
    st.download_button(
        label,
        data=lambda: to_csv(frame()).encode(SPREADSHEET_ENCODING),
        file_name=f"{_file_name(name)}.csv",
        mime="text/csv",
        on_click="ignore",
        key=key,
        type="primary" if primary else "secondary",
    )


def download_page(label: str, page: Callable[[], str], name: str, key: str) -> None:
    """A button that builds a page to read in any browser."""
    st.download_button(
        label,
        data=lambda: page().encode(),
        file_name=f"{_file_name(name)}.html",
        mime="text/html",
        on_click="ignore",
        key=key,
    )


def _file_name(name: str) -> str:
    return re.sub(r"[^\w-]+", "_", name.lower()).strip("_")
