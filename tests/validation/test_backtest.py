"""Cut-offs, what is known on them, and the choice: nothing of the period held out leaks into it."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.assumptions import ModelSetting
from clv.history import customer_summary
from clv.validation.backtest import backtest, column_to_group_by
from clv.validation.choice import choose
from clv.validation.metrics import score_amounts
from clv.validation.origins import BacktestError, plan_windows, read_origin, read_origins, sampled
from clv.validation.predictions import Candidate, Prediction, baseline_candidates, model_candidates

DAY = dt.date(2024, 1, 1)
CANDIDATES = (*model_candidates(), *baseline_candidates())


def silent(_share, _doing):
    """Nobody listens."""


@pytest.fixture(scope="module")
def plan(sample_shop):
    report = sample_shop.report
    return plan_windows(report.first_date, report.last_date)


@pytest.fixture(scope="module")
def origins(sample_shop, plan):
    return read_origins(sample_shop.transactions, plan, silent)


@pytest.fixture(scope="module")
def tested(origins):
    holdout, inner = origins
    return backtest(holdout, inner, customers_in_all=5000, candidates=CANDIDATES, progress=silent)


@given(st.integers(60, 4000), st.one_of(st.none(), st.integers(14, 400)))
@settings(max_examples=80)
def test_inner_periods_lie_before_the_holdout(span, holdout_days):
    last = DAY + dt.timedelta(days=span)
    try:
        plan = plan_windows(DAY, last, holdout_days)
    except BacktestError:
        assert span < 60 or holdout_days is not None
        return
    assert plan.holdout.end == last
    assert plan.holdout.days == holdout_days or (holdout_days is None and plan.holdout.days <= 365)
    for window in plan.inner:
        assert DAY < window.cutoff < window.end <= plan.holdout.cutoff
        assert window.days >= 14


def test_a_short_period_is_refused_in_words():
    with pytest.raises(BacktestError, match="span 40 days"):
        plan_windows(DAY, DAY + dt.timedelta(days=40))
    with pytest.raises(BacktestError, match="hold out fewer days"):
        plan_windows(DAY, DAY + dt.timedelta(days=300), 280)


def test_what_is_known_is_the_summary_of_that_day(sample_shop, origins):
    holdout, _ = origins
    summary = customer_summary(sample_shop.transactions, holdout.window.cutoff)
    pd.testing.assert_frame_equal(holdout.buyers, summary.buyers.reset_index(drop=True))
    assert holdout.known["day"].max() <= pd.Timestamp(holdout.window.cutoff)


def test_both_sides_count_alike(sample_shop, origins):
    """Purchases known and those that followed are the purchase days of the whole."""
    holdout, _ = origins
    whole = customer_summary(sample_shop.transactions, holdout.window.end).frame.set_index("customer_id")
    later = whole.loc[holdout.buyers["customer_id"], "purchase_days"].to_numpy()
    # A refund after the cut-off may undo a purchase before it: a handful of customers.
    assert np.mean(later == holdout.buyers["purchase_days"] + holdout.purchases) > 0.98
    assert holdout.weekly_purchases.sum() == holdout.purchases.sum()
    assert holdout.spend[holdout.purchases == 0].sum() == 0


def test_orders_after_the_cutoff_change_nothing_known(read_rows):
    rows = ["customer_id,order_date,amount"] + [
        f"c{i % 40},2024-{i % 12 + 1:02d}-{i % 27 + 1:02d},{10 + i % 7}" for i in range(300)
    ]
    wild = [*rows, *(f"c{i},2024-12-{i + 1:02d},99999" for i in range(28))]
    window = plan_windows(DAY, dt.date(2024, 12, 28), 90).holdout
    plain, other = (read_origin(read_rows("\n".join(text)).transactions, window) for text in (rows, wild))
    pd.testing.assert_frame_equal(plain.buyers, other.buyers)
    pd.testing.assert_frame_equal(plain.known, other.known)
    assert other.spend.sum() > plain.spend.sum()


@pytest.mark.slow
def test_the_backtest_is_repeatable_and_complete(origins, tested):
    holdout, inner = origins
    names = [one.candidate.name for one in tested.scored]
    assert {"BG/NBD", "MBG/NBD", "Pareto/NBD", "(M)BG/CNBD-k", "Nobody buys", "Past rate goes on"} <= set(
        names
    )
    again = backtest(holdout, inner, customers_in_all=5000, candidates=CANDIDATES, progress=silent)
    assert again.chosen.candidate.name == tested.chosen.candidate.name
    assert [one.purchases.mae for one in again.scored] == [one.purchases.mae for one in tested.scored]
    assert tested.tracking()["actual"].sum() == holdout.purchases.sum()
    assert tested.tracking()["predicted"].sum() == pytest.approx(
        tested.by_name("MBG/NBD").prediction.purchases.sum(), rel=0.1
    )
    assert tested.deciles()["customers"].sum() == len(holdout.buyers)
    assert 0 <= tested.calibration()["share_active"].min() <= 1


def test_a_model_beats_every_baseline_on_the_sample(tested):
    """The sample shop buys as MBG/NBD says, so that its models must win, and their ranges hold."""
    assert tested.chosen.candidate.kind == "model"
    assert tested.choice.against_baseline.verdict == "better"
    assert tested.loss_against(tested.baseline).verdict == "better"
    assert abs(tested.by_name("MBG/NBD").purchases.bias) < 0.05
    assert tested.by_name("MBG/NBD").coverage > 0.74
    assert tested.by_name("Nobody buys").purchases.bias == -1
    for score in tested.choice.scores:
        if score.candidate is tested.chosen.candidate:
            assert score.against_standard.verdict != "worse"


def test_weeks_add_up_to_the_period(tested):
    for name in ("BG/NBD", "Pareto/NBD"):
        prediction = tested.by_name(name).prediction
        assert prediction.weekly.sum() == pytest.approx(prediction.purchases.sum(), rel=1e-9)


@pytest.mark.slow
def test_the_choice_never_sees_the_holdout(origins, tested):
    """Other outcomes in the holdout, the same choice."""
    holdout, inner = origins
    rng = np.random.default_rng(1)
    shuffled = replace(
        holdout, purchases=rng.permutation(holdout.purchases), spend=rng.permutation(holdout.spend)
    )
    other = backtest(shuffled, inner, customers_in_all=5000, candidates=CANDIDATES, progress=silent)
    assert other.choice.chosen.name == tested.choice.chosen.name
    assert other.chosen.purchases.mae != tested.chosen.purchases.mae


def test_who_knows_the_truth_is_chosen(origins):
    """Against a biased and a noisy candidate, the one that predicts what happens on average wins."""
    _, inner = origins
    rng = np.random.default_rng(5)

    def oracle(error):
        return lambda origin: Prediction(origin.purchases * error, origin.spend * error, origin.active * 0.9)

    candidates = [
        Candidate("right", "model", oracle(1.0)),
        Candidate("twice", "model", oracle(2.0)),
        Candidate("noise", "challenger", lambda origin: Prediction(*rng.random((3, len(origin.buyers))))),
        *baseline_candidates()[:2],
    ]
    predicted = {c.name: [c.predict(origin) for origin in inner] for c in candidates}
    choice = choose(inner, candidates, predicted)
    assert choice.chosen.name == "right"
    assert choice.best_baseline.kind == "baseline"
    assert choice.against_baseline.verdict == "better"


def test_baselines_are_what_they_say(origins):
    holdout, _ = origins
    found = {one.name: one for one in baseline_candidates()}
    nobody = found["Nobody buys"].predict(holdout)
    assert nobody.purchases.sum() == nobody.spend.sum() == nobody.active.sum() == 0
    rate = found["Past rate goes on"].predict(holdout)
    old = holdout.buyers["T_days"] > 60
    expected = holdout.buyers["frequency"] / holdout.buyers["T_days"] * holdout.days
    assert rate.purchases[old] == pytest.approx(expected[old])
    recent = found["Recent customers go on"].predict(holdout)
    assert np.all((recent.purchases == 0) | (recent.purchases == rate.purchases))
    last_year = found["Same as a year before"].predict(holdout)
    assert score_amounts(holdout.purchases, last_year.purchases, 1).gini > 0


def test_nothing_to_compare_is_said(origins):
    holdout, inner = origins
    quiet = replace(holdout, purchases=np.zeros_like(holdout.purchases))
    with pytest.raises(BacktestError, match="nothing to compare"):
        backtest(quiet, inner, customers_in_all=1, candidates=CANDIDATES, progress=silent)


def test_a_candidate_that_fails_is_left_out_with_the_reason(origins):
    holdout, inner = origins

    def fails(_origin):
        raise BacktestError("no such history")

    candidates = [model_candidates()[1], *baseline_candidates()[:1], Candidate("broken", "challenger", fails)]
    found = backtest(holdout, inner, customers_in_all=1, candidates=candidates, progress=silent)
    assert found.failed == {"broken": "no such history"}
    assert found.chosen.candidate.setting == ModelSetting("mbg-nbd")


def test_large_shops_are_sampled_whole_customers_at_a_time(sample_shop):
    some = sampled(sample_shop.transactions, 5000, 1000)
    summary = customer_summary(some).frame
    assert 700 < len(summary) < 1300
    whole = sample_shop.summary.frame.set_index("customer_id").loc[summary["customer_id"]]
    assert (whole["orders"].to_numpy() == summary["orders"].to_numpy()).all()
    assert sampled(sample_shop.transactions, 900, 1000) is sample_shop.transactions


@pytest.mark.slow
def test_the_column_whose_groups_differ_is_found_and_tried(origins):
    holdout, inner = origins
    assert column_to_group_by(inner, ["country", "channel"]) == "channel"
    assert column_to_group_by(inner, ["country"]) is None
    assert column_to_group_by([], ["channel"]) is None
    found = backtest(
        holdout,
        inner,
        customers_in_all=1,
        candidates=CANDIDATES[1:6],
        group_by="channel",
        progress=silent,
    )
    assert found.chosen.candidate.setting.group_by == "channel"
    assert found.error_against(found.by_name("MBG/NBD")).verdict != "worse"
