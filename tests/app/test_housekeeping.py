"""Sessions that end, with a stand-in for the server."""

from __future__ import annotations

import gc
from collections.abc import Callable
from types import SimpleNamespace
from weakref import ref

import pytest

from pages.components.housekeeping import Housekeeper, KnownSession, set_aside_loaded


class Server:
    """As much of Streamlit's runtime as is asked for; its loop does at once what it is given."""

    def __init__(self) -> None:
        self.active, self.closed = {"a"}, list[str]()
        loop = SimpleNamespace(call_soon_threadsafe=self.call)
        self.stopped = SimpleNamespace(get_loop=lambda: loop)

    def call(self, work: Callable[..., None], *given: object) -> None:
        work(*given)

    def is_active_session(self, session_id: str) -> bool:
        return session_id in self.active

    def close_session(self, session_id: str) -> None:
        self.closed.append(session_id)


class Fragments(dict[str, object]):
    """Fragments by name; unlike those of a plain dictionary, a reference to them can be weak."""


class AppSession:
    """A session that holds a state."""

    def __init__(self, state: object) -> None:
        self.session_state: dict[str, object] = {"state": state}
        self.is_shut_down = False

    def shutdown(self) -> None:
        self.is_shut_down = True


class State:
    """What is held for a session; refers to itself, so that only a collection can free it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def keeper(server: Server) -> Housekeeper:
    return Housekeeper(server, patience=120.0)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _nothing_frozen():
    yield
    gc.unfreeze()


def test_a_session_without_connection_is_emptied_once_its_time_is_over(keeper, server):
    app_session, fragments = AppSession(State()), Fragments(card="figures")
    state = ref(app_session.session_state["state"])
    keeper.know("a", KnownSession(ref(app_session), ref(fragments), state))
    set_aside_loaded()  # as after a fit: what is loaded is kept out of collections
    keeper.look(0.0)
    server.active = set()
    keeper.look(1.0)
    keeper.look(120.0)
    assert server.closed == []
    keeper.look(121.0)
    assert server.closed == ["a"]
    assert app_session.is_shut_down
    assert not app_session.session_state
    assert not fragments
    gc.collect()
    assert state() is not None, "frozen, as it is in the app"
    keeper.look(122.0)
    assert state() is None


def test_a_session_that_comes_back_in_time_stays(keeper, server):
    app_session, fragments = AppSession(State()), Fragments()
    keeper.know("a", KnownSession(ref(app_session), ref(fragments), ref(app_session.session_state["state"])))
    for now, active in ((0.0, set()), (100.0, {"a"}), (130.0, set()), (240.0, set()), (250.0, {"a"})):
        server.active = active
        keeper.look(now)
    assert server.closed == []
    assert app_session.session_state


def test_a_session_that_comes_back_at_the_last_moment_stays(keeper, server, monkeypatch):
    app_session, fragments, waiting = AppSession(State()), Fragments(), []
    monkeypatch.setattr(server, "call", lambda work, *given: waiting.append((work, given)))
    server.stopped = SimpleNamespace(get_loop=lambda: SimpleNamespace(call_soon_threadsafe=server.call))
    keeper.know("a", KnownSession(ref(app_session), ref(fragments), ref(app_session.session_state["state"])))
    server.active = set()
    keeper.look(0.0)
    keeper.look(120.0)
    server.active = {"a"}
    for work, given in waiting:
        work(*given)
    assert server.closed == []
    assert app_session.session_state
