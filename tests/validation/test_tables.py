"""Figures and tables of a backtest whose candidates are of known quality."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from clv.assumptions import ModelSetting
from clv.column_dictionary import COLUMNS
from clv.validation.backtest import backtest
from clv.validation.outlook import Outlook
from clv.validation.predictions import NOBODY_BUYS, Candidate, Prediction
from clv.validation.tables import outlook_totals, scorecard


def times(at, error):
    return Prediction(at.purchases * error + 0.01, at.spend * error + 0.01, np.full(len(at.buyers), 0.5))


CANDIDATES = [
    Candidate("BG/NBD", "model", lambda at: times(at, 2.0), ModelSetting("bg-nbd")),
    Candidate("Near", "baseline", lambda at: times(at, 1.0)),
    Candidate(NOBODY_BUYS, "baseline", lambda at: times(at, 0.0)),
]


@pytest.fixture(scope="module")
def found(lapsing_origin):
    return backtest(lapsing_origin, [], customers_in_all=1, candidates=CANDIDATES, progress=lambda *_: None)


def test_totals(found):
    customers, totals = len(found.holdout.buyers), found.totals
    assert totals.order_days == found.holdout.purchases.sum()
    assert totals.order_days_expected == pytest.approx(2 * totals.order_days + 0.01 * customers)
    assert totals.spend_expected == pytest.approx(2 * totals.spend + 0.01 * customers)
    assert found.nobody_buys.prediction.purchases.max() == 0.01
    assert found.share_who_ordered == pytest.approx((found.holdout.purchases > 0).mean())
    assert found.ranking_quality == pytest.approx(1.0)


def test_a_sample_is_much_smaller_than_the_shop(found):
    customers = len(found.holdout.buyers)
    assert not replace(found, customers_in_all=int(1.5 * customers)).is_drawn
    assert replace(found, customers_in_all=2 * customers).is_drawn


def test_the_ranges_are_those_of_a_candidate_that_has_some(found):
    chosen = replace(found.chosen, coverage=0.8)
    assert found.ranged is found.by_name("BG/NBD")
    others = tuple(one for one in found.scored if one is not found.chosen)
    assert replace(found, scored=(chosen, *others)).ranged is chosen


def test_the_scorecard(found):
    table = scorecard(found).set_index("candidate")
    assert set(table.reset_index().columns) <= set(COLUMNS)
    assert set(table.index) == {"BG/NBD", "Near", NOBODY_BUYS}
    assert table.loc["BG/NBD", "by_value"] == "chosen"
    assert table.loc["Near", "by_value"] == table.loc["Near", "by_error"] == "nearer than chosen"
    assert table.loc["BG/NBD", "orders_bias"] == pytest.approx(found.chosen.purchases.bias)


def outlook(found, model):
    some = found.chosen.prediction
    names = {"chosen": "BG/NBD", "model": model, "baseline": "Never tried"}
    ids = found.holdout.buyers["customer_id"]
    return Outlook(found.holdout.window, ids, names, dict.fromkeys(names, some), {})


def test_the_days_ahead_say_how_far_off_each_forecast_was(found):
    table = outlook_totals(outlook(found, "Pareto/NBD"), found)
    assert table["role"].tolist() == ["chosen", "model", "baseline"]
    assert table["ahead_tested"].iloc[0].endswith("% too much expected")
    assert table["ahead_tested"].tolist()[1:] == ["not tried", "not tried"]
    assert set(table.columns) - {"role"} <= set(COLUMNS)


def test_a_chosen_model_that_is_used_stands_once(found):
    ahead = outlook(found, "BG/NBD")
    assert outlook_totals(ahead, found)["role"].tolist() == ["chosen", "baseline"]
    assert set(ahead.table().columns) <= set(COLUMNS)
