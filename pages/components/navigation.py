"""The screens, in the order of the journey."""

from __future__ import annotations

import streamlit as st
from streamlit.navigation.page import StreamlitPage

ENTERED = "entered_through_app"


def navigate() -> StreamlitPage:
    """Set up the navigation and give the page asked for."""
    st.session_state[ENTERED] = True
    return st.navigation(
        [
            st.Page("pages/overview.py", title="Overview", default=True),
            st.Page("pages/data.py", title="Data"),
            st.Page("pages/customers.py", title="Customers"),
            st.Page("pages/segments.py", title="Segments"),
            st.Page("pages/what_if.py", title="What-if"),
            st.Page("pages/trust.py", title="Trust"),
            st.Page("pages/lists.py", title="Lists"),
        ]
    )


def enter_through_app() -> None:
    """Start again through app.py when a page is run on its own.

    Streamlit runs a file of a folder named "pages" without app.py until st.navigation has been called once,
    which happens when the first address opened after a start is a page's own.
    """
    if not st.session_state.pop(ENTERED, False):
        navigate()
        st.rerun()
