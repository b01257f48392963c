"""Two sessions on the sample shop: does a slider of one repaint as fast while the other has something slow at work?

python -m benchmarks.bench_sessions [--presses 12]

One browser moves sliders of the Overview: alone, while another runs a backtest (page Trust), and while another waits
for its bootstrap intervals. Every press that is counted ended while the other was still at it. Prints medians, and
the ratio to the slider alone.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.bench_slider import WATCH, press
from tests.browser.driving import keyed, launch, new_context, open_app, running_app, wait_until_idle

SLIDERS = ("margin", "horizon")
MODELS = ("pareto-nbd", "mbg-nbd", "bg-nbd")
HOLDOUTS = ("as usual", "30 days", "60 days", "90 days", "180 days")


def main() -> None:
    """Print a line for each kind of work of the other session."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=12)
    presses = parser.parse_args().presses
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "app.log") as address,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        mine = new_context(browser).new_page()
        open_app(mine, address)
        mine.evaluate(WATCH)
        for slider in SLIDERS:
            press(mine, slider)
        print("slider to repainted page, Overview, sample shop, of one session: milliseconds")
        alone = _until(presses, mine, lambda: True)
        _print_line("alone", alone, alone)
        for label, works in (("backtest", _backtests), ("bootstrap", _bootstraps)):
            times: list[float] = []
            for is_at_it in works(browser, address):
                times += _until(presses - len(times), mine, is_at_it)
                if len(times) >= presses:
                    break
            _print_line(f"while another runs a {label}", times, alone)
        again = _until(presses, mine, lambda: True)
        _print_line("alone again", again, alone)
        browser.close()


def _until(presses: int, page: Page, go_on: Callable[[], bool]) -> list[float]:
    """Times of the presses that ended while ``go_on`` still held."""
    times = []
    for slider in cycle(SLIDERS):
        if len(times) >= presses:
            break
        took = press(page, slider)
        if not go_on():
            break
        times.append(took)
    return times


def _backtests(browser: Browser, address: str) -> Iterator[Callable[[], bool]]:
    """One backtest after another, each of a period that nobody has asked for yet; whether it is still running."""
    page = new_context(browser).new_page()
    open_app(page, f"{address}/trust")
    for holdout in HOLDOUTS:
        keyed(page, "trust_holdout").locator("input").click()
        page.get_by_role("option", name=holdout).first.click()
        bar = page.get_by_test_id("stMain").get_by_test_id("stProgress")
        bar.wait_for()
        yield lambda bar=bar: bar.count() > 0
        page.wait_for_function(
            "() => !document.querySelector(\"[data-testid='stMain'] [data-testid='stProgress']\")"
        )
    page.context.close()


def _bootstraps(browser: Browser, address: str) -> Iterator[Callable[[], bool]]:
    """The bootstrap of one model after another; whether it is still at work."""
    for model in MODELS:
        page = new_context(browser).new_page()
        page.goto(f"{address}/?intervals=bootstrap&model={model}")
        spinner = page.get_by_test_id("stMain").get_by_test_id("stSpinner")
        spinner.first.wait_for()
        yield lambda spinner=spinner: spinner.count() > 0
        wait_until_idle(page)
        page.context.close()


def _print_line(label: str, times: list[float], alone: list[float]) -> None:
    if not times:
        print(f"{label:32} no press ended in time")
        return
    median = statistics.median(times)
    print(
        f"{label:32} median {median:5.0f}   {median / statistics.median(alone):4.2f} times alone   "
        f"presses {len(times)}"
    )


if __name__ == "__main__":
    main()
