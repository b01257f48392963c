"""Data and assumptions, the same on every page."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import streamlit as st

from clv.assumptions import AssumptionError, Assumptions
from clv.shop import Shop
from clv.wording import currency_sign
from pages.components.database import database_controls
from pages.components.formatting import attribute_label, count, day, in_prose, money, plain
from pages.components.progress import reading_progress
from pages.components.session import (
    Session,
    cancel_reading,
    fingerprint_of,
    session,
    take_uploads,
    uploads_key,
    use_sample,
)

UPLOAD_TYPES = ["csv", "txt", "tsv", "gz", "zip", "parquet", "xlsx", "xlsm", "xls", "xlsb", "ods"]
CURRENCIES = [
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HUF", "INR", "JPY", "MXN", "NOK",
    "NZD", "PLN", "RON", "SEK", "THB", "TRY", "UAH", "USD", "ZAR",
]  # fmt: skip
NO_CURRENCY = "not stated"
ONE_FOR_ALL = "One model for all customers"
DEFAULTS = Assumptions()
MODELS = {
    "auto": "Automatic (likelier of the two below)",
    "mbg-nbd": "MBG/NBD",
    "bg-nbd": "BG/NBD",
    "pareto-nbd": "Pareto/NBD",
    "cnbd-k": "Regular timing, (M)BG/CNBD-k",
}
INTERVALS = {
    "draws": "Draws from the estimates (fast)",
    "bootstrap": "Bootstrap of customers (slow)",
}


def upload_limit() -> str:
    """The largest upload in words; `server.maxUploadSize` in .streamlit/config.toml sets it."""
    megabytes = int(st.get_option("server.maxUploadSize"))
    return f"{megabytes / 1024:g} GB" if megabytes >= 1024 else f"{megabytes} MB"


def draw_sidebar() -> None:
    """Draw the sidebar; the pages ask ``current_assumptions`` and ``current_currency`` for what was set."""
    with st.sidebar:
        _data_controls(session())
        _assumption_controls(session())


def current_currency() -> str | None:
    """The currency that amounts are shown in; None when not known."""
    chosen = st.session_state.get("currency", NO_CURRENCY)
    return None if chosen == NO_CURRENCY else chosen


def current_assumptions() -> Assumptions:
    """What the sidebar's controls say, validated; the last valid ones where a value is out of range."""
    state = st.session_state
    gross = state.get("margin_kind") == "Gross"
    try:
        assumptions = Assumptions(
            margin_kind="gross" if gross else "contribution",
            margin=state.get("margin", 100 * DEFAULTS.margin) / 100,
            variable_costs=state.get("variable_costs", 0) / 100 if gross else 0.0,
            cac=float(state.get("cac", DEFAULTS.cac)),
            horizon_months=int(state.get("horizon", DEFAULTS.horizon_months)),
            annual_discount_rate=state.get("discount", 100 * DEFAULTS.annual_discount_rate) / 100,
            churn_window_days=int(state.get("churn_window", session().shop.churn_window.days)),
            medium_risk=state.get("risk_bands", (40, 70))[0] / 100,
            high_risk=state.get("risk_bands", (40, 70))[1] / 100,
            target_ratio=float(state.get("target_ratio", DEFAULTS.target_ratio)),
            model=state.get("model", DEFAULTS.model),
            group_by=_column_to_group_by(),
            intervals=state.get("intervals", DEFAULTS.intervals),
            calibrated_risk=bool(state.get("calibrated_risk", DEFAULTS.calibrated_risk)),
        )
    except AssumptionError as error:
        st.warning(f"{error} The last valid assumptions stay in use.")
        return st.session_state.get("valid_assumptions", DEFAULTS)
    st.session_state["valid_assumptions"] = assumptions
    return assumptions


def _column_to_group_by() -> str | None:
    """The column chosen; None for one model, also after a file without that column has been loaded."""
    chosen = st.session_state.get("group_by")
    return chosen if chosen in session().shop.groupable_attributes else None


def _data_controls(state: Session) -> None:
    st.markdown("**Data**")
    uploads = st.file_uploader(
        "Upload your orders",
        type=UPLOAD_TYPES,
        accept_multiple_files=True,
        key=uploads_key(),
        help="CSV, Excel or Parquet, also in gzip or ZIP, with one row per order or per order line: at least a "
        "customer, a date and an amount. Several files are read as one. A file of contacts (customer or email, no orders) "
        "and one of marketing spend (date, channel, amount) may come along; a table of customers (frequency, recency, T, "
        "spend) will do in place of orders. Files stay on this machine.",
    )
    st.caption(f"Up to {upload_limit()} a file; the command line reads larger ones from the disk.")
    fingerprint = fingerprint_of(uploads or [])
    with reading_progress(partial(cancel_reading, fingerprint)) as progress:
        take_uploads(uploads or [], progress)
    database_controls()
    state = session()
    if uploads and fingerprint == state.cancelled:
        st.caption(
            "Reading was cancelled; what was loaded before stays. Remove the file and add it again to read it."
        )
    summary = state.shop.summary
    st.caption(
        f"**{plain(state.name)}**: {count(len(summary.frame))} customers, "
        f"{'orders up to' if state.shop.has_orders else 'as of'} {day(state.shop.as_of)}"
    )
    if not state.is_sample:
        st.button("Back to the sample shop", on_click=use_sample, key="use_sample", width="stretch")


def _assumption_controls(state: Session) -> None:
    st.markdown("**Assumptions**")
    start = _start_from_file(state)
    currency = current_currency()
    sign = currency_sign(currency)
    _margin_controls(start)
    st.slider(
        in_prose(f"CAC, {sign} per new customer" if sign else "CAC per new customer"),
        0.0,
        _largest_cac(state.shop),
        start["cac"],
        key="cac",
        step=_cac_step(state.shop),
        format="%g",
        bind="query-params",
        help="Cost to acquire one customer: marketing spend divided by the customers it won.",
    )
    _offer_cac(state.shop, currency)
    st.slider(
        "Horizon, months",
        1,
        36,
        start["horizon"],
        key="horizon",
        bind="query-params",
        help="How far ahead a customer's future margin counts toward CLV.",
    )
    st.slider(
        "Discount rate, % a year",
        0,
        50,
        start["discount"],
        key="discount",
        format="%d%%",
        bind="query-params",
        help="What money a year from now is worth less than money today. Each month's margin is discounted "
        "from that month's end.",
    )
    st.slider(
        "Churn window, days",
        7,
        365,
        start["churn_window"],
        key="churn_window",
        bind="query-params",
        help="Churn risk is the probability that a customer places no order within this many days from now. It starts at "
        f"what your own orders suggest. {state.shop.churn_window.message}",
    )
    st.caption(f"{state.shop.churn_window.short} {_own_window(state.shop)}")
    with st.expander("More", key="more"):
        _rarely_changed(start)
    st.button("Reset assumptions", on_click=_reset, key="reset", width="stretch")


def _own_window(shop: Shop) -> str:
    """Whether the churn window is the one that the orders suggest."""
    suggested = shop.churn_window.days
    if st.session_state.get("churn_window", suggested) == suggested:
        return ""
    return f"That suggests {suggested}."


def _offer_cac(shop: Shop, currency: str | None) -> None:
    """Take the CAC that the spend file gives, if there is one."""
    if shop.media is None or not shop.media.cac:
        return
    given = _on_slider(shop.media.cac, shop)
    st.button(
        in_prose(f"Use {money(shop.media.cac, currency)}, the CAC from the spend file"),
        on_click=_set_cac,
        args=(given,),
        disabled=st.session_state.get("cac") == given,
        key="use_media_cac",
        width="stretch",
        help="All spend divided by all new customers, those of free channels included, from "
        f"{day(shop.media.first_date)} to {day(shop.media.last_date)}. The slider goes to the nearest step. "
        "By channel: page Segments.",
    )


def _set_cac(cac: float) -> None:
    st.session_state["cac"] = cac


def _on_slider(cac: float, shop: Shop) -> float:
    """The value nearest to a CAC that the slider can stand at."""
    step = _cac_step(shop)
    return round(round(min(cac, _largest_cac(shop)) / step) * step, 6)


def _margin_controls(start: dict[str, Any]) -> None:
    """Contribution margin, or gross margin with what is taken off it."""
    kind = st.segmented_control(
        "Margin",
        ["Contribution", "Gross"],
        default=start["margin_kind"],
        key="margin_kind",
        required=True,
        bind="query-params",
        width="stretch",
        help="Gross margin: net sales less the cost of goods. Contribution margin: also less shipping, payment "
        "fees and returns. CAC is compared with the contribution margin.",
    )
    st.slider(
        f"{kind} margin, % of net sales",
        1,
        100,
        start["margin"],
        key="margin",
        format="%d%%",
        bind="query-params",
    )
    if kind == "Gross":
        st.slider(
            "Shipping, fees and returns, % of net sales",
            0,
            60,
            start["variable_costs"],
            key="variable_costs",
            format="%d%%",
            bind="query-params",
            help="Taken off the gross margin to give the contribution margin.",
        )


def _rarely_changed(start: dict[str, Any]) -> None:
    """Currency label, risk bands and their correction, target ratio, model and where the intervals come from."""
    st.selectbox(
        "Currency",
        [NO_CURRENCY, *CURRENCIES],
        key="currency",
        persist_state="session",
        help="How amounts are labelled. Nothing is converted.",
    )
    st.slider(
        "Medium and high risk from",
        5,
        95,
        start["risk_bands"],
        key="risk_bands",
        step=5,
        format="%d%%",
        bind="query-params",
        help="Churn risk from which a customer is called medium and high risk.",
    )
    st.toggle(
        "Correct risks by the past",
        start["calibrated_risk"],
        key="calibrated_risk",
        bind="query-params",
        help="Churn risks as they turned out before: of customers given 70 %, how many stayed away? Used only where that "
        "would have been nearer in the last churn window. Takes some seconds for each churn window. The page Trust shows it.",
    )
    st.number_input(
        "Target CLV:CAC",
        0.5,
        20.0,
        start["target_ratio"],
        step=0.5,
        key="target_ratio",
        bind="query-params",
        help="3 is the usual rule of thumb. It sets the largest CAC worth paying.",
    )
    st.selectbox(
        "Purchase model",
        list(MODELS),
        key="model",
        format_func=MODELS.__getitem__,
        bind="query-params",
        help="How customers buy and leave. Automatic fits BG/NBD and MBG/NBD and keeps the likelier.",
    )
    st.selectbox(
        "Model by group",
        [ONE_FOR_ALL, *session().shop.groupable_attributes],
        key="group_by",
        format_func=lambda name: name if name == ONE_FOR_ALL else f"By {attribute_label(name).lower()}",
        bind="query-params",
        help="Fits the purchase model for each value of a column, such as the channel. Small groups lean on the fit "
        "of everybody. Used only where it predicts customers that were held out better; the notes on the Overview "
        "say so.",
    )
    st.selectbox(
        "Intervals from",
        list(INTERVALS),
        key="intervals",
        format_func=INTERVALS.__getitem__,
        bind="query-params",
        help="How far the estimates may be off. Draws take the usual bell curve around them; the bootstrap fits the "
        "models again and again on customers drawn at random from yours, which assumes less and takes much longer.",
    )


def _start_values(shop: Shop) -> dict[str, Any]:
    return {
        "margin_kind": "Contribution",
        "margin": round(100 * DEFAULTS.margin),
        "variable_costs": 15,
        "cac": min(DEFAULTS.cac, _largest_cac(shop)),
        "horizon": DEFAULTS.horizon_months,
        "discount": round(100 * DEFAULTS.annual_discount_rate),
        "churn_window": shop.churn_window.days,
        "risk_bands": (round(100 * DEFAULTS.medium_risk), round(100 * DEFAULTS.high_risk)),
        "target_ratio": DEFAULTS.target_ratio,
        "model": DEFAULTS.model,
        "group_by": ONE_FOR_ALL,
        "intervals": DEFAULTS.intervals,
        "calibrated_risk": DEFAULTS.calibrated_risk,
        "currency": shop.currency or NO_CURRENCY,
    }


def _start_from_file(state: Session) -> dict[str, Any]:
    """The controls' start values; a new file brings its own currency, churn window and range of CAC.

    A churn window that the user, or a link, has moved away from the one suggested stays.
    """
    start = _start_values(state.shop)
    before = st.session_state.get("assumed_for")
    if before is None:
        _take_values_from_link(state.shop)
    if before != id(state.shop):
        st.session_state["assumed_for"] = id(state.shop)
        st.session_state["currency"] = start["currency"]
        if "group_by" in st.session_state and _column_to_group_by() is None:
            st.session_state["group_by"] = ONE_FOR_ALL
        if before is not None:
            # A slider whose range changes forgets its value, so it is said again.
            cac = float(st.session_state.get("cac", start["cac"]))
            st.session_state["cac"] = _on_slider(cac, state.shop)
            if st.session_state.get("churn_window") == st.session_state.get("window_suggested"):
                st.session_state["churn_window"] = start["churn_window"]
    st.session_state["window_suggested"] = start["churn_window"]
    return start


def _take_values_from_link(shop: Shop) -> None:
    """A link that is written by hand may give a value, ?group_by=channel, where the selector writes its label."""
    values = {"model": MODELS, "intervals": INTERVALS, "group_by": shop.groupable_attributes}
    for key, known in values.items():
        given = st.query_params.get(key)
        if given in known:
            st.session_state[key] = given


def _reset() -> None:
    """Everything in the sidebar, and the levers, as at the start."""
    st.session_state.update(_start_values(session().shop))
    for key in [key for key in st.session_state if str(key).startswith("lever_")]:
        del st.session_state[key]


def _largest_cac(shop: Shop) -> float:
    """Three times the average revenue per customer, rounded up to a round number."""
    buyers = shop.buyers
    average = float(buyers["revenue"].mean()) if len(buyers) else 0.0
    reach = max(3 * average, 10.0)
    unit = 10 ** math.floor(math.log10(reach))
    return float(math.ceil(reach / unit) * unit)


def _cac_step(shop: Shop) -> float:
    """Fine enough to set any usual CAC to a percent or so."""
    largest = _largest_cac(shop)
    for reach, step in ((50, 0.1), (1_000, 0.5), (10_000, 1.0)):
        if largest <= reach:
            return step
    return float(10.0 ** math.floor(math.log10(largest / 1_000)))
