"""Which column is which: what was recognised, and the form in which the user overrules it."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from clv.column_dictionary import FIELDS
from clv.ingest import FilePreview, InputError, OrderFile, preview
from clv.ingest.columns import FURTHER_FIELDS, MAIN_FIELDS
from clv.ingest.remembered import forget, recall, remember
from clv.settings import CURRENCIES
from pages.components.formatting import plain
from pages.components.progress import reading_progress
from pages.components.session import SAMPLE_ORDERS, reread, session

NOT_THERE = "(none)"
DATE_ORDERS = {
    None: "Decide from the file",
    "dmy": "Day, month, year",
    "mdy": "Month, day, year",
    "ymd": "Year, month, day",
}


def column_form() -> None:
    """Which column is which, to be corrected."""
    state = session()
    st.subheader("Which column is which")
    if state.orders_file is None:
        _form_of(OrderFile("orders.csv (sample shop)", SAMPLE_ORDERS), {}, editable=False)
        return
    _form_of(state.orders_file, state.settings, editable=True)


def _form_of(file: OrderFile, settings: dict[str, Any], *, editable: bool) -> None:
    try:
        seen = preview(file)
    except InputError as error:
        st.info(plain(str(error)))
        return
    if seen.layout is not None:
        st.markdown(f"Recognised by its columns: **{plain(seen.layout.title)}**.")
    st.caption(f"First rows of {plain(file.name)}, as they stand in the file.")
    st.dataframe(seen.head, hide_index=True, alt="First rows of the file", key="data_preview")
    if not editable:
        st.caption("Upload a file of your own to choose its columns here.")
        return
    remembered = recall(seen.columns)
    if remembered:
        _remembered_choice(seen, settings)
    with st.form("data_columns"):
        mapping = _column_choices(seen, settings.get("mapping") or remembered or {})
        orders = {"date_order": _date_order(settings, "date_order", "Order of day and month")}
        if session().has_spend_file:
            orders["spend_date_order"] = _spend_date_order(settings)
        only, rates = _currency_choices(settings)
        once = st.checkbox(
            "Count rows that repeat another one exactly only once",
            value=bool(settings.get("remove_duplicates")),
            key="data_remove_duplicates",
            help="Exact repeats may be a mistake of the export, or the same thing bought twice. How many there are and "
            "what they are worth is said above.",
        )
        if st.form_submit_button("Read the file again", type="primary"):
            _keep_choice(seen, mapping)
            chosen = {"mapping": mapping, **orders, "currency": only, "remove_duplicates": once}
            with reading_progress() as progress:
                reread({**chosen, "rates": rates}, progress)
            st.rerun()


def _date_order(settings: dict[str, Any], name: str, label: str) -> str | None:
    current = settings.get(name)
    return st.selectbox(
        label,
        list(DATE_ORDERS),
        index=list(DATE_ORDERS).index(current),
        format_func=DATE_ORDERS.__getitem__,
        # Another answer is another control: one that stays shows what it showed before the question was answered.
        key=f"data_{name}_{current}",
        help="Only needed where the file leaves it open, as in 03/04/2026.",
    )


def _spend_date_order(settings: dict[str, Any]) -> str | None:
    return _date_order(settings, "spend_date_order", "Order of day and month in the marketing spend")


def _keep_choice(seen: FilePreview, mapping: dict[str, str]) -> None:
    """Remember what differs from the recognised columns; a choice taken back is forgotten."""
    try:
        if mapping:
            remember(seen.columns, mapping)
        else:
            forget(seen.columns)
    except OSError:
        st.toast("The choice of columns could not be kept on this machine; it holds for this session.")


def _remembered_choice(seen: FilePreview, settings: dict[str, Any]) -> None:
    """Say that an earlier choice is in use, and let it be forgotten."""
    said, button = st.columns([3, 1], vertical_alignment="center")
    said.caption(
        "The columns are those that you chose for a file with this header. Only their names are kept, on this machine."
    )
    if button.button("Forget this choice", key="data_forget_columns"):
        try:
            forget(seen.columns)
        except OSError:
            st.toast("The choice could not be forgotten: the folder cannot be written.")
            return
        with reading_progress() as progress:
            reread({**settings, "mapping": None}, progress)
        st.rerun()


def _column_choices(seen: FilePreview, current: dict[str, str]) -> dict[str, str]:
    """What the user chose otherwise than it was recognised; an empty name leaves a field out."""
    with st.grid(4, min_column_width=150):
        chosen = {field: _column_choice(seen, field, current) for field in MAIN_FIELDS}
    with st.expander("Further columns: guests, refunds, flags, cards"), st.grid(4, min_column_width=150):
        chosen |= {field: _column_choice(seen, field, current) for field in FURTHER_FIELDS}
    # What was only suggested by its values is a choice too: names alone do not say it.
    return {
        field: column
        for field, column in chosen.items()
        if column != seen.guess.get(field, "") or (field in seen.missing and column)
    }


def _column_choice(seen: FilePreview, field: str, current: dict[str, str]) -> str:
    options = [NOT_THERE, *seen.columns]
    known = FIELDS[field]
    start = current.get(field, seen.guess.get(field, NOT_THERE)) or NOT_THERE
    column = st.selectbox(
        known.label, options, index=_position(options, start), key=f"data_column_{field}", help=known.help
    )
    return "" if column == NOT_THERE else column


def _currency_choices(settings: dict[str, Any]) -> tuple[str | None, dict[str, float]]:
    """The currency to keep, and what the others are worth in it."""
    choice, table = st.columns(2)
    only = choice.selectbox(
        "Currency of the orders",
        [None, *CURRENCIES],
        index=_position([None, *CURRENCIES], settings.get("currency")),
        format_func=lambda code: code or "All rows are in one currency",
        key="data_currency",
        help="Currencies are never added together. Rows in other currencies are converted where you give a rate, "
        "and else left out and counted.",
    )
    rates = settings.get("rates") or {}
    start = pd.DataFrame({"currency": list(rates), "rate": list(rates.values())}).astype(
        {"currency": "str", "rate": float}
    )
    typed = table.data_editor(
        start,
        num_rows="dynamic",
        hide_index=True,
        column_config={
            "currency": st.column_config.SelectboxColumn("Other currency", options=CURRENCIES, required=True),
            "rate": st.column_config.NumberColumn(
                "Rate",
                min_value=0.0,
                format="%.6g",
                required=True,
                help="What one unit of it is worth in the currency of the orders, such as 0.9.",
            ),
        },
        key="data_rates",
        alt="Rates at which other currencies are converted",
    ).dropna()
    return only, dict(zip(typed["currency"].astype(str), typed["rate"].astype(float), strict=True))


def _position(options: list[Any], wanted: Any) -> int:
    return options.index(wanted) if wanted in options else 0


def table_form() -> None:
    """How a table of customers is to be read."""
    state = session()
    st.subheader("How the table is to be read")
    with st.form("data_table"):
        left, right = st.columns(2)
        unit = left.selectbox(
            "Recency and T are in",
            ["days", "weeks"],
            index=int(state.settings.get("unit") == "weeks"),
            key="data_unit",
        )
        day_of_table = right.date_input(
            "T runs to",
            value=state.shop.as_of,
            key="data_as_of",
            help="The day that the table was made for.",
        )
        dates = {"spend_date_order": _spend_date_order(state.settings)} if state.has_spend_file else {}
        if st.form_submit_button("Read the table again", type="primary"):
            with reading_progress() as progress:
                reread({"unit": unit, "as_of": day_of_table, **dates}, progress)
            st.rerun()
