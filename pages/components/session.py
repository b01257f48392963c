"""The data set and the assumptions of this browser session, and how a new file replaces the old."""

from __future__ import annotations

import gc
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import streamlit as st

from clv.analysis import Analysis
from clv.assumptions import Assumptions
from clv.dataset import Dataset
from clv.ingest import InputError, OrderFile, sort_files
from clv.ingest.database import read_database
from clv.ingest.database_connections import OrderDatabase
from clv.ingest.remembered import recall
from clv.loading import read_shop
from clv.models.warm_up import warm_up

SAMPLE_NAME = "Sample shop"
SAMPLE_FOLDER = Path(__file__).parents[2] / "sample_data"
SAMPLE_ORDERS = SAMPLE_FOLDER / "orders.csv"
SAMPLE_FILES = tuple(
    OrderFile(name, SAMPLE_FOLDER / name) for name in ("orders.csv", "contacts.csv", "spend.csv")
)
SAMPLE_CURRENCY = "EUR"
STATE = "clv_session"
EMPTIED = "uploads_emptied"

Progress = Callable[[float, str], None]


@dataclass
class Session:
    """What one browser session holds. A failed upload leaves ``dataset`` as it was."""

    dataset: Dataset
    name: str
    is_sample: bool = True
    files: tuple[OrderFile, ...] = ()
    # The first of the files that holds orders or a table of customers: whose columns can be chosen.
    orders_file: OrderFile | None = None
    fingerprint: str = ""
    problems: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    database: OrderDatabase | None = None
    analysis: Analysis | None = None


@st.cache_resource(show_spinner="Loading the sample shop …")
def _sample() -> Dataset:
    return read_shop(SAMPLE_FILES, currency=SAMPLE_CURRENCY).dataset()


@st.cache_resource(show_spinner=False)
def warm_up_models() -> Thread:
    """Load (at the very first start: compile) the models' loops while the first page is being drawn."""
    thread = Thread(target=warm_up, daemon=True)
    thread.start()
    return thread


def session() -> Session:
    """This session's state; the sample shop to begin with."""
    if STATE not in st.session_state:
        st.session_state[STATE] = Session(_sample(), SAMPLE_NAME)
    state: Session = st.session_state[STATE]
    return state


def analysis_under(assumptions: Assumptions) -> Analysis:
    """The analysis of the current data set; the same object while neither data nor assumptions change."""
    state = session()
    current = state.analysis
    if current is None or current.dataset is not state.dataset or current.assumptions != assumptions:
        state.analysis = Analysis(state.dataset, assumptions)
    assert state.analysis is not None
    return state.analysis


def use_sample() -> None:
    """Go back to the sample shop, the uploader emptied."""
    _begin(Session(_sample(), SAMPLE_NAME))


def take_database(database: OrderDatabase, settings: Mapping[str, Any], progress: Progress) -> None:
    """Read orders where they are, under settings (mapping, currency); the uploader is emptied.

    Raises
    ------
    InputError : they cannot be read; the data loaded before stay.
    """
    try:
        dataset = Dataset(read_database(database, progress=progress, **settings))
    except InputError:
        raise
    except ValueError as error:
        raise database.refusal(str(error).rstrip("."), "Check the columns that were chosen") from error
    _begin(Session(dataset, database.label, is_sample=False, database=database))


def _begin(state: Session) -> None:
    st.session_state[STATE] = state
    st.session_state[EMPTIED] = st.session_state.get(EMPTIED, 0) + 1


def uploads_key() -> str:
    """Key of the uploader: one with another key is an empty one."""
    emptied = st.session_state.get(EMPTIED, 0)
    return f"uploads_{emptied}" if emptied else "uploads"


def take_uploads(uploads: Sequence[Any], progress: Progress) -> None:
    """Read newly uploaded files; the data loaded before stay if they cannot be read."""
    fingerprint = _fingerprint(uploads)
    state = session()
    if not uploads or fingerprint == state.fingerprint:
        return
    state.fingerprint = fingerprint
    state.files = _spool(uploads, state)
    found = sort_files(state.files)
    state.orders_file = (*found.orders, *found.customers)[0]
    state.settings = {}
    _read(state, progress)


def reread(settings: Mapping[str, Any], progress: Progress) -> None:
    """Read the uploaded files again under other settings (mapping, date_order, currency)."""
    state = session()
    state.settings = dict(settings)
    _read(state, progress)


def _read(state: Session, progress: Progress) -> None:
    try:
        dataset = read_shop(state.files, progress=progress, recall=recall, **state.settings).dataset()
    except InputError as error:
        state.problems = tuple(str(problem) for problem in error.problems)
        return
    except ValueError as error:
        state.problems = (str(error),)
        return
    state.dataset = dataset
    state.name = ", ".join(file.name for file in state.files)
    state.is_sample, state.problems, state.database = False, (), None


def set_aside_loaded() -> None:
    """Keep what is loaded out of later garbage collections, each of which would cost a slider 50 ms."""
    gc.collect()
    gc.freeze()


def _fingerprint(uploads: Sequence[Any]) -> str:
    return ",".join(sorted(upload.file_id for upload in uploads))


def _spool(uploads: Sequence[Any], state: Session) -> tuple[OrderFile, ...]:
    """Write the uploads to a folder of their own, which goes when they are replaced or the session ends."""
    for file in state.files[:1]:
        shutil.rmtree(file.path.parent, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="clv-studio-"))
    weakref.finalize(state, shutil.rmtree, folder, ignore_errors=True)
    files = []
    for number, upload in enumerate(uploads):
        path = folder / str(number)
        path.write_bytes(upload.getbuffer())
        files.append(OrderFile(upload.name, path))
    return tuple(files)
