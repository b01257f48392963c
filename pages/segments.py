"""Segments: who holds the value, by RFM segment and by any column of the file."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from clv.analysis import Analysis
from clv.charts import segment_values
from clv.column_dictionary import column_label
from clv.economics import group_with_most, losing_groups
from clv.economics.media import MediaCost
from clv.history import RFM_SEGMENTS
from clv.history.rfm import SCORES_MEAN
from pages.components.charts import card_title, draw_chart
from pages.components.downloads import download_table
from pages.components.formatting import count, day, in_prose, money, percent, plain
from pages.components.history_view import groups_table, history_finding
from pages.components.page_top import can_forecast, finding, open_page
from pages.components.sidebar import current_currency
from pages.components.tables import show_table

TABLE = [
    "customers", "customers_share", "revenue", "revenue_share", "clv_total", "clv_low", "clv_high",
    "clv_total_share", "clv_per_customer", "churn_risk", "value_at_risk", "days_since_last_order",
]  # fmt: skip


def draw() -> None:
    """Finding, chart, table, lists."""
    analysis = open_page()
    currency = current_currency()
    if not can_forecast(analysis):
        without_forecast(analysis, currency)
        return
    by = st.segmented_control(
        "Break down by",
        analysis.breakdowns,
        default="segment",
        format_func=column_label,
        key="segments_by",
        required=True,
        bind="query-params",
        help="RFM segments, tiers of CLV, bands of churn risk, or any column of the files.",
    )
    with st.spinner("Working out the intervals …", show_time=True):
        table = analysis.breakdown(by)
    finding(sentence(table, by, analysis, currency))
    with st.container(border=True):
        card_title(f"CLV by {column_label(by).lower()}", "The line on each bar is its 80 % interval.")
        draw_chart(
            segment_values,
            table.rename(columns={by: "segment"}),
            currency,
            alt=f"Bars of predicted CLV by {column_label(by)} with intervals",
            key="segments_chart",
        )
    show_table(
        table[[by, *TABLE]],
        currency=currency,
        origins=analysis.shop.summary.origins,
        alt="Figures by group",
        key="segments_table",
        height="content",
    )
    groups = table[by].tolist()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = st.selectbox("Customers of", groups, key=f"segments_group_{by}")
        download_table(
            "Download this list",
            lambda: analysis.customers_of(by, group),
            f"clv_{by}_{group}",
            "segments_list",
            primary=True,
        )
        download_table("Download the table", lambda: table, f"clv_by_{by}", "segments_figures")
    if by in analysis.shop.groupable_attributes:
        acquisition(analysis, by, currency)
    if by == "segment":
        explain_segments()


def without_forecast(analysis: Analysis, currency: str | None) -> None:
    """Who the customers of each group are and what they brought."""
    by = st.segmented_control(
        "Break down by",
        ["segment", *analysis.shop.breakdown_attributes],
        default="segment",
        format_func=column_label,
        key="segments_history_by",
        required=True,
    )
    history_finding(analysis, currency)
    groups_table(analysis, by, currency, f"segments_history_{by}")
    if by == "segment":
        explain_segments()


def acquisition(analysis: Analysis, by: str, currency: str | None) -> None:
    """What a new customer of each group is worth, and so what may be paid for one."""
    st.subheader(f"New customers by {column_label(by).lower()}")
    with st.spinner("Fitting each group …", show_time=True):
        table = analysis.acquisition_by(by)
    st.caption(
        in_prose(analysis.grouping_message(by)) + " The spend of later orders is that of all customers."
    )
    media = analysis.shop.media
    if media is not None and media.by == by and media.cac is not None:
        st.markdown(in_prose(media_sentence(media, table, by, currency)))
    show_table(
        table,
        currency=currency,
        origins=analysis.shop.summary.origins,
        alt=f"New customer CLV and largest CAC by {by}",
        key="segments_acquisition",
        height="content",
    )
    download_table(
        "Download these figures", lambda: table, f"new_customers_by_{by}", "segments_acquisition_list"
    )


def media_sentence(media: MediaCost, table: pd.DataFrame, by: str, currency: str | None) -> str:
    """What the spend file says of the channels: which do not earn their cost back."""
    assert media.cac is not None
    losing = losing_groups(table, by)
    verdict = (
        f"{', '.join(map(plain, losing))}: a new customer costs more than it brings."
        if losing
        else "Every channel earns its cost back within the horizon."
    )
    return (
        f"CAC is {money(media.cac, currency)} over all new customers: {money(media.spend, currency)} spent, "
        f"{count(media.new_customers)} won, from {day(media.first_date)} to {day(media.last_date)}. {verdict}"
    )


def sentence(table: pd.DataFrame, by: str, analysis: Analysis, currency: str | None) -> str:
    """Which group holds most, against its size."""
    best = group_with_most(table)
    return (
        f"{best[by]}: {percent(best['customers_share'])} of customers hold {percent(best['clv_total_share'])} of the "
        f"predicted CLV, {money(best['clv_per_customer'], currency)} each."
    )


def explain_segments() -> None:
    """What each name means and what to do."""
    with st.expander("What the segments mean"):
        st.markdown(
            f"{SCORES_MEAN}\n\n"
            + "\n".join(
                f"- **{each.name}**: {each.meaning} {each.to_do} ({len(each.codes)} of 125 codes)"
                for each in RFM_SEGMENTS.values()
            )
        )


draw()
