"""How a test, or the screenshot command, starts the app and drives it in Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Playwright, Request, Response

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 60
STEP_MILLISECONDS = 60_000
QUIET_MILLISECONDS = 300  # idle for that long counts as idle: a rerun may be about to start
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AT_HOME = ("127.0.0.1", "localhost", "::1")
Theme = Literal["light", "dark"]
Viewport = tuple[int, int]
DESKTOP: Viewport = (1280, 900)
PHONE: Viewport = (390, 844)


@contextmanager
def running_app(
    log: Path,
    script: Path = REPOSITORY / "app.py",
    temporary: Path | None = None,
    options: Sequence[str] = (),
) -> Iterator[str]:
    """The real app on a free port; its address while it runs. What it says goes to the file `log`.

    What it needs for a while goes to the folder `temporary`, where one is given; `options` are Streamlit's.
    """
    port = free_port()
    server = start_app(port, log, script, temporary, options)
    try:
        yield f"http://localhost:{port}"
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def start_app(
    port: int,
    log: Path,
    script: Path = REPOSITORY / "app.py",
    temporary: Path | None = None,
    options: Sequence[str] = (),
) -> subprocess.Popen[bytes]:
    """The process of the real app, once it answers on a port; the rest as in `running_app`."""
    usual = ["--server.port", str(port), "--server.headless", "true", "--server.fileWatcherType", "none"]
    with log.open("wb") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script), *usual, *options],
            cwd=script.parent,
            env=os.environ | ({"TMPDIR": str(temporary)} if temporary else {}),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_health(f"http://localhost:{port}/_stcore/health", server, log)
    except BaseException:
        server.kill()
        server.wait()
        raise
    return server


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _wait_for_health(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    said = log.read_text(encoding="utf-8", errors="replace")
    raise RuntimeError(f"The app did not answer at {address} within {START_SECONDS} s. It said:\n{said}")


def chromium_path() -> str:
    """The browser to drive: $CHROMIUM, or the first one on PATH."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    wanted = os.environ.get("CHROMIUM")
    found = shutil.which(wanted) if wanted else next(filter(None, map(shutil.which, names)), None)
    if found is None:
        raise RuntimeError(
            f"CHROMIUM is set to {wanted!r}, which is no program."
            if wanted
            else "The browser tests need Chromium or Chrome: run tests/browser/find_chromium.sh, "
            "which installs one, or set CHROMIUM to it."
        )
    return found


def launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))


def new_context(browser: Browser, theme: Theme = "light", viewport: Viewport = DESKTOP) -> BrowserContext:
    """A fresh browser profile. Streamlit follows the colour scheme that the browser prefers."""
    width, height = viewport
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        locale="en-GB",
        reduced_motion="reduce",
        accept_downloads=True,
    )
    context.set_default_timeout(STEP_MILLISECONDS)
    return context


def leaves_the_machine(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob", "about", "chrome") and parts.hostname not in AT_HOME


class Complaints:
    """Collects what must not happen on a page: console errors, uncaught errors, requests to the outside."""

    def __init__(self, context: BrowserContext) -> None:
        self.found: list[str] = []
        context.on("request", self._on_request)
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.found.append(f"uncaught error: {error}"))
        page.on("websocket", lambda socket: self._on_address("web socket", socket.url))
        page.on(
            "console",
            lambda message: (
                self.found.append(f"console error: {message.text} ({message.location.get('url', '')})")
                if message.type == "error"
                else None
            ),
        )

    def _on_request(self, request: Request) -> None:
        self._on_address("request", request.url)

    def _on_address(self, kind: str, url: str) -> None:
        if leaves_the_machine(url):
            self.found.append(f"{kind} leaving the machine: {url}")


def shown_exceptions(page: Page) -> list[str]:
    """What the app itself reports as gone wrong on the screen."""
    return [f"exception on the page: {text}" for text in page.get_by_test_id("stException").all_inner_texts()]


def open_app(page: Page, address: str) -> None:
    page.goto(address)
    wait_until_idle(page)


def wait_until_idle(page: Page, timeout: float = STEP_MILLISECONDS) -> None:
    """Until the script has finished, and stays so for a moment."""
    page.wait_for_function(
        """quiet => {
            const app = document.querySelector("[data-testid='stApp'][data-test-script-state='notRunning']");
            const waiting = document.querySelector("[data-testid='stSkeleton'], [data-testid='stSpinner']");
            if (!app || waiting) { window.__idleSince = undefined; return false; }
            window.__idleSince ??= performance.now();
            return performance.now() - window.__idleSince >= quiet;
        }""",
        arg=QUIET_MILLISECONDS,
        timeout=timeout,
    )
    page.evaluate("window.__idleSince = undefined")


def keyed(page: Page, key: str) -> Locator:
    """The element that was given this key."""
    return page.locator(f".st-key-{key}")


def set_slider(page: Page, key: str, steps: int) -> None:
    """Moves a slider by so many steps with the arrow keys; negative is to the left."""
    slider = keyed(page, key).locator("[role=slider], input[type=range]").first
    slider.focus()
    for _ in range(abs(steps)):
        slider.press("ArrowRight" if steps > 0 else "ArrowLeft")
    wait_until_idle(page)


def upload(page: Page, files: Path | str | Sequence[Path | str], *, nth: int = 0) -> None:
    """Gives files to the page's file uploader (the nth, if it has more) and waits until they are read."""
    hand_over(page, files, nth=nth)
    wait_until_idle(page)


def hand_over(page: Page, files: Path | str | Sequence[Path | str], *, nth: int = 0) -> None:
    """Gives files to the page's file uploader and waits until the app has them; it then begins to read."""
    several = [files] if isinstance(files, Path | str) else list(files)
    show_sidebar(page)
    arrived: list[Response] = []

    def note(response: Response) -> None:
        if "/upload_file/" in response.url and response.request.method == "PUT":
            arrived.append(response)

    page.on("response", note)
    page.locator("[data-testid='stFileUploader'] input[type=file]").nth(nth).set_input_files(several)
    deadline = time.monotonic() + STEP_MILLISECONDS / 1000
    while len(arrived) < len(several) and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    page.remove_listener("response", note)
    refused = [response.status for response in arrived if not response.ok]
    if refused or len(arrived) < len(several):
        raise RuntimeError(f"{len(arrived)} of {len(several)} files were answered; refusals: {refused}.")


def page_names(page: Page) -> list[str]:
    """The screens that the app's navigation offers, in its order."""
    links = page.locator(NAVIGATION)
    links.first.wait_for(state="attached")
    # The icon, if there is one, comes first and is no part of the name.
    return [" ".join((link.locator("span").last.text_content() or "").split()) for link in links.all()]


def choose_page(page: Page, name: str) -> None:
    """Goes to another screen by its link, as a reader would, so that the session stays."""
    show_sidebar(page)
    names = page_names(page)
    if name not in names:
        raise ValueError(f"There is no page {name!r}; the navigation offers {', '.join(names)}.")
    page.locator(NAVIGATION).nth(names.index(name)).click()
    wait_until_idle(page)


NAVIGATION = "[data-testid='stSidebarNavLink'], [data-testid='stTopNavLink']"


def show_sidebar(page: Page) -> None:
    """On a narrow screen the sidebar is folded away."""
    button = page.locator("[data-testid='stExpandSidebarButton']")
    if button.count() and button.first.is_visible():
        button.first.click()


def hide_sidebar(page: Page) -> None:
    button = page.locator("[data-testid='stSidebarCollapseButton'] button")
    if button.count():
        page.locator("[data-testid='stSidebar']").hover()
        if button.first.is_visible():
            button.first.click()
