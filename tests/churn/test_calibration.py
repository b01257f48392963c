"""Calibration of churn risks: mends what is off, leaves alone what is not, keeps the order."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from clv.assumptions import ModelSetting
from clv.churn.calibration import (
    PastRisks,
    brier_score,
    calibrate,
    churn_origins,
    past_risks,
    reliability,
)
from clv.models import BetaGeoNBD, ModifiedBetaGeoCNBD, ModifiedBetaGeoNBD, ParetoNBD


def past(size, seed, twist, periods=3):
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(periods):
        true = rng.beta(2, 1, size)
        made.append(PastRisks(np.arange(size).astype(object), twist(true), rng.random(size) < true))
    return made


@pytest.mark.parametrize(("size", "method"), [(4000, "isotonic"), (200, "Platt")])
def test_risks_that_are_too_low_are_raised(size, method):
    found = calibrate(past(size, 1, lambda true: true**3))
    assert found.method == method
    assert brier_score(found.corrected) < brier_score(found.as_modelled)
    assert found.checked is found.corrected
    assert found.apply(np.array([0.5**3]))[0] == pytest.approx(0.5, abs=0.12)
    tables = [reliability(risks) for risks in (found.as_modelled, found.corrected)]
    off = [np.abs(table["probability"] - table["share_active"]).mean() for table in tables]
    # A tenth of 200 customers scatters by itself.
    assert off[1] < off[0] * (0.5 if size > 1000 else 0.75)


def test_the_order_of_customers_stays():
    found = calibrate(past(4000, 2, lambda true: true**3))
    corrected = found.apply(np.linspace(0, 1, 500))
    assert np.all(np.diff(corrected) >= 0)
    assert np.unique(corrected).size > 450
    assert corrected[0] > 0
    assert corrected[-1] < 1


def test_never_worse_on_the_period_held_out():
    # What was learned on the earlier periods is the contrary of what the newest one shows.
    newest, *_ = past(3000, 3, lambda true: true)
    earlier = past(3000, 4, lambda true: true**4)
    found = calibrate([newest, *earlier])
    assert not found.applied
    assert brier_score(found.corrected) > brier_score(found.as_modelled)
    assert found.checked is newest
    assert "would not have been nearer" in found.why
    assert np.array_equal(found.apply(newest.risk), newest.risk)


def test_too_little_past_is_said():
    one = calibrate(past(500, 5, lambda true: true, periods=1))
    assert "too short to learn" in one.why
    assert len(one.by_band(0.4, 0.7)) == 3
    few = calibrate(past(20, 6, lambda true: true, periods=2))
    assert "too few customers" in few.why
    none = calibrate([])
    assert none.by_band(0.4, 0.7).empty
    assert none.message(90, 0.4, 0.7) == none.why
    for found in (one, few, none):
        assert not found.applied
        assert found.apply(np.array([0.3])).tolist() == [0.3]


def test_bands_and_words_by_hand():
    given = np.array([0.1, 0.3, 0.9, 0.9, 0.9, 0.8])
    left = np.array([False, False, True, True, False, True])
    found = calibrate([PastRisks(np.arange(6).astype(object), given, left)])
    table = found.by_band(0.4, 0.7)
    assert table["band"].tolist() == ["Low", "High"]
    assert table["customers"].tolist() == [2, 4]
    assert table["expected"].tolist() == pytest.approx([0.2, 0.875])
    assert table["left"].tolist() == [0.0, 0.75]
    assert found.message(90, 0.4, 0.7).endswith(
        "In the last 90 days 50 % of 6 customers stayed away, where 65 % were expected to: of those at high risk (88 % on "
        "average) 75 % did, of those at low risk (20 % on average) 0 % did."
    )


def test_periods_end_before_the_newest_begins(lapsing_shop):
    as_of = dt.date(2024, 6, 20)
    origins = churn_origins(lapsing_shop, as_of, 60)
    newest, *earlier = [origin.window for origin in origins]
    assert newest.end == as_of
    assert len(earlier) == 3
    assert all(window.days == 60 and window.end <= newest.cutoff for window in earlier)
    risks = past_risks(origins[0], ModelSetting("bg-nbd"))
    assert risks.churned.mean() == pytest.approx(1 - origins[0].active.mean())
    assert np.all((risks.risk >= 0) & (risks.risk <= 1))


def test_no_periods_in_a_short_history(lapsing_shop):
    assert churn_origins(lapsing_shop, dt.date(2023, 3, 1), 60) == []


@pytest.mark.parametrize("kind", [BetaGeoNBD, ModifiedBetaGeoNBD, ModifiedBetaGeoCNBD, ParetoNBD])
def test_who_bought_once_two_years_ago_is_at_high_risk_under_every_model(lapsing_origin, kind):
    buyers = lapsing_origin.buyers
    columns = [buyers[name] for name in ("frequency", "recency_days", "T_days")]
    model = kind(k=2) if kind is ModifiedBetaGeoCNBD else kind()
    model.fit(*columns)
    assert 1 - model.probability_of_purchase(90.0, 0.0, 0.0, 730.0) > 0.7
