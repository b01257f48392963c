"""Postgres, opened for reading only, and the columns of a query without creating anything to find them out."""

from __future__ import annotations

import weakref
from typing import Any

import pyarrow as pa
from ibis.backends.postgres import Backend
from ibis.expr.datatypes import DataType, decimal, string
from ibis.expr.types import Expr, Table
from psycopg import OperationalError, ProgrammingError
from psycopg.conninfo import conninfo_to_dict

from clv.ingest import sql
from clv.ingest.database_connections import OrderDatabase

CONNECT_SECONDS = 15


class ReadOnlyPostgres(Backend):  # type: ignore[misc]
    """Ibis's backend in a session that refuses every write, connected again when the connection was lost."""

    def _post_connect(self) -> None:
        super()._post_connect()
        # The session and each of its transactions: a pooler may hand a transaction to another session.
        self.con.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        self.con.read_only = True
        # Whoever forgets the orders ends the session.
        weakref.finalize(self, self.con.close)

    def to_pyarrow(self, expr: Expr, /, **settings: Any) -> pa.Table:
        """Run the expression; once more over a new connection when a long pause has ended the old one."""
        try:
            return super().to_pyarrow(expr, **settings)
        except OperationalError:
            if not self.con.closed:
                raise
        self.reconnect()
        return super().to_pyarrow(expr, **settings)


def connect_postgres(database: OrderDatabase) -> ReadOnlyPostgres:
    """Connect with the settings of a postgres:// URL; what it leaves out, libpq's own files and variables say.

    Raises
    ------
    InputError
        The URL cannot be read.
    psycopg.OperationalError
        The server cannot be reached, or refuses the user.
    """
    settings = _settings(database)
    dbname, _, schema = str(settings.pop("dbname", "")).partition("/")
    settings |= {name: value for name, value in (("database", dbname), ("schema", schema)) if value}
    return ReadOnlyPostgres().connect(**{"connect_timeout": CONNECT_SECONDS} | settings)


def query_table(backend: ReadOnlyPostgres, query: str) -> Table:
    """The rows of a query as an Ibis table.

    Raises
    ------
    psycopg.Error
        The query is refused.
    """
    columns = _columns(backend, query)
    types = {name: _type(backend, written) for name, written in columns}
    if len(types) < len(columns):
        raise ProgrammingError("two columns have the same name")
    cells = (_cast(sql.identifier(name), written) for name, written in columns)
    return backend.sql(f"SELECT {', '.join(cells)} FROM ({query}) AS given", schema=types)


def _settings(database: OrderDatabase) -> dict[str, Any]:
    try:
        return dict(conninfo_to_dict(f"postgresql://{database.location}"))
    except ProgrammingError:
        # Its own words quote the address, in which a password may stand.
        todo = "Write it as postgres://user:password@host:5432/shop"
        raise database.refusal("the address cannot be read", todo) from None


def _columns(backend: ReadOnlyPostgres, query: str) -> list[tuple[str, str]]:
    """Name and type of every column; a type that is not one of Postgres's own kind has none."""
    with backend.con.transaction(), backend.con.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({query}) AS given LIMIT 0".encode())
        described = [(column.name, column.type_code) for column in cursor.description]
        cursor.execute(
            "SELECT oid, CASE typtype WHEN 'b' THEN format_type(oid, NULL) ELSE '' END FROM pg_catalog.pg_type"
            " WHERE oid = ANY(%s)",
            [[code for _, code in described]],
        )
        names = dict(cursor.fetchall())
    return [(name, names[code]) for name, code in described]


def _type(backend: ReadOnlyPostgres, written: str) -> DataType:
    if written in ("", "citext"):
        return string
    dtype: DataType = decimal if written == "money" else backend.compiler.type_mapper.from_string(written)
    return dtype


def _cast(column: str, written: str) -> str:
    """Money as a number; enumerations and types of extensions as text, which they are to a reader."""
    target = {"money": "numeric", "": "text", "citext": "text"}.get(written)
    return column if target is None else f"CAST({column} AS {target}) AS {column}"
