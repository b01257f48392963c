"""The package: what it needs, and that it runs where nothing of the project is at hand."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import clv
from tests.conftest import PROJECT, SAMPLE_ORDERS

INSTALLATION_SECONDS = 900
START_SECONDS = 120
PINNED = {
    "dependencies": "requirements.txt",
    "spark": "requirements-spark.txt",
    "dev": "requirements-dev.txt",
}
# Runs the screens as a browser would have them run, and says what stands on the first one.
FIRST_PAGE = """
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=250).run()
assert not app.exception, app.exception
print(*(element.value for element in (*app.title, *app.caption, *app.sidebar.caption)))
"""


def project() -> dict[str, object]:
    return tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]


def required(written: list[str]) -> dict[str, Requirement]:
    return {canonicalize_name(one.name): one for one in map(Requirement, written)}


@pytest.mark.parametrize("part", PINNED)
def test_the_versions_that_were_tested_are_allowed(part: str):
    named = project()
    allowed = required(named[part] if part == "dependencies" else named["optional-dependencies"][part])
    lines = (PROJECT / PINNED[part]).read_text().splitlines()
    pinned = required([line for line in lines if line and not line.startswith(("#", "-r"))])
    assert pinned.keys() == allowed.keys()
    for name, pin in pinned.items():
        [exactly] = pin.specifier
        assert exactly.operator == "=="
        assert allowed[name].specifier.contains(exactly.version), name
        assert allowed[name].extras == pin.extras


def test_a_start_loads_nothing_that_takes_long():
    """Neither the version nor the app waits for the libraries of the other commands."""
    code = "import sys, clv.__main__; print(sorted({'numpy', 'duckdb', 'numba', 'streamlit'} & sys.modules.keys()))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@dataclass(frozen=True)
class Installed:
    """An environment that holds the package, and a folder of a user, far from the project."""

    environment: Path
    folder: Path

    def path(self, program: str) -> str:
        return str(self.environment / ("Scripts" if os.name == "nt" else "bin") / program)

    def run(self, program: str, *arguments: str) -> str:
        """What a program of the environment says in the user's folder."""
        command = [self.path(program), *arguments]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The package as `pip install .` gives it in an empty environment.

    The user's folder has files that could be taken for parts of Python, of Streamlit or of the app.
    """
    found = Installed(tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("user"))
    for name in ("random.py", "streamlit.py", "app.py"):
        (found.folder / name).write_text("raise SystemExit('a file of the user ran')")
    for name in ("clv", "pages", ".streamlit"):
        (found.folder / name).mkdir()
    (found.folder / ".streamlit" / "config.toml").write_text("[server]\naddress = '0.0.0.0'\n")
    (found.folder / ".streamlit" / "secrets.toml").write_text(
        "[connections.mine]\nurl = 'duckdb://shop.duckdb'\n"
    )
    venv.create(found.environment, with_pip=True)
    found.run("python", "-P", "-m", "pip", "install", "--quiet", str(PROJECT))
    return found


@pytest.fixture
def address(installed: Installed) -> Iterator[tuple[str, Path]]:
    """Where the app answers that `clv app` opens in the user's folder, and the file with what it says."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    said = installed.folder / "app.log"
    with said.open("wb") as log:
        command = [installed.path("clv"), "app", "--no-browser", "--port", str(port)]
        app = subprocess.Popen(
            command, cwd=installed.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            yield f"http://localhost:{port}", said
        finally:
            app.terminate()
            app.wait(timeout=30)


@pytest.mark.package
@pytest.mark.timeout(INSTALLATION_SECONDS)
def test_every_command_is_there(installed: Installed):
    assert installed.run("clv", "--version") == f"clv {clv.__version__}\n"
    assert installed.run("python", "-P", "-m", "clv", "--version") == f"clv {clv.__version__}\n"
    commands = re.findall(
        r"^  (\w+)  ", installed.run("clv", "--help").partition("Commands:")[2], re.MULTILINE
    )
    assert {"check", "score", "backtest", "app"} <= set(commands)
    for command in commands:
        assert f"Usage: clv {command} " in installed.run("clv", command, "--help")


@pytest.mark.package
@pytest.mark.timeout(INSTALLATION_SECONDS)
def test_nothing_else_is_put_among_the_packages(installed: Installed):
    code = "import importlib.metadata as m; print(*{str(f).split('/')[0] for f in m.files('clv-studio')})"
    places = installed.run("python", "-P", "-c", code).split()
    assert {place for place in places if place != ".." and not place.endswith(".dist-info")} == {"clv"}


@pytest.mark.package
@pytest.mark.timeout(INSTALLATION_SECONDS)
def test_the_figures_are_those_of_the_project(installed: Installed):
    there = json.loads(installed.run("clv", "check", str(SAMPLE_ORDERS), "--json"))
    command = [sys.executable, "-m", "clv", "check", str(SAMPLE_ORDERS), "--json"]
    here = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    assert there == json.loads(here)
    scored = installed.run("clv", "score", str(SAMPLE_ORDERS), "--json", "--out", "customers.csv")
    assert json.loads(scored)["customers"] == 5_000
    assert (installed.folder / "customers.csv").stat().st_size


@pytest.mark.package
@pytest.mark.timeout(INSTALLATION_SECONDS)
def test_the_app_answers_on_this_machine_only(address: tuple[str, Path]):
    url, said = address
    health = ""
    end = time.monotonic() + START_SECONDS
    while health != "ok" and time.monotonic() < end:
        time.sleep(0.2)
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=10) as answer:
                health = answer.read().decode()
        except OSError:
            continue
    assert health == "ok", said.read_text()
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.status == 200
    # The app's own settings hold, not those of the folder.
    assert f"URL: {url}" in said.read_text()


@pytest.mark.package
@pytest.mark.timeout(INSTALLATION_SECONDS)
def test_the_app_shows_the_sample_shop(installed: Installed):
    where = "import clv, pathlib; print(pathlib.Path(clv.__file__).parent / 'studio' / 'app.py')"
    script = installed.run("python", "-P", "-c", where).strip()
    assert Path(script).is_relative_to(installed.environment)
    said = installed.run("python", "-P", "-c", FIRST_PAGE, script)
    assert "Sample shop" in said
