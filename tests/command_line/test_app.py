"""What `clv app` starts; that it answers from any folder is tested where the package is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from clv.__main__ import main
from tests.conftest import PROJECT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there it is another process that is started")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command line that takes this one's place."""
    command: list[str] = []
    monkeypatch.setattr(os, "execv", lambda _program, arguments: command.extend(arguments))
    return command


def test_the_app_of_this_folder_is_started(
    started: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["app"]).exit_code == 0
    assert started == [sys.executable, "-P", "-m", "streamlit", "run", str(PROJECT / "app.py")]


def test_its_options(started: list[str]):
    asked = ["app", "--port", "8600", "--no-browser", "--", "--server.maxUploadSize", "4096"]
    assert CliRunner().invoke(main, asked).exit_code == 0
    given = dict(zip(started[6::2], started[7::2], strict=True))
    assert given == {"--server.port": "8600", "--server.headless": "true", "--server.maxUploadSize": "4096"}


@pytest.mark.parametrize("wrong", [["--port", "0"], ["--port", "x"], ["--server.port", "1"]])
def test_what_it_does_not_know_is_refused(started: list[str], wrong: list[str]):
    assert CliRunner().invoke(main, ["app", *wrong]).exit_code == 2
    assert not started
