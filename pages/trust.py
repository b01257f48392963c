"""Trust: how well the forecast would have done on this shop's own past, and which model does best."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from clv.analysis import Analysis
from clv.charts import calibration_chart, decile_chart, tracking_chart
from clv.settings import GROUP_BY, HOLDOUT, MODEL, model_words
from clv.validation.backtest import Backtest
from clv.validation.comparison import RESAMPLES
from clv.validation.origins import MOST_CUSTOMERS
from clv.validation.sentences import (
    against_baseline,
    bias_in_words,
    drift_warning,
    finding_sentence,
    why_chosen,
)
from clv.validation.tables import scorecard
from pages.components.backtest_run import backtest_run, show_progress
from pages.components.boxes import ValueBox, show_boxes
from pages.components.charts import card_title, draw_chart, draw_figure
from pages.components.controls import choice_list
from pages.components.downloads import download_table
from pages.components.formatting import count, day, in_prose, money, percent, plain
from pages.components.outlook_view import outlook_view
from pages.components.page_top import finding, open_page
from pages.components.risk_check import risk_check
from pages.components.sidebar import current_currency
from pages.components.tables import show_table


def draw() -> None:
    """One sentence first, charts second, tables last."""
    analysis = open_page()
    place = st.container()
    held = int(choice_list(HOLDOUT, persist_state="session", width=320))
    run = backtest_run(analysis.shop, held or None)
    if run.problem:
        with place:
            finding("These orders cannot be backtested.")
        st.info(plain(run.problem))
    elif run.found is None:
        with place:
            finding("Testing the forecast on your own past …")
        show_progress(run)
        st.caption("The other pages work meanwhile; the result is kept.")
    else:
        result(run.found, place, analysis, current_currency())
    how_it_is_done()


def result(found: Backtest, place: DeltaGenerator, analysis: Analysis, currency: str | None) -> None:
    """What the backtest says."""
    with place:
        finding(finding_sentence(found))
    warned = drift_warning(found)
    if warned:
        st.warning(in_prose(warned))
    boxes(found, currency)
    charts(found, currency)
    st.subheader("Which model, and why")
    st.markdown(in_prose(f"{why_chosen(found)} {against_baseline(found)}"))
    use_chosen(found, analysis)
    risk_check(analysis)
    scores(found, currency)
    for name, reason in found.failed.items():
        st.caption(in_prose(f"{name} was not tried: {reason}"))
    outlook_view(found, analysis, currency)


def boxes(found: Backtest, currency: str | None) -> None:
    """Totals against what came, and how well customers were told apart."""
    chosen, totals, ranged = found.chosen, found.totals, found.ranged
    inside = "not stated" if ranged.coverage is None else percent(ranged.coverage)
    of_whom = "" if ranged is chosen else f" under {ranged.candidate.name}"
    show_boxes(
        ValueBox(
            "Order days",
            count(totals.order_days),
            f"{count(totals.order_days_expected)} expected: {bias_in_words(chosen.purchases.bias)}",
            help="Days with an order after the cut-off, of the customers known by then.",
        ),
        ValueBox(
            "Revenue",
            money(totals.spend, currency),
            f"{money(totals.spend_expected, currency)} expected: {bias_in_words(chosen.money.bias)}",
            help="Net revenue after the cut-off from the customers known by then.",
        ),
        ValueBox(
            "Best tenth",
            percent(chosen.money.top_decile),
            "of that revenue came from the tenth predicted highest",
            help="10 % if the ranking were worthless. Share of the revenue that the tenth of customers with the highest "
            "prediction brought.",
        ),
        ValueBox(
            "Ranges hold",
            inside,
            f"of customers' outcomes{of_whom}; 80 % would be right",
            help="Share of customers whose spend lay in the 80 % range; where most buy nothing, ties at nothing are "
            "shared out.",
        ),
    )


def charts(found: Backtest, currency: str | None) -> None:
    """Who was predicted to spend how much, when orders came, and how sure the model was."""
    left, right = st.columns(2)
    with left, st.container(border=True):
        card_title(
            "Spend by predicted tenth", "Bars: what customers spent. Diamonds: what was predicted for them."
        )
        draw_chart(
            decile_chart,
            found.deciles(),
            currency,
            alt="Actual and predicted spend by tenth of customers",
            key="trust_deciles",
        )
    with right, st.container(border=True):
        card_title("Order days, week by week", "Added up since the cut-off.")
        draw_figure(
            tracking_chart(found.tracking()),
            alt="Actual and expected order days by week since the cut-off",
            key="trust_weeks",
        )
    left, right = st.columns(2)
    with left, st.container(border=True):
        card_title(
            "How sure, and how right",
            "Each point is a tenth of the customers; on the dashed line as many ordered as predicted.",
        )
        draw_figure(
            calibration_chart(found.calibration()),
            alt="Predicted probability of ordering against the share who ordered",
            key="trust_calibration",
        )
    with right, st.container(border=True):
        card_title("In words")
        st.markdown(words(found))


def words(found: Backtest) -> str:
    """The three figures that matter, said plainly."""
    chosen, holdout = found.chosen, found.holdout
    activity = chosen.activity
    return (
        f"- Known on **{day(holdout.window.cutoff)}**: {count(len(holdout.buyers))} customers"
        + (f" (drawn from {count(found.customers_in_all)})" if found.is_drawn else "")
        + f"; {percent(found.share_who_ordered)} of them ordered in the {holdout.days} days after it.\n"
        f"- Of one customer who ordered and one who did not, the model ranks the right one higher in "
        f"**{percent(activity.auc)}** of cases (50 % is chance).\n"
        f"- For a single customer the number of order days is off by **{chosen.purchases.mae:.2f}** on average; "
        f"“Nobody buys” is off by {found.nobody_buys.purchases.mae:.2f}.\n"
        f"- Ranking by predicted spend is **{percent(found.ranking_quality)}** as good as knowing the future "
        "(normalised Gini)."
    )


def use_chosen(found: Backtest, analysis: Analysis) -> None:
    """Take the chosen model over into the sidebar, where it can be."""
    setting = found.best_purchase_model.setting
    assert setting is not None
    if found.best_purchase_model is not found.chosen.candidate:
        st.caption(
            in_prose(
                f"{found.chosen.candidate.name} cannot be worked into levers and ranges; "
                f"{found.best_purchase_model.name} is the best "
                "of the models that can. What it expects of each customer is below."
            )
        )
    name = model_words(setting.choice, setting.group_by)
    if setting == analysis.assumptions.model_setting:
        st.caption(f"The other pages use {name}.")
        return
    st.button(
        f"Use {name} on all pages",
        on_click=_set_model,
        args=(setting.choice, setting.group_by),
        key="trust_use",
        type="primary",
    )


def _set_model(choice: str, group_by: str | None) -> None:
    st.session_state[MODEL.key] = choice
    st.session_state[GROUP_BY.key] = group_by or GROUP_BY.default


def scores(found: Backtest, currency: str | None) -> None:
    """Every candidate with its scores, and whether the chosen one is distinguishable from it."""
    table = scorecard(found)
    st.subheader("Scorecard of the period held out")
    show_table(
        table,
        currency=currency,
        alt="Scores of every model and baseline",
        key="trust_scores",
        height="content",
    )
    download_table("Download the scorecard", lambda: table, "backtest_scorecard", "trust_download")


def how_it_is_done() -> None:
    """For who wants to know."""
    with st.expander("How this is done"):
        st.markdown(
            "- **Cut-off.** Every model is fitted on the orders up to the cut-off alone and predicts each customer's order "
            "days and spend after it. What really came is then laid beside it.\n"
            "- **Choice.** Which model is best is decided on up to three earlier, overlapping periods that end before the "
            "cut-off; the last period is used once, to report. The loss is that of an expected value (Poisson and "
            "Tweedie deviance); a model with a distinguishably larger absolute error than the best is ruled out.\n"
            "- **Baselines** need no model: nobody buys; each customer goes on at the past rate or the past spend; the same "
            "days of last year again; only recent customers go on.\n"
            "- **Nearer, not distinguishable** compares two forecasts on the same customers, resampled "
            f"{count(RESAMPLES)} times (95 % interval): by the loss that models are chosen by, and by the absolute "
            "error in order days.\n"
            "- **Absolute error** (MAE) favours whoever says 0 for rare buyers: that is why “Nobody buys” looks good by "
            "it and is useless otherwise.\n"
            "- **Churn risk.** The same model, fitted as of one churn window ago, gives every customer a risk; who then stayed "
            "away is known. Up to three earlier windows teach a correction; it is offered only where it would have been "
            "nearer on the last one (Brier score), which taught it nothing.\n"
            f"- **Large shops**: at most some {count(MOST_CUSTOMERS)} customers are drawn by their id."
        )


draw()
