"""Cold start: from the command to the first page with its answer, on the sample shop.

python -m benchmarks.bench_start [--runs 3]

Starts the app afresh and takes the time until the page's title is seen and until the forecast is.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.browser.driving import launch, new_context, running_app


def main() -> None:
    """Print the median over the runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        times = [_start(browser, Path(folder) / f"{run}.log") for run in range(runs)]
        browser.close()
    for label, column in zip(("page shown", "forecast shown"), zip(*times, strict=True), strict=True):
        print(f"{label:16} median {statistics.median(column):5.1f} s   runs {runs}")


def _start(browser: Browser, log: Path) -> tuple[float, float]:
    begun = time.perf_counter()
    with running_app(log) as address:
        context = new_context(browser)
        page = context.new_page()
        page.goto(address)
        page.get_by_role("heading", level=1).wait_for()
        titled = time.perf_counter() - begun
        page.locator(".clv-boxes").first.wait_for()
        answered = time.perf_counter() - begun
        context.close()
    return titled, answered


if __name__ == "__main__":
    main()
