"""Whose figures a page shows: name and period, the banner of the sample shop, and what was lost."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import PATIENCE, PROJECT

TWO_ORDERS = b"customer,date,amount\n_a_,2024-03-05,10\nb,2025-01-31,20\n"
TABLE = b"customer_id,frequency,recency,T,monetary_value\na,1,20,300,10\nb,0,0,200,0\n"


@pytest.fixture
def app() -> AppTest:
    """The page Data, which needs no model, with the sample shop."""
    started = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=PATIENCE)
    return started.switch_page("pages/data.py").run()


def shop_line(app: AppTest) -> str:
    """What stands beside the title."""
    assert not app.exception
    return str(app.main.markdown[0].value)


def give(app: AppTest, name: str, content: bytes) -> AppTest:
    return app.file_uploader(key="uploads").upload(name, content).run()


def test_the_sample_shop_is_named_and_called_made_up(app):
    assert shop_line(app) == "**Sample shop** · 1 Oct 2023 to 30 Sep 2026"
    assert len(app.info) == 1
    assert not app.warning


def test_a_shop_of_ones_own_has_its_files_name_and_its_period_and_no_banner(app):
    give(app, "_my_*orders*.csv", TWO_ORDERS)
    assert shop_line(app) == r"**\_my\_\*orders\*\.csv** · 5 Mar 2024 to 31 Jan 2025"
    assert not app.info
    app.button(key="use_sample").click().run()
    assert shop_line(app).startswith("**Sample shop**")
    assert len(app.info) == 1


def test_a_table_of_customers_has_a_day(app):
    give(app, "table.csv", TABLE)
    assert " · as of " in shop_line(app)


def test_of_many_files_the_first_are_named(app):
    files = [
        (f"{year}.csv", TWO_ORDERS.replace(b"2024", str(year).encode()), "text/csv")
        for year in range(2020, 2024)
    ]
    app.file_uploader(key="uploads").set_value(files).run()
    assert shop_line(app).startswith(r"**2020\.csv, 2021\.csv and 2 more** · ")


def test_a_lost_session_names_what_was_loaded_until_the_sample_is_chosen(app):
    app.session_state["tab_memory"] = {"lost": ["my_orders.csv", "<b>spend</b>.csv"]}
    app.run()
    assert not app.info
    assert r"my\_orders\.csv, \<b\>spend\</b\>\.csv" in app.warning[0].value
    assert not [uploader for uploader in app.get("file_uploader") if uploader.key == "uploads"]
    app.button(key="forget_lost").click().run()
    assert not app.warning
    assert len(app.info) == 1


def test_what_was_lost_is_not_missed_once_a_file_is_loaded(app):
    app.session_state["tab_memory"] = {"lost": ["orders.csv"]}
    app.run()
    app.file_uploader(key="uploads_1").upload("other.csv", TWO_ORDERS).run()
    assert not app.warning
    assert shop_line(app).startswith(r"**other\.csv**")


def test_a_full_disk_is_said_and_the_loaded_shop_stays(app, monkeypatch):
    give(app, "small.csv", TWO_ORDERS)

    def fail(_path: Path, _content: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    app.file_uploader(key="uploads").set_value([("big.csv", TWO_ORDERS, "text/csv")]).run()
    assert shop_line(app).startswith(r"**small\.csv**")
    assert len(app.error) == 1
    assert r"big\.csv could not be used" in app.error[0].value
