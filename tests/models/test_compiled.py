"""Loops are compiled also where no machine code can be kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import numba
import numpy as np
import pytest

from clv.models.compiled import compiled
from tests.conftest import PROJECT, SAMPLE_ORDERS

NOWHERE = "/proc/none"  # can be made by nobody, not even by root
HOMES = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), NOWHERE)
VALUES = np.array([1.0, 2.0, 4.0])
# Without these, root writes as little as anybody else into what is read-only.
WITHOUT_ROOTS_RIGHTS = ("setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override")


def summed(values):
    total = 0.0
    for value in values:
        total += value
    return total


def counted(stop, rounds, most):
    while stop[0] == 0 and rounds[0] < most:
        rounds[0] += 1


@pytest.fixture
def read_only(tmp_path: Path):
    """Runs Python in a read-only copy of the package, with a home folder that cannot be made."""
    copy = tmp_path / "installed"
    shutil.copytree(PROJECT / "clv", copy / "clv", ignore=shutil.ignore_patterns("__pycache__"))
    folders = [copy, *(path for path in copy.rglob("*") if path.is_dir())]

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        as_anybody = WITHOUT_ROOTS_RIGHTS if os.geteuid() == 0 else ()
        return subprocess.run(
            [*as_anybody, sys.executable, *arguments],
            cwd=copy, env=os.environ | HOMES, capture_output=True, text=True, check=False,
        )  # fmt: skip

    for folder in folders:
        folder.chmod(0o555)
    try:
        if os.geteuid() == 0 and shutil.which("setpriv") is None:
            pytest.skip("root writes everywhere, and setpriv, which takes that right away, is not there")
        if run("-c", "open('clv/models/written', 'w')").returncode == 0:
            pytest.skip("this user writes into read-only folders")
        yield run
    finally:
        for folder in folders:
            folder.chmod(0o755)


def test_a_read_only_installation_with_a_read_only_home(read_only):
    done = read_only("-W", "error", "-m", "clv", "check", str(SAMPLE_ORDERS))
    assert (done.returncode, done.stderr) == (0, "")
    assert "5,000 customers" in done.stdout


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that machine code is kept in."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(folder))
    return folder


def test_machine_code_is_kept(cache: Path):
    first, second = compiled(summed), compiled(summed)
    assert first(VALUES) == second(VALUES) == 7.0
    assert sum(first.stats.cache_misses.values()) == sum(second.stats.cache_hits.values()) == 1


def test_a_cache_that_fails_costs_nothing_but_time(cache: Path):
    loop = compiled(summed)
    shutil.rmtree(cache)
    cache.write_text("no folder any more")
    assert loop(VALUES) == 7.0


def test_other_threads_run_meanwhile(cache: Path):
    loop = compiled(counted)
    stop, rounds, most = np.zeros(1), np.zeros(1), 1e9
    loop(stop, rounds, 1.0)
    thread = threading.Thread(target=loop, args=(stop, rounds, most))
    thread.start()
    while rounds[0] <= 1 and thread.is_alive():
        time.sleep(0.001)
    stop[0] = 1  # nobody could say so before the last round, were the lock held
    thread.join()
    assert 1 < rounds[0] < most
