"""Data and assumptions, the same on every page."""

from __future__ import annotations

from functools import partial

import streamlit as st

from clv.assumptions import AssumptionError, Assumptions
from clv.settings import (
    CAC,
    CALIBRATED_RISK,
    CHOICES,
    CHURN_WINDOW,
    CURRENCY,
    DISCOUNT,
    GROUP_BY,
    HORIZON,
    INTERVALS,
    LEVERS,
    MARGIN,
    MARGIN_KIND,
    MODEL,
    NO_CURRENCY,
    RISKS,
    TARGET_RATIO,
    VARIABLE_COSTS,
    cac_on_control,
    column_to_group_by,
    group_by_options,
    start_values,
    values_set,
)
from clv.shop import Shop
from clv.wording import currency_sign
from pages.components.controls import choice_list, number_field, number_slider, pair_slider, switch
from pages.components.database import database_controls
from pages.components.formatting import count, day, in_prose, money, plain
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
VALID = "valid_assumptions"


def upload_limit() -> str:
    """The largest upload in words; `server.maxUploadSize` in .streamlit/config.toml sets it."""
    megabytes = int(st.get_option("server.maxUploadSize"))
    return f"{megabytes / 1024:g} GB" if megabytes >= 1024 else f"{megabytes} MB"


def draw_sidebar() -> None:
    """Draw the sidebar; the pages ask ``current_assumptions`` and ``current_currency`` for what was set."""
    with st.sidebar:
        _data_controls(session())
        _assumption_controls(session().shop)


def current_currency() -> str | None:
    """The currency that amounts are shown in; None when not known."""
    chosen = st.session_state.get(CURRENCY.key, NO_CURRENCY)
    return None if chosen == NO_CURRENCY else chosen


def current_assumptions(shop: Shop) -> Assumptions:
    """What the sidebar's controls say, validated; the last valid ones where a value is out of range."""
    try:
        assumptions = Assumptions(**values_set(st.session_state, shop))
    except AssumptionError as error:
        st.warning(f"{error} The last valid assumptions stay in use.")
        last: Assumptions = st.session_state.get(VALID, Assumptions())
        return last
    st.session_state[VALID] = assumptions
    return assumptions


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


def _assumption_controls(shop: Shop) -> None:
    st.markdown("**Assumptions**")
    _start_from_file(shop)
    currency = current_currency()
    window = shop.churn_window
    _margin_controls(shop)
    number_slider(CAC, shop, currency_symbol=currency_sign(currency))
    _offer_cac(shop, currency)
    number_slider(HORIZON, shop)
    number_slider(DISCOUNT, shop)
    number_slider(CHURN_WINDOW, shop, more_help=window.message)
    is_own = st.session_state[CHURN_WINDOW.key] == window.days
    st.caption(window.short if is_own else f"{window.short} That suggests {window.days}.")
    with st.expander("More", key="more"):
        _rarely_changed(shop)
    st.button("Reset assumptions", on_click=_reset, args=(shop,), key="reset", width="stretch")


def _offer_cac(shop: Shop, currency: str | None) -> None:
    """Take the CAC that the spend file gives, if there is one."""
    if shop.media is None or not shop.media.cac:
        return
    given = cac_on_control(shop.media.cac, shop)
    st.button(
        in_prose(f"Use {money(shop.media.cac, currency)}, the CAC from the spend file"),
        on_click=_set_cac,
        args=(given,),
        disabled=st.session_state.get(CAC.key) == given,
        key="use_media_cac",
        width="stretch",
        help="All spend divided by all new customers, those of free channels included, from "
        f"{day(shop.media.first_date)} to {day(shop.media.last_date)}. The slider goes to the nearest step. "
        "By channel: page Segments.",
    )


def _set_cac(cac: float) -> None:
    st.session_state[CAC.key] = cac


def _margin_controls(shop: Shop) -> None:
    """Contribution margin, or gross margin with what is taken off it."""
    kind = st.segmented_control(
        MARGIN_KIND.label,
        list(MARGIN_KIND.options),
        default=MARGIN_KIND.default,
        format_func=MARGIN_KIND.options.__getitem__,
        key=MARGIN_KIND.key,
        required=True,
        bind="query-params",
        width="stretch",
        help=MARGIN_KIND.help,
    )
    number_slider(MARGIN, shop, label=f"{MARGIN_KIND.options[kind]} {MARGIN.label}")
    if kind == "gross":
        number_slider(VARIABLE_COSTS, shop)


def _rarely_changed(shop: Shop) -> None:
    """Currency label, risk bands and their correction, target ratio, model and where the intervals come from."""
    choice_list(CURRENCY, persist_state="session")
    pair_slider(*RISKS, shop)
    switch(CALIBRATED_RISK)
    number_field(TARGET_RATIO, shop)
    choice_list(MODEL, bind="query-params")
    choice_list(GROUP_BY, group_by_options(shop), bind="query-params")
    choice_list(INTERVALS, bind="query-params")


def _start_from_file(shop: Shop) -> None:
    """Controls for another file: it brings its own currency, churn window and range of CAC.

    A churn window that the user, or a link, has moved away from the one suggested stays.
    """
    state, start = st.session_state, start_values(shop)
    before = state.get("assumed_for")
    if before is None:
        _take_values_from_link(shop)
    if before != id(shop):
        state["assumed_for"] = id(shop)
        state[CURRENCY.key] = start[CURRENCY.key]
        if GROUP_BY.key in state and column_to_group_by(state[GROUP_BY.key], shop) is None:
            state[GROUP_BY.key] = GROUP_BY.default
        if before is not None:
            # A slider whose range changes forgets its value, so it is said again.
            state[CAC.key] = cac_on_control(float(state.get(CAC.key, start[CAC.key])), shop)
            if state.get(CHURN_WINDOW.key) == state.get("window_suggested"):
                state[CHURN_WINDOW.key] = start[CHURN_WINDOW.key]
    state["window_suggested"] = start[CHURN_WINDOW.key]


def _take_values_from_link(shop: Shop) -> None:
    """A link that is written by hand may give a value, ?group_by=channel, where the selector writes its label."""
    for setting in (*CHOICES, GROUP_BY):
        given = st.query_params.get(setting.key)
        if given in (group_by_options(shop) if setting is GROUP_BY else setting.options):
            st.session_state[setting.key] = given


def _reset(shop: Shop) -> None:
    """Everything in the sidebar, and the levers, as at the start."""
    st.session_state.update(start_values(shop))
    for lever in LEVERS:
        st.session_state.pop(lever.key, None)
