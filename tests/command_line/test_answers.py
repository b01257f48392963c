"""An answer that cannot be written is no answer: a sentence and exit code 2, where a reader of a pipe has not just left."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PROJECT

FULL = Path("/dev/full")
ORDERS = "customer,date,amount\na,2024-01-31,5\na,2024-02-20,6\nb,2024-02-21,6\n"

needs_full_device = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


def run(folder: Path, *arguments: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    orders = folder / "orders.csv"
    orders.write_text(ORDERS)
    command = [sys.executable, "-m", "clv", "check", str(orders), *arguments]
    return subprocess.run(
        command,
        cwd=PROJECT,
        text=True,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams,
    )


@needs_full_device
@pytest.mark.parametrize("option", ["--json", "--help"])
def test_a_full_standard_output(tmp_path: Path, option: str):
    with FULL.open("w") as full:
        done = run(tmp_path, option, stdout=full)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr


@needs_full_device
def test_a_full_standard_error(tmp_path: Path):
    with FULL.open("w") as full:
        done = run(tmp_path, "--map", "customer=nobody", stderr=full)
    assert (done.returncode, done.stdout) == (2, "")


@needs_full_device
def test_a_full_disk_for_the_report(tmp_path: Path):
    done = run(tmp_path, "--report", str(FULL))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert str(FULL) in done.stderr


def test_a_pipe_that_nobody_reads_any_more(tmp_path: Path):
    command = f"{sys.executable} -m clv check {tmp_path}/orders.csv --json"
    (tmp_path / "orders.csv").write_text(ORDERS)
    done = subprocess.run(
        ["sh", "-c", f"({command}; echo $? >&2) | true"],
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr.strip() == "1"


def test_no_standard_error(tmp_path: Path):
    (tmp_path / "orders.csv").write_text(ORDERS)
    command = f"{sys.executable} -m clv check {tmp_path}/orders.csv 2>&-"
    done = subprocess.run(["sh", "-c", command], cwd=PROJECT, capture_output=True, check=False)
    assert done.returncode == 0
