"""Whatever the file, it ends in an account that adds up or in plain sentences, and leaves nothing behind."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import ibis
import pytest
from fuzzed_files import FuzzedFile, fuzzed_file
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from clv.ingest import Ingested, InputError, OrderFile, preview, read_orders

JARGON = re.compile(
    r"duckdb|varchar|ibis|exception|traceback|calamine|codec\b|arrow|errno|0x[0-9a-f]{6}", re.IGNORECASE
)
LONGEST_SECONDS = 10
LONGEST_SENTENCE = 4_000
ANY_NUMBER = st.integers(0, 2**62)

Check = Callable[[FuzzedFile], None]


@pytest.fixture(scope="module")
def ends_well(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Check]:
    """Check a file in a folder for temporary files, and a connection, that all the files share."""
    folder, scratch = tmp_path_factory.mktemp("files"), tmp_path_factory.mktemp("scratch")
    connection = ibis.duckdb.connect(threads=1)

    def check(file: FuzzedFile) -> None:
        path = folder / "file"
        path.write_bytes(file.content)
        started = time.monotonic()
        _check(OrderFile(file.name, path), file.settings, connection)
        assert time.monotonic() - started < LONGEST_SECONDS
        assert list(scratch.iterdir()) == []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(scratch))
        yield check
    connection.disconnect()


def _check(file: OrderFile, chosen: dict[str, object], connection: Backend) -> None:
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
        words = problem.what.partition("The columns are")[0]
        assert not JARGON.search(re.sub(r"«.*?»|\(.*?\)", "", words, flags=re.DOTALL)), words
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


@given(seed=ANY_NUMBER)
@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_damaged_file_ends_well(ends_well: Check, seed: int) -> None:
    ends_well(fuzzed_file(seed))


@given(content=st.binary(max_size=2_000))
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_bytes_end_well(ends_well: Check, content: bytes) -> None:
    ends_well(FuzzedFile("orders.csv", content, {}))


@pytest.mark.simulation
@pytest.mark.parametrize("part", range(10))
def test_ten_thousand_files_end_well(ends_well: Check, part: int) -> None:
    for number in range(1_000):
        ends_well(fuzzed_file(1_000 * part + number))
