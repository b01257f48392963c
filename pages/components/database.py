"""Orders in a database that secrets.toml names: choose the connection, the table and the columns, then read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import pandas as pd
import streamlit as st

from clv.ingest import InputError
from clv.ingest.columns import FIELDS, MEANINGS
from clv.ingest.database import columns_of
from clv.ingest.database_backends import connect, table_names
from clv.ingest.database_connections import OrderDatabase, named_connections
from pages.components.formatting import plain
from pages.components.progress import reading_progress
from pages.components.session import Progress, session, take_database
from pages.components.tables import show_table

SEEN = "database_seen"
NOT_THERE = "(none)"


@dataclass
class Seen:
    """What a connection has shown so far: its tables, and the columns of those that were looked at."""

    connection: OrderDatabase
    tables: list[str]
    columns: dict[str | None, tuple[tuple[str, ...], dict[str, str]]] = field(default_factory=dict)


def database_controls() -> None:
    """The connections that secrets.toml names, in the sidebar; nothing where there are none."""
    try:
        connections = named_connections()
    except InputError as error:
        st.warning(plain(str(error)))
        return
    if not connections:
        return
    with st.expander("Orders in a database", key="database"):
        name = st.selectbox(
            "Connection",
            list(connections),
            key="database_connection",
            help="As .streamlit/secrets.toml names them. Orders are read where they are: only sums and one row per "
            "customer come here, and nothing is written to the database.",
        )
        try:
            with reading_progress() as progress:
                _choose(connections[name], progress)
        except InputError as error:
            for problem in error.problems:
                st.error(plain(str(problem)))


def database_columns() -> None:
    """Which column of the database was read as what."""
    st.subheader("Which column is which")
    mapping = session().shop.report.mapping.named()
    frame = pd.DataFrame(
        {"meaning": [MEANINGS[key].capitalize() for key in mapping], "column": list(mapping.values())}
    )
    show_table(frame, currency=None, alt="Meaning of the columns", key="data_database_columns")
    st.caption("To choose other columns, read the orders again: Orders in a database, in the sidebar.")


def _choose(connection: OrderDatabase, progress: Progress) -> None:
    seen: Seen | None = st.session_state.get(SEEN)
    if seen is None or seen.connection != connection:
        if not _pressed("Connect", "database_connect"):
            return
        progress(0.1, "Connecting")
        seen = st.session_state[SEEN] = _look(connection)
    chosen = connection
    if not (connection.table or connection.query):
        table = st.selectbox(
            "Table", seen.tables, index=None, key="database_table", placeholder="Choose a table"
        )
        if table is None:
            return
        chosen = replace(connection, table=table)
    if chosen.table not in seen.columns:
        progress(0.1, "Looking at the columns")
        seen.columns[chosen.table] = _look_at_columns(chosen)
    mapping = _mapping(chosen, *seen.columns[chosen.table])
    currency = st.text_input(
        "Keep one currency",
        key="database_currency",
        placeholder="such as EUR",
        help="Only needed where the orders are in several. Currencies are never added together.",
    ).strip()
    if _pressed("Read orders", "database_read", "primary"):
        take_database(chosen, {"mapping": mapping, "currency": currency or None}, progress)
        st.rerun()


def _pressed(label: str, key: str, kind: Literal["primary", "secondary"] = "secondary") -> bool:
    """Draw a button; whether it was pressed, also where the press came from a page that is entered anew."""
    st.button(label, key=key, width="stretch", on_click=_note_press, args=(key,), type=kind)
    return bool(st.session_state.pop(f"{key}_pressed", False))


def _note_press(key: str) -> None:
    st.session_state[f"{key}_pressed"] = True


def _mapping(chosen: OrderDatabase, columns: tuple[str, ...], guess: dict[str, str]) -> dict[str, str]:
    """Each meaning's column; an empty name leaves a meaning out, whatever the columns are called."""
    options = [NOT_THERE, *columns]
    mapping = {}
    with st.popover("Columns", width="stretch"):
        for meaning in FIELDS:
            start = options.index(guess.get(meaning, NOT_THERE))
            column = st.selectbox(
                MEANINGS[meaning].capitalize(), options, index=start, key=f"database_{meaning}_{chosen.label}"
            )
            mapping[meaning] = "" if column == NOT_THERE else column
    return mapping


def _look(connection: OrderDatabase) -> Seen:
    backend = connect(connection)
    try:
        named = connection.table or connection.query
        return Seen(connection, [] if named else table_names(backend, connection))
    finally:
        backend.disconnect()


def _look_at_columns(chosen: OrderDatabase) -> tuple[tuple[str, ...], dict[str, str]]:
    backend = connect(chosen)
    try:
        return columns_of(backend, chosen)
    finally:
        backend.disconnect()
