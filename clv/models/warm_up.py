"""Have the compiled loops ready before the first fit is asked for.

python -m clv.models.warm_up compiles them once and leaves the machine code on disk; later starts load it.
"""

from __future__ import annotations

from clv.models.beta_geometric import BetaGeoNBD, ModifiedBetaGeoNBD
from clv.models.pareto_nbd import ParetoNBD

# A tiny shop: enough to run every loop once.
FREQUENCY, RECENCY, T = [0.0, 0.0, 1.0, 2.0, 4.0], [0.0, 0.0, 9.0, 20.0, 28.0], [20.0, 30.0, 25.0, 31.0, 33.0]


def warm_up() -> None:
    """Run every compiled loop once on a tiny shop: loads, or compiles, all of them."""
    for kind in (BetaGeoNBD, ModifiedBetaGeoNBD, ParetoNBD):
        model = kind().fit(FREQUENCY, RECENCY, T)
        model.purchases_if_alive(30.0, FREQUENCY, T)
        model.purchase_pairs_if_alive(30.0, FREQUENCY, T)


if __name__ == "__main__":
    warm_up()
