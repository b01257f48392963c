"""Ready lists: each says whom it is for, by columns and values that customers have."""

from __future__ import annotations

import pandas as pd

from clv.analysis import CUSTOMER_COLUMNS
from clv.assumptions import RISK_BANDS
from clv.economics import CLV_TIERS
from clv.history import RFM_SEGMENTS
from clv.lists import READY_LISTS

KNOWN = {"segment": set(RFM_SEGMENTS), "risk_band": set(RISK_BANDS), "clv_tier": set(CLV_TIERS)}


def test_every_list_has_a_name_a_purpose_and_values_that_occur():
    assert len(READY_LISTS) == 5
    for name, ready in READY_LISTS.items():
        assert name == ready.name
        assert ready.purpose
        assert ready.rule.conditions
        for condition in ready.rule.conditions:
            assert condition.column in CUSTOMER_COLUMNS
            assert set(condition.any_of) <= KNOWN[condition.column]


def test_who_is_won_back():
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "risk_band": ["High", "Low", "Medium", "High"],
            "clv_tier": ["Top 10 %", "Top 10 %", "Next 20 %", "Middle 30 %"],
        }
    )
    found = READY_LISTS["Win back the valuable"].rule.apply(customers)
    assert found["customer_id"].tolist() == ["a", "c"]
