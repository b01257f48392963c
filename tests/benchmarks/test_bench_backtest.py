"""The benchmark of the backtest runs on a small shop, and both sides are scored on the same customers."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import bench_backtest
from clv.validation.comparison import Difference
from clv.validation.origins import plan_windows, read_origins
from tests.validation.simulated_orders import order_lines, read


@pytest.fixture(scope="module")
def shop_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    read(order_lines(300, 150, seed=3), folder)
    return folder / "orders.csv"


@pytest.fixture(scope="module")
def holdout(tmp_path_factory):
    read_back = read(order_lines(300, 150, seed=3), tmp_path_factory.mktemp("origin"))
    report = read_back.report
    plan = plan_windows(report.first_date, report.last_date)
    return read_origins(read_back.transactions, plan, lambda _share, _doing: None)[0]


@pytest.mark.slow
def test_it_prints_both_sides(shop_file, capsys):
    bench_backtest.main([str(shop_file), "--runs", "1"])
    printed = capsys.readouterr().out
    for words in ("order days", "lifetimes BG/NBD", "lifetimes Pareto/NBD", "80 % ranges", "whole backtest"):
        assert words in printed
    assert "nan" not in printed


@pytest.mark.slow
def test_lifetimes_predicts_as_our_fit_of_the_same_model(holdout):
    """Both maximise one likelihood on the same rows, so that each is a check of the other."""
    for name, (_, model) in bench_backtest.FITTERS.items():
        found = bench_backtest.fit_library(name, holdout)
        assert isinstance(found, bench_backtest.LibraryModel)
        assert found.log_likelihood == pytest.approx(found.own_log_likelihood, abs=0.5)
        history = [holdout.buyers[column].to_numpy(dtype=float) for column in bench_backtest.HISTORY]
        ours = model().fit(*history).expected_purchases(holdout.days, *history)
        assert found.scored.prediction.purchases.sum() == pytest.approx(ours.sum(), rel=0.02)
        assert np.all((found.scored.prediction.active >= 0) & (found.scored.prediction.active <= 1))


def test_differences_in_words():
    assert bench_backtest.in_words(Difference(-0.02, -0.03, -0.01)).endswith("better")
    assert bench_backtest.in_words(Difference(0.02, 0.01, 0.03)).endswith(": worse")
    assert bench_backtest.in_words(Difference(0.0, -0.01, 0.01)).endswith("not distinguishable")
    assert bench_backtest.in_words(Difference(1e-7, 1e-8, 1e-6)).endswith("the same")


def test_a_file_that_is_not_there_is_skipped_in_words(tmp_path, capsys):
    bench_backtest.main([str(tmp_path / "missing.csv")])
    assert "missing.csv is not in" in capsys.readouterr().out
