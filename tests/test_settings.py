"""The table of settings: one declaration for fields, ranges, controls, start values and links."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import get_args

import pytest

from clv import settings
from clv.assumptions import Assumptions, IntervalSource, MarginKind, ModelChoice
from clv.scenarios import Levers
from clv.setting_kinds import Offered, Range

NUMBERS = (*settings.NUMBERS, *settings.RISKS)


@dataclass(frozen=True)
class Window:
    days: int = 60


@dataclass(frozen=True)
class OtherShop:
    """A shop as far as settings depend on it."""

    revenue_per_buyer: float = 40.0
    churn_window: Window = Window()
    groupable_attributes: tuple[str, ...] = ("channel",)
    currency: str | None = "PLN"
    mean_clv: float = 30.0


SHOP = OtherShop()


def test_every_field_of_assumptions_and_levers_is_a_setting():
    declared = {
        each.name for each in (*NUMBERS, *settings.CHOICES, settings.GROUP_BY, settings.CALIBRATED_RISK)
    }
    assert declared == {field.name for field in fields(Assumptions)}
    assert {each.name for each in settings.LEVERS} == {field.name for field in fields(Levers)}


def test_the_choices_are_those_of_the_types():
    for setting, literal in (
        (settings.MODEL, ModelChoice), (settings.INTERVALS, IntervalSource), (settings.MARGIN_KIND, MarginKind),
    ):  # fmt: skip
        assert set(setting.options) == set(get_args(literal))
        assert setting.default == getattr(Assumptions(), setting.name)


@pytest.mark.parametrize("each", [*NUMBERS, *settings.LEVERS], ids=lambda each: each.name)
def test_what_a_control_offers_is_allowed(each):
    offered = each.offered_by(SHOP)
    assert offered.low <= offered.start <= offered.high
    for value in (offered.low, offered.high, offered.start, each.default):
        assert each.problem(value) is None
        assert each.value(each.shown(value)) == pytest.approx(value)
    assert {type(each.shown(value)) for value in (offered.low, offered.high, offered.step, offered.start)} in (
        {int}, {float},
    )  # fmt: skip


def test_untouched_controls_are_the_usual_assumptions():
    assert Assumptions(**settings.values_set({}, SHOP)) == Assumptions(churn_window_days=60)
    held = settings.start_values(SHOP)
    assert Assumptions(**settings.values_set(held, SHOP)) == Assumptions(churn_window_days=60)
    assert held["currency"] == "PLN"


def test_what_controls_hold_becomes_assumptions():
    held = {
        "margin_kind": "gross", "margin": 55, "variable_costs": 5, "cac": 7.5, "horizon": 24, "discount": 7,
        "churn_window": 33, "risk_bands": (20, 50), "target_ratio": 2.5, "model": "pareto-nbd", "group_by": "channel",
        "intervals": "bootstrap", "calibrated_risk": True,
    }  # fmt: skip
    assert settings.values_set(held, SHOP) == {
        "margin_kind": "gross", "margin": 0.55, "variable_costs": 0.05, "cac": 7.5, "horizon_months": 24,
        "annual_discount_rate": 0.07, "churn_window_days": 33, "medium_risk": 0.2, "high_risk": 0.5, "target_ratio": 2.5,
        "model": "pareto-nbd", "group_by": "channel", "intervals": "bootstrap", "calibrated_risk": True,
    }  # fmt: skip
    assert settings.values_set({**held, "margin_kind": "contribution"}, SHOP)["variable_costs"] == 0.0
    assert settings.values_set({**held, "group_by": "country"}, SHOP)["group_by"] is None


def test_keys_are_those_that_links_carry():
    assert set(settings.start_values(SHOP)) == {
        "margin_kind", "margin", "variable_costs", "cac", "horizon", "discount", "churn_window", "risk_bands", "target_ratio",
        "model", "group_by", "intervals", "calibrated_risk", "currency",
    }  # fmt: skip


def test_levers():
    starts = {each.key: each.shown(each.offered_by(SHOP).start) for each in settings.LEVERS}
    assert Levers(**settings.levers_set(starts)) == Levers(0.10, 0.05, 0.05, 0.0, 0.02)
    assert Levers(**settings.levers_set({})) == Levers()


@pytest.mark.parametrize(
    ("revenue", "offered"),
    [
        (0.0, Offered(0, 10, 0.1, 10)),
        (40.0, Offered(0, 200, 0.5, 20)),
        (700.0, Offered(0, 3_000, 1, 20)),
        (9e6, Offered(0, 3e7, 1e4, 20)),
    ],
)
def test_the_range_of_cac_follows_what_customers_bring(revenue, offered):
    assert settings.CAC.offered_by(OtherShop(revenue_per_buyer=revenue)) == offered


def test_a_cac_stands_at_the_nearest_step_within_the_range():
    assert [settings.cac_on_control(cac, SHOP) for cac in (18.4321, 18.6, 5_000.0)] == [18.5, 18.5, 200.0]


@pytest.mark.parametrize(("clv", "end"), [(0.0, 0.1), (5.0, 1.0), (84.0, 20.0), (1e9, 100_000.0)])
def test_the_range_of_costs_follows_the_clv(clv, end):
    assert settings.largest_cost(clv) == end


@pytest.mark.parametrize(
    ("allowed", "unit", "words"),
    [
        (Range(0, 1, without_low=True), "share", "above 0 % and at most 100 %"),
        (Range(0, 1, without_high=True), "share", "at least 0 % and below 100 %"),
        (Range(-1, 3), "share", "-100 % to 300 %"),
        (Range(1, 36, whole=True), "months", "1 to 36 whole months"),
        (Range(1, 1095), "days", "1 to 1,095 days"),
        (Range(0), "money", "0 or more"),
        (Range(0, without_low=True), "ratio", "above 0"),
    ],
)
def test_ranges_in_words(allowed, unit, words):
    assert allowed.words(unit) == words


def test_a_range_holds_its_ends_unless_said_otherwise():
    assert 1 in Range(0, 1)
    assert 1 not in Range(0, 1, without_high=True)
    assert 0 not in Range(0, 1, without_low=True)
    assert 1.5 not in Range(1, 36, whole=True)
    assert float("nan") not in Range(0)
    assert float("inf") not in Range(0)


def test_labels():
    assert settings.CAC.label_in("€") == "CAC, € per new customer"
    assert settings.CAC.label_in("") == "CAC per new customer"
    assert settings.HORIZON.label_in("€") == "Horizon, months"
    assert settings.model_words("mbg-nbd", "channel") == "MBG/NBD, by channel"
    assert settings.group_by_options(SHOP) == {
        settings.ONE_FOR_ALL: settings.ONE_FOR_ALL, "channel": "By channel",
    }  # fmt: skip
