"""What is read is never written over, whatever name or link it goes by."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from clv.__main__ import main

ORDERS = "customer,date,amount\n" + "".join(
    f"c{n % 9},2024-0{n % 7 + 1}-{n % 27 + 1:02},{n}\n" for n in range(1, 99)
)
COMMANDS = {"check": "--report", "score": "--out", "backtest": "--out"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: orders as a file, as DuckDB and as Parquet, and files beside them."""
    monkeypatch.chdir(tmp_path)
    Path("orders.csv").write_text(ORDERS)
    Path("contacts.csv").write_text("customer,email\nc1,a@b.org\n")
    Path("spend.csv").write_text("date,channel,spend\n2024-01-31,tv,50\n")
    Path("parts/of").mkdir(parents=True)
    with duckdb.connect("shop.duckdb") as engine:
        engine.execute("CREATE TABLE orders AS FROM 'orders.csv'")
        engine.execute("COPY orders TO 'parts/of/1.parquet'")
    return tmp_path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(folder: Path, *arguments: object) -> str:
    """What is said of a command that must change no file and read nothing."""
    before = contents(folder)
    with pytest.MonkeyPatch.context() as patch:
        for reader in ("read_shop", "read_database"):
            patch.setattr(f"clv.command_line.reading.{reader}", None)
        result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.output
    assert contents(folder) == before
    return result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_the_orders(folder: Path, command: str):
    assert "orders.csv" in refused(folder, command, "orders.csv", COMMANDS[command], "orders.csv")


OTHER_NAMES = ("./parts/../orders.csv", "{}/orders.csv", "soft.csv", "hard.csv", "linked/orders.csv")


@pytest.mark.parametrize("written", OTHER_NAMES)
@pytest.mark.parametrize("swapped", [False, True])
def test_other_names_of_the_orders(folder: Path, written: str, swapped: bool):
    Path("soft.csv").symlink_to("orders.csv")
    os.link("orders.csv", "hard.csv")
    Path("linked").symlink_to(folder)
    names = ["orders.csv", written.format(folder)]
    one, other = reversed(names) if swapped else names
    refused(folder, "score", one, "--out", other)


@pytest.mark.parametrize("beside", ["contacts", "spend"])
def test_what_is_read_beside_the_orders(folder: Path, beside: str):
    refused(folder, "score", "orders.csv", f"--{beside}", f"{beside}.csv", "--out", f"{beside}.csv")
    refused(folder, "check", "contacts.csv", "orders.csv", "spend.csv", "--report", f"{beside}.csv")


@pytest.mark.parametrize(
    ("source", "output"),
    [
        (["--database", "duckdb://shop.duckdb"], "shop.duckdb"),
        (["--database", "duckdb:///{}/shop.duckdb"], "shop.duckdb"),
        (["--database", "shop.duckdb"], "./shop.duckdb"),
        (["--database", "parquet://parts/of/1.parquet"], "parts/of/1.parquet"),
        (["--database", "parquet://parts"], "parts/of/1.parquet"),
        (["--database", "parquet://parts"], "parts/new.parquet"),
        (["--database", "duckdb://shop.duckdb", "--query", "SELECT * FROM 'orders.csv'"], "orders.csv"),
        (
            ["--database", "duckdb://shop.duckdb", "--query", "SELECT * FROM read_csv('ord*.csv')"],
            "orders.csv",
        ),
        (["--database", "duckdb://shop.duckdb", "--spend", "spend.csv"], "spend.csv"),
        (["--connection", "mine"], "shop.duckdb"),
        (["--connection", "mine"], ".streamlit/secrets.toml"),
    ],
)
def test_databases(folder: Path, source: list[str], output: str):
    Path(".streamlit").mkdir()
    Path(".streamlit/secrets.toml").write_text("[connections.mine]\nurl = 'duckdb://shop.duckdb'\n")
    refused(folder, "check", *(part.format(folder) for part in source), "--report", output)


def test_standard_output_is_no_second_use_of_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch):
    with Path("customers.csv").open("w") as redirected:
        monkeypatch.setattr(sys, "__stdout__", redirected)
        assert "customers.csv" in refused(folder, "score", "orders.csv", "--json", "--out", "customers.csv")


@pytest.mark.parametrize("output", ["report.csv", "parts/report.csv", "parts/of/orders.csv"])
def test_other_files_are_written(folder: Path, output: str):
    """Also where their names and places resemble those of the inputs."""
    result = run("check", "--database", "parquet://parts", "--report", output)
    assert result.exit_code == 0, result.output
    assert Path(output).stat().st_size
