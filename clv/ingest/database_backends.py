"""A database, opened for reading only, and the orders of it as an Ibis table: nothing is created in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import ibis
import sqlglot
import sqlglot.expressions as sge
from ibis.backends.sql import SQLBackend
from ibis.common.exceptions import TableNotFound
from ibis.expr.types import Table
from sqlglot.errors import SqlglotError

from clv.ingest import sql
from clv.ingest.database_connections import OrderDatabase
from clv.ingest.errors import InputError

SHOWN_TABLES = 30
# The name under which a folder of Parquet files can be queried.
PARQUET_TABLE = "orders"
# What a database that refuses says, by what it means; matched against the whole message.
NO_PERMISSION = ("permission denied", "insufficient privilege", "access denied", "not authorized")
NO_TABLE = ("table_or_view_not_found", "undefinedtable", "table with name", "table not found")


def connect(database: OrderDatabase) -> SQLBackend:
    """Open the database; where it has such a setting, it refuses every write of this connection.

    Raises
    ------
    InputError
        It cannot be reached, or the driver for it is not installed.
    """
    credentials, at, _ = database.location.rpartition("@")
    if at and set("/?#@") & set(credentials) and database.kind not in ("duckdb", "parquet"):
        # Taken apart, such an address would hand a piece of the password to the driver as a host or a port.
        todo = (
            "Write it as kind://user:password@host/shop, with @ : / ? # in a password as %40 %3A %2F %3F %23"
        )
        raise database.refusal("the address cannot be read", todo)
    opened = {"postgres": _postgres, "duckdb": _duckdb, "parquet": _parquet, "pyspark": _pyspark}.get(
        database.kind, _other
    )
    try:
        return opened(database)
    except InputError:
        raise
    except ImportError:
        raise _no_driver(database) from None
    except Exception as error:  # every driver has errors of its own
        what = f"the database cannot be opened: {database.reason(error)}"
        raise database.refusal(what, "Check the address, the user and the password") from None


def orders_table(backend: SQLBackend, database: OrderDatabase) -> Table:
    """The table, view or query that holds the orders, every column of it.

    Raises
    ------
    InputError
        There is no such table, it may not be read, or the query is not valid.
    """
    if database.table and database.query:
        raise database.refusal("both a table and a query were given", "Give one of the two")
    with explained_errors(database, backend):
        if database.query:
            return _query(backend, _one_select(backend, database))
        table = database.table or _only_table(backend, database)
        *schema, name = table.split(".")
        if backend.name == "postgres":
            return _query(backend, f"SELECT * FROM {'.'.join(map(sql.identifier, [*schema, name]))}")
        return backend.table(name, database=tuple(schema) if schema else None)


def computed_once(table: Table) -> Table:
    """The same rows; Postgres, which would work a column out again wherever it is used, does so once."""
    backend = table.get_backend()
    if backend.name != "postgres":
        return table
    return backend.sql(f"{backend.compile(table)} OFFSET 0", schema=table.schema())


def table_names(backend: SQLBackend, database: OrderDatabase) -> list[str]:
    """The tables and views that may be read, those outside the default schema with their schema.

    Raises
    ------
    InputError
    """
    with explained_errors(database):
        if backend.name not in ("postgres", "duckdb"):
            return sorted(backend.list_tables())
        found = backend.sql(
            "SELECT table_schema AS place, table_name AS name FROM information_schema.tables"
            " WHERE table_schema NOT IN ('pg_catalog', 'information_schema')",
            schema={"place": "string", "name": "string"},
        ).to_pyarrow()
        default = backend.current_database
    rows = zip(found["place"].to_pylist(), found["name"].to_pylist(), strict=True)
    return sorted(name if place == default else f"{place}.{name}" for place, name in rows)


@contextmanager
def explained_errors(database: OrderDatabase, backend: SQLBackend | None = None) -> Iterator[None]:
    """Say in plain words what a database refuses, whatever its driver raises.

    With the backend given, a table that is not there is answered with those that are.
    """
    try:
        yield
    except (InputError, AttributeError, TypeError, LookupError, AssertionError):
        raise  # said already, or a mistake of this program
    except Exception as error:  # every driver has errors of its own
        raise _refused(database, backend, error) from None


def _refused(database: OrderDatabase, backend: SQLBackend | None, error: Exception) -> InputError:
    said = f"{type(error).__name__} {error}".lower()
    if any(words in said for words in NO_PERMISSION):
        what = f"the database does not allow this user to read it ({database.reason(error)})"
        return database.refusal(what, "Ask for the right to SELECT from it, or name another user")
    if backend is not None and (isinstance(error, TableNotFound) or any(words in said for words in NO_TABLE)):
        what = "there is no such table" if database.table else f"{database.reason(error)}"
        return database.refusal(f"{what}. {_tables_there_are(backend, database)}", "Choose among these")
    if database.query:
        what = f"the query cannot be run: {database.reason(error)}"
        return database.refusal(what, "Correct the query; it must be one SELECT in the database's own SQL")
    return database.refusal(f"the database answers: {database.reason(error)}", "Check the connection")


def _tables_there_are(backend: SQLBackend, database: OrderDatabase) -> str:
    names = table_names(backend, database)
    more = f" and {len(names) - SHOWN_TABLES} more" if len(names) > SHOWN_TABLES else ""
    return f"The tables are {', '.join(names[:SHOWN_TABLES])}{more}" if names else "It shows no table at all"


def _only_table(backend: SQLBackend, database: OrderDatabase) -> str:
    names = table_names(backend, database)
    if len(names) == 1:
        return names[0]
    what = f"no table or query was named. {_tables_there_are(backend, database)}"
    raise database.refusal(what, "Name the table that holds the orders, or give a query")


def _one_select(backend: SQLBackend, database: OrderDatabase) -> str:
    """The query without a semicolon at its end; anything but one SELECT is refused before it is sent."""
    query = (database.query or "").strip().rstrip(";").strip()
    try:
        statements = sqlglot.parse(query, read=backend.dialect)
    except SqlglotError:
        raise database.refusal("the query is not valid SQL", "Correct the query") from None
    if len(statements) != 1 or not isinstance(statements[0], sge.Query):
        raise database.refusal(
            "the query is not a single SELECT", "Give one SELECT; nothing else is ever sent"
        )
    return query


def _query(backend: SQLBackend, query: str) -> Table:
    if backend.name == "postgres":
        from clv.ingest.database_postgres import query_table

        return query_table(backend, query)
    if backend.name == "duckdb":
        # Ibis asks by a function that DuckDB has announced to remove.
        described = backend.con.execute(f"DESCRIBE {query}").fetchall()
        mapper = backend.compiler.type_mapper
        return backend.sql(query, schema={str(row[0]): mapper.from_string(str(row[1])) for row in described})
    return backend.sql(query)


def _postgres(database: OrderDatabase) -> SQLBackend:
    from clv.ingest.database_postgres import connect_postgres

    return connect_postgres(database)


def _duckdb(database: OrderDatabase) -> SQLBackend:
    path = Path(_file_path(database.location))
    if not path.is_file():
        raise database.refusal(f"there is no file at {path}", "Check the name and the folder")
    return ibis.duckdb.connect(path, read_only=True, **_offline())


def _parquet(database: OrderDatabase) -> SQLBackend:
    path = Path(_file_path(database.location))
    files = [path] if path.is_file() else sorted(path.rglob("*.parquet"))
    if not files:
        raise database.refusal(f"there is no Parquet file in {path}", "Check the name of the folder")
    backend = ibis.duckdb.connect(**_offline())
    listed = ", ".join(sql.literal(str(file)) for file in files)
    # A view in memory, of this connection alone.
    backend.con.execute(
        f"CREATE TEMP VIEW {PARQUET_TABLE} AS SELECT * FROM"
        f" read_parquet([{listed}], union_by_name=true, hive_partitioning={str(path.is_dir()).lower()})"
    )
    return backend


def _pyspark(database: OrderDatabase) -> SQLBackend:
    """A session with the settings of the URL: pyspark://?spark.master=local[4]."""
    from pyspark import SparkConf
    from pyspark.sql import SparkSession

    _, _, written = database.location.partition("?")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    asked = dict(parse_qsl(written))
    if asked.get("spark.master", "local").startswith("local"):
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    settings |= asked
    session = SparkSession.builder.config(conf=SparkConf().setAll(list(settings.items()))).getOrCreate()
    return ibis.pyspark.connect(session)


def _offline() -> dict[str, Any]:
    """What outgrows memory spills into the system's folder for temporary files; nothing is fetched."""
    return {
        "temp_directory": str(Path(tempfile.gettempdir()) / "clv-spill"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _file_path(location: str) -> str:
    """/C:/shop.duckdb, as a URL writes it, is C:/shop.duckdb."""
    return location[1:] if location[:1] == "/" and location[2:3] == ":" else location


def _other(database: OrderDatabase) -> SQLBackend:
    kinds = sorted({*_kinds(), "parquet"})
    if database.kind not in kinds:
        what = f"there is no kind of database called «{database.kind}»; there are {', '.join(kinds)}"
        raise database.refusal(what, "Write the address as postgres://user@host/database or duckdb:///file")
    try:
        getattr(ibis, database.kind)
    except AttributeError:
        # Ibis hides that a module is missing behind an attribute that is.
        raise _no_driver(database) from None
    backend = ibis.connect(database.url)
    if not isinstance(backend, SQLBackend):
        raise database.refusal("this is no database that understands SQL", "Name another one")
    return backend


def _kinds() -> Sequence[str]:
    return [entry.name for entry in entry_points(group="ibis.backends")]


def _no_driver(database: OrderDatabase) -> InputError:
    package = {
        "postgres": "-r requirements.txt",
        "pyspark": "-r requirements-spark.txt",
    }.get(database.kind, f'"ibis-framework[{database.kind}]"')
    what = f"the driver for {database.kind} is not installed"
    return database.refusal(what, f"Install it: pip install {package}")
