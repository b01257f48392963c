"""Which customers: filters shared by the customer table and the lists."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.column_dictionary import column_label
from clv.filters import dearest_first, filter_choices
from clv.rules import Rule


def filter_customers(analysis: Analysis, page: str) -> pd.DataFrame:
    """Draw the filters (keys prefixed by ``page``) and give the customers who pass, dearest first."""
    with st.spinner("Working out each customer's range and next order …", show_time=True):
        table = analysis.customers
    choices = filter_choices(analysis.shop)
    chosen = _chosen(choices.at_hand, page)
    if choices.further:
        with st.expander("More filters", key=f"{page}_more_filters"):
            chosen |= _chosen(choices.further, page)
    return dearest_first(Rule.from_dict(chosen).apply(table))


def filter_key(page: str, column: str) -> str:
    """Key of the filter of a column."""
    return f"{page}_{column}"


def _chosen(choices: dict[str, list[str]], page: str) -> dict[str, list[str]]:
    """Draw a filter for each column; the values chosen, where there are any."""
    with st.grid(4, min_column_width=150):
        chosen = {
            column: st.multiselect(
                column_label(column),
                options,
                key=filter_key(page, column),
                placeholder="All",
                persist_state="session",
            )
            for column, options in choices.items()
        }
    return {column: values for column, values in chosen.items() if values}
