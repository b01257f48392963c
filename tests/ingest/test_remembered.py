"""A choice of columns is found again by its header, and only column names are ever kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from order_files import Write

from clv.ingest import read_orders, remembered

COLUMNS = ("who", "when", "gross", "net")
CHOICE = {"customer": "who", "date": "when", "amount": "net", "status": ""}


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of this test for the data of programs."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def test_a_choice_comes_back_for_the_same_header_in_any_order(data_folder: Path) -> None:
    assert remembered.recall(COLUMNS) is None
    remembered.remember(COLUMNS, CHOICE)
    assert remembered.recall(["Net", "", "gross ", "WHEN", "who"]) == CHOICE
    assert remembered.recall([*COLUMNS, "more"]) is None
    assert data_folder in remembered.place().parents


def test_a_choice_can_be_forgotten_alone() -> None:
    remembered.remember(COLUMNS, CHOICE)
    remembered.remember(["a", "b"], {"customer": "a"})
    remembered.forget(COLUMNS)
    assert remembered.recall(COLUMNS) is None
    assert remembered.recall(["a", "b"]) == {"customer": "a"}
    remembered.forget(COLUMNS)


def test_an_account_without_a_home_folder_remembers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", fail)
    assert remembered.recall(COLUMNS) is None
    with pytest.raises(OSError, match="home"):
        remembered.remember(COLUMNS, CHOICE)


def test_only_names_of_columns_are_kept() -> None:
    remembered.remember(COLUMNS, CHOICE | {"remark": "a cell"})
    (kept,) = json.loads(remembered.place().read_text()).values()
    assert kept == CHOICE


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 5}', '{"x": {"customer": 5}}'])
def test_a_damaged_file_is_as_good_as_none(content: str) -> None:
    remembered.place().parent.mkdir(parents=True)
    remembered.place().write_text(content)
    assert remembered.recall(COLUMNS) is None
    remembered.remember(COLUMNS, CHOICE)
    assert remembered.recall(COLUMNS) == CHOICE


def test_reading_asks_for_it_where_no_columns_are_given(write: Write) -> None:
    file = write("who,when,gross,net\na,2024-01-05,5,4\nb,2024-01-06,6,5\n")
    remembered.remember(COLUMNS, CHOICE)
    assert read_orders([file], recall=remembered.recall).report.revenue == 9
    given = {"customer": "who", "date": "when", "amount": "gross"}
    assert read_orders([file], given, recall=remembered.recall).report.revenue == 11
