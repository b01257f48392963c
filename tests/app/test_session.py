"""Reads that interrupt one another, and disks that fill up while files are read."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from clv.ingest.errors import disk_full_problem
from clv.shop import Shop
from pages.components import session

ORDERS = b"customer,date,amount\n"
FULL = (
    OSError(errno.ENOSPC, "No space left on device"),
    duckdb.IOException('IO Error: Could not write file "duckdb_temp_storage": No space left on device'),
    duckdb.OutOfMemoryException(
        "Out of Memory Error: failed to offload data block of size 256.0 KiB (1.0 GiB/1.0 GiB used).\n"
        "This limit was set by the 'max_temp_directory_size' setting."
    ),
)


@dataclass
class Upload:
    file_id: str
    name: str

    def getbuffer(self) -> bytes:
        return ORDERS


class Interrupted(BaseException):
    """What Streamlit raises where a run reports its progress after another one has begun."""


def ignore(_share: float, _doing: str) -> None:
    """No progress to show."""


@pytest.fixture
def state(sample_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> session.Session:
    """A session that shows the sample shop."""
    state = session.Session(sample_shop)
    monkeypatch.setattr(session, "session", lambda: state)
    return state


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch, sample_shop: Shop) -> Callable[[Callable[..., None]], None]:
    """Put something else in the place of reading the files, after which the sample shop is what was read."""

    def put(reading: Callable[..., None]) -> None:
        def read_shop(files: Any, **_settings: Any) -> SimpleNamespace:
            reading(files)
            return SimpleNamespace(shop=lambda: SimpleNamespace(churn_window=None, transactions=None))

        monkeypatch.setattr(session, "read_shop", read_shop)

    return put


def test_a_read_begins_when_the_one_it_interrupts_has_tidied_up(state, reads):
    reading, waiting, stop = Event(), Event(), Event()
    read: list[bool] = []

    def until_stopped(files) -> None:
        if not reading.is_set():
            reading.set()
            assert stop.wait(10)
            raise Interrupted
        read.append(all(file.path.exists() for file in files))

    def interrupted() -> None:
        with pytest.raises(Interrupted):
            session.take_uploads(uploads, ignore)

    reads(until_stopped)
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
    assert state.names == ("orders.csv",)


def full_disk(name: str) -> str:
    """What is said of a file when the disk is full."""
    problem = disk_full_problem(FULL[0])
    assert problem is not None
    return str(replace(problem, where=name))


@pytest.mark.parametrize("error", FULL, ids=lambda error: type(error).__name__)
def test_a_disk_that_fills_up_during_a_read_is_said_and_the_loaded_data_stay(
    state, reads, sample_shop, error
):
    def fail(_files) -> None:
        raise error

    reads(fail)
    session.take_uploads([Upload("1", "orders.csv")], ignore)
    assert state.problems == (full_disk("orders.csv"),)
    assert state.refused == ("orders.csv",)
    assert state.shop is sample_shop
    assert state.folder is not None
    assert list(state.folder.iterdir()) == []


def test_a_disk_that_fills_up_during_another_read_of_the_same_files_is_said(state, reads):
    def fail(_files) -> None:
        raise FULL[1]

    reads(lambda _files: None)
    session.take_uploads([Upload("1", "orders.csv")], ignore)
    loaded = state.shop
    reads(fail)
    session.reread({"currency": "EUR"}, ignore)
    assert state.problems == (full_disk("orders.csv"),)
    assert state.shop is loaded
    assert [file.path.exists() for file in state.files] == [True]


def test_a_disk_that_fills_up_while_a_file_is_written_is_said(state, sample_shop, monkeypatch):
    def write_half(path: Path, content: bytes) -> int:
        with path.open("wb") as stream:
            stream.write(content[:5])
        raise FULL[0]

    monkeypatch.setattr(Path, "write_bytes", write_half)
    session.take_uploads([Upload("1", "orders.csv")], ignore)
    assert state.problems == (full_disk("orders.csv"),)
    assert state.shop is sample_shop
    assert state.folder is not None
    assert list(state.folder.iterdir()) == []


@pytest.mark.parametrize(
    "error", [OSError(errno.EACCES, "Permission denied"), duckdb.BinderException("no c1")]
)
def test_what_is_no_full_disk_is_not_called_one(state, reads, error):
    def fail(_files) -> None:
        raise error

    reads(fail)
    with pytest.raises(type(error)):
        session.take_uploads([Upload("1", "orders.csv")], ignore)
    assert state.problems == ()
