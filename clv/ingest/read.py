"""From the files that a user hands in to transactions and the account of them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pandas as pd
from ibis.backends.duckdb import Backend

from clv.ingest import amounts, assumed, attributes, checks, dates, duplicates, quality, sql, transactions
from clv.ingest.columns import MEANINGS, ColumnMapping, layout_of, wanted_names
from clv.ingest.containers import open_sources
from clv.ingest.currencies import settle_currency
from clv.ingest.date_order import DateOrder
from clv.ingest.dates import DateStyle
from clv.ingest.errors import InputError, Problem, raise_if_any
from clv.ingest.failed_payments import failed_payments, no_failed_payments
from clv.ingest.files import OrderFile
from clv.ingest.layout import Layout
from clv.ingest.lines import Styles, read_lines
from clv.ingest.quality import QualityReport
from clv.ingest.read_cache import FileKey, OpenedFile, ReadCache, file_key, is_typed_rows
from clv.ingest.resolve import resolve_mapping
from clv.ingest.source import Source
from clv.ingest.staging import Staged, attributes_in_memory, roles_of, stage
from clv.ingest.transactions import Transactions
from clv.ingest.typed_rows import TypedRows

Progress = Callable[[float, str], None]
Recall = Callable[[Sequence[str]], Mapping[str, str] | None]


@dataclass(frozen=True)
class Ingested:
    """The transactions of a read and the account of it.

    `failed_payments` are payments that did not go through, which are no orders: customer_id (or the email address,
    None where neither is known), date, amount, currency, status and card_expiry (text YYYY-MM). `date_order` is that of
    day, month and year where the user or the dates settled it.
    """

    transactions: Transactions
    report: QualityReport
    failed_payments: pd.DataFrame = field(default_factory=no_failed_payments)
    date_order: DateOrder | None = None


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
    cache: ReadCache | None = None,
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
    rates : mapping of currency to float, or None
        What one unit of another currency is worth in `currency`; its orders are converted and kept.
    remove_duplicates : bool
        Count lines that repeat another one exactly once, also where no number of the line proves them the same.
    recall : callable or None
        Given the columns of the first file, the mapping that the user chose for such a file before, or None.
        Asked where `mapping` is None.
    progress : callable or None
        Called with the share done, 0 to 1, and what is being done. Whatever it raises stops the read, which then
        leaves nothing behind.
    connection : ibis DuckDB backend or None
        Where the table is kept; a new one in memory by default.
    cache : ReadCache or None
        Files that have been read before; those among `files` are not read again, and the others are added. Call
        `forget_others` of the cache when the transactions of earlier reads are no longer needed.

    Returns
    -------
    Ingested

    Raises
    ------
    InputError
        The files cannot be used; carries every problem found.
    """
    progress = progress or _no_progress
    checks.refuse_bad_request(files, date_order)
    checks.refuse_bad_rates(rates, currency)
    settings = _ReadSettings(date_order, currency, dict(rates or {}), remove_duplicates)
    with _cache_in_use(connection, cache) as in_use, tempfile.TemporaryDirectory(prefix="clv-") as workdir:
        with _tidy(in_use, all_rows=cache is not None) as kept:
            wanted = wanted_names(mapping)
            tables = _open_all(files, Path(workdir), mapping, in_use, progress)
            opened = [table.source for table in tables]
            if mapping is None and recall is not None:
                mapping = recall(opened[0].columns)
            layout = layout_of(opened[0].columns)
            checks.refuse_customer_table(layout, opened[0].name, mapping)
            chosen, problems = resolve_mapping([(file.name, file.columns) for file in opened], mapping)
            raise_if_any(problems)
            assert chosen is not None
            read = _read_all(tables, Path(workdir), wanted, chosen, in_use, progress)
            stored = connection is not None
            result = _read(in_use.backend, opened, read, chosen, layout, settings, progress, stored=stored)
            kept.append(result.transactions.table.get_name())
        return result


@dataclass(frozen=True)
class _ReadSettings:
    """How the user wants the lines to be read."""

    date_order: DateOrder | None
    currency: str | None
    rates: dict[str, float]
    remove_duplicates: bool

    @property
    def change_lines(self) -> bool:
        """Whether lines are changed after they have been read."""
        return bool(self.currency or self.rates or self.remove_duplicates)


@dataclass(frozen=True)
class _Opened:
    """A table of a file: newly opened, or known from an earlier read; `key` is None where it is not kept for later."""

    file: OrderFile
    key: FileKey | None
    source: Source | OpenedFile

    def fresh(self, workdir: Path, wanted: frozenset[str]) -> Source:
        """The table opened, for other columns than it was read with before."""
        return self.source if isinstance(self.source, Source) else open_sources(self.file, workdir, wanted)[0]


def _no_progress(share: float, doing: str) -> None:
    """Report progress to nobody."""


@contextmanager
def _cache_in_use(connection: Backend | None, cache: ReadCache | None) -> Iterator[ReadCache]:
    """The cache that was given; or else one for this read, whose engine goes where the read fails."""
    if cache is not None or connection is not None:
        yield cache or ReadCache(connection)
        return
    own = ReadCache()
    try:
        yield own
    except BaseException:
        own.close()
        raise


@contextmanager
def _tidy(cache: ReadCache, *, all_rows: bool) -> Iterator[list[str]]:
    """Drop what a read has made and nothing needs; the names put on the list yielded are needed.

    Files that have been read stay with `all_rows`, unless the read was stopped: the next one may differ in a
    setting only.
    """
    before = cache.tables()
    kept: list[str] = []
    try:
        yield kept
    except InputError:
        cache.drop({made for made in cache.tables() - before if not (all_rows and is_typed_rows(made[0]))})
        raise
    except BaseException:
        cache.drop(cache.tables() - before)
        raise
    needed = cache.needed_by(kept)
    cache.drop(
        {
            made
            for made in cache.tables() - before
            if made[0] not in needed and not (all_rows and is_typed_rows(made[0]))
        }
    )


def _open_all(
    files: Sequence[OrderFile],
    workdir: Path,
    mapping: ColumnMapping | Mapping[str, str] | None,
    cache: ReadCache,
    progress: Progress,
) -> list[_Opened]:
    opened: list[_Opened] = []
    problems: list[Problem] = []
    wanted = wanted_names(mapping)
    for position, file in enumerate(files):
        progress(0.1 * position / len(files), f"Opening {file.name}")
        try:
            key = file_key(file, wanted)
            known = cache.opened(key)
            tables = [known] if known else open_sources(file, workdir, wanted)
            # A file of several tables is opened anew each time: its key stands for one.
            opened += [_Opened(file, key if len(tables) == 1 else None, table) for table in tables]
        except InputError as error:
            problems += error.problems
    if problems and opened:
        headers = [(table.source.name, table.source.columns) for table in opened]
        problems += resolve_mapping(headers, mapping)[1]
    raise_if_any(problems)
    return opened


def _read_all(
    tables: Sequence[_Opened],
    workdir: Path,
    wanted: frozenset[str],
    mapping: ColumnMapping,
    cache: ReadCache,
    progress: Progress,
) -> list[TypedRows]:
    """The rows of every table; those that have been read with the same columns before are at hand."""
    read: list[TypedRows] = []
    problems: list[Problem] = []
    for position, table in enumerate(tables):
        roles = roles_of(table.source.columns, mapping)
        before = sum(known.rows for known in read)

        def report_rows(
            share: float,
            rows: int,
            position: int = position,
            name: str = table.source.name,
            before: int = before,
        ) -> None:
            done = 0.1 + 0.6 * (position + share) / len(tables)
            progress(done, f"Reading {name}: {before + rows:,} rows so far")

        rows = cache.typed_rows(table.key, roles)
        if rows is None:
            progress(0.1 + 0.6 * position / len(tables), f"Reading {table.source.name}")
            try:
                fresh = table.fresh(workdir, wanted)
                rows = fresh.read_rows(cache.engine, roles, report_rows, cache.room)
            except InputError as error:
                problems += error.problems
                continue
            cache.keep(table.key, fresh, rows)
        read.append(rows)
    raise_if_any(problems)
    cache.last_read = {known.table for known in read}
    return read


def _read(
    backend: Backend,
    opened: Sequence[Source | OpenedFile],
    read: Sequence[TypedRows],
    mapping: ColumnMapping,
    layout: Layout | None,
    settings: _ReadSettings,
    progress: Progress,
    *,
    stored: bool,
) -> Ingested:
    engine, names = backend.con, [file.name for file in opened]
    staged = stage(engine, read, mapping, layout)
    checks.refuse_empty(engine, staged, names)
    counted = f"{staged.rows:,} rows"
    progress(0.7, f"Deciding how dates and amounts are written: {counted}")
    styles, problems = _styles(engine, staged, settings.date_order, names)
    progress(0.75, f"Reading dates and amounts: {counted}")
    changed = settings.change_lines or len(read) > 1 or mapping.line_id is not None
    read_as = read_lines(engine, staged, styles, changed=changed)
    lines = read_as.name
    problems += checks.unreadable_columns(engine, lines, staged, names, dates_settled=not problems)
    duplicates.leave_out(engine, lines, staged, read, agreed=settings.remove_duplicates)
    settled = settle_currency(engine, lines, settings.currency, mapping, ", ".join(names), settings.rates)
    if isinstance(settled, Problem):
        problems.append(settled)
    raise_if_any(problems)
    checks.refuse_nothing_kept(engine, lines, names)
    progress(0.85, f"Counting customers and orders: {counted}")
    warnings = [warning for file in opened for warning in file.warnings]
    warnings += [style.doubt for style in styles.numbers.values() if style.doubt]
    known = None if isinstance(settled, Problem) else settled
    report, orders = quality.make_report(
        engine, lines, files=names, mapping=mapping, layout=layout, currency=known, warnings=warnings,
        customer_form=read_as.customer_form,
        assumed=[
            *(finding for file in opened for finding in file.assumed),
            *assumed.of_columns(mapping, styles.date, styles.numbers, staged.votes, settings.date_order),
            *assumed.of_currency(known, settings.currency, mapping),
            *assumed.of_attributes(*attributes.latest_and_first(mapping.attributes)),
        ],
    )  # fmt: skip
    complete = report.rows_kept == report.rows_read
    stored = stored or sql.is_table(engine, lines)
    kept = transactions.keep(
        backend,
        lines,
        mapping,
        known,
        one_line_per_order=orders.one_line_per_order,
        complete=complete,
        source_files=names,
        stored=stored,
        customer_form=read_as.customer_form,
        attributes_in_memory=attributes_in_memory(read[0], mapping) if complete and not stored else (),
    )
    # A payment that failed is no order, so where all lines are orders there is none.
    failed = failed_payments(engine, lines if not complete else f"(SELECT * FROM {lines} LIMIT 0)")
    progress(1.0, "Done")
    return Ingested(kept, report, failed, styles.date.order)


def _styles(
    engine: duckdb.DuckDBPyConnection, staged: Staged, date_order: DateOrder | None, names: Sequence[str]
) -> tuple[Styles, list[Problem]]:
    where = f"{', '.join(names)}, column «{staged.mapping.date}»"
    date = (
        dates.decide_dates(engine, staged.table, date_order, where) if staged.unread["date"] else DateStyle()
    )
    problems: list[Problem] = []
    if isinstance(date, Problem):
        # The other columns are checked under either order, so that all problems come at once.
        problems.append(date)
        date = dates.decide_dates(engine, staged.table, "dmy", where)
    numbers = {
        field: amounts.decide_style(engine, staged.table, field, MEANINGS[field], staged.votes[field])
        for field in staged.numbers
        if staged.unread[field]
    }
    return Styles(date if isinstance(date, DateStyle) else DateStyle(), numbers), problems
