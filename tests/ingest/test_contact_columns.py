"""Which further columns are contact data, and what answers to a consent mean."""

from __future__ import annotations

import pandas as pd
import pytest

from clv.ingest.attributes import consent, is_consent, is_latest

LATEST = [
    "email", "Billing Phone", "shipping_city", "nps_score", "email_consent", "Accepts Marketing", "Tags", "Telefon",
    "PLZ", "Zgoda marketingowa", "Miasto", "Oraș", "Телефон", "Согласие на рассылку", "first_name", "customerPhone",
    "Billing Zip", "loyalty_member",
]  # fmt: skip
FIRST = [
    "channel", "utm_source", "Campaign", "Coupon", "category", "product", "Country", "Lineitem name", "Kanał", "Quelle",
    "Источник", "Sursă", "payment method", "product name", "telemetry", "cityscape",
]  # fmt: skip


@pytest.mark.parametrize("column", LATEST)
def test_contact_data_are_the_latest(column):
    assert is_latest(column)


@pytest.mark.parametrize("column", FIRST)
def test_what_says_how_a_customer_was_won_is_the_first(column):
    assert not is_latest(column)


def test_consents_have_three_answers():
    answers = pd.Series(
        ["Yes", "no", None, "TRUE", "0", "perhaps", " ja ", "нет", "unsubscribed", "never_subscribed"]
    )
    expected = ["yes", "no", "unknown", "yes", "no", "unknown", "yes", "no", "no", "no"]
    assert consent(answers).tolist() == expected


@pytest.mark.parametrize(("column", "says"), [("sms_consent", True), ("Newsletter", True), ("email", False)])
def test_which_columns_are_consents(column, says):
    assert is_consent(column) == says
