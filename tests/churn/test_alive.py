"""P(alive) over time: each day with what was known on it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from clv.churn.alive import alive_path
from clv.models import ModifiedBetaGeoNBD

MODEL = ModifiedBetaGeoNBD.from_params(r=0.8, alpha=45.0, a=0.8, b=2.4)
DAYS = [dt.date(2024, 1, 1), dt.date(2024, 2, 5), dt.date(2024, 3, 2)]
AS_OF = dt.date(2024, 6, 30)


def test_each_day_counts_what_was_known_then():
    path = alive_path(MODEL, DAYS, AS_OF).set_index("day")["probability_alive"]
    last = (AS_OF - DAYS[0]).days
    assert path.iloc[-1] == pytest.approx(float(MODEL.probability_alive(2, 61, last)))
    assert path.loc["2024-02-05"] == pytest.approx(float(MODEL.probability_alive(1, 35, 35)))
    assert path.loc["2024-02-12"] == pytest.approx(float(MODEL.probability_alive(1, 35, 42)))
    before = alive_path(MODEL, DAYS[:2], dt.date(2024, 2, 26))
    assert before["probability_alive"].tolist() == pytest.approx(path.loc[:"2024-02-26"].tolist())


def test_it_falls_in_silence_and_rises_with_an_order():
    path = alive_path(MODEL, DAYS, AS_OF).set_index("day")["probability_alive"]
    assert np.all(np.diff(path.loc["2024-03-02":]) < 0)
    assert path.loc["2024-03-02"] > path.loc["2024-02-26"]


def test_weekly_and_on_every_order_day():
    path = alive_path(MODEL, DAYS, AS_OF)
    assert path["day"].diff().dt.days.max() <= 7
    assert {str(day) for day in DAYS} | {str(AS_OF)} <= set(path["day"].dt.strftime("%Y-%m-%d"))
    assert path["day"].is_unique


def test_order_repeats_and_later_days_do_not_matter():
    mixed = [*DAYS[::-1], DAYS[0], dt.date(2025, 1, 1)]
    assert alive_path(MODEL, mixed, AS_OF).equals(alive_path(MODEL, DAYS, AS_OF))


def test_nobody_to_draw_is_said():
    with pytest.raises(ValueError, match="not bought by 2023-01-01"):
        alive_path(MODEL, DAYS, dt.date(2023, 1, 1))
