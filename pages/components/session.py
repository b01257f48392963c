"""The data set and the assumptions of this browser session, and how a new file replaces the old."""

from __future__ import annotations

import hashlib
import shutil
import sys
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import duckdb
import streamlit as st

from clv.analysis import Analysis
from clv.assumptions import Assumptions
from clv.ingest import InputError, OpenDateOrder, OrderFile, sort_files
from clv.ingest.database import read_database
from clv.ingest.database_connections import OrderDatabase
from clv.ingest.errors import disk_full_problem
from clv.ingest.read_cache import ReadCache
from clv.ingest.remembered import recall
from clv.loading import read_shop
from clv.models.warm_up import warm_up
from clv.shop import Shop, shop_of

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
LOOK_EVERY = 0.2  # seconds
TURN = 0.0005  # seconds that a thread may go on while others wait; ten times as many by default


@dataclass(eq=False)
class Session:
    """What one browser session holds. A failed upload leaves ``shop`` as it was.

    names: of the files, or of the database, that the shop was read from
    is_sample: whether the shop is the made-up one; sample_chosen, whether the user went back to it
    problems: what was wrong with the files handed in last, whose names are ``refused``
    """

    shop: Shop
    names: tuple[str, ...] = (SAMPLE_NAME,)
    is_sample: bool = True
    sample_chosen: bool = False
    files: tuple[OrderFile, ...] = ()
    # The first of the files that holds orders or a table of customers: whose columns can be chosen.
    orders_file: OrderFile | None = None
    has_spend_file: bool = False
    fingerprint: str = ""
    cancelled: str = ""
    folder: Path | None = None
    store: ReadCache | None = None
    problems: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    question: OpenDateOrder | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    database: OrderDatabase | None = None
    analysis: Analysis | None = None
    reading: Lock = field(default_factory=Lock)

    @property
    def name(self) -> str:
        """What to call the shop."""
        return ", ".join(self.names)


@st.cache_resource(show_spinner="Loading the sample shop …")
def _sample() -> Shop:
    return read_shop(SAMPLE_FILES, currency=SAMPLE_CURRENCY).shop()


@st.cache_resource(show_spinner=False)
def warm_up_models() -> Thread:
    """Load (at the very first start: compile) the models' loops while the first page is being drawn."""
    # A slider of one session gets its turn at once while another computes something long.
    sys.setswitchinterval(TURN)
    thread = Thread(target=warm_up, daemon=True)
    thread.start()
    return thread


def session() -> Session:
    """This session's state; the sample shop to begin with."""
    if STATE not in st.session_state:
        st.session_state[STATE] = Session(_sample())
    state: Session = st.session_state[STATE]
    return state


def analysis_under(assumptions: Assumptions) -> Analysis:
    """The analysis of the current data set; the same object while neither data nor assumptions change."""
    state = session()
    current = state.analysis
    if current is None or current.shop is not state.shop or current.assumptions != assumptions:
        state.analysis = Analysis(state.shop, assumptions)
    assert state.analysis is not None
    return state.analysis


def use_sample() -> None:
    """Go back to the sample shop, the uploader emptied."""
    _begin(Session(_sample(), sample_chosen=True))


def take_database(database: OrderDatabase, settings: Mapping[str, Any], progress: Progress) -> None:
    """Read orders where they are, under settings (mapping, currency); the uploader is emptied.

    Raises
    ------
    InputError : they cannot be read; the data loaded before stay.
    """
    try:
        shop = shop_of(read_database(database, progress=progress, **settings))
        _ = shop.churn_window  # the sidebar asks for it at once; here, what goes wrong is said
    except InputError:
        raise
    except (OSError, duckdb.Error) as error:
        problem = disk_full_problem(error)
        if problem is None:
            raise
        raise InputError([problem]) from error
    except ValueError as error:
        raise database.refusal(str(error).rstrip("."), "Check the columns that were chosen") from error
    _begin(Session(shop, (database.label,), is_sample=False, database=database))


def _begin(state: Session) -> None:
    st.session_state[STATE] = state
    empty_uploader()


def empty_uploader() -> None:
    """Show no file in the uploader from the next run on."""
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
    with _one_read_at_a_time(state, progress):
        if fingerprint == state.fingerprint:
            return
        before = state.files
        try:
            with _room_on_disk(state, [upload.name for upload in uploads]):
                _read(state, _on_disk(uploads, state), {}, progress)
        except BaseException:
            _remove_all_but(before, state)
            raise
        state.fingerprint, state.cancelled = fingerprint, ""
        _remove_all_but(state.files, state)


@contextmanager
def _one_read_at_a_time(state: Session, progress: Progress) -> Iterator[None]:
    """Streamlit starts a new run while the one that it interrupts, a read, may still be tidying up."""
    while not state.reading.acquire(timeout=LOOK_EVERY):
        progress(0.0, "Stopping what was being read")
    try:
        yield
    finally:
        state.reading.release()


@contextmanager
def _room_on_disk(state: Session, names: Sequence[str]) -> Iterator[None]:
    """A disk that fills up meanwhile is a problem of these files; the data loaded before stay."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        problem = disk_full_problem(error)
        if problem is None:
            raise
        # The file that could not be written is ours; the user knows those that were handed in.
        said = str(replace(problem, where=", ".join(names)))
        state.problems, state.refused, state.question = (said,), tuple(names), None


def cancel_reading(fingerprint: str) -> None:
    """Leave these uploads unread until they change; what was loaded stays."""
    session().cancelled = fingerprint


def reread(settings: Mapping[str, Any], progress: Progress) -> None:
    """Read the uploaded files again under other settings (mapping, date_order, spend_date_order, currency)."""
    state = session()
    names = [file.name for file in state.files]
    with _one_read_at_a_time(state, progress), _room_on_disk(state, names):
        _read(state, state.files, dict(settings), progress)


def _read(state: Session, files: tuple[OrderFile, ...], settings: dict[str, Any], progress: Progress) -> None:
    state.store = state.store or ReadCache()
    state.question = None
    found = sort_files(files)
    orders_file = (*found.orders, *found.customers)[0]
    state.has_spend_file = bool(found.spend)
    try:
        shop = read_shop(files, progress=progress, recall=recall, cache=state.store, **settings).shop()
        _ = shop.churn_window  # under the progress bar rather than after it
        progress(1.0, "Done")  # the last moment at which a read that was interrupted changes nothing
    except (InputError, ValueError) as error:
        problems = error.problems if isinstance(error, InputError) else (error,)
        # The files stay at hand, so that their columns can be chosen.
        state.files, state.settings, state.orders_file = files, settings, orders_file
        state.problems = tuple(str(problem) for problem in problems)
        state.refused = tuple(file.name for file in files)
        state.question = next((asked for asked in problems if isinstance(asked, OpenDateOrder)), None)
        return
    if shop.transactions is not None:
        state.store.forget_others(shop.transactions)
    state.files, state.settings, state.shop = files, settings, shop
    state.orders_file = orders_file
    state.names = tuple(file.name for file in files)
    state.is_sample, state.problems, state.database = False, (), None


def fingerprint_of(uploads: Sequence[Any]) -> str:
    """What tells these uploads from any others."""
    return ",".join(sorted(upload.file_id for upload in uploads))


def _on_disk(uploads: Sequence[Any], state: Session) -> tuple[OrderFile, ...]:
    """Write the uploads to the session's folder, which goes when the session ends; those that are there stay."""
    if state.folder is None:
        state.folder = Path(tempfile.mkdtemp(prefix="clv-uploads-"))
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
