"""The folder of a process, seen from another one."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from clv.temporary_folder import remove_abandoned

PROCESS = """
import sys
from clv.temporary_folder import own_folder
folder = own_folder()
(folder / "orders").write_bytes(b"customer,date,amount")
print(folder, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files, for this process and for those it starts."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.fixture
def process(temporary: Path):
    """A process with a folder of its own."""
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as started:
        yield started
        started.kill()


def folder_of(process: subprocess.Popen[str]) -> Path:
    assert process.stdout is not None
    return Path(process.stdout.readline().strip())


def test_a_living_processs_folder_stays_and_a_killed_ones_goes(process, temporary):
    folder = folder_of(process)
    remove_abandoned()
    assert (folder / "orders").exists()
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (folder / "orders").exists()
    remove_abandoned()
    assert list(temporary.iterdir()) == []


def test_the_folder_goes_with_its_process(process, temporary):
    assert folder_of(process).parent == temporary
    process.communicate()
    assert list(temporary.iterdir()) == []


def test_folders_of_others_stay(temporary):
    (temporary / "clv-studio-without-a-lock").mkdir()
    remove_abandoned()
    assert [path.name for path in temporary.iterdir()] == ["clv-studio-without-a-lock"]
