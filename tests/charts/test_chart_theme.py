"""Colours agree with the page's theme and can be told apart; number words; labels that keep apart."""

from __future__ import annotations

import math
import tomllib
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clv import wording
from clv.charts import theme

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"
PALETTES = {"light": theme.LIGHT_PALETTE, "dark": theme.DARK_PALETTE}
TEXT_CONTRAST = 4.5
GRAPHICS_CONTRAST = 3.0
# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
SIGHT = {
    "full": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


@pytest.fixture(scope="module")
def page_theme() -> dict[str, Any]:
    settings: dict[str, Any] = tomllib.loads(CONFIG.read_text(encoding="utf-8"))["theme"]
    return settings


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_page_and_charts_use_the_same_colours(page_theme: dict[str, Any], mode: str) -> None:
    assert tuple(page_theme[mode]["chartCategoricalColors"]) == PALETTES[mode]
    assert len(PALETTES[mode]) == len(theme.ROLES)
    background = theme.LIGHT_BACKGROUND if mode == "light" else theme.DARK_BACKGROUND
    assert page_theme[mode]["backgroundColor"] == background


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_sequential_and_diverging_scales_have_the_ten_steps_streamlit_wants(
    page_theme: dict[str, Any], mode: str
) -> None:
    assert len(page_theme[mode]["chartSequentialColors"]) == 10
    assert len(page_theme[mode]["chartDivergingColors"]) == 10


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_colours_stand_out_from_every_surface(page_theme: dict[str, Any], mode: str) -> None:
    section = page_theme[mode]
    surfaces = [section["backgroundColor"], section["secondaryBackgroundColor"]]
    for role, colour in zip(theme.ROLES, PALETTES[mode], strict=True):
        words = role in ("accent", "risk", "muted")
        for surface in surfaces:
            assert contrast(colour, surface) >= (TEXT_CONTRAST if words else GRAPHICS_CONTRAST), role
    for surface in surfaces:
        assert contrast(section["textColor"], surface) >= 7
        assert contrast(section["linkColor"], surface) >= TEXT_CONTRAST
    assert contrast(section["primaryColor"], section["backgroundColor"]) >= TEXT_CONTRAST


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("sight", list(SIGHT))
def test_colours_can_be_told_apart_by_every_eye(mode: str, sight: str) -> None:
    colours = dict(zip(theme.ROLES, PALETTES[mode], strict=True))
    for a, b in combinations(theme.ROLES, 2):
        assert difference(colours[a], colours[b], sight) >= 10, (a, b)
    assert difference(colours["accent"], colours["risk"], sight) >= 40


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(a: str, b: str) -> float:
    """WCAG 2 contrast ratio."""
    darker, lighter = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (a, b))
    return (lighter + 0.05) / (darker + 0.05)


def difference(a: str, b: str, sight: str) -> float:
    """CIE 1976 colour difference as that eye sees it."""
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])

    def lab(colour: str) -> np.ndarray:
        xyz = to_xyz @ np.clip(SIGHT[sight] @ linear(colour), 0, 1) / [0.95047, 1, 1.08883]
        f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    return float(np.linalg.norm(lab(a) - lab(b)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "0"),
        (0.5, "0.50"),
        (83.2, "83.20"),
        (950, "950"),
        (9999, "9,999"),
        (9999.7, "10.0k"),
        (12345, "12.3k"),
        (456_789, "457k"),
        (999_499, "999k"),
        (999_600, "1.00M"),
        (1_234_567, "1.23M"),
        (-12_345, "-12.3k"),
        (2.5e9, "2.50B"),
        (math.nan, "no value"),
    ],
)
def test_compact(value: float, words: str) -> None:
    assert wording.compact(value) == words


@pytest.mark.parametrize(
    ("value", "symbol", "signed", "words"),
    [
        (84_100, "€", False, "€84.1k"),
        (84_100, "CHF", False, "84.1k\N{NO-BREAK SPACE}CHF"),
        (84_100, "", False, "84.1k"),
        (-12, "€", False, "−€12"),
        (12, "€", True, "+€12"),
        (0, "€", True, "€0"),
        (-0.0001, "$", True, "$0.00"),
        (math.nan, "€", True, "no value"),
    ],
)
def test_money(value: float, symbol: str, signed: bool, words: str) -> None:
    assert wording.money(value, symbol, signed=signed) == words


@given(st.lists(st.floats(-1e6, 1e6), max_size=8), st.floats(0.1, 1e4))
def test_labels_spread_out_keep_their_order_and_their_gap(values: list[float], gap: float) -> None:
    placed = theme.spread_out(values, gap)
    order = sorted(range(len(values)), key=lambda i: values[i])
    for before, after in pairwise(order):
        assert placed[after] - placed[before] >= gap * (1 - 1e-6) - 1e-6
    assert sum(placed) == pytest.approx(sum(values), abs=1e-3)


def test_labels_far_apart_stay_where_they_are() -> None:
    assert theme.spread_out([0, 100, 50], 10) == [0, 100, 50]


@pytest.mark.parametrize("end", [0, 1, 5, 12, 18, 24, 36, 60, 120])
def test_month_ticks_are_few_and_whole(end: int) -> None:
    ticks = theme.whole_ticks(end)
    assert ticks[0] == 0
    assert len(ticks) <= 6
    assert ticks[-1] <= end


def test_long_names_are_broken_between_words() -> None:
    assert theme.wrapped("Keep 5 % more customers") == "Keep 5 % more\ncustomers"
    assert theme.wrapped("Donaudampfschifffahrtsgesellschaft") == "Donaudampfschifffahrtsgesellschaft"


def test_days_become_the_same_number_whatever_their_type() -> None:
    stamps = pd.to_datetime(["2024-01-01"])
    for dates in ([stamps[0].date()], stamps, pd.Series(stamps), stamps.tz_localize("Asia/Tokyo")):
        assert theme.utc_milliseconds(theme.without_zone(dates).to_numpy()) == [1_704_067_200_000.0]


@pytest.mark.parametrize("dark", [False, True])
def test_standalone_brings_its_own_colours(dark: bool) -> None:
    figure = theme.nothing_to_show(100, "Nothing")
    chart = theme.standalone(figure, dark=dark)
    assert isinstance(chart, alt.LayerChart)
    spec = chart.to_dict()
    assert spec["config"]["range"]["category"] == list(PALETTES["dark" if dark else "light"])
    assert spec["datasets"] == figure.to_dict()["datasets"]
