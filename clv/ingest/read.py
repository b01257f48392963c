"""From the files that a user hands in to transactions and the account of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from clv.ingest import amounts, checks, dates, quality, transactions
from clv.ingest.columns import MEANINGS, ColumnMapping, resolve_mapping, wanted_names
from clv.ingest.containers import open_sources
from clv.ingest.currencies import settle_currency
from clv.ingest.date_order import DateOrder
from clv.ingest.dates import DateStyle
from clv.ingest.errors import InputError, Problem, raise_if_any
from clv.ingest.files import OrderFile
from clv.ingest.lines import Styles, read_lines
from clv.ingest.quality import QualityReport
from clv.ingest.source import Loaded, Source
from clv.ingest.staging import Staged, stage
from clv.ingest.transactions import Transactions

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Ingested:
    """The transactions of a read and the account of it."""

    transactions: Transactions
    report: QualityReport


def read_orders(
    files: Sequence[OrderFile],
    mapping: ColumnMapping | Mapping[str, str] | None = None,
    *,
    date_order: DateOrder | None = None,
    currency: str | None = None,
    progress: Progress | None = None,
    connection: Backend | None = None,
) -> Ingested:
    """Read order files into one table of transactions.

    Parameters
    ----------
    files : sequence of OrderFile
        CSV, Parquet or spreadsheets, also in gzip or ZIP; all with the columns of the mapping.
    mapping : ColumnMapping, mapping of field to column name, or None
        What the columns mean. A partial mapping overrides, field by field, what the column names say; an empty
        name leaves a field out.
    date_order : {"dmy", "mdy", "ymd"} or None
        Order of day, month and year; asked for only where the dates leave it open.
    currency : str or None
        Keep only the orders in this currency.
    progress : callable or None
        Called with the share done, 0 to 1, and what is being done.
    connection : ibis DuckDB backend or None
        Where the table is kept; a new one in memory by default.

    Returns
    -------
    Ingested

    Raises
    ------
    InputError
        The files cannot be used; carries every problem found.
    """
    tell = progress or _silent
    checks.refuse_bad_request(files, date_order)
    with _engine(connection) as backend, tempfile.TemporaryDirectory(prefix="clv-") as workdir:
        sources = _open_all(files, Path(workdir), mapping, tell)
        chosen, problems = resolve_mapping([(source.name, source.columns) for source in sources], mapping)
        raise_if_any(problems)
        assert chosen is not None
        with _dropping_leftovers(backend.con):
            loaded = _load_all(sources, backend.con, tell)
            return _read(backend, sources, loaded, chosen, date_order, currency, tell)


def _silent(share: float, doing: str) -> None:
    """Report progress to nobody."""


@contextmanager
def _engine(connection: Backend | None) -> Iterator[Backend]:
    if connection is not None:
        yield connection
        return
    # What outgrows memory spills into the system's folder for temporary files; nothing is fetched from outside.
    spill = str(Path(tempfile.gettempdir()) / "clv-spill")
    own = ibis.duckdb.connect(
        temp_directory=spill, autoinstall_known_extensions=False, autoload_known_extensions=False
    )
    try:
        yield own
    except BaseException:
        own.disconnect()
        raise


@contextmanager
def _dropping_leftovers(engine: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Drop the working tables of this read, whatever happens."""
    before = _working_tables(engine)
    try:
        yield
    finally:
        for name, kind in _working_tables(engine) - before:
            if not name.startswith("clv_transactions_"):
                engine.execute(f"DROP {kind} IF EXISTS {name}")


def _working_tables(engine: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    found = engine.execute(
        "SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE starts_with(table_name, 'clv_')"
        " UNION ALL SELECT view_name, 'VIEW' FROM duckdb_views() WHERE starts_with(view_name, 'clv_')"
    ).fetchall()
    return {(str(name), str(kind)) for name, kind in found}


def _open_all(
    files: Sequence[OrderFile],
    workdir: Path,
    mapping: ColumnMapping | Mapping[str, str] | None,
    tell: Progress,
) -> list[Source]:
    sources: list[Source] = []
    problems: list[Problem] = []
    for position, file in enumerate(files):
        tell(0.3 * position / len(files), f"Opening {file.name}")
        try:
            sources += open_sources(file, workdir, wanted_names(mapping))
        except InputError as error:
            problems += error.problems
    if problems and sources:
        problems += resolve_mapping([(source.name, source.columns) for source in sources], mapping)[1]
    raise_if_any(problems)
    return sources


def _load_all(sources: Sequence[Source], engine: duckdb.DuckDBPyConnection, tell: Progress) -> list[Loaded]:
    loaded: list[Loaded] = []
    problems: list[Problem] = []
    for position, source in enumerate(sources):
        tell(0.3 + 0.3 * position / len(sources), f"Reading {source.name}")
        try:
            loaded.append(source.load(engine))
        except InputError as error:
            problems += error.problems
    raise_if_any(problems)
    return loaded


def _read(
    backend: Backend,
    sources: Sequence[Source],
    loaded: Sequence[Loaded],
    mapping: ColumnMapping,
    date_order: DateOrder | None,
    currency: str | None,
    tell: Progress,
) -> Ingested:
    engine, names = backend.con, [source.name for source in sources]
    staged = stage(engine, loaded, mapping)
    checks.refuse_empty(engine, staged, names)
    tell(0.6, "Deciding how dates and amounts are written")
    styles, problems = _styles(engine, staged, date_order, names)
    tell(0.65, "Reading dates and amounts")
    lines = read_lines(engine, staged, styles)
    problems += checks.unreadable_columns(engine, lines, staged, names, dates_settled=not problems)
    settled = settle_currency(engine, lines, currency, mapping, ", ".join(names))
    if isinstance(settled, Problem):
        problems.append(settled)
    raise_if_any(problems)
    checks.refuse_nothing_kept(engine, lines, names)
    tell(0.9, "Counting")
    warnings = [warning for source in sources for warning in source.warnings]
    warnings += [style.doubt for style in styles.numbers.values() if style.doubt]
    known = None if isinstance(settled, Problem) else settled
    report = quality.make_report(
        engine, lines, files=names, mapping=mapping, currency=known, warnings=warnings
    )
    kept = transactions.keep(backend, engine, lines, mapping, known)
    tell(1.0, "Done")
    return Ingested(kept, report)


def _styles(
    engine: duckdb.DuckDBPyConnection, staged: Staged, date_order: DateOrder | None, names: Sequence[str]
) -> tuple[Styles, list[Problem]]:
    where = f"{', '.join(names)}, column «{staged.mapping.date}»"
    date = dates.decide_dates(engine, staged.table, date_order, where)
    problems: list[Problem] = []
    if isinstance(date, Problem):
        # The other columns are checked under either order, so that all problems come at once.
        problems.append(date)
        date = dates.decide_dates(engine, staged.table, "dmy", where)
    numbers = {
        field: amounts.decide_style(engine, staged.table, field, MEANINGS[field]) for field in staged.numbers
    }
    return Styles(date if isinstance(date, DateStyle) else DateStyle(), numbers), problems
