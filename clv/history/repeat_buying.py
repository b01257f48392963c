"""Who came back: the share of buyers with a second order day, and how far apart their order days are."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class RepeatBuying:
    """How buyers have come back so far.

    Attributes
    ----------
    buyers, repeaters : customers who paid, and those of them with paid orders on two days or more.
    days_each : mean order days of the repeaters; NaN without any.
    typical_gap_days : median over the repeaters of the mean days between two order days; NaN without any.
    """

    buyers: int
    repeaters: int
    days_each: float
    typical_gap_days: float

    @property
    def share(self) -> float:
        """Of the buyers, those who came back: the repeat rate, 0 to 1; 0 without buyers."""
        return self.repeaters / max(self.buyers, 1)


def repeat_buying(buyers: pd.DataFrame) -> RepeatBuying:
    """Count those who came back.

    Parameters
    ----------
    buyers : frame with purchase_days, frequency and recency_days, one row per customer who paid.
    """
    repeaters = buyers[buyers["frequency"] > 0]
    gaps = repeaters["recency_days"] / repeaters["frequency"]
    return RepeatBuying(
        buyers=len(buyers),
        repeaters=len(repeaters),
        days_each=float(repeaters["purchase_days"].mean()),
        typical_gap_days=float(gaps.median()),
    )


def mean_gap_days(customer: pd.Series) -> float | None:
    """Days between two order days of one customer on average, 1 or more; None for who ordered on one day.

    Parameters
    ----------
    customer : with frequency and recency_days.
    """
    if customer["frequency"] <= 0:
        return None
    return max(float(customer["recency_days"] / customer["frequency"]), 1.0)
