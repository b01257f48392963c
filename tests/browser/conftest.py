"""The real app, in a real browser, for the tests of this folder.

`page` fails its test when the console shows an error or a request leaves the machine. A light desktop is the
default; choose another look with `@pytest.mark.parametrize("theme", ["light", "dark"])` and
`@pytest.mark.parametrize("viewport", [DESKTOP, PHONE])`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.driving import (
    DESKTOP,
    Complaints,
    Theme,
    Viewport,
    launch,
    new_context,
    open_app,
    running_app,
    shown_exceptions,
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def app_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the running app says; tracebacks are only there, the page hides them."""
    return tmp_path_factory.mktemp("app") / "app.log"


@pytest.fixture(scope="session")
def app_address(app_log: Path) -> Iterator[str]:
    """Where the running app answers."""
    with running_app(app_log) as address:
        yield address


# For a module, not the session: its event loop would be in the way of tests that start one of their own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def theme() -> Theme:
    return "light"


@pytest.fixture
def viewport() -> Viewport:
    return DESKTOP


@pytest.fixture
def browser_context(browser: Browser, theme: Theme, viewport: Viewport) -> Iterator[BrowserContext]:
    context = new_context(browser, theme, viewport)
    yield context
    context.close()


@pytest.fixture
def blank_page(browser_context: BrowserContext, app_log: Path) -> Iterator[Page]:
    """A page that has opened nothing yet and watches for complaints."""
    complaints = Complaints(browser_context)
    page = browser_context.new_page()
    yield page
    found = complaints.found + shown_exceptions(page)
    if found:
        pytest.fail(
            "On the page:\n" + "\n".join(found) + f"\nWhat the app said is in {app_log}.", pytrace=False
        )


@pytest.fixture
def page(blank_page: Page, app_address: str) -> Page:
    """The app's first screen, done loading."""
    open_app(blank_page, app_address)
    return blank_page
