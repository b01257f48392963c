"""Apps to drive, and apps to look at."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.screen import File, give, start


@pytest.fixture
def app() -> AppTest:
    """A new session with the sample shop, on Overview."""
    return start()


@pytest.fixture
def data_page() -> AppTest:
    """A new session on the page Data, where no file handed in is forecast."""
    return start("Data")


Showing = Callable[..., AppTest]


@pytest.fixture(scope="module")
def showing() -> Showing:
    """The app with the sample or files, loaded once: for tests that look at page after page and set nothing."""
    apps: dict[tuple[File, ...], AppTest] = {}

    def app_with(*files: File) -> AppTest:
        if files not in apps:
            page = start("Data")
            apps[files] = give(page, *files) if files else page
        return apps[files]

    return app_with
