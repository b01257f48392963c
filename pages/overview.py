"""Overview: the one page that answers everything."""

import streamlit as st

from clv.analysis import Analysis
from clv.assumptions import MAX_HORIZON_MONTHS
from clv.charts import clv_distribution, risk_distribution, segment_values
from clv.economics import Total
from pages.components.backtest_run import backtest_cautions
from pages.components.boxes import ValueBox, show_boxes
from pages.components.charts import card_title, draw_chart
from pages.components.downloads import download_table
from pages.components.formatting import count, in_prose, money, months, percent, ratio
from pages.components.history_view import history_overview
from pages.components.page_top import can_forecast, finding, open_page
from pages.components.sidebar import current_currency
from pages.components.tables import summary_table
from pages.components.what_if_block import what_if_card

SEGMENT_COLUMNS = ["segment", "customers", "clv_total", "churn_risk"]


def summary_sentence(analysis: Analysis, currency: str | None) -> str:
    """The finding, built from the data; a range alone where they are too few for a point."""
    total = analysis.total_clv
    if analysis.shop.data_notes:
        return (
            f"{count(len(analysis.shop.buyers))} customers may be worth {money(total.low, currency)} to "
            f"{money(total.high, currency)} over the next {months(analysis.assumptions.horizon_months)}: a rough "
            "forecast from few data."
        )
    return (
        f"{count(len(analysis.shop.buyers))} customers are worth {money(total.mean, currency)} over the next "
        f"{months(analysis.assumptions.horizon_months)}, most likely between {money(total.low, currency)} and "
        f"{money(total.high, currency)}; {percent(analysis.share_holding_half)} of them hold half of it."
    )


def say_backtest(analysis: Analysis) -> None:
    """What the backtest says against believing the CLV, once one has been run."""
    warned = backtest_cautions(analysis)
    if warned:
        st.warning("\n\n".join(in_prose(each) for each in warned))
        st.page_link("pages/trust.py", label="See the backtest, and what the best naive rule expects")


def value_boxes(analysis: Analysis, currency: str | None) -> None:
    """Eight boxes: the base and its value, the price of growth, the risk."""
    show_boxes(
        *base_boxes(analysis, currency), *growth_boxes(analysis, currency), *risk_boxes(analysis, currency)
    )


def base_boxes(analysis: Analysis, currency: str | None) -> list[ValueBox]:
    """Who is there, what they brought and what they will bring."""
    summary, total = analysis.shop.summary, analysis.total_clv
    report = analysis.shop.report
    never_paid = (
        f" {count(summary.never_paid)} never paid anything and are not forecast."
        if summary.never_paid
        else ""
    )
    return [
        ValueBox(
            "Customers",
            count(len(summary.frame)),
            f"{percent(analysis.shop.repeat_buying.share)} bought again",
            "Distinct customers in the file. Bought again: paid orders on two days or more." + never_paid,
        ),
        ValueBox(
            "Revenue so far",
            money(report.revenue, currency),
            f"{money(report.revenue_per_order, currency)} per order",
            "Net of refunds and discounts: everything in the file, refunds without an order included.",
        ),
        ValueBox(
            f"CLV, {months(analysis.assumptions.horizon_months)}",
            *estimate(analysis, total, currency),
            "Contribution margin that today's customers are expected to bring over the horizon, discounted. "
            "The range holds the outcome in 8 of 10 cases if the model is right: it contains both the uncertainty "
            "of the estimates and the chance in what customers do. One standard deviation of the first is "
            f"{money(total.parameter_sd, currency)}, of the second {money(total.process_sd, currency)}.",
        ),
    ]


def estimate(analysis: Analysis, total: Total, currency: str | None) -> tuple[str, str]:
    """Value and note of a box: the figure with its range beneath, or the range first where data are few."""
    band = f"{money(total.low, currency)} to {money(total.high, currency)}"
    point = money(total.mean, currency)
    return (band, f"rough; middle {point}") if analysis.shop.data_notes else (point, band)


def growth_boxes(analysis: Analysis, currency: str | None) -> list[ValueBox]:
    """What a new customer brings, against CAC."""
    assumptions, new = analysis.assumptions, analysis.new_customer
    return [
        ValueBox(
            "New customer CLV",
            *estimate(analysis, new.clv, currency),
            "What a newly won customer brings on average over the horizon: the first order and all later ones, "
            "times margin, discounted. Those who never return are part of the average.",
        ),
        ValueBox(
            "CLV:CAC",
            ratio(new.ratio),
            f"{assumptions.target_ratio:g} : 1 up to a CAC of {money(new.allowable_cac, currency)}",
            f"CLV of a new customer divided by CAC, {money(assumptions.cac, currency)} as set in the sidebar. The CAC "
            f"beneath still earns {assumptions.target_ratio:g} times its cost at the low end of the CLV; the target "
            "is set under More.",
        ),
        ValueBox(
            "Payback",
            payback_words(new.payback_month),
            f"to earn back {money(assumptions.cac, currency)}",
            "First month in which the cumulative margin of an average new customer, not discounted, reaches CAC.",
        ),
    ]


def risk_boxes(analysis: Analysis, currency: str | None) -> list[ValueBox]:
    """Who is likely to leave, and what leaves with them."""
    assumptions = analysis.assumptions
    return [
        ValueBox(
            "At high risk",
            count(analysis.customers_at_risk),
            f"{percent(analysis.share_at_risk)} of customers",
            f"Customers whose probability of no order in the next {assumptions.churn_window_days} days is "
            f"{percent(assumptions.high_risk)} or more. Many of them left long ago.",
        ),
        ValueBox(
            "Value at risk",
            money(analysis.value_at_risk, currency),
            f"{percent(analysis.value_at_risk_share)} of predicted CLV",
            "Churn risk times CLV, summed over the customers at high risk alone: what is at stake in a win-back.",
        ),
    ]


def payback_words(month: int | None) -> str:
    """When CAC is earned back, in words."""
    if month is None:
        return f"{MAX_HORIZON_MONTHS}+ months"
    return "first order" if month == 0 else f"month {month}"


def distributions(analysis: Analysis, currency: str | None) -> None:
    """How CLV and churn risk are spread over customers."""
    left, right = st.columns(2, gap="medium", border=True)
    with left:
        card_title("What customers are worth", "Predicted CLV each; the last bar is everyone above.")
        draw_chart(
            clv_distribution,
            analysis.clv_bins,
            currency,
            alt="Histogram of predicted CLV per customer, with median and mean",
            key="overview_clv",
            median=analysis.median_clv,
            mean=analysis.mean_clv,
        )
    with right:
        card_title(
            "Who is likely to leave",
            f"Probability of no order in the next {analysis.assumptions.churn_window_days} days.",
        )
        draw_chart(
            risk_distribution,
            analysis.risk_bins,
            currency,
            analysis.assumptions.medium_risk,
            analysis.assumptions.high_risk,
            alt="Histogram of churn risk, coloured by low, medium and high",
            key="overview_risk",
        )


def segments(analysis: Analysis, currency: str | None) -> None:
    """Segment chart beside the table."""
    left, right = st.columns(2, gap="medium", border=True)
    with left:
        card_title("CLV by segment", "The line on each bar is its 80 % interval.")
        draw_chart(
            segment_values,
            analysis.segments,
            currency,
            alt="Bars of predicted CLV by segment with intervals",
            key="overview_segments",
        )
    with right:
        card_title("Segments in figures", "By recency, frequency and revenue.")
        summary_table(
            analysis.segments[SEGMENT_COLUMNS], "Customers, CLV and churn risk by segment", currency
        )


def downloads(analysis: Analysis) -> None:
    """The customer table, and the list of any segment."""
    card = st.container(border=True, horizontal=True, vertical_alignment="bottom")
    with card:
        card_title("Take it with you")
        download_table(
            "Download all customers",
            lambda: analysis.customers,
            "clv_customers",
            "overview_all",
            primary=True,
        )
        segment = st.selectbox("Segment", analysis.shop.segment_names, key="overview_segment")
        download_table(
            "Download this segment",
            lambda: analysis.customers_of("segment", segment),
            f"clv_{segment}",
            "overview_segment_list",
        )


def draw() -> None:
    """The page, from the finding to the lists."""
    analysis = open_page()
    currency = current_currency()
    if not can_forecast(analysis):
        history_overview(analysis, currency)
        return
    finding(summary_sentence(analysis, currency))
    say_backtest(analysis)
    value_boxes(analysis, currency)
    distributions(analysis, currency)
    segments(analysis, currency)
    st.subheader("What if we kept more, sold more often, sold more?")
    with st.container(border=True):
        what_if_card(analysis, currency)
    downloads(analysis)


draw()
