"""Intervals and next orders as they come out: tables, command line, assumptions."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from clv.__main__ import main
from clv.analysis import Analysis
from clv.assumptions import AssumptionError, Assumptions
from clv.forecast import DAYS_PER_MONTH
from clv.shop import shop_of
from tests.conftest import SAMPLE_ORDERS

NEXT_ORDER = ["next_order_low", "next_order_date", "next_order_high"]


@pytest.fixture(scope="module")
def analysis(sample_shop):
    return Analysis(sample_shop, Assumptions())


@pytest.fixture(scope="module")
def small_shop(tmp_path_factory):
    """The first 300 customers of the sample as a file of their own."""
    orders = pd.read_csv(SAMPLE_ORDERS, dtype=str)
    path = tmp_path_factory.mktemp("small") / "orders.csv"
    orders[orders["customer_id"] <= "C00300"].to_csv(path, index=False)
    return path


def test_each_row_of_a_breakdown_has_both_parts(analysis):
    table = analysis.breakdown("segment")
    assert (table[["parameter_sd", "process_sd"]] > 0).all(axis=None)
    total = analysis.total_clv
    # Chance is independent between customers; an estimate is off for all of them together.
    assert np.sqrt((table["process_sd"] ** 2).sum()) == pytest.approx(total.process_sd, rel=0.05)
    assert table["parameter_sd"].max() < total.parameter_sd <= table["parameter_sd"].sum() * 1.05


def test_the_customer_table_has_ranges_with_parts_and_next_orders(analysis):
    table = analysis.customers
    unpaid = table["clv"].isna()
    assert unpaid.sum() == 21
    assert table.loc[unpaid, [*NEXT_ORDER, "parameter_sd", "process_sd"]].isna().all(axis=None)
    as_of = pd.Timestamp(analysis.shop.as_of)
    days = table.loc[~unpaid, NEXT_ORDER].apply(lambda dates: (dates - as_of).dt.days)
    reached = days.fillna(np.inf).to_numpy()
    assert reached.min() >= 1
    assert np.max(reached[np.isfinite(reached)]) <= np.ceil(36 * DAYS_PER_MONTH)
    assert (reached[:, 0] <= reached[:, 1]).all()
    assert (reached[:, 1] <= reached[:, 2]).all()
    assert np.isinf(reached).any()


def test_the_overview_computes_no_ranges_and_no_next_orders(sample_shop, monkeypatch):
    for name in ("next_order_days", "relative_parameter_variance"):
        monkeypatch.setattr(f"clv.shop_forecast.{name}", lambda *_: pytest.fail("only the table needs this"))
    overview = Analysis(sample_shop, Assumptions(model="bg-nbd"))
    assert overview.total_clv.mean > 0
    assert overview.segments["clv_total"].sum() > 0
    assert overview.new_customer.clv.mean > 0


def test_a_slider_computes_no_ranges_and_no_next_orders(sample_shop, analysis, monkeypatch):
    _ = analysis.customers
    for name in ("next_order_days", "relative_parameter_variance", "forecast_under"):
        monkeypatch.setattr(
            f"clv.shop_forecast.{name}", lambda *_: pytest.fail("a slider computed this again")
        )
    other = Analysis(sample_shop, Assumptions(margin=0.8, horizon_months=7))
    assert other.customers["clv"].sum() > 0


def test_score_reports_both_parts(small_shop, tmp_path):
    out = tmp_path / "customers.csv"
    result = CliRunner().invoke(main, ["score", str(small_shop), "--json", "--out", str(out)])
    clv = json.loads(result.stdout)["clv"]
    assert set(clv) == {"total", "mean", "low", "high", "parameter_sd", "process_sd", "horizon_months"}
    assert clv["parameter_sd"] > 0
    assert clv["process_sd"] > 0
    scored = pd.read_csv(out, parse_dates=NEXT_ORDER)
    assert (scored[["parameter_sd", "process_sd"]].dropna() >= 0).all(axis=None)
    assert (scored["next_order_low"] <= scored["next_order_high"])[scored["next_order_high"].notna()].all()


@pytest.mark.slow
def test_score_with_the_bootstrap(small_shop):
    said = [
        json.loads(
            CliRunner().invoke(main, ["score", str(small_shop), "--json", "--intervals", source]).stdout
        )
        for source in ("draws", "bootstrap")
    ]
    draws, bootstrap = (found["clv"] for found in said)
    assert bootstrap["total"] == pytest.approx(draws["total"], rel=1e-6)
    assert bootstrap["process_sd"] == pytest.approx(draws["process_sd"], rel=0.1)
    assert bootstrap["parameter_sd"] == pytest.approx(draws["parameter_sd"], rel=0.6)
    assert said[0]["intervals"] == {"from": "draws", "parameter_sets": 100, "skipped": 0}
    assert said[1]["intervals"]["from"] == "bootstrap"
    assert said[1]["intervals"]["parameter_sets"] + said[1]["intervals"]["skipped"] == 50


def test_what_was_left_out_is_said(sample_shop, monkeypatch):
    class FewSets:
        guesses, skipped = (None,) * 47, 3

    monkeypatch.setattr(Analysis, "parameter_sets", FewSets())
    assert any(note.startswith("3 of 50 resamples") for note in Analysis(sample_shop, Assumptions()).notes)


def test_the_source_of_intervals_is_validated_and_saved():
    with pytest.raises(AssumptionError, match="intervals must be one of draws, bootstrap"):
        Assumptions(intervals="guesses")
    chosen = Assumptions(intervals="bootstrap")
    assert Assumptions.from_dict(chosen.to_dict()) == chosen


def test_both_sources_are_kept_apart(read_rows, small_shop):
    shop = shop_of(read_rows(small_shop.read_text()))
    draws, bootstrap = (Analysis(shop, Assumptions(intervals=source)) for source in ("draws", "bootstrap"))
    assert not draws.is_ready
    assert draws.total_clv.mean > 0
    assert draws.is_ready
    assert not bootstrap.is_ready
    assert bootstrap.total_clv.parameter_sd != draws.total_clv.parameter_sd
    assert bootstrap.is_ready
