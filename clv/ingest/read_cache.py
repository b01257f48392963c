"""What has been read of files, kept for the next read: a second file does not make the first be read again."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
import ibis
from ibis.backends.duckdb import Backend

from clv.ingest.files import OrderFile
from clv.ingest.findings import Finding
from clv.ingest.source import Source
from clv.ingest.transactions import Transactions
from clv.ingest.typed_rows import Role, TypedRows

# The engine moves to the disk what goes beyond; the rest of the program needs memory too.
MEMORY_LIMIT = "2GB"
# What is read faster but held outside the engine stays in memory, so there is a bound to it.
MOST_HELD, HELD = 2**30, "clv_plain_"
FileKey = tuple[str, int, int, frozenset[str]]


@dataclass(frozen=True)
class OpenedFile:
    """What is known of a file once it has been opened."""

    name: str
    columns: tuple[str, ...]
    warnings: tuple[str, ...]
    assumed: tuple[Finding, ...]


class ReadCache:
    """An engine in memory and the files that have been read into it.

    Parameters
    ----------
    backend : ibis DuckDB backend or None
        Where the tables are kept; a new one by default.
    """

    def __init__(self, backend: Backend | None = None) -> None:
        self.backend = backend or own_backend()
        self.last_read: set[str] = set()
        self._opened: dict[FileKey, OpenedFile] = {}
        self._typed_rows: dict[tuple[FileKey, tuple[tuple[int, Role], ...]], TypedRows] = {}
        self._held: dict[str, int] = {}

    @property
    def engine(self) -> duckdb.DuckDBPyConnection:
        """The engine itself."""
        return self.backend.con

    def opened(self, key: FileKey | None) -> OpenedFile | None:
        """What is known of a file, or None for a new one."""
        return self._opened.get(key) if key else None

    def typed_rows(self, key: FileKey | None, roles: Mapping[int, Role]) -> TypedRows | None:
        """The rows of a file if these columns of it have been read."""
        return self._typed_rows.get((key, tuple(roles.items()))) if key else None

    @property
    def room(self) -> int:
        """Bytes that cells may still take in memory outside the engine."""
        return MOST_HELD - sum(self._held.values())

    def keep(self, key: FileKey | None, source: Source, read: TypedRows) -> None:
        """Remember a file and its rows."""
        self._held[read.table] = read.cells.nbytes if read.cells is not None else 0
        if key is None:
            return
        self._opened[key] = OpenedFile(source.name, source.columns, source.warnings, source.assumed)
        self._typed_rows[key, tuple(read.roles.items())] = read

    def tables(self) -> set[tuple[str, str]]:
        """Names and kinds of the tables and views that reads have made."""
        found = self.engine.execute(
            "SELECT table_name, 'TABLE' FROM duckdb_tables() WHERE starts_with(table_name, 'clv_')"
            " UNION ALL SELECT view_name, 'VIEW' FROM duckdb_views() WHERE starts_with(view_name, 'clv_')"
        ).fetchall()
        return {(str(name), str(kind)) for name, kind in found}

    def needed_by(self, names: Iterable[str]) -> set[str]:
        """The tables and views of these names, and those that they are made of."""
        queries = dict(
            self.engine.execute(
                "SELECT view_name, sql FROM duckdb_views() WHERE starts_with(view_name, 'clv_')"
            ).fetchall()
        )
        needed: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in needed:
                needed.add(name)
                waiting += re.findall(r"clv_[a-z]+_[0-9a-f]{32}", queries.get(name, ""))
        return needed

    def forget_others(self, transactions: Transactions) -> None:
        """Drop files that the last read did not ask for, and what other transactions than these are made of."""
        needed = self.needed_by([transactions.table.get_name(), *self.last_read])
        self.drop({made for made in self.tables() if made[0] not in needed})

    def drop(self, tables: set[tuple[str, str]]) -> None:
        """Drop tables and views; typed rows among them are forgotten."""
        names = {name for name, _ in tables}
        for name, kind in tables:
            if name.startswith(HELD):
                self.engine.unregister(name)
            else:
                self.engine.execute(f"DROP {kind} IF EXISTS {name}")
            self._held.pop(name, None)
        self._typed_rows = {key: read for key, read in self._typed_rows.items() if read.table not in names}
        kept = {key for key, _ in self._typed_rows}
        self._opened = {key: file for key, file in self._opened.items() if key in kept}

    def close(self) -> None:
        """End the engine; the tables are gone."""
        self.backend.disconnect()


def file_key(file: OrderFile, wanted: frozenset[str]) -> FileKey | None:
    """What tells a file from another, and from itself once it has changed; None where there is no file."""
    try:
        found = file.path.stat()
    except (OSError, ValueError):
        return None
    return f"{file.name}\n{file.path.absolute()}", found.st_size, found.st_mtime_ns, wanted


def own_backend() -> Backend:
    """An engine in memory; what outgrows it spills into a folder that goes with it; nothing is fetched from outside."""
    spill = str(Path(tempfile.gettempdir()) / f"clv-spill-{uuid4().hex}")
    return ibis.duckdb.connect(
        temp_directory=spill,
        memory_limit=MEMORY_LIMIT,
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
    )


def is_typed_rows(name: str) -> bool:
    """Whether a table or view has the rows of a file."""
    return name.startswith(("clv_rows_", HELD))
