"""The shop that several tests of the forecast use: a history of 540 days, and the year that followed it."""

from __future__ import annotations

from clv.models import GammaGamma, ModifiedBetaGeoNBD
from clv.simulate import Group, simulate_shop

TRUTH = ModifiedBetaGeoNBD.from_params(r=0.8, alpha=45.0, a=0.8, b=2.4)
SPEND = GammaGamma.from_params(p=5.0, q=4.2, v=25.0)


def simulated_shop(customers, seed):
    """The customers at the end of the history, and what each spent in the year after it."""
    group = Group(TRUTH, customers, SPEND, first_purchases=(0.0, 500.0))
    table = simulate_shop(group, 540, seed, horizon=365.0).summary
    return table, table["future_spend"].to_numpy()
