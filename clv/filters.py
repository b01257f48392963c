"""Which customers may be asked for: the values that each column offers, the search by id, and the order of answers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from clv.assumptions import RISK_BANDS
from clv.economics import CLV_TIERS
from clv.shop import Shop

# A column with more values than one can look through is no filter.
MOST_VALUES = 60
# Columns of the user's own whose filters stand beside those of segment, risk and tier.
AT_HAND = 5


@dataclass(frozen=True)
class FilterChoices:
    """Column -> the values to choose from: the filters at hand, and those asked for more rarely."""

    at_hand: dict[str, list[str]]
    further: dict[str, list[str]]


def filter_choices(shop: Shop) -> FilterChoices:
    """What the customers of a shop can be filtered by; worked out once."""
    return shop.memo.once("filter choices", lambda: _filter_choices(shop))


def find_by_id(customers: pd.DataFrame, text: str) -> pd.DataFrame:
    """Those whose id contains the text, whatever its case; the very id first."""
    ids = customers["customer_id"]
    found = customers[ids.str.contains(text, case=False, regex=False)]
    is_other = found["customer_id"].str.casefold() != text.casefold()
    return found.iloc[is_other.argsort(kind="stable")]


def dearest_first(customers: pd.DataFrame) -> pd.DataFrame:
    """By CLV, those who never paid last."""
    return customers.sort_values(["clv", "customer_id"], ascending=[False, True], na_position="last")


def _filter_choices(shop: Shop) -> FilterChoices:
    frame = shop.summary.frame
    values = {name: sorted(map(str, frame[name].dropna().unique())) for name in shop.summary.attributes}
    own = [name for name, found in values.items() if 1 < len(found) <= MOST_VALUES]
    return FilterChoices(
        at_hand={
            "segment": shop.segment_names,
            "risk_band": list(RISK_BANDS),
            "clv_tier": list(CLV_TIERS),
            **{name: values[name] for name in own[:AT_HAND]},
        },
        further={name: values[name] for name in own[AT_HAND:]},
    )
