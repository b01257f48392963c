"""The documents for developers point at what is there, and their example of a layout is one."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from clv.analysis import CUSTOMER_COLUMNS
from clv.ingest.layout import read_layout
from tests.conftest import PROJECT

DOCUMENTS = [
    *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((PROJECT / "docs" / "decisions").glob("*.md")),
]
# A path in code: begins in a folder of the project and names a file or ends in a slash.
PATH_IN_CODE = re.compile(r"`((?:clv|pages|tests|docs|benchmarks|examples|sample_data)/[\w./-]*)`")
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_and_link_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    missing = [path for path in PATH_IN_CODE.findall(text) if not (PROJECT / path).exists()]
    missing += [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert not missing


def test_every_decision_is_listed() -> None:
    folder = PROJECT / "docs" / "decisions"
    listed = set(LINK.findall((folder / "README.md").read_text(encoding="utf-8")))
    assert listed == {path.name for path in folder.glob("*.md")} - {"README.md"}


def example(of: str) -> str:
    """The example below a heading of CONTRIBUTING."""
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(rf"### {of}\n.*?```toml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1]


def test_example_of_a_layout_can_be_read() -> None:
    layout = read_layout("example", example("A layout"))
    assert layout.match_score({"orderno", "buyermail"}) > (0, 0)
    assert layout.columns["amount"] == ("Total Paid",)


def test_example_of_a_list_is_written_as_the_ready_lists_are() -> None:
    [entry] = tomllib.loads(example("A ready-made list"))["list"]
    assert set(entry) == {"name", "purpose", "rule"}
    assert set(entry["rule"]) <= set(CUSTOMER_COLUMNS)
