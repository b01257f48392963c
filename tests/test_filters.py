"""What customers can be filtered by, and how one is found."""

from __future__ import annotations

import pandas as pd

from clv.filters import AT_HAND, MOST_VALUES, dearest_first, filter_choices, find_by_id
from clv.ingest import OrderFile, read_orders
from clv.shop import shop_of


def test_the_samples_filters(sample_shop):
    choices = filter_choices(sample_shop)
    assert choices.at_hand["risk_band"] == ["Low", "Medium", "High"]
    assert choices.at_hand["segment"] == sample_shop.segment_names
    assert "Referral" in choices.at_hand["channel"]
    assert filter_choices(sample_shop) is choices


def test_columns_with_one_value_or_too_many_are_no_filters(tmp_path):
    names = [f"extra_{number}" for number in range(AT_HAND + 2)]
    rows = [
        f"c{i},2024-{i % 12 + 1:02d}-05,10,one,v{i},{','.join(str(i % 3) for _ in names)}"
        for i in range(MOST_VALUES + 1)
    ]
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([f"customer,date,amount,same,many,{','.join(names)}", *rows]))
    choices = filter_choices(shop_of(read_orders([OrderFile(path.name, path)])))
    assert [name for name in choices.at_hand if name in names] == names[:AT_HAND]
    assert choices.further == {name: ["0", "1", "2"] for name in names[AT_HAND:]}


def test_the_very_id_comes_first():
    customers = pd.DataFrame({"customer_id": ["C100", "c10", "X", "A.10", "C10"]})
    assert find_by_id(customers, "c10")["customer_id"].tolist() == ["c10", "C10", "C100"]
    assert find_by_id(customers, ".1")["customer_id"].tolist() == ["A.10"]


def test_those_who_never_paid_come_last():
    customers = pd.DataFrame({"customer_id": ["b", "a", "c", "d"], "clv": [5.0, 5.0, None, 9.0]})
    assert dearest_first(customers)["customer_id"].tolist() == ["d", "a", "b", "c"]
