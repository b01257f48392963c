"""Long statements that say how far they are and can be stopped."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Thread

import duckdb

POLL_SECONDS = 0.2


def run_watched(
    engine: duckdb.DuckDBPyConnection,
    statement: str,
    progress: Callable[[float], None] | None = None,
) -> None:
    """Execute a statement in a thread of its own while this one reports the share done, 0 to 1.

    Whatever is raised meanwhile in this thread, by `progress` or by a key press, stops the statement: it leaves no table
    behind, and the exception goes on its way.

    Raises
    ------
    duckdb.Error
        The statement failed.
    """
    failed: list[BaseException] = []
    # An event, for a thread whose join was interrupted by a key press is taken for dead.
    done = Event()

    def work() -> None:
        try:
            engine.execute(statement)
        except BaseException as error:
            failed.append(error)
        finally:
            done.set()

    # Asked for before the work starts, since setting it waits for the statement.
    engine.execute("SET enable_progress_bar = true")
    engine.execute("SET enable_progress_bar_print = false")
    engine.execute("SET progress_bar_time = 0")
    Thread(target=work, daemon=True).start()
    try:
        while not done.wait(POLL_SECONDS):
            if progress is not None:
                progress(min(max(engine.query_progress() / 100, 0.0), 1.0))
    except BaseException:
        engine.interrupt()
        while not done.wait(POLL_SECONDS):
            engine.interrupt()
        raise
    if failed:
        raise failed[0]
