"""Orders in a database: what is not done with them yet is refused, and never left out in silence."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from clv.__main__ import main

OPTIONS = {
    "--rate": "USD=0.9",
    "--remove-duplicates": None,
    "--unit": "days",
    "--date-order": "dmy",
    "--spend-date-order": "dmy",
    "--map": "email=mail",
}


@pytest.fixture
def shop(tmp_path: Path) -> list[str]:
    """The options that name a small shop in DuckDB."""
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as engine:
        engine.execute(
            "CREATE TABLE orders AS SELECT 'c' || n % 9 AS customer, DATE '2024-01-01' + n::INT AS ordered_at,"
            " 5.0 AS amount, 'a@b.org' AS mail FROM range(99) AS t(n)"
        )
    return ["--database", f"duckdb://{tmp_path}/shop.duckdb"]


def run(command: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [command, *arguments])


def given(*options: str) -> list[str]:
    return [part for option in options for part in (option, OPTIONS[option]) if part is not None]


@pytest.mark.parametrize("command", ["check", "score", "backtest"])
@pytest.mark.parametrize("option", OPTIONS)
def test_what_is_done_with_files_only(shop: list[str], command: str, option: str):
    result = run(command, *shop, *given(option))
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith(option)


def test_all_of_it_is_named_at_once(shop: list[str]):
    result = run("check", *shop, *given(*OPTIONS))
    assert result.exit_code == 2
    assert all(option in result.stderr for option in OPTIONS)
    assert result.stderr.count("\n") == 1


def test_what_is_done_with_databases(shop: list[str]):
    result = run(
        "check", *shop, "--currency", "EUR", "--map", "customer=mail,amount=amount,attributes=customer"
    )
    assert result.exit_code == 0, result.output


def test_the_dates_of_a_file_of_spend_have_an_order(shop: list[str], tmp_path: Path):
    spend = tmp_path / "spend.csv"
    spend.write_text("date,channel,spend\n01/04/2024,tv,50\n01/06/2024,web,20\n")
    for option in ("--date-order", "--spend-date-order"):
        result = run("check", *shop, "--spend", str(spend), option, "mdy")
        assert result.exit_code == 0, result.output
        assert "2024-01-04 to 2024-01-06" in result.stdout


def test_a_layout_whose_rules_are_not_done(shop: list[str]):
    """As Shopify writes it, an amount stands on the first line of an order only, and some states are no sales."""
    columns = (
        'customer AS "Email", ordered_at AS "Created at", amount AS "Total", \'paid\' AS "Financial Status"'
    )
    result = run("check", *shop, "--query", f"SELECT {columns} FROM orders")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "Shopify" in result.stderr


def test_a_layout_that_only_names_its_columns(shop: list[str]):
    columns = "customer AS CustomerID, ordered_at AS InvoiceDate, customer AS InvoiceNo, 1 AS Quantity, amount AS UnitPrice"
    result = run("check", *shop, "--query", f"SELECT {columns} FROM orders")
    assert result.exit_code == 0, result.output
