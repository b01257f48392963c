"""Databases for the tests: a throwaway Postgres, Spark on this machine, a DuckDB file and a Parquet folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import duckdb
import psycopg
import pytest
from shops import CREATE, ROWS, StoredOrders, insert

from clv.ingest.database_backends import connect
from clv.ingest.database_connections import OrderDatabase

DEBIAN = Path("/usr/lib/postgresql")
# Root may not run Postgres; the package's own user does it then.
OWNER = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
ACCESS = "local all locked scram-sha-256\nlocal all all trust\n"
SPARK = (
    "pyspark://?spark.master=local[2]&spark.sql.shuffle.partitions=1&spark.default.parallelism=1"
    "&spark.sql.codegen.wholeStage=false&spark.sql.codegen.factoryMode=NO_CODEGEN&spark.driver.memory=1g"
    # A short life: what compiles little and starts few threads uses half the time.
    "&spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:%2BUseSerialGC"
)


def _postgres_programs() -> Path | None:
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    return Path(found).parent if found else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[..., str]]:
    """URL of a user of a database in a cluster of its own, which listens on a socket in a folder and nowhere else."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("Postgres is not installed (Debian: apt-get install postgresql); .ci/run installs it")
    folder = Path(tempfile.mkdtemp(prefix="clv-pg-", dir="/tmp"))  # short: a socket's path has 107 characters
    if OWNER:
        shutil.chown(folder, "postgres", "postgres")

    def run(program: str, *arguments: str) -> None:
        command = [str(programs / program), "-D", str(folder / "data"), *arguments]
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **OWNER)

    run("initdb", "--username=admin", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    (folder / "data" / "pg_hba.conf").write_text(ACCESS)
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
    try:
        yield (
            lambda user, password="", dbname="postgres": (
                f"postgres://{user}:{quote(password, safe='')}@/{dbname}?host={quote(str(folder), safe='')}"
            )
        )
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def admin(postgres: Callable[..., str]) -> Iterator[psycopg.Connection]:
    """Who may do everything: fills tables, grants rights and looks at what others did."""
    with psycopg.connect(postgres("admin"), autocommit=True) as connection:
        connection.execute(
            "CREATE ROLE reader LOGIN; CREATE ROLE locked LOGIN PASSWORD 'Gehe1m/@x';"
            "REVOKE ALL ON SCHEMA public FROM public; REVOKE TEMPORARY ON DATABASE postgres FROM public;"
            "CREATE SCHEMA sales; GRANT USAGE ON SCHEMA sales TO reader"
        )
        yield connection


@pytest.fixture(scope="session")
def postgres_shop(admin: psycopg.Connection, postgres: Callable[..., str]) -> StoredOrders:
    """The small shop, in a table that the reader may read and do nothing else with."""
    # A collation by a language's rules, as most databases have: it sorts a before B.
    admin.execute(CREATE.format(table="sales.orders", text='text COLLATE "en-x-icu"', moment="timestamp"))
    admin.cursor().executemany(insert("sales.orders", "%s"), ROWS)
    admin.execute("GRANT SELECT ON sales.orders TO reader")
    return StoredOrders(OrderDatabase(postgres("reader"), table="sales.orders"))


@pytest.fixture(scope="session")
def duckdb_shop(tmp_path_factory: pytest.TempPathFactory) -> StoredOrders:
    """The small shop in a DuckDB file."""
    path = tmp_path_factory.mktemp("duckdb") / "shop.duckdb"
    with duckdb.connect(str(path)) as engine:
        engine.execute(CREATE.format(table="orders", text="text", moment="timestamp"))
        engine.executemany(insert("orders", "?"), ROWS)
    return StoredOrders(OrderDatabase(f"duckdb://{path}"))


@pytest.fixture(scope="session")
def parquet_shop(tmp_path_factory: pytest.TempPathFactory) -> StoredOrders:
    """The small shop as a folder of Parquet files."""
    folder = tmp_path_factory.mktemp("parquet")
    with duckdb.connect() as engine:
        engine.execute(CREATE.format(table="orders", text="text", moment="timestamp"))
        engine.executemany(insert("orders", "?"), ROWS)
        for part, rows in (("1", "line_no % 2 = 0"), ("2", "line_no % 2 = 1")):
            (folder / f"part={part}").mkdir()
            engine.execute(f"COPY (FROM orders WHERE {rows}) TO '{folder}/part={part}/orders.parquet'")
    return StoredOrders(OrderDatabase(f"parquet://{folder}", query="SELECT * EXCLUDE (part) FROM orders"))


@pytest.fixture(scope="session")
def spark_shop(parquet_shop: StoredOrders) -> Iterator[StoredOrders]:
    """The small shop in Spark."""
    pytest.importorskip(
        "pyspark", reason="PySpark is not installed (requirements-spark.txt); .ci/run installs it"
    )
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip(
            "Java is not installed (Debian: apt-get install default-jre-headless); .ci/run installs it"
        )
    folder = parquet_shop.database.location
    query = f"SELECT * EXCEPT (part) FROM parquet.`{folder}`"
    database = OrderDatabase(SPARK, query=query)
    backend = connect(database)
    yield StoredOrders(database, backend)
    backend.disconnect()
