"""The data set and the assumptions of this browser session, and how a new file replaces the old."""

from __future__ import annotations

import gc
import hashlib
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
from clv.ingest import InputError, OrderFile, read_orders
from clv.ingest.remembered import recall
from clv.ingest.spool_store import SpoolStore
from clv.models.warm_up import warm_up

SAMPLE_NAME = "Sample shop"
SAMPLE_ORDERS = Path(__file__).parents[2] / "sample_data" / "orders.csv"
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
    fingerprint: str = ""
    cancelled: str = ""
    folder: Path | None = None
    store: SpoolStore | None = None
    problems: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    analysis: Analysis | None = None


@st.cache_resource(show_spinner="Loading the sample shop …")
def _sample() -> Dataset:
    files = [OrderFile(SAMPLE_ORDERS.name, SAMPLE_ORDERS)]
    return Dataset(read_orders(files, currency=SAMPLE_CURRENCY))


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
    st.session_state[STATE] = Session(_sample(), SAMPLE_NAME)
    st.session_state[EMPTIED] = st.session_state.get(EMPTIED, 0) + 1


def uploads_key() -> str:
    """Key of the uploader: one with another key is an empty one."""
    emptied = st.session_state.get(EMPTIED, 0)
    return f"uploads_{emptied}" if emptied else "uploads"


def take_uploads(uploads: Sequence[Any], progress: Progress) -> None:
    """Read newly uploaded files; the data loaded before stay if they cannot be read, or if the read is stopped.

    A read that another control interrupts begins anew with the next run; one that was cancelled does not.
    """
    fingerprint = fingerprint_of(uploads)
    state = session()
    if not uploads or fingerprint in (state.fingerprint, state.cancelled):
        return
    before = state.files
    files = _on_disk(uploads, state)
    try:
        _read(state, files, {}, progress)
    except BaseException:
        _remove_all_but(before, state)
        raise
    state.fingerprint, state.cancelled = fingerprint, ""
    _remove_all_but(state.files, state)


def cancel_reading(fingerprint: str) -> None:
    """Leave these uploads unread until they change; what was loaded stays."""
    session().cancelled = fingerprint


def reread(settings: Mapping[str, Any], progress: Progress) -> None:
    """Read the uploaded files again under other settings, those of ``read_orders``."""
    state = session()
    _read(state, state.files, dict(settings), progress)


def _read(state: Session, files: tuple[OrderFile, ...], settings: dict[str, Any], progress: Progress) -> None:
    state.store = state.store or SpoolStore()
    try:
        ingested = read_orders(files, progress=progress, recall=recall, store=state.store, **settings)
        dataset = Dataset(ingested)
    except (InputError, ValueError) as error:
        problems = error.problems if isinstance(error, InputError) else (error,)
        # The files stay at hand, so that their columns can be chosen.
        state.files, state.settings = files, settings
        state.problems = tuple(str(problem) for problem in problems)
        return
    state.store.forget_others(ingested.transactions)
    state.files, state.settings, state.dataset = files, settings, dataset
    state.name = ", ".join(file.name for file in files)
    state.is_sample, state.problems = False, ()


def set_aside_loaded() -> None:
    """Keep what is loaded out of later garbage collections, each of which would cost a slider 50 ms."""
    gc.collect()
    gc.freeze()


def fingerprint_of(uploads: Sequence[Any]) -> str:
    """What tells these uploads from any others."""
    return ",".join(sorted(upload.file_id for upload in uploads))


def _on_disk(uploads: Sequence[Any], state: Session) -> tuple[OrderFile, ...]:
    """Write the uploads to the session's folder, which goes when the session ends; those that are there stay."""
    if state.folder is None:
        state.folder = Path(tempfile.mkdtemp(prefix="clv-studio-"))
        weakref.finalize(state, shutil.rmtree, state.folder, ignore_errors=True)
    files = []
    for upload in uploads:
        path = state.folder / hashlib.sha256(upload.file_id.encode()).hexdigest()[:32]
        if not path.exists():
            path.write_bytes(upload.getbuffer())
        files.append(OrderFile(upload.name, path))
    return tuple(files)


def _remove_all_but(files: Sequence[OrderFile], state: Session) -> None:
    kept = {file.path for file in files}
    for path in state.folder.iterdir() if state.folder else ():
        if path not in kept:
            path.unlink(missing_ok=True)
