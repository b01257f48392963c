"""Does what customers spend per order go with how often they order? Gamma-Gamma takes it for granted that it does not.

Sources
-------
Fader and Hardie (2013), "The Gamma-Gamma Model of Monetary Value" (note 025), for the assumption.
Fisher (1921) for the interval of Pearson's correlation; Bonett and Wright (2000), "Sample size requirements for
estimating Pearson, Kendall and Spearman correlations", for that of Spearman's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

Z_95 = float(special.ndtri(0.975))
FEWEST_CUSTOMERS = 10
# Below this the link explains less than one percent of the variation.
NEGLIGIBLE = 0.1


@dataclass(frozen=True)
class Correlation:
    """A correlation coefficient and its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class SpendIndependence:
    """How spend per order day goes with the number of repeat order days, over the customers who came back.

    Attributes
    ----------
    pearson, spearman : of the amounts, and of their ranks.
    customers : number of customers.
    message : in words.
    """

    pearson: Correlation
    spearman: Correlation
    customers: int
    message: str

    @property
    def holds(self) -> bool:
        """Whether any link is too weak to matter, or not to be told from none."""
        rank = self.spearman
        return rank.low <= 0 <= rank.high or abs(rank.value) < NEGLIGIBLE


def spend_independence(buyers: pd.DataFrame) -> SpendIndependence | None:
    """Correlate frequency and monetary value (money) of the customers who came back.

    None where they are fewer than ten, or all alike in either.
    """
    repeaters = buyers.loc[buyers["frequency"] > 0, ["frequency", "monetary_value"]].astype(float)
    if len(repeaters) < FEWEST_CUSTOMERS or (repeaters.nunique() < 2).any():
        return None
    pearson, rank = (float(np.corrcoef(values.T)[0, 1]) for values in (repeaters, repeaters.rank()))
    spare = len(repeaters) - 3
    spearman = _with_interval(rank, np.sqrt((1 + rank**2 / 2) / spare))
    return SpendIndependence(
        pearson=_with_interval(pearson, 1 / np.sqrt(spare)),
        spearman=spearman,
        customers=len(repeaters),
        message=_message(spearman),
    )


def _with_interval(value: float, error: float) -> Correlation:
    """The interval is even on Fisher's scale."""
    centre = np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12))
    return Correlation(value, float(np.tanh(centre - Z_95 * error)), float(np.tanh(centre + Z_95 * error)))


def _message(rank: Correlation) -> str:
    figures = f"(rank correlation {rank.value:+.2f}, 95 % interval {rank.low:+.2f} to {rank.high:+.2f})"
    if rank.low <= 0 <= rank.high:
        return f"Spend per order does not go with how often customers order {figures}, as the spend model assumes."
    how = "more" if rank.value > 0 else "less"
    if abs(rank.value) < NEGLIGIBLE:
        return (
            f"Customers who order more often spend slightly {how} per order {figures}: too little to matter to the "
            "spend model, which assumes no link."
        )
    side = "high" if rank.value > 0 else "low"
    return (
        f"Customers who order more often spend {how} per order {figures}. The spend model assumes no link and draws "
        f"customers with few orders toward the average of all: their CLV may be too {side}."
    )
