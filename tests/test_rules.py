"""Rules: who passes, what is saved comes back, and errors that name everything wrong."""

from __future__ import annotations

import pandas as pd
import pytest

from clv.rules import BLANK, Condition, Rule, RuleError

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"],
        "segment": ["Lost", "Loyal", "Loyal", "Promising"],
        "channel": ["Search", "Search", None, "Mail"],
        "visits": [1, 2, 2, 3],
    }
)


def ids(rule: dict[str, list[str]]) -> list[str]:
    return Rule.from_dict(rule).apply(CUSTOMERS)["customer_id"].tolist()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, ["a", "b", "c", "d"]),
        ({"segment": ["Loyal", "Lost"]}, ["a", "b", "c"]),
        ({"segment": ["Loyal"], "channel": ["Search"]}, ["b"]),
        ({"channel": [BLANK]}, ["c"]),
        ({"channel": [BLANK, "Mail"]}, ["c", "d"]),
        ({"visits": ["2"]}, ["b", "c"]),
        ({"segment": ["Nobody"]}, []),
    ],
)
def test_who_passes(rule, expected):
    assert ids(rule) == expected


def test_a_missing_value_is_no_text():
    assert ids({"channel": ["nan", "None"]}) == []


def test_saved_and_restored():
    saved = {"segment": ["Loyal", "Lost"], "channel": ["Mail"]}
    rule = Rule.from_dict(saved)
    assert rule.to_dict() == saved
    assert rule == Rule((Condition("segment", ("Loyal", "Lost")), Condition("channel", ("Mail",))))
    assert (rule.values_of("channel"), rule.values_of("visits")) == (("Mail",), ())


def test_everything_wrong_is_named():
    with pytest.raises(RuleError, match=r"«segment».*«channel».*«visits»"):
        Rule.from_dict({"segment": "Lost", "channel": [], "visits": [2], "country": ["PL"]})
    with pytest.raises(RuleError, match=r"«segment» stands in 2.*«channel» has no"):
        Rule((Condition("segment", ("a",)), Condition("segment", ("b",)), Condition("channel", ())))
    with pytest.raises(RuleError, match=r"«colour», «size»"):
        Rule.from_dict({"colour": ["red"], "segment": ["Lost"], "size": ["XL"]}).apply(CUSTOMERS)
