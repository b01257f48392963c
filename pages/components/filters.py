"""Which customers: filters shared by the customer table and the lists."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.assumptions import RISK_BANDS
from clv.economics import CLV_TIERS
from pages.components.tables import column_label

MOST_VALUES = 60
# Columns whose filters stand beside those of segment, risk and tier.
AT_HAND = 5


def filter_customers(analysis: Analysis, page: str) -> pd.DataFrame:
    """Draw the filters (keys prefixed by ``page``) and give the customers who pass, dearest first."""
    with st.spinner("Working out each customer's range and next order …", show_time=True):
        table = analysis.customers
    keep = pd.Series(True, index=table.index)
    attributes = _attribute_values(analysis)
    at_hand = dict(list(attributes.items())[:AT_HAND])
    choices = {
        "segment": analysis.shop.segment_names,
        "risk_band": list(RISK_BANDS),
        "clv_tier": list(CLV_TIERS),
        **at_hand,
    }
    keep &= _chosen(choices, table, page)
    further = {name: values for name, values in attributes.items() if name not in at_hand}
    if further:
        with st.expander("More filters", key=f"{page}_more_filters"):
            keep &= _chosen(further, table, page)
    return table[keep].sort_values(["clv", "customer_id"], ascending=[False, True], na_position="last")


def _chosen(choices: dict[str, list[str]], table: pd.DataFrame, page: str) -> pd.Series:
    """Draw a filter for each column; the customers who pass them all."""
    keep = pd.Series(True, index=table.index)
    with st.grid(4, min_column_width=150):
        for column, options in choices.items():
            chosen = st.multiselect(
                column_label(column),
                options,
                key=f"{page}_{column}",
                placeholder="All",
                persist_state="session",
            )
            if chosen:
                keep &= table[column].isin(chosen)
    return keep


def _attribute_values(analysis: Analysis) -> dict[str, list[str]]:
    """Attributes with few enough values to choose from."""
    frame = analysis.shop.summary.frame
    values = {name: frame[name].dropna().unique() for name in analysis.shop.summary.attributes}
    return {name: sorted(map(str, found)) for name, found in values.items() if 1 < len(found) <= MOST_VALUES}
