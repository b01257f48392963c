"""Reads that interrupt one another."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Event, Thread

import pytest

from pages.components import session


@dataclass
class Upload:
    file_id: str
    name: str

    def getbuffer(self) -> bytes:
        return b"customer,date,amount\n"


class Interrupted(BaseException):
    """What Streamlit raises where a run reports its progress after another one has begun."""


def test_a_read_begins_when_the_one_it_interrupts_has_tidied_up(monkeypatch: pytest.MonkeyPatch):
    state = session.Session(shop=None, name="")  # type: ignore[arg-type]
    reading, waiting, stop = Event(), Event(), Event()
    read: list[bool] = []

    def fake_read(_state, files, _settings, _progress) -> None:
        if not reading.is_set():
            reading.set()
            assert stop.wait(10)
            raise Interrupted
        read.append(all(file.path.exists() for file in files))
        state.files = files

    def interrupted() -> None:
        with pytest.raises(Interrupted):
            session.take_uploads(uploads, lambda _share, _doing: None)

    monkeypatch.setattr(session, "session", lambda: state)
    monkeypatch.setattr(session, "_read", fake_read)
    uploads = [Upload("1", "orders.csv")]
    first = Thread(target=interrupted)
    second = Thread(target=session.take_uploads, args=(uploads, lambda _share, _doing: waiting.set()))
    first.start()
    assert reading.wait(10)
    second.start()
    assert waiting.wait(10)
    assert not read
    stop.set()
    first.join()
    second.join()
    assert read == [True]
    assert [file.path.exists() for file in state.files] == [True]
