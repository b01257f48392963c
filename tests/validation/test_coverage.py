"""The backtest's 80 % ranges of single customers on simulated shops: do they hold 74 to 86 of 100 outcomes?"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from clv.simulate import ORDINARY, Group, simulate_shop
from clv.validation.origins import plan_windows, read_origins
from clv.validation.predictions import model_candidates
from clv.validation.scorecard import score
from tests.validation.simulated_orders import read

pytestmark = [pytest.mark.simulation, pytest.mark.timeout(900)]

SHOPS, CUSTOMERS, DAYS = 12, 1000, 540


@lru_cache
def shops_of(name, folder):
    """Of each shop that buys as the model says: the period held out, and every model's scores on it, by name."""
    found = []
    for seed in range(SHOPS):
        group = Group(ORDINARY[name], CUSTOMERS, first_purchases=(0.0, 0.9 * DAYS))
        source = read(simulate_shop(group, DAYS, seed=700 + seed, whole_days=True).order_lines(), folder)
        plan = plan_windows(source.report.first_date, source.report.last_date)
        holdout, _ = read_origins(source.transactions, plan, lambda _share, _doing: None)
        scored = {one.name: score(holdout, one, one.predict(holdout)) for one in model_candidates()}
        found.append((holdout, scored))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shops")


@pytest.mark.parametrize("name", ORDINARY)
def test_ranges_cover_as_the_scorecard_says(name, folder):
    """Of the model that is true, and of the others too: they are near enough for ranges of customers."""
    for model in ORDINARY:
        coverage = np.mean([scored[model].coverage for _, scored in shops_of(name, folder)])
        assert 0.74 <= coverage <= 0.86, f"shops of {name}, ranges of {model}: {coverage:.1%}"


def test_ranges_cover_outcomes_counted_plainly(folder):
    """Customers whose range leaves out nothing: in it or not. And one in ten of all above the upper end."""
    inside = []
    for name in ORDINARY:
        above = []
        for holdout, scored in shops_of(name, folder):
            spend = scored[name].prediction.spend_distribution(holdout.days)
            low, high = spend.quantile(0.1), spend.quantile(0.9)
            two_sided = low > 0
            inside.append(((holdout.spend >= low) & (holdout.spend <= high))[two_sided])
            above.append((holdout.spend > high)[high > 0])
        assert 0.06 <= np.concatenate(above).mean() <= 0.14, name
    # In a period of a few months few customers are sure enough to buy: those of all shops together.
    of_all = np.concatenate(inside)
    assert of_all.size > 500
    assert 0.74 <= of_all.mean() <= 0.86
