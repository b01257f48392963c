"""The season: found where there is one, left alone where there is none, and applied to the months that it names."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from clv.forecast import fit_models, forecast_customers
from clv.models import ModifiedBetaGeoNBD
from clv.validation.order_entries import day_number
from clv.validation.origins import BacktestError, plan_windows, read_origins
from clv.validation.predictions import model_candidates
from clv.validation.season import (
    SeasonIndex,
    add_season,
    index_of_origin,
    season_index,
    with_season,
)
from tests.validation.simulated_orders import order_lines, read

SEASON = np.array([0.8, 0.8, 1.0, 1.0, 0.9, 0.7, 0.5, 0.6, 1.0, 1.2, 1.8, 1.7])
FLAT = np.ones(12)
MODEL = ModifiedBetaGeoNBD.from_params(r=1.5, alpha=60.0, a=0.5, b=3.0)


def planned(frame, folder):
    found = read(frame, folder)
    plan = plan_windows(found.report.first_date, found.report.last_date, 182)
    return read_origins(found.transactions, plan, lambda *_: None)


@pytest.fixture(scope="module")
def seasonal(tmp_path_factory):
    return planned(
        order_lines(2500, 3 * 365, 3, season=SEASON, rate=1 / 80), tmp_path_factory.mktemp("season")
    )


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    return planned(order_lines(1000, 3 * 365, 4), tmp_path_factory.mktemp("flat"))


def test_the_season_is_found(seasonal):
    holdout, _ = seasonal
    found = index_of_origin(holdout, fit_models(holdout.buyers))
    assert found.index.mean() == pytest.approx(1.0)
    assert np.corrcoef(found.index, SEASON)[0, 1] > 0.95
    # After high months fewer are left to buy, which the index shows too.
    assert np.abs(found.index - SEASON / SEASON.mean()).max() < 0.3
    assert "less in July" in found.message
    table = found.table()
    assert table["month"].tolist() == list(range(1, 13))
    assert (table["standard_error"] > 0).all()


def test_no_season_gives_an_index_near_one(flat):
    holdout, _ = flat
    found = index_of_origin(holdout, fit_models(holdout.buyers))
    assert np.abs(found.index - 1).max() < 0.1
    assert np.abs(found.index - 1).max() <= np.abs(found.raw / found.raw.mean() - 1).max()
    assert "no marked season" in found.message


def predicted(origins):
    candidates = model_candidates()[1:2]
    return candidates, {c.name: [c.predict(origin) for origin in origins] for c in candidates}


def test_it_is_a_candidate_only_where_it_helps(seasonal, flat):
    holdout, inner = seasonal
    found = add_season([holdout, *inner], *predicted([holdout, *inner]))
    assert found is not None
    candidate, predictions = found
    assert candidate.name == "MBG/NBD with season"
    assert len(predictions) == 1 + len(inner)
    again = candidate.predict(holdout)
    assert again.purchases == pytest.approx(predictions[0].purchases)
    calm, calm_inner = flat
    assert add_season([calm, *calm_inner], *predicted([calm, *calm_inner])) is None


def test_weeks_follow_the_season(seasonal):
    holdout, inner = seasonal
    candidates, plain = predicted([holdout, *inner])
    found = add_season([holdout, *inner], candidates, plain)
    errors = [
        np.abs(one.weekly - holdout.weekly_purchases).mean()
        for one in (found[1][0], plain[candidates[0].name][0])
    ]
    assert errors[0] < errors[1]


@pytest.fixture
def forecast(seasonal):
    buyers = seasonal[0].buyers
    return forecast_customers(buyers, fit_models(buyers))


def index_of(values):
    values = np.asarray(values, dtype=float)
    return SeasonIndex(values, values, np.full(12, 0.1))


def test_an_even_index_changes_nothing(forecast):
    same = with_season(forecast, index_of(FLAT), dt.date(2025, 6, 30))
    assert same.cell_purchases == pytest.approx(forecast.cell_purchases)
    assert same.churn_risk(90) == pytest.approx(forecast.churn_risk(90))
    assert same.cell_pairs == pytest.approx(forecast.cell_pairs)


def test_months_ahead_are_multiplied_by_their_index(forecast):
    december = FLAT.copy()
    december[11] = 2.0
    found = with_season(forecast, index_of(december), dt.date(2025, 11, 30))
    first, second = (np.diff(each.cell_purchases, axis=1) for each in (found, forecast))
    assert first[:, 0] == pytest.approx(2 * second[:, 0])
    assert first[:, 1] == pytest.approx(second[:, 1], rel=0.03)
    assert first[:, 6] == pytest.approx(second[:, 6])
    assert np.all(found.churn_risk(30) <= forecast.churn_risk(30))
    assert found.expected_purchases(1) == pytest.approx(2 * forecast.expected_purchases(1))


def test_less_than_a_year_or_too_few_purchases_are_said():
    start = day_number(dt.date(2024, 1, 1))
    first = start + np.arange(300)
    with pytest.raises(BacktestError, match="a year of orders"):
        season_index(first, first, start + 350, MODEL)
    with pytest.raises(BacktestError, match="at least 120 repeat purchases"):
        season_index(first, first[:50], start + 500, MODEL)
