"""The app on orders in a database that secrets.toml names."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from tests.app.screen import open_page, start
from tests.app.shops import sample_orders

SECRETS = """
[connections.warehouse]
url = "duckdb://{path}"
[connections.gone]
url = "postgres://me:s3cret@127.0.0.1:1/shop"
table = "orders"
"""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page Data, in a folder whose secrets name a DuckDB file with the orders of 510 customers."""
    path = tmp_path / "shop.duckdb"
    (tmp_path / "orders.csv").write_bytes(sample_orders(510))
    with duckdb.connect(str(path)) as engine:
        engine.execute(f"CREATE TABLE orders AS FROM read_csv('{tmp_path / 'orders.csv'}', all_varchar=true)")
        engine.execute("CREATE TABLE stock AS SELECT 'tea' AS article, 3 AS pieces")
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text(SECRETS.format(path=path))
    monkeypatch.chdir(tmp_path)
    return start("Data")


def said(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.error, app.warning)
    return "\n".join(str(element.value).replace("\\", "") for kind in kinds for element in kind)


def test_orders_are_read_from_the_table_that_is_chosen(app: AppTest):
    app.button(key="database_connect").click().run()
    assert app.selectbox(key="database_table").options == ["orders", "stock"]
    app.selectbox(key="database_table").set_value("stock").run()
    app.button(key="database_read").click().run()
    assert "no column was recognised" in said(app)
    assert "Sample shop" in said(app)
    app.selectbox(key="database_table").set_value("orders").run()
    app.button(key="database_read").click().run()
    assert not app.exception
    assert "warehouse (table orders)" in said(app)
    assert "3,524 rows were read" in said(app)
    [columns] = [table.value for table in app.dataframe if "meaning" in table.value]
    assert columns.set_index("meaning")["column"]["Customer"] == "customer_id"
    page = open_page(app, "Overview")
    assert not page.exception
    page.button(key="use_sample").click().run()
    assert "Sample shop" in said(page)


def test_what_cannot_be_reached_leaves_the_data_loaded(app: AppTest):
    app.selectbox(key="database_connection").set_value("gone").run()
    app.button(key="database_connect").click().run()
    assert "gone (table orders): the database cannot be opened" in said(app)
    assert "s3cret" not in said(app)
    assert "Sample shop" in said(app)


def test_no_connections_no_controls(app: AppTest, tmp_path: Path):
    (tmp_path / ".streamlit" / "secrets.toml").unlink()
    app.run()
    assert "database_connection" not in {box.key for box in app.selectbox}
    assert not app.exception
