"""Input checks: what cannot be used is said in plain words, and no password is ever among them."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from shops import StoredOrders

from clv.__main__ import main
from clv.ingest import InputError
from clv.ingest.database import read_database
from clv.ingest.database_connections import OrderDatabase, connection_named, named_connections

PASSWORD = "Gehe1m/@x"


def refused(database: OrderDatabase, **settings) -> str:
    with pytest.raises(InputError) as caught:
        read_database(database, **settings)
    return str(caught.value)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"table": "sales.order"}, "there is no such table. The tables are sales."),
        ({"table": 'x"; DROP TABLE sales.orders; --'}, "no such table"),
        ({"query": "SELECT * FROM sales.nothing"}, "sales.nothing"),
        ({"query": "SELECT wrong FROM sales.orders"}, "«wrong»|wrong"),
        ({"query": "SELEC 1"}, "not a single SELECT|not valid SQL"),
        ({"query": "DELETE FROM sales.orders"}, "not a single SELECT"),
        ({"query": "SELECT 1; DROP TABLE sales.orders"}, "not a single SELECT"),
        ({"query": "SELECT 1) AS t; DROP TABLE sales.orders; --"}, "not valid SQL|not a single SELECT"),
        ({"query": "SELECT amount, amount FROM sales.orders"}, "same name"),
        ({"query": "SELECT customer_id, amount FROM sales.orders"}, "no column was recognised as the order date"),
        ({"query": "SELECT customer_id, line_no AS order_date, amount FROM sales.orders"}, "order_date» holds values"),
        ({"query": "SELECT * FROM sales.orders WHERE amount > 1e9"}, "no row in it"),
        ({"query": "SELECT * FROM sales.orders WHERE amount < 0"}, "no row is a purchase"),
        ({"query": "SELECT customer_id, channel AS order_date, amount FROM sales.orders"}, "cannot be read as the order date"),
        ({"table": "sales.orders", "query": "SELECT 1"}, "both a table and a query"),
    ],
)  # fmt: skip
def test_what_a_database_cannot_give(postgres_shop: StoredOrders, asked: dict[str, str], words: str):
    said = refused(OrderDatabase(postgres_shop.database.url, **asked))
    assert any(part in said for part in words.split("|")), said
    assert said.startswith("postgres (")


def test_a_table_that_may_not_be_read(admin, postgres):
    admin.execute("CREATE TABLE IF NOT EXISTS sales.payroll (customer text)")
    said = refused(OrderDatabase(postgres("reader"), table="sales.payroll"))
    assert "does not allow this user to read it" in said
    assert "Ask for the right to SELECT" in said


def test_a_password_is_never_said(admin, postgres):
    assert "locked" not in refused(OrderDatabase(postgres("locked", PASSWORD), table="sales.orders"))
    for wrong in ("n0t-the-0ne", "100% wr@ng/p:w"):
        database = OrderDatabase(postgres("locked", wrong), table="sales.orders")
        said = refused(database)
        assert "password authentication failed" in said
        for shown in (said, repr(database), database.label):
            assert wrong not in shown
            assert "%25" not in shown
    # Written without %, a piece of it could be taken for a host or a port.
    said = refused(OrderDatabase(f"postgres://locked:{PASSWORD}@localhost:1/shop", table="orders"))
    assert "cannot be read" in said
    assert "Gehe" not in said
    for url in (
        "postgres://me:s3cret@127.0.0.1:1/shop",
        "postgres://127.0.0.1:1/shop?user=me&password=s3cret",
    ):
        said = refused(OrderDatabase(url, table="orders"))
        assert "cannot be opened" in said
        assert "s3cret" not in said


def test_a_database_that_is_not_there(tmp_path: Path):
    assert "no file at" in refused(OrderDatabase(f"duckdb://{tmp_path}/none.duckdb"))
    assert not list(tmp_path.iterdir())
    assert "no Parquet file" in refused(OrderDatabase(f"parquet://{tmp_path}"))
    assert "no kind of database called «oracel»" in refused(OrderDatabase("oracel://me:s3cret@host/shop"))
    (tmp_path / "notes.duckdb").write_text("no database" * 1000)
    assert "cannot be opened" in refused(OrderDatabase(f"duckdb://{tmp_path}/notes.duckdb"))


def test_which_table_is_asked_for(tmp_path: Path):
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as engine:
        engine.execute("CREATE TABLE a (x int); CREATE SCHEMA old; CREATE TABLE old.b (x int)")
    said = refused(OrderDatabase(str(path)))
    assert "no table or query was named. The tables are a, old.b" in said
    assert "no such table. The tables are a, old.b" in refused(OrderDatabase(str(path), table="c"))
    before = path.read_bytes()
    assert "no column was recognised" in refused(OrderDatabase(str(path), table="old.b"))
    assert path.read_bytes() == before


def test_a_driver_that_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    assert 'pip install "ibis-framework[trino]"' in refused(
        OrderDatabase("trino://me:s3cret@host/shop", table="orders")
    )
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert "pip install -r requirements-spark.txt" in refused(OrderDatabase("pyspark://", table="orders"))
    monkeypatch.setitem(sys.modules, "clv.ingest.database_postgres", None)
    assert "pip install -r requirements.txt" in refused(
        OrderDatabase("postgres://me@host/shop", table="orders")
    )


SECRETS = """
[connections.warehouse]
url = "{url}"
table = "orders"
[connections.bought]
url = "{url}"
query = "SELECT customer_id, ordered_at, amount FROM orders WHERE amount > 0"
[connections.another_tool]
type = "sql"
"""


@pytest.fixture
def secrets(tmp_path: Path, duckdb_shop: StoredOrders, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to start in that names two connections."""
    path = tmp_path / ".streamlit" / "secrets.toml"
    path.parent.mkdir()
    path.write_text(SECRETS.format(url=duckdb_shop.database.url))
    monkeypatch.chdir(tmp_path)
    return path


def test_connections_by_name(secrets: Path):
    assert set(named_connections([secrets])) == {"warehouse", "bought"}
    assert connection_named("warehouse", [secrets]).label == "warehouse (table orders)"
    with pytest.raises(InputError, match=r"no connection named x. The connections are bought, warehouse"):
        connection_named("x", [secrets])
    assert named_connections([secrets.parent / "none.toml"]) == {}
    secrets.write_text('[connections.warehouse]\nurl = "postgres://me:s3cret@host/shop" oops')
    with pytest.raises(InputError, match=r"line 2, column \d+: the file cannot be read as TOML") as caught:
        named_connections([secrets])
    assert "s3cret" not in str(caught.value)


def run(*arguments: str):
    return CliRunner().invoke(main, list(arguments))


def test_the_command_line_reads_a_database(secrets: Path, duckdb_shop: StoredOrders):
    url = duckdb_shop.database.url
    for source in (
        ["--database", url],
        ["--database", url, "--table", "orders"],
        ["--connection", "warehouse"],
    ):
        said = run("check", *source)
        assert (said.exit_code, "28 rows read, 22 used." in said.stdout) == (0, True), said.output
    query = "SELECT * FROM orders WHERE customer_id = 'a'"
    for source in (["--database", url], ["--connection", "warehouse"]):
        assert "1 customers, 5 orders" in run("check", *source, "--query", query).stdout
    assert "no amount" not in run("check", "--connection", "bought").stdout
    mapped = run(
        "check", "--connection", "warehouse", "--map", "customer=channel", "--currency", "EUR", "--json"
    )
    assert '"currency": "EUR"' in mapped.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["orders.csv", "--database", "duckdb:///x"],
        ["--database", "duckdb:///x", "--connection", "warehouse"],
        ["orders.csv", "--table", "orders"],
        ["--connection", "nobody"],
        ["--database", "duckdb:///nowhere/at/all"],
        ["--connection", "warehouse", "--map", "customer=nobody"],
        ["--connection", "warehouse", "--query", "DROP TABLE orders"],
    ],
)
def test_the_command_line_refuses_in_a_sentence(secrets: Path, arguments: list[str]):
    for command in ("check", "score"):
        said = run(command, *arguments)
        assert (said.exit_code, said.stdout) == (2, "")
        assert "Traceback" not in said.stderr
        assert said.stderr.strip()
