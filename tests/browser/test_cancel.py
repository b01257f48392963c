"""Cancelling while a big file is being read, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.app.shops import own_orders
from tests.browser.driving import (
    hand_over,
    keyed,
    open_app,
    running_app,
    upload,
    wait_until_idle,
)

ROWS = 2_000_000
TIDYING_SECONDS = 60


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app puts what it needs for a while."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def watched_app(temporary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An app whose temporary files can be watched."""
    with running_app(tmp_path_factory.mktemp("app") / "app.log", temporary=temporary) as address:
        yield address


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Orders that take some seconds to read, of the same columns as the small files here."""
    path = tmp_path_factory.mktemp("big") / "big.csv"
    duckdb.sql(
        f"""COPY (
            SELECT hash(i) % 2000 AS "Klient",
            strftime(DATE '2023-01-01' + (hash(i * 7) % 700)::INT, '%d.%m.%Y') AS "Data",
            replace(printf('%.2f', 5 + hash(i * 3) % 2000 / 100), '.', ',') AS "Kwota"
            FROM range({ROWS}) AS rows(i)
        ) TO '{path}' (HEADER, DELIMITER ';')"""
    )
    return path


@pytest.fixture
def own_page(watched_app: str, blank_page: Page, tmp_path: Path) -> Page:
    """The first screen with a small file of one's own."""
    open_app(blank_page, watched_app)
    upload(blank_page, written(tmp_path / "orders.csv", own_orders()))
    return blank_page


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def begin_to_read(page: Page, file: Path) -> Locator:
    """Hand a file over and wait until some of its rows have been read; the line that says so."""
    hand_over(page, file)
    progress = page.get_by_text(re.compile(f"Reading {file.name}: .* rows so far"))
    expect(progress).to_be_visible()
    return progress


def left_in(folder: Path) -> set[Path]:
    return {path for path in folder.glob("clv*/**/*") if path.is_file()}


def test_cancelling_keeps_the_data_and_leaves_nothing(
    own_page: Page, temporary: Path, big_file: Path, tmp_path: Path
):
    before = left_in(temporary)
    progress = begin_to_read(own_page, big_file)
    keyed(own_page, "cancel_reading").get_by_role("button").click()
    expect(own_page.get_by_text("Reading was cancelled")).to_be_visible()
    wait_until_idle(own_page)
    expect(progress).to_have_count(0)
    expect(keyed(own_page, "cancel_reading")).to_have_count(0)
    expect(own_page.get_by_text("700 customers are worth")).to_be_visible()

    give_up = time.monotonic() + TIDYING_SECONDS
    while left_in(temporary) != before and time.monotonic() < give_up:
        own_page.wait_for_timeout(100)
    assert left_in(temporary) == before

    own_page.get_by_test_id("stFileChip").filter(has_text="big.csv").get_by_role("button").click()
    wait_until_idle(own_page)
    upload(own_page, written(tmp_path / "more.csv", own_orders(customers=900, seed=9)))
    expect(own_page.get_by_text("900 customers are worth")).to_be_visible()
    expect(own_page.get_by_text("Reading was cancelled")).to_have_count(0)
