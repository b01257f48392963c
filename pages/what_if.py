"""What-if: better retention, more orders, larger orders, for everyone or for one segment."""

from __future__ import annotations

import streamlit as st

from clv.analysis import Analysis
from clv.charts import cumulative_value, lever_gains, payback_curve
from clv.scenarios import Levers
from clv.shop_forecast import EVERYONE
from pages.components.charts import card_title, draw_chart
from pages.components.formatting import count, in_prose, money, months, percent
from pages.components.history_view import history_boxes, history_finding, repeat_words
from pages.components.page_top import can_forecast, finding, open_page
from pages.components.sidebar import current_currency
from pages.components.what_if_block import answer, lever_sliders, result_boxes


def draw() -> None:
    """The levers with their answers, then what a new customer may cost."""
    analysis = open_page()
    currency = current_currency()
    if not can_forecast(analysis):
        history_finding(analysis, currency)
        history_boxes(analysis, currency)
        st.markdown(repeat_words(analysis))
        st.caption("What-if changes how often customers leave and buy in the model: it needs a forecast.")
        return
    levers_page(analysis, currency)
    acquisition(analysis, currency)


@st.fragment
def levers_page(analysis: Analysis, currency: str | None) -> None:
    """Sliders left, answer right; moving one repaints this part alone."""
    place = st.container()
    left, right = st.columns([1, 2], gap="large")
    with left:
        segment = st.selectbox(
            "Who is reached",
            [EVERYONE, *analysis.shop.segment_names],
            key="what_if_segment",
            persist_state="session",
            help="The levers and the cost apply to these customers only.",
        )
        levers = lever_sliders(analysis, currency)
        st.caption(
            "A lever changes the model, not the answer: fewer customers leave after each order, they order more often, "
            "spend more per order, or come back after having left. Retention moves little where few are left to keep."
        )
    result = analysis.what_if(levers, segment)
    customers = analysis.shop_forecast.lever_base(segment).customers
    with place:
        finding(answer(result, analysis.assumptions.horizon_months, currency))
    with right:
        result_boxes(result, customers, currency)
        with st.container(border=True):
            card_title("Gain in CLV by lever")
            draw_chart(
                lever_gains,
                result.gains,
                currency,
                alt="Gain in CLV by each lever alone and by all together",
                key="what_if_gains",
            )
        with st.container(border=True):
            card_title(
                "Value over time",
                "Cumulative discounted margin; the cost of the levers is taken off at the start. The band is the "
                "80 % interval of the base.",
            )
            draw_chart(
                cumulative_value,
                analysis.with_interval(result.curve, segment),
                currency,
                alt="Cumulative value with and without the levers by month",
                key="what_if_curve",
            )
    lever_words(levers, segment, customers)


def lever_words(levers: Levers, segment: str, customers: int) -> None:
    """The scenario spelt out, for a slide."""
    st.caption(
        f"{segment} ({count(customers)}): probability of leaving after each order x "
        f"{levers.dropout_factor:.2f}, order rate x "
        f"{levers.rate_factor:.2f}, spend per order x {levers.spend_factor:.2f}, "
        f"{percent(levers.reactivation)} of those who left come back."
    )


def acquisition(analysis: Analysis, currency: str | None) -> None:
    """What a new customer brings against CAC."""
    new, assumptions = analysis.new_customer, analysis.assumptions
    st.subheader("What may a new customer cost?")
    st.markdown(
        in_prose(
            f"A new customer brings {money(new.clv.mean, currency)} of margin over {months(assumptions.horizon_months)} "
            f"(between {money(new.clv.low, currency)} and {money(new.clv.high, currency)}). To earn "
            f"{assumptions.target_ratio:g} times its cost, acquisition may cost up to "
            f"{money(new.allowable_cac, currency)}; you assume {money(assumptions.cac, currency)}."
        )
    )
    with st.container(border=True):
        card_title(
            "Payback", "Cumulative margin per new customer, not discounted, those who never return included."
        )
        draw_chart(
            payback_curve,
            new.curve,
            currency,
            assumptions.cac,
            new.payback_month,
            alt="Cumulative margin per new customer by month against CAC",
            key="what_if_payback",
        )


draw()
