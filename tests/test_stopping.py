"""Ctrl-C on the command line: one sentence, nothing half written, nothing left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.conftest import PROJECT

# Runs the command line and presses Ctrl-C where a function is about to work, twice as the impatient do.
PRESSING = """
import importlib, os, runpy, signal, sys

home, _, name = sys.argv.pop(1).partition(":")
*owner, name = name.split(".")
place = importlib.import_module(home)
for part in owner:
    place = getattr(place, part)
work = getattr(place, name)

def press(*arguments, **settings):
    if name == "write_bytes":  # half of it is there already
        work(arguments[0], arguments[1][:1000])
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGINT)
    return work(*arguments, **settings)

setattr(place, name, press)
runpy.run_module("clv", run_name="__main__", alter_sys=True)
"""
MOMENTS = {
    "the rows are read": "clv.ingest.read:read_lines",
    "the model is fitted": "clv.models.maximum_likelihood:optimize.minimize",
    "the answer is put together": "clv.command_line.score_answer:score_summary",
    "half the file is written": "pathlib:Path.write_bytes",
}
CUSTOMERS = 300
ORDERS = "customer,date,amount\n" + "".join(
    f"c{number % CUSTOMERS},2024-{number % 11 + 1:02d}-{number % 27 + 1:02d},{number % 50 + 1}.50\n"
    for number in range(900)
)


def press_at(moment: str, out: Path, temporary: Path) -> subprocess.CompletedProcess[str]:
    temporary.mkdir()
    orders = temporary.with_name("orders.csv")
    orders.write_text(ORDERS)
    command = [sys.executable, "-c", PRESSING, moment, "score", str(orders), "--out", str(out)]
    surroundings = os.environ | {"TMPDIR": str(temporary)}
    return subprocess.run(command, capture_output=True, text=True, cwd=PROJECT, env=surroundings, check=False)


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_stop_leaves_what_was_there(tmp_path, moment):
    out, temporary = tmp_path / "out" / "customers.csv", tmp_path / "temporary"
    out.parent.mkdir()
    out.write_text("the scores of last month")
    done = press_at(MOMENTS[moment], out, temporary)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr.split() == ["Stopped.", "Nothing", "was", "written."]
    assert out.read_text() == "the scores of last month"
    assert list(out.parent.iterdir()) == [out]
    assert not list(temporary.iterdir())


@pytest.mark.slow
def test_a_stop_that_comes_too_late_stops_nothing(tmp_path):
    out = tmp_path / "customers.csv"
    done = press_at("pathlib:Path.replace", out, tmp_path / "temporary")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Written: {out}" in done.stdout
    assert len(pd.read_csv(out)) == CUSTOMERS
