"""What this browser tab had loaded, remembered by the tab itself, so that a page whose session is gone can say so.

The session storage of a tab outlives a restart of the server, a lost connection and a reload. It goes with the tab,
is not shared with other tabs, and stands in no address.
"""

from __future__ import annotations

import streamlit as st

from pages.components.session import EMPTIED, Session, empty_uploader

KEY = "tab_memory"
# Remembers what is loaded; where nothing is, says what was.
REMEMBER = """
export default function ({ data, setStateValue }) {
  const name = "clv-loaded";
  if (data.loaded.length > 0) {
    sessionStorage.setItem(name, JSON.stringify(data.loaded));
  } else if (data.forget) {
    sessionStorage.removeItem(name);
  } else {
    const lost = JSON.parse(sessionStorage.getItem(name) ?? "[]");
    if (lost.length > 0 && JSON.stringify(lost) !== JSON.stringify(data.lost)) setStateValue("lost", lost);
  }
}
"""


def names_lost(state: Session) -> tuple[str, ...]:
    """What the tab had loaded when its session was lost, by name.

    Empty while something is loaded, where nothing was, and once the user has chosen the sample shop.
    """
    if not state.is_sample or state.sample_chosen:
        return ()
    return tuple(str(name) for name in st.session_state.get(KEY, {}).get("lost") or ())


def remember_loaded(state: Session) -> None:
    """Have the tab remember what is loaded now; files that it still shows after they were lost are taken away."""
    lost = names_lost(state)
    memory = st.components.v2.component("clv.tab_memory", js=REMEMBER)
    loaded = [] if state.is_sample else list(state.names)
    with st.container(key="tab_memory_place"):
        _ask_when_connected_again()
        memory(
            key=KEY,
            data={"loaded": loaded, "forget": state.sample_chosen, "lost": list(lost)},
            on_lost_change=lambda: None,
        )
    if lost and EMPTIED not in st.session_state:
        empty_uploader()
        st.rerun()


@st.fragment(run_every="1h")
def _ask_when_connected_again() -> None:
    """Draw nothing, but now and then: a page with such a part is drawn anew as soon as it has a connection again.

    Any other page waits for the next click, and until then shows what its session, which may be gone, had drawn.
    """
