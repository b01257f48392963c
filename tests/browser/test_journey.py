"""The way through the app as a marketer goes it, in a real browser.

Every test here fails on a console error and on any request that leaves the machine (see conftest).
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.app.shops import own_orders
from tests.browser.driving import (
    DESKTOP,
    PHONE,
    choose_page,
    keyed,
    new_context,
    open_app,
    page_names,
    running_app,
    set_slider,
    show_sidebar,
    shown_exceptions,
    upload,
    wait_until_idle,
)

PAGES = ["Overview", "Data", "Customers", "Segments", "What-if", "Trust", "Lists"]


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    path = tmp_path / "zamowienia.csv"
    path.write_bytes(own_orders())
    return path


def box(page: Page, label: str) -> str:
    """The value in a box."""
    term = page.locator(".clv-boxes dt", has_text=re.compile(rf"^{label} \?$"))
    return term.first.locator("xpath=following-sibling::dd").first.inner_text()


def test_a_value_box_says_what_it_means(page: Page):
    mark = page.get_by_role("button", name=re.compile("^Distinct customers in the file"))
    mark.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    shown = mark.evaluate("(mark) => getComputedStyle(mark, '::after').content")
    assert "Distinct customers in the file" in shown


def test_every_page_opens_with_a_finding(page: Page):
    assert page_names(page) == PAGES
    for name in PAGES:
        choose_page(page, name)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.get_by_role("heading", level=4).first).to_be_visible()


def test_a_slider_repaints_the_answer(page: Page):
    before = box(page, "CLV, 12 months")
    set_slider(page, "margin", 10)
    assert box(page, "CLV, 12 months") != before
    lever = box(page, "Gain")
    set_slider(page, "lever_retention", 10)
    assert box(page, "Gain") != lever


def test_assumptions_follow_from_page_to_page_and_into_the_link(page: Page, app_address: str):
    set_slider(page, "horizon", 6)
    choose_page(page, "What-if")
    choose_page(page, "Overview")
    assert box(page, "CLV, 18 months")
    assert "horizon=18" in page.url
    open_app(page, f"{app_address}/?horizon=6")
    assert box(page, "CLV, 6 months")


def test_the_back_button_keeps_the_assumptions(page: Page):
    before = box(page, "CLV, 12 months")
    choose_page(page, "Customers")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    wait_until_idle(page)
    assert box(page, "CLV, 12 months") == before
    assert not shown_exceptions(page)


def test_cac_survives_a_new_file(page: Page, own_file: Path):
    set_slider(page, "cac", 5)
    before = keyed(page, "cac").locator("input[type=range]").input_value()
    upload(page, own_file)
    assert keyed(page, "cac").locator("input[type=range]").input_value() == before


def test_rarely_changed_assumptions_stay_when_folded_away(page: Page):
    more = keyed(page, "more")
    more.get_by_text("More").click()
    wait_until_idle(page)
    chooser = keyed(page, "model").get_by_role("combobox")
    chooser.fill("Pareto")
    page.wait_for_timeout(300)  # the list narrows down as one types
    chooser.press("ArrowDown")
    chooser.press("Enter")
    wait_until_idle(page)
    pareto = box(page, "CLV, 12 months")
    more.get_by_text("More").click()
    wait_until_idle(page)
    choose_page(page, "Data")
    choose_page(page, "Overview")
    assert box(page, "CLV, 12 months") == pareto
    assert "model=Pareto" in page.url
    keyed(page, "reset").get_by_role("button").click()
    wait_until_idle(page)
    assert box(page, "CLV, 12 months") != pareto


def test_a_page_can_be_the_first_address(browser: Browser, tmp_path: Path):
    """Of a server just started. (Streamlit looks for its own files below that address first, hence 404s.)"""
    with running_app(tmp_path / "app.log") as address:
        page = new_context(browser).new_page()
        open_app(page, f"{address}/segments")
        assert page_names(page) == PAGES
        expect(page.get_by_role("heading", level=1)).to_have_text("Segments")
        assert not shown_exceptions(page)
        page.context.close()


def test_upload_answer_download(page: Page, own_file: Path, tmp_path: Path):
    upload(page, own_file)
    expect(page.get_by_text("700 customers are worth")).to_be_visible()
    choose_page(page, "Data")
    expect(page.get_by_role("heading", level=4)).to_contain_text("700 customers")
    choose_page(page, "Lists")
    with page.expect_download() as started:
        keyed(page, "lists_download").get_by_role("button").click()
    saved = tmp_path / started.value.suggested_filename
    started.value.save_as(saved)
    rows = list(csv.DictReader(saved.read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 700
    assert {"customer_id", "segment", "clv", "churn_risk"} <= set(rows[0])
    assert all(float(row["clv"]) >= 0 for row in rows)


def test_a_segment_list_from_the_overview(page: Page, tmp_path: Path):
    with page.expect_download() as started:
        keyed(page, "overview_segment_list").get_by_role("button").click()
    assert started.value.suggested_filename == "clv_champions.csv"
    saved = tmp_path / "list.csv"
    started.value.save_as(saved)
    rows = list(csv.DictReader(saved.read_text(encoding="utf-8-sig").splitlines()))
    assert rows
    assert {row["segment"] for row in rows} == {"Champions"}


def test_a_bad_file_is_explained_and_the_data_stay(page: Page, own_file: Path, tmp_path: Path):
    upload(page, own_file)
    bad = tmp_path / "report.csv"
    bad.write_bytes(b"%PDF-1.7\n" + bytes(range(256)) * 40)
    upload(page, bad)
    show_sidebar(page)
    expect(page.get_by_role("alert").first).to_contain_text("could not be used")
    expect(page.get_by_text("700 customers are worth")).to_be_visible()


def test_columns_can_be_corrected(page: Page, tmp_path: Path):
    odd = tmp_path / "odd.csv"
    text = own_orders().decode("cp1250").replace("Klient;Data;Kwota", "who;day it was;paid in")
    odd.write_text(text)
    upload(page, odd)
    expect(page.get_by_role("alert").first).to_contain_text("could not be used")
    choose_page(page, "Data")
    for field, column in {"customer": "who", "date": "day it was", "amount": "paid in"}.items():
        chooser = keyed(page, f"data_column_{field}").get_by_role("combobox")
        chooser.fill(column)
        chooser.press("Enter")
    page.get_by_role("button", name="Read the file again").click()
    wait_until_idle(page)
    expect(page.get_by_role("heading", level=4).first).to_contain_text("700 customers")


def test_sliders_and_pages_by_keyboard(page: Page):
    slider = keyed(page, "margin").locator("input[type=range]")
    slider.focus()
    before = box(page, "CLV, 12 months")
    page.keyboard.press("ArrowLeft")
    wait_until_idle(page)
    assert box(page, "CLV, 12 months") != before
    page.get_by_role("link", name=re.compile("Segments")).focus()
    page.keyboard.press("Enter")
    wait_until_idle(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Segments")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_page_in_every_look(page: Page, theme: str, viewport: object):
    """Nothing wider than the screen, every chart and table with a name for a screen reader."""
    for name in PAGES:
        choose_page(page, name)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, name
        for kind in ("stVegaLiteChart", "stDataFrame"):
            for element in page.get_by_test_id(kind).all():
                named = element.evaluate(
                    "node => !!node.closest('[aria-label]') || !!node.querySelector('[aria-label]')"
                )
                assert named, f"{name}: {kind} without a name"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_accessibility(page: Page, theme: str):
    """No serious finding of axe in what is ours; contrast included."""
    found = []
    for name in PAGES:
        choose_page(page, name)
        for violation in Axe().run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                nodes = [node["html"][:160] for node in violation["nodes"]]
                found.append(f"{name}: {violation['id']}: {nodes[:3]}")
    assert not found, "\n".join(found)
