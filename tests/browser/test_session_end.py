"""What becomes of an upload when its session ends, and of a page whose session is gone."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.app.shops import own_orders
from tests.browser.driving import (
    free_port,
    new_context,
    open_app,
    start_app,
    upload,
    wait_until_idle,
)

PATIENCE = 2  # seconds that the server keeps a session without connection
ROUNDS = 3
MEGABYTE = 2**20


def left_in(folder: Path) -> set[Path]:
    """The files with something in them."""
    return {path for path in folder.rglob("*") if path.is_file() and path.stat().st_size}


def resident_bytes(process_id: int) -> int:
    """Memory that a process holds; Linux only."""
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        pytest.skip("the memory of a process is read from /proc")
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text())
    assert found is not None
    return 1024 * int(found[1])


def until(is_so: Callable[[], bool], seconds: float) -> bool:
    """Whether it becomes so in time."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up:
        if is_so():
            return True
        time.sleep(0.1)
    return is_so()


@pytest.fixture
def wide_file(tmp_path: Path) -> Path:
    """Few orders in many bytes: quick to read, dear to keep."""
    header, *rows = own_orders().decode("cp1250").splitlines()
    note = "a long note about this order " * 1_000
    path = tmp_path / "wide.csv"
    path.write_text("\n".join([f"{header};Uwagi", *(f"{row};{note}" for row in rows)]))
    assert path.stat().st_size > 40 * MEGABYTE
    return path


def test_uploads_and_memory_go_when_their_sessions_end(browser: Browser, wide_file: Path, tmp_path: Path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    port, options = free_port(), ["--server.disconnectedSessionTTL", str(PATIENCE)]
    server = start_app(port, tmp_path / "app.log", temporary=temporary, options=options)
    held = []
    try:
        for _ in range(ROUNDS):
            context = new_context(browser)
            page = context.new_page()
            open_app(page, f"http://localhost:{port}")
            upload(page, wide_file)
            assert left_in(temporary)
            context.close()
            assert until(lambda: not left_in(temporary), 60)
            held.append(resident_bytes(server.pid))
    finally:
        server.terminate()
        server.wait()
    # Memory comes back in pages, so not to the byte; a session that stays holds several times its file.
    grown = (held[-1] - held[0]) / (ROUNDS - 1)
    assert grown < wide_file.stat().st_size, [size // MEGABYTE for size in held]
    assert list(temporary.iterdir()) == []


def test_a_page_whose_server_was_killed_says_what_was_lost(browser_context: BrowserContext, tmp_path: Path):
    temporary, file = tmp_path / "temporary", tmp_path / "my_orders.csv"
    temporary.mkdir()
    file.write_bytes(own_orders())
    port, log = free_port(), tmp_path / "app.log"
    server = start_app(port, log, temporary=temporary)
    page = browser_context.new_page()
    try:
        open_app(page, f"http://localhost:{port}/data?horizon=24")
        upload(page, file)
        expect(head_of(page)).to_contain_text("my_orders.csv")
        server.send_signal(signal.SIGKILL)
        server.wait()
        kept = left_in(temporary)
        assert kept
        server = start_app(port, log, temporary=temporary)
        page.get_by_role("alert").filter(has_text="my_orders.csv").wait_for()
        wait_until_idle(page)
        expect(head_of(page)).to_contain_text("Sample shop")
        expect(page.get_by_test_id("stFileChip")).to_have_count(0)
        assert "horizon=24" in page.url
        assert not kept & left_in(temporary)
        page.reload()
        page.get_by_role("alert").filter(has_text="my_orders.csv").wait_for()
        upload(page, file)
        expect(head_of(page)).to_contain_text("my_orders.csv")
        expect(page.get_by_role("alert")).to_have_count(0)
    finally:
        server.terminate()
        server.wait()


def head_of(page: Page):
    """Title, name and period."""
    return page.locator(".st-key-page_head")
