"""The what-if sliders with their answers, on the Overview and on the What-if page."""

from __future__ import annotations

import streamlit as st

from clv.analysis import Analysis
from clv.charts import lever_gains
from clv.scenarios import LeverError, Levers, WhatIf
from clv.shop_forecast import EVERYONE
from clv.wording import currency_sign
from pages.components.boxes import ValueBox, show_boxes
from pages.components.charts import draw_chart
from pages.components.formatting import count, in_prose, money, months
from pages.components.sidebar import current_currency

START = {
    "lever_retention": 10,
    "lever_frequency": 5,
    "lever_upsell": 5,
    "lever_reactivation": 2,
    "lever_cost": 0.0,
}


def lever_sliders(highest_cost: float) -> Levers:
    """Draw the sliders and give what they say."""
    sign = currency_sign(current_currency())
    st.slider(
        "Retention lift",
        0,
        100,
        START["lever_retention"],
        key="lever_retention",
        format="%d%%",
        bind="query-params",
        help="How much less likely a customer is to leave after each order. It changes the dropout probability "
        "in the model, customer by customer; 100 % means that nobody leaves any more.",
    )
    st.slider(
        "Order frequency lift",
        -50,
        100,
        START["lever_frequency"],
        key="lever_frequency",
        format="%d%%",
        bind="query-params",
        help="How much more often customers order while they stay.",
    )
    st.slider(
        "Upsell lift",
        -50,
        100,
        START["lever_upsell"],
        key="lever_upsell",
        format="%d%%",
        bind="query-params",
        help="How much more a customer spends per order.",
    )
    st.slider(
        "Won back",
        0,
        50,
        START["lever_reactivation"],
        key="lever_reactivation",
        format="%d%%",
        bind="query-params",
        help="Share of the customers who have left for good that comes back now. Nobody is known to have left: each "
        "customer counts by the probability of it. Those who return buy, and may leave again, as their own past says.",
    )
    st.slider(
        in_prose(f"Cost, {sign} per customer reached" if sign else "Cost per customer reached"),
        0.0,
        highest_cost,
        START["lever_cost"],
        key="lever_cost",
        step=highest_cost / 100,
        format="%.2f",
        bind="query-params",
        help="What the programme costs once for every customer it reaches.",
    )
    return levers_set()


def levers_set() -> Levers:
    """What the sliders say; no lift at all where a value is out of range."""
    state = st.session_state
    retention, frequency, upsell, reactivation, cost = (state.get(key, START[key]) for key in START)
    try:
        return Levers(
            retention_lift=retention / 100,
            frequency_lift=frequency / 100,
            upsell_lift=upsell / 100,
            reactivation=reactivation / 100,
            cost=float(cost),
        )
    except LeverError as error:
        st.warning(str(error))
        return Levers()


def highest_cost(analysis: Analysis) -> float:
    """End of the cost slider: about a fifth of the average CLV, a round number."""
    average = analysis.total_clv.mean / max(len(analysis.shop.buyers), 1)
    for end in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20000):
        if end >= average / 5:
            return float(end)
    return 100_000.0


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
    gain = result.scenario - result.base
    share = gain / result.base if result.base > 0 else 0.0
    show_boxes(
        ValueBox(
            "Gain",
            money(gain, currency),
            f"{100 * share:+.1f} % of CLV",
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
def what_if_card(analysis: Analysis) -> None:
    """Sliders left, answer right; moving one repaints this card alone."""
    currency = current_currency()
    left, right = st.columns([1, 2], gap="medium")
    with left:
        levers = lever_sliders(highest_cost(analysis))
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
