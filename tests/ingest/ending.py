"""How the reading of any file must end: in an account that adds up or in plain sentences, with nothing left behind."""

from __future__ import annotations

import contextlib
import re
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import ibis
from fuzzed_files import FuzzedFile, fuzzed_file
from ibis.backends.duckdb import Backend

from clv.ingest import Ingested, InputError, OrderFile, preview, read_orders

JARGON = re.compile(
    r"duckdb|varchar|ibis|exception|traceback|calamine|codec\b|pyarrow|errno|0x[0-9a-f]{6}", re.IGNORECASE
)
# Of the processor's time, which does not count what else the machine does.
LONGEST_SECONDS = 10
LONGEST_SENTENCE = 4_000

Check = Callable[[FuzzedFile], None]


@contextlib.contextmanager
def checking() -> Iterator[Check]:
    """Give a check that all files share a connection and a folder for temporary files with."""
    usual = tempfile.tempdir
    with tempfile.TemporaryDirectory() as folder:
        scratch, path = Path(folder) / "scratch", Path(folder) / "file"
        scratch.mkdir()
        connection = ibis.duckdb.connect(threads=1)

        def check(file: FuzzedFile) -> None:
            path.write_bytes(file.content)
            started = time.process_time()
            _read(OrderFile(file.name, path), file.settings, connection)
            assert time.process_time() - started < LONGEST_SECONDS
            assert list(scratch.iterdir()) == []

        tempfile.tempdir = str(scratch)
        try:
            yield check
        finally:
            tempfile.tempdir = usual
            connection.disconnect()


def failures_among(numbers: range) -> list[str]:
    """The files of these numbers that do not end well, with what happened."""
    warnings.simplefilter("error")
    failed = []
    with checking() as check:
        for number in numbers:
            try:
                check(fuzzed_file(number))
            except Exception:
                failed.append(f"fuzzed_file({number}): {traceback.format_exc()}")
    return failed


def _read(file: OrderFile, chosen: dict[str, object], connection: Backend) -> None:
    try:
        assert preview(file).columns
    except InputError as error:
        _assert_plain(error)
    try:
        result = read_orders([file], connection=connection, **chosen)  # type: ignore[arg-type]
    except InputError as error:
        _assert_plain(error)
    else:
        _assert_adds_up(result, connection)
    assert connection.con.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
    assert connection.con.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchone() == (0,)


def _assert_plain(error: InputError) -> None:
    assert error.problems
    for problem in error.problems:
        assert problem.what
        assert problem.where
        assert problem.todo
        own_words = re.sub(
            r"«.*?»|\(.*?\)", "", problem.what.partition("The columns are")[0], flags=re.DOTALL
        )
        assert not JARGON.search(own_words), own_words
        assert len(str(problem)) < LONGEST_SENTENCE


def _assert_adds_up(result: Ingested, connection: Backend) -> None:
    report, table = result.report, result.transactions.table.get_name()
    counted = connection.con.execute(f"SELECT count(*), coalesce(sum(amount), 0) FROM {table}").fetchone()
    connection.con.execute(f"DROP TABLE {table}")
    assert counted is not None
    assert report.rows_read == report.rows_kept + sum(group.rows for group in report.dropped)
    assert report.rows_kept == counted[0]
    assert abs(Decimal(str(report.revenue)) - counted[1]) <= abs(counted[1]) * Decimal("1e-9") + Decimal(
        "0.01"
    )
