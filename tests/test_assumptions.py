"""Assumptions: every wrong value is named; what is saved comes back."""

from __future__ import annotations

import pytest

from clv.assumptions import AssumptionError, Assumptions


def test_all_problems_at_once():
    with pytest.raises(AssumptionError, match=r"margin must be.*CAC must be.*horizon must be"):
        Assumptions(margin=0, cac=-1, horizon_months=99)


@pytest.mark.parametrize(
    "wrong",
    [
        {"margin": 1.2},
        {"margin": float("nan")},
        {"cac": float("inf")},
        {"horizon_months": 0},
        {"horizon_months": 1.5},
        {"annual_discount_rate": -0.1},
        {"churn_window_days": 0},
        {"medium_risk": 0.8, "high_risk": 0.7},
        {"target_ratio": 0},
        {"model": "magic"},
        {"margin_kind": "net"},
        {"variable_costs": 1.0},
    ],
)
def test_each_limit(wrong):
    with pytest.raises(AssumptionError):
        Assumptions(**wrong)


def test_gross_margin_less_variable_costs():
    gross = Assumptions(margin_kind="gross", margin=0.6, variable_costs=0.15)
    assert gross.contribution_margin == pytest.approx(0.45)
    assert Assumptions(margin=0.6).contribution_margin == 0.6
    with pytest.raises(AssumptionError, match="lose money"):
        Assumptions(margin_kind="gross", margin=0.1, variable_costs=0.2)


def test_saved_and_restored():
    assumptions = Assumptions(margin=0.25, cac=7.5, horizon_months=24, model="bg-nbd")
    assert Assumptions.from_dict(assumptions.to_dict()) == assumptions
    with pytest.raises(AssumptionError, match="colour"):
        Assumptions.from_dict({"colour": "red"})
