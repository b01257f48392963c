"""The app as a test drives it: started on a page, given files, read as a user reads it."""

from __future__ import annotations

import threading
from xml.etree import ElementTree

from streamlit.testing.v1 import AppTest

from pages.components.backtest_run import THREAD_NAME
from tests.conftest import PATIENCE, PROJECT

PAGES = {
    "Overview": "pages/overview.py",
    "Data": "pages/data.py",
    "Customers": "pages/customers.py",
    "Segments": "pages/segments.py",
    "What-if": "pages/what_if.py",
    "Trust": "pages/trust.py",
    "Lists": "pages/lists.py",
}
JARGON = ("Traceback", "Error", "duckdb", "codec", "varchar", "None")
WITHOUT_FORECAST = ("Data", "Trust")  # what they show needs none
File = tuple[str, bytes]


def start(page: str = "Overview", **link: str) -> AppTest:
    """A new session with the sample shop, on a page, by a link with these parameters."""
    app = AppTest.from_file(str(PROJECT / "app.py"), default_timeout=PATIENCE)
    app.query_params |= link
    return app.switch_page(PAGES[page]).run()


def open_page(app: AppTest, name: str) -> AppTest:
    return app.switch_page(PAGES[name]).run()


def give(app: AppTest, *files: File) -> AppTest:
    """Hand in files, those handed in before taken away."""
    uploads = [(name, content, "text/csv") for name, content in files]
    return app.file_uploader(key="uploads").set_value(uploads).run()


def wait_for_backtests(app: AppTest) -> AppTest:
    for thread in [thread for thread in threading.enumerate() if thread.name == THREAD_NAME]:
        thread.join(PATIENCE)
    return app.run()


def words(app: AppTest) -> str:
    """Everything that the page says."""
    kinds = (app.markdown, app.caption, app.error, app.warning, app.info)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def boxes(app: AppTest) -> dict[str, str]:
    """Label and value of every value box on the page, in order."""
    lists = [ElementTree.fromstring(html.value) for html in app.get("html") if html.value.startswith("<dl")]
    return {
        (box.findtext("dt") or "").strip(): box.findtext("dd") or "" for listed in lists for box in listed
    }


def assert_sound(app: AppTest) -> None:
    """Nothing broke, and no figure is missing in words or boxes."""
    assert not app.exception, [element.message for element in app.exception]
    assert "nan" not in words(app).lower().split()
    assert not [label for label, value in boxes(app).items() if "nan" in value.lower()]


def assert_refused(app: AppTest) -> None:
    """A file is said to be unusable, in plain words, and the sample shop is still shown."""
    assert_sound(app)
    said = "\n".join(element.value for element in app.error)
    assert "could not be used" in said
    assert "Sample shop" in said
    assert "5,000 customers" in words(app)
    assert not [word for word in JARGON if word in said]
