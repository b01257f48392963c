"""What-if on a million simulated customers: from new levers to the answer.

python -m benchmarks.bench_levers [--customers 1000000] [--moves 15]

Each move sets another retention lift, as a hand on the slider does; the median over the moves is printed. The
page's limit is 100 ms.
"""

from __future__ import annotations

import argparse
import statistics
import time

from benchmarks.bench_models import simulated
from clv.assumptions import Assumptions
from clv.forecast import FittedModels, forecast_customers
from clv.scenarios import LeverBase, Levers, prepare_levers, what_if
from clv.simulate import ORDINARY, ORDINARY_SPEND


def main() -> None:
    """Print a line for each model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--moves", type=int, default=15)
    asked = parser.parse_args()
    print(f"what-if, four levers together and alone, {asked.customers:,} customers: milliseconds")
    for name, model in ORDINARY.items():
        models = FittedModels(model, ORDINARY_SPEND, ())
        base = prepare_levers(forecast_customers(simulated(name, asked.customers), models))
        times = [_move(base, move / 100) for move in range(1, asked.moves + 2)][1:]
        print(
            f"{name:12} {base.living.T.size:5} bins   median {statistics.median(times):5.0f}   moves {asked.moves}"
        )


def _move(base: LeverBase, retention_lift: float) -> float:
    levers = Levers(retention_lift, frequency_lift=0.05, upsell_lift=0.05, reactivation=0.02)
    begun = time.perf_counter()
    what_if(base, levers, Assumptions())
    return 1000 * (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
