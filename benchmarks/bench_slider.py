"""Slider to repainted page, in the browser, on the sample shop.

python -m benchmarks.bench_slider [--presses 20] [--sliders margin ...]

Presses an arrow key on a slider and takes the time from that key to the last change of the page that follows
from it (text, charts, tables), as the browser sees it. Prints the median and the 90 % quantile.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.driving import (
    launch,
    new_context,
    open_app,
    running_app,
    shown_exceptions,
    wait_until_idle,
)

SLIDERS = {
    "margin": "contribution margin (whole page)",
    "horizon": "horizon (whole page)",
    "churn_window": "churn window (whole page)",
    "lever_retention": "retention lift (what-if card)",
}
SETTLED_AFTER = 600  # milliseconds without a change
# Texts, boxes and charts change the document. Tables are drawn on a canvas; the copy of their text for screen
# readers, which follows 200 ms later and is not seen, does not count.
WATCH = """() => {
  const changed = () => requestAnimationFrame(() => { window.changed = performance.now(); });
  document.addEventListener('keydown', () => { window.pressed = performance.now(); window.changed = 0; }, true);
  const inTable = (node) => (node.closest ? node : node.parentElement)?.closest("[data-testid='stDataFrame']");
  new MutationObserver((records) => {
    if (records.some((record) => !inTable(record.target))) changed();
  }).observe(document.querySelector("[data-testid='stMain']"), {
    subtree: true, childList: true, characterData: true, attributes: true,
    attributeFilter: ['d', 'transform', 'aria-label', 'x', 'width'],
  });
  const drawText = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (...words) { changed(); drawText.apply(this, words); };
}"""
SETTLED = "(quiet) => window.changed > 0 && performance.now() - window.changed > quiet"


def main() -> None:
    """Print a line for each slider."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=20, choices=range(2, 21), metavar="2..20")
    parser.add_argument("--sliders", nargs="+", choices=SLIDERS, default=list(SLIDERS))
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_app(Path(folder) / "app.log") as address,
        sync_playwright() as playwright,
    ):
        browser = launch(playwright)
        page = new_context(browser).new_page()
        open_app(page, address)
        wait_until_idle(page)
        page.evaluate(WATCH)
        print("slider to repainted page, Overview, sample shop: milliseconds")
        every: list[float] = []
        for key in asked.sliders:
            times = [press(page, key) for _ in range(asked.presses + 3)][3:]
            every += times
            _print_line(SLIDERS[key], times)
        _print_line("all of them", every)
        broken = shown_exceptions(page)
        browser.close()
    if broken:
        raise SystemExit("The page is broken, the figures mean nothing: " + "; ".join(broken))


def _print_line(label: str, times: list[float]) -> None:
    median, upper = statistics.median(times), statistics.quantiles(times, n=10)[-1]
    print(f"{label:36} median {median:5.0f}   90 % {upper:5.0f}   presses {len(times)}")


def press(page: Page, key: str) -> float:
    """Milliseconds from a press of the right arrow key on a slider to the last change of the page that follows."""
    page.locator(f".st-key-{key} input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(SETTLED, arg=SETTLED_AFTER)
    elapsed: float = page.evaluate("window.changed - window.pressed")
    return elapsed


if __name__ == "__main__":
    main()
