"""The challenger and the blend take part in the backtest like any other candidate."""

from __future__ import annotations

import datetime as dt

import pytest

from clv.validation.backtest import backtest
from clv.validation.challenger import challenger_candidate
from clv.validation.origins import Plan, Window, read_origins
from clv.validation.predictions import baseline_candidates, model_candidates


@pytest.fixture(scope="module")
def origins(lapsing_shop):
    inner = (
        Window(dt.date(2024, 1, 1), dt.date(2024, 3, 31)),
        Window(dt.date(2023, 11, 16), dt.date(2024, 2, 14)),
    )
    plan = Plan(Window(dt.date(2024, 3, 31), dt.date(2024, 6, 20)), inner)
    return read_origins(lapsing_shop, plan, lambda *_: None)


@pytest.mark.slow
def test_a_channel_that_behaves_unlike_the_others_makes_the_challenger_or_the_blend_win(origins):
    holdout, inner = origins
    told = []
    found = backtest(
        holdout,
        inner,
        customers_in_all=len(holdout.buyers),
        candidates=[*model_candidates()[:2], challenger_candidate(), *baseline_candidates()[:2]],
        progress=lambda _, text: told.append(text),
    )
    by_kind = {one.candidate.kind: one for one in found.scored[::-1]}
    assert "Fitting Machine learning" in told
    assert found.scored[0].candidate.kind in ("challenger", "blend")
    assert found.choice.scores[0].candidate.kind in ("challenger", "blend")
    assert found.loss_against(by_kind["model"]).mean < 0
