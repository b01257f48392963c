"""The what-if sliders with their answers, on the Overview and on the What-if page."""

from __future__ import annotations

import streamlit as st

from clv.analysis import Analysis
from clv.charts import lever_gains
from clv.scenarios import LeverError, Levers, WhatIf
from clv.settings import LEVERS, levers_set
from clv.shop_forecast import EVERYONE
from clv.wording import currency_sign
from pages.components.boxes import ValueBox, show_boxes
from pages.components.charts import draw_chart
from pages.components.controls import number_slider
from pages.components.formatting import count, in_prose, money, months


def lever_sliders(analysis: Analysis, currency: str | None) -> Levers:
    """Draw the sliders and give what they say; no change at all where a value is out of range."""
    for lever in LEVERS:
        number_slider(lever, analysis, currency_symbol=currency_sign(currency))
    try:
        return Levers(**levers_set(st.session_state))
    except LeverError as error:
        st.warning(str(error))
        return Levers()


def answer(result: WhatIf, horizon: int, currency: str | None) -> str:
    """The scenario in one sentence."""
    change = "adds" if result.net_gain >= 0 else "loses"
    sentence = (
        f"All levers together bring {money(result.scenario, currency)} instead of "
        f"{money(result.base, currency)} over {months(horizon)}"
    )
    if result.cost > 0:
        return (
            f"{sentence}; after {money(result.cost, currency)} of cost the programme {change} "
            f"{money(abs(result.net_gain), currency)}."
        )
    if result.net_gain < 0:
        return f"{sentence}: {money(-result.net_gain, currency)} less."
    return f"{sentence}: {money(result.net_gain, currency)} to spend on it before it loses money."


def result_boxes(result: WhatIf, customers: int, currency: str | None) -> None:
    """Three boxes: gain, net gain, break-even cost."""
    show_boxes(
        ValueBox(
            "Gain",
            money(result.gain, currency),
            f"{100 * result.gain_share:+.1f} % of CLV",
            help="CLV with all levers less CLV without, before cost, both discounted over the horizon.",
        ),
        ValueBox(
            "Net gain",
            money(result.net_gain, currency),
            f"after {money(result.cost, currency)}",
            help="Gain less the cost of reaching every customer of the group once.",
        ),
        ValueBox(
            "Break-even cost",
            money(result.break_even_cost, currency) if result.break_even_cost > 0 else "–",
            f"for each of {count(customers)}" if result.break_even_cost > 0 else "no gain to pay for",
            help="The most that may be spent per customer reached before the programme loses money.",
        ),
        columns=3,
    )


@st.fragment
def what_if_card(analysis: Analysis, currency: str | None) -> None:
    """Sliders left, answer right; moving one repaints this card alone."""
    left, right = st.columns([1, 2], gap="medium")
    with left:
        levers = lever_sliders(analysis, currency)
    result = analysis.what_if(levers, EVERYONE)
    with right:
        st.markdown(in_prose(answer(result, analysis.assumptions.horizon_months, currency)))
        result_boxes(result, len(analysis.shop.buyers), currency)
        draw_chart(
            lever_gains,
            result.gains,
            currency,
            alt="Gain in CLV by each lever alone and by all together",
            key="overview_levers",
        )
