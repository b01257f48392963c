"""What a session held goes when the session has ended.

Streamlit keeps a session without connection for `server.disconnectedSessionTTL` seconds, in case its browser comes
back. Then it forgets the session only when the next one loses its connection, and the server's main loop holds on to
the last session until a new one comes. So the end is looked for here.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import cast
from weakref import ref

import pyarrow as pa
import streamlit as st
from streamlit.runtime import Runtime, exists, get_instance
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.fragment import FragmentStorage
from streamlit.runtime.runtime import RuntimeState
from streamlit.runtime.scriptrunner import get_script_run_ctx

from clv.temporary_folder import own_folder, remove_abandoned

LOOK_EVERY = 15.0  # seconds


@dataclass
class KnownSession:
    """A session of Streamlit's with what hangs on it; nothing here keeps any of that.

    app_session, fragments: the session itself, and the fragments that hold the figures they draw
    state: what we hold for it
    left_at: when it was first seen without connection
    """

    app_session: ref[AppSession]
    fragments: ref[FragmentStorage]
    state: ref[object]
    left_at: float | None = None


class Housekeeper:
    """Looks now and then for sessions that have ended, and lets go of what they held.

    Parameters
    ----------
    server : the running server.
    patience : seconds that a session without connection is kept.
    """

    def __init__(self, server: Runtime, patience: float) -> None:
        self.server = server
        self.patience = patience
        self._known: dict[str, KnownSession] = {}
        self._leaving: list[ref[object]] = []

    def know(self, session_id: str, session: KnownSession) -> None:
        """Look after a session, or after what it holds by now."""
        self._known[session_id] = session

    def look(self, now: float) -> None:
        """End the sessions whose time is over, and collect what those before have left."""
        if self._leaving:
            set_aside_loaded()
            # A run that is still busy holds its session's state; it is asked for again at the next look.
            self._leaving = [state for state in self._leaving if state() is not None]
        for session_id, session in list(self._known.items()):
            if self.server.is_active_session(session_id):
                session.left_at = None
            elif session.left_at is None:
                session.left_at = now
            elif now - session.left_at >= self.patience:
                del self._known[session_id]
                self._leaving.append(session.state)
                loop = cast("asyncio.Future[None]", self.server.stopped).get_loop()
                loop.call_soon_threadsafe(self._end, session_id, session)

    def _end(self, session_id: str, session: KnownSession) -> None:
        """Empty a session, in the server's own thread; one whose browser has just come back stays."""
        if self.server.is_active_session(session_id):
            return
        self.server.close_session(session_id)
        app_session, fragments = session.app_session(), session.fragments()
        if fragments is not None:
            fragments.clear()
        if app_session is not None:
            app_session.shutdown()
            app_session.session_state.clear()


def keep_house(state: object) -> None:
    """Have what this session holds, and folders of servers that were killed, removed in their time."""
    server, context = get_instance() if exists() else None, get_script_run_ctx()
    # A test that runs the script alone has a stand-in for the server.
    if server is None or context is None or server.state is not RuntimeState.ONE_OR_MORE_SESSIONS_CONNECTED:
        return
    app_session = server.get_app_session(context.session_id)
    if app_session is not None:
        known = KnownSession(ref(app_session), ref(context.fragment_storage), ref(state))
        _housekeeper().know(context.session_id, known)


@st.cache_resource(show_spinner=False)
def _housekeeper() -> Housekeeper:
    remove_abandoned()
    folder = own_folder()
    tempfile.tempdir = str(folder)  # whatever this server writes for a while, libraries included
    patience = float(st.get_option("server.disconnectedSessionTTL"))
    keeper = Housekeeper(get_instance(), patience)
    Thread(target=_look_again_and_again, args=(keeper, folder), daemon=True).start()
    return keeper


def _look_again_and_again(keeper: Housekeeper, folder: Path) -> None:
    every = min(LOOK_EVERY, keeper.patience / 4)
    while True:
        time.sleep(every)
        folder.mkdir(exist_ok=True)  # some systems tidy up their folder for temporary files after days
        keeper.look(time.monotonic())


def set_aside_loaded() -> None:
    """Collect garbage once and keep the rest out of later collections, each of which would cost a slider 50 ms or more.

    What was set aside before and has been let go of since is collected too, and its memory given back to the system.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    pa.default_memory_pool().release_unused()
