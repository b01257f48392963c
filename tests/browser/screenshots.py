"""Pictures of every screen, whole height, for looking at.

python -m tests.browser.screenshots --out DIR [--upload FILE...] [--theme light dark] [--width 1280 390]
    [--pages Overview Customers] [--app app.py]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import cast

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.driving import (
    REPOSITORY,
    Complaints,
    Theme,
    choose_page,
    hide_sidebar,
    launch,
    new_context,
    open_app,
    page_names,
    running_app,
    show_sidebar,
    shown_exceptions,
    upload,
    wait_until_idle,
)

FIRST_HEIGHT = 900
TALLEST = 12_000
NARROW = 768  # below, the sidebar lies over the page
SETTLE_MILLISECONDS = 700


def main(arguments: list[str] | None = None) -> int:
    asked = _read(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    log = asked.out / "app.log"
    complaints: list[str] = []
    with (
        running_app(log, asked.app.resolve()) as address,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        for theme in asked.theme:
            for width in asked.width:
                complaints += _picture_every_page(browser, address, theme, width, asked)
        browser.close()
    for complaint in dict.fromkeys(complaints):
        sys.stderr.write(f"{complaint}\n")
    if complaints:
        sys.stderr.write(f"What the app said is in {log}\n")
    return 1 if complaints else 0


def _read(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--upload", type=Path, nargs="+", help="order files to give to the uploader first")
    parser.add_argument("--theme", nargs="+", choices=["light", "dark"], default=["light"])
    parser.add_argument("--width", nargs="+", type=int, default=[1280])
    parser.add_argument("--pages", nargs="+", help="names in the navigation; all of them by default")
    parser.add_argument("--app", type=Path, default=REPOSITORY / "app.py")
    return parser.parse_args(arguments)


def _picture_every_page(
    browser: Browser, address: str, theme: str, width: int, asked: argparse.Namespace
) -> list[str]:
    """One session that walks through the pages; what it complained about."""
    context = new_context(browser, cast(Theme, theme), (width, FIRST_HEIGHT))
    complaints = Complaints(context)
    page = context.new_page()
    open_app(page, address)
    if asked.upload:
        upload(page, asked.upload)
    show_sidebar(page)
    for name in asked.pages or page_names(page):
        choose_page(page, name)
        if width < NARROW:
            hide_sidebar(page)
        target = asked.out / f"{_file_name(name)}-{theme}-{width}.png"
        picture(page, width, target)
        complaints.found += [f"{name}: {what}" for what in shown_exceptions(page)]
        sys.stdout.write(f"{target}\n")
    context.close()
    return [f"{theme} {width}: {complaint}" for complaint in complaints.found]


def picture(page: Page, width: int, target: Path) -> None:
    """The page in a window as high as what it scrolls."""
    page.mouse.move(0, 0)
    height = FIRST_HEIGHT
    for _ in range(3):  # a higher window may draw more, which may need a higher one
        page.set_viewport_size({"width": width, "height": height})
        wait_until_idle(page)
        page.wait_for_timeout(SETTLE_MILLISECONDS)
        wanted = min(max(_scrolled_height(page), FIRST_HEIGHT), TALLEST)
        if wanted == height:
            break
        height = wanted
    page.screenshot(path=target, animations="disabled")
    page.set_viewport_size({"width": width, "height": FIRST_HEIGHT})


def _scrolled_height(page: Page) -> int:
    """What the main section and the sidebar would need to show everything."""
    height: int = page.evaluate(
        """() => Math.ceil(Math.max(...["[data-testid='stMain']", "[data-testid='stSidebarContent']"]
            .map(name => document.querySelector(name))
            .filter(part => part)
            .map(part => part.scrollHeight + part.getBoundingClientRect().top)))"""
    )
    return height


def _file_name(name: str) -> str:
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower())
    return "-".join(filter(None, plain.split("-")))


if __name__ == "__main__":
    sys.exit(main())
