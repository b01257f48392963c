"""From the files that a user hands in to transactions and the account of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import ibis
import pandas as pd
from ibis.backends.duckdb import Backend

from clv.ingest import amounts, assumed, attributes, checks, dates, duplicates, quality, transactions
from clv.ingest.columns import MEANINGS, ColumnMapping, layout_of, wanted_names
from clv.ingest.currencies import settle_currency
from clv.ingest.dates import DateOrder, DateStyle
from clv.ingest.errors import InputError, Problem, raise_if_any
from clv.ingest.failed_payments import COLUMNS as FAILED_PAYMENT_COLUMNS
from clv.ingest.failed_payments import failed_payments
from clv.ingest.files import OrderFile
from clv.ingest.layout import Layout
from clv.ingest.lines import Styles, read_lines
from clv.ingest.quality import QualityReport
from clv.ingest.resolve import resolve_mapping
from clv.ingest.source import Loaded, Source, open_source
from clv.ingest.staging import Staged, stage
from clv.ingest.transactions import Transactions

Progress = Callable[[float, str], None]
Recall = Callable[[Sequence[str]], Mapping[str, str] | None]


@dataclass(frozen=True)
class Ingested:
    """The transactions of a read and the account of it.

    `failed_payments` are payments that did not go through, which are no orders: customer_id (or the email address,
    None where neither is known), date, amount, currency, status and card_expiry (text YYYY-MM).
    """

    transactions: Transactions
    report: QualityReport
    failed_payments: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame(columns=FAILED_PAYMENT_COLUMNS)
    )


def read_orders(
    files: Sequence[OrderFile],
    mapping: ColumnMapping | Mapping[str, str] | None = None,
    *,
    date_order: DateOrder | None = None,
    currency: str | None = None,
    rates: Mapping[str, float] | None = None,
    remove_duplicates: bool = False,
    recall: Recall | None = None,
    progress: Progress | None = None,
    connection: Backend | None = None,
) -> Ingested:
    """Read order files into one table of transactions.

    Parameters
    ----------
    files : sequence of OrderFile
        CSV (also compressed), Parquet or spreadsheets; all with the columns of the mapping.
    mapping : ColumnMapping, mapping of field to column name, or None
        What the columns mean. A partial mapping overrides, field by field, what the column names say; an empty
        name leaves a field out.
    date_order : {"dmy", "mdy", "ymd"} or None
        Order of day, month and year; asked for only where the dates leave it open.
    currency : str or None
        Keep only the orders in this currency.
    rates : mapping of currency to float, or None
        What one unit of another currency is worth in `currency`; its orders are converted and kept.
    remove_duplicates : bool
        Count lines that repeat another one exactly once, also where no number of the line proves them the same.
    recall : callable or None
        Given the columns of the first file, the mapping that the user chose for such a file before, or None.
        Asked where `mapping` is None.
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
    checks.refuse_bad_rates(rates, currency)
    with _engine(connection) as backend, tempfile.TemporaryDirectory(prefix="clv-") as workdir:
        sources = _open_all(files, Path(workdir), mapping, tell)
        if mapping is None and recall is not None:
            mapping = recall(sources[0].columns)
        layout = layout_of(sources[0].columns)
        checks.refuse_customer_table(layout, sources[0].name, mapping)
        chosen, problems = resolve_mapping([(source.name, source.columns) for source in sources], mapping)
        raise_if_any(problems)
        assert chosen is not None
        with _dropping_leftovers(backend.con):
            loaded = _load_all(sources, backend.con, tell)
            wishes = _Wishes(date_order, currency, dict(rates or {}), remove_duplicates)
            return _read(backend, sources, loaded, chosen, layout, wishes, tell)


@dataclass(frozen=True)
class _Wishes:
    """How the user wants the lines to be read."""

    date_order: DateOrder | None
    currency: str | None
    rates: dict[str, float]
    remove_duplicates: bool


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
            sources.append(open_source(file, workdir, wanted_names(mapping)))
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
    layout: Layout | None,
    wishes: _Wishes,
    tell: Progress,
) -> Ingested:
    engine, names = backend.con, [source.name for source in sources]
    staged = stage(engine, loaded, mapping, layout)
    checks.refuse_empty(engine, staged, names)
    tell(0.6, "Deciding how dates and amounts are written")
    styles, problems = _styles(engine, staged, wishes.date_order, names)
    tell(0.65, "Reading dates and amounts")
    lines = read_lines(engine, staged, styles)
    problems += checks.unreadable_columns(engine, lines, staged, names, dates_settled=not problems)
    duplicates.leave_out(engine, lines, staged, loaded, agreed=wishes.remove_duplicates)
    settled = settle_currency(engine, lines, wishes.currency, mapping, ", ".join(names), wishes.rates)
    if isinstance(settled, Problem):
        problems.append(settled)
    raise_if_any(problems)
    checks.refuse_nothing_kept(engine, lines, names)
    tell(0.9, "Counting")
    warnings = [warning for source in sources for warning in source.warnings]
    warnings += [style.doubt for style in styles.numbers.values() if style.doubt]
    known = None if isinstance(settled, Problem) else settled
    report = quality.make_report(
        engine, lines, files=names, mapping=mapping, layout=layout, currency=known, warnings=warnings,
        assumed=[
            *(finding for source in sources for finding in source.assumed),
            *assumed.of_columns(mapping, styles.date, styles.numbers, wishes.date_order),
            *assumed.of_currency(known, wishes.currency, mapping),
            *assumed.of_attributes(*attributes.latest_and_first(mapping.attributes)),
        ],
    )  # fmt: skip
    kept = transactions.keep(backend, engine, lines, mapping, known)
    failed = failed_payments(engine, lines)
    tell(1.0, "Done")
    return Ingested(kept, report, failed)


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
