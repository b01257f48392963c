"""The example of the Python API runs from top to bottom, and its answers agree with one another."""

from __future__ import annotations

import runpy
from typing import Any

import pytest


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """Every name of the example after it has run."""
    return runpy.run_module("examples.python_api")


def test_every_row_of_the_sample_is_kept_or_accounted_for(example: dict[str, Any]) -> None:
    report = example["report"]
    assert report.rows_read == report.rows_kept + sum(group.rows for group in report.dropped)
    assert report.orders > 0


def test_total_lies_in_its_interval_and_is_that_of_customers_and_segments(example: dict[str, Any]) -> None:
    total = example["total"]
    assert total.low < total.mean < total.high
    assert example["customers"]["clv"].sum() == pytest.approx(total.mean)
    assert example["segments"]["clv_total"].sum() == pytest.approx(total.mean)


def test_second_analysis_of_the_shop_has_the_same_models_and_other_money(example: dict[str, Any]) -> None:
    analysis, careful = example["analysis"], example["careful"]
    assert careful.models is analysis.models
    assert careful.total_clv.mean == pytest.approx(analysis.total_clv.mean * 0.25 / 0.35)


def test_list_is_written_with_a_row_for_each_customer(example: dict[str, Any]) -> None:
    lines = example["csv"].splitlines()
    assert lines[0].startswith("customer_id,")
    assert len(lines) == 1 + len(example["win_back"]) > 1


def test_levers_add_up_to_the_net_gain(example: dict[str, Any]) -> None:
    outcome, buyers = example["outcome"], len(example["shop"].buyers)
    together = outcome.gains.set_index("lever")["gain"]["All together"]
    assert outcome.net_gain == pytest.approx(together - 1.0 * buyers)
    assert outcome.break_even_cost == pytest.approx(together / buyers)


def test_backtest_holds_out_the_days_asked_for_and_puts_the_model_first(example: dict[str, Any]) -> None:
    found = example["found"]
    assert found.holdout.days == 90
    assert found.scored[0].candidate.kind == "model"
    assert not found.failed
