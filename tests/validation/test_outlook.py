"""The days ahead: what the candidates say of today, and nothing else."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from clv.analysis import Analysis
from clv.assumptions import Assumptions, ModelSetting
from clv.ingest import OrderFile, read_orders
from clv.shop import shop_of
from clv.shop_forecast import ShopForecast
from clv.validation.backtest import backtest
from clv.validation.blend import blended
from clv.validation.challenger import challenger_candidate
from clv.validation.choice import Choice
from clv.validation.origins import BacktestError
from clv.validation.outlook import look_ahead, origin_today
from clv.validation.predictions import (
    Candidate,
    Prediction,
    baseline_candidates,
    model_candidate,
)
from clv.validation.sentences import cautions, drift_warning
from tests.conftest import SAMPLE_ORDERS

DAYS = 90
SETTING = ModelSetting("mbg-nbd")
PAST_RATE = next(one for one in baseline_candidates() if one.name == "Past rate goes on")


@pytest.fixture(scope="module")
def origin(sample_shop):
    return origin_today(sample_shop.transactions, sample_shop.as_of, DAYS)


def ahead_of(origin, shop, chosen=None):
    return look_ahead(
        origin,
        chosen or model_candidate("pareto-nbd"),
        ("MBG/NBD", ShopForecast(shop, SETTING).models),
        PAST_RATE,
    )


def test_the_model_says_what_the_app_says(origin, sample_shop):
    said = ahead_of(origin, sample_shop).predictions["model"]
    forecast = Analysis(sample_shop, Assumptions(model="mbg-nbd")).forecast
    model = forecast.models.purchases
    assert said.purchases == pytest.approx(model.expected_purchases(float(DAYS), *forecast.history), rel=1e-9)
    assert said.active == pytest.approx(1 - forecast.churn_risk(float(DAYS)))
    assert said.spend == pytest.approx(said.purchases * forecast.expected_spend)


@pytest.mark.slow
def test_a_blend_is_the_mean_of_its_parts_trained_on_everything_known(origin, sample_shop):
    model, challenger = model_candidate("mbg-nbd"), challenger_candidate()
    parts = [one.predict(origin) for one in (model, challenger)]
    blend = Candidate("blend", "blend", lambda at: blended(model.predict(at), challenger.predict(at), 0.25))
    said = ahead_of(origin, sample_shop, blend).predictions["chosen"]
    assert said.purchases == pytest.approx(0.75 * parts[0].purchases + 0.25 * parts[1].purchases)


@pytest.mark.slow
def test_what_follows_in_the_file_changes_nothing(tmp_path):
    """As of a day, with the later orders in the file or without them."""
    lines = pd.read_csv(SAMPLE_ORDERS, dtype=str)
    as_of = dt.date(2025, 9, 30)
    (tmp_path / "all.csv").write_text(lines.to_csv(index=False))
    (tmp_path / "past.csv").write_text(lines[lines["ordered_at"].str[:10] <= str(as_of)].to_csv(index=False))
    tables = []
    for name in ("all.csv", "past.csv"):
        shop = shop_of(read_orders([OrderFile(name, tmp_path / name)], currency="EUR"), as_of)
        origin = origin_today(shop.transactions, as_of, DAYS)
        assert origin.purchases.sum() == 0
        tables.append(ahead_of(origin, shop, challenger_candidate()).table())
    pd.testing.assert_frame_equal(*tables)


@pytest.mark.slow
def test_it_is_near_what_comes_in_a_simulated_shop(sample_shop):
    """Told the sample shop up to a year before its end, the forecasts are near the next quarter."""
    as_of = dt.date(2025, 9, 30)
    origin = origin_today(sample_shop.transactions, as_of, DAYS)
    known = model_candidate("mbg-nbd").predict(origin)
    chosen = challenger_candidate().predict(origin)
    later = shop_of(
        read_orders([OrderFile(SAMPLE_ORDERS.name, SAMPLE_ORDERS)], currency="EUR"),
        as_of + dt.timedelta(days=DAYS),
    ).buyers.set_index("customer_id")["purchase_days"]
    came = (
        later.reindex(origin.buyers["customer_id"]).fillna(0).to_numpy() - origin.buyers["purchase_days"]
    ).sum()
    for said in (known, chosen):
        assert said.purchases.sum() == pytest.approx(came, rel=0.12)


def test_the_table_has_everybody_and_adds_up(origin, sample_shop):
    ahead = ahead_of(origin, sample_shop)
    table, totals = ahead.table(), ahead.totals().set_index("role")
    assert set(table["customer_id"]) == set(sample_shop.buyers["customer_id"])
    assert table["chosen_spend"].is_monotonic_decreasing
    for role in ("chosen", "model", "baseline"):
        assert table[f"{role}_order_days"].sum() == pytest.approx(totals.loc[role, "order_days"])
        assert table[f"{role}_chance"].between(0, 1).all()
    assert totals["forecast"].tolist() == ["Pareto/NBD", "MBG/NBD", "Past rate goes on"]


def test_a_forecast_that_fails_is_blank_with_the_reason(origin, sample_shop):
    def fails(_origin):
        raise BacktestError("no such history")

    ahead = ahead_of(origin, sample_shop, Candidate("broken", "challenger", fails))
    assert ahead.failed == {"chosen": "no such history"}
    table = ahead.table()
    assert table["chosen_spend"].isna().all()
    assert table["model_spend"].is_monotonic_decreasing


@pytest.fixture(scope="module")
def too_high(lapsing_origin):
    """A backtest of candidates of known quality on a shop, the model far too high."""
    candidates = [
        Candidate("BG/NBD", "model", lambda at: _times(at, 40.0), ModelSetting("bg-nbd")),
        Candidate("Naive", "baseline", lambda at: _times(at, 1.0)),
    ]
    return backtest(lapsing_origin, [], customers_in_all=1, candidates=candidates, progress=lambda *_: None)


def _times(at, error):
    return Prediction(at.purchases * error + 0.01, at.spend * error + 0.01, np.full(len(at.buyers), 0.5))


def test_a_winning_baseline_is_said_beside_the_clv(too_high):
    said = cautions(too_high, too_high.of_model("auto", "BG/NBD", None))
    assert len(said) == 1
    assert "the naive rule “Naive” was nearer than BG/NBD" in said[0]
    assert too_high.of_model("auto", "BG/NBD", "channel") is None


def test_a_choice_without_ranges_of_its_own_is_warned_of_too(lapsing_origin):
    """A learner that expects three times what the model does, and has no ranges: the model's, around its total."""
    model = model_candidate("mbg-nbd")

    def three_times(at):
        said = model.predict(at)
        return Prediction(3 * said.purchases, 3 * said.spend, said.active, 3 * said.weekly)

    learner = Candidate("Learner", "challenger", three_times)
    found = backtest(
        lapsing_origin,
        [],
        customers_in_all=1,
        candidates=[model, learner, PAST_RATE],
        progress=lambda *_: None,
    )
    choice = Choice(learner, PAST_RATE, (), found.loss_against(found.baseline))
    chosen = replace(found, choice=choice)
    assert chosen.chosen.candidate is learner
    low, high = chosen.total_spend_interval
    assert low < chosen.chosen.prediction.spend.sum() < high
    assert chosen.drift_week == 1
    warning = drift_warning(chosen)
    assert "Customers spent less than the model held possible" in warning
    assert "Orders stayed below what it allowed from the week of 21 February 2024 on." in warning
