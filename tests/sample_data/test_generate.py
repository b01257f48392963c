"""The sample shop is what its generator makes, consistent in itself, and true to its parameters."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from clv.models import ModifiedBetaGeoNBD

SAMPLE = Path(__file__).parents[2] / "sample_data"
FILES = ("orders.csv", "spend.csv", "contacts.csv", "truth.json")
MONEY = ["price", "discount", "refund"]
FICTIONAL_PHONE = re.compile(
    r"\+49(17139200\d\d|176040690\d\d|3023125\d{3}|4066969\d{3}|8999998\d{3})|\+3363998\d{4}|\+3532091\d{5}"
)

TRUTH: dict[str, Any] = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
CHANNELS = list(TRUTH["channels"])
GROUPS = {**TRUTH["channels"], "total": TRUTH["total"]}


@pytest.fixture(scope="module")
def orders() -> pd.DataFrame:
    """Order lines with money in whole cents."""
    lines = pd.read_csv(SAMPLE / "orders.csv", parse_dates=["ordered_at"])
    lines[MONEY] = (100 * lines[MONEY]).round().astype(int)
    lines["value"] = lines["quantity"] * lines["price"] - lines["discount"]
    lines["day"] = lines["ordered_at"].dt.normalize()
    return lines


@pytest.fixture(scope="module")
def purchase_days(orders: pd.DataFrame) -> pd.DataFrame:
    """One row per customer and calendar day, in cents."""
    days = orders.groupby(["customer_id", "day"], as_index=False)
    return days.agg(value=("value", "sum"), refund=("refund", "sum"), channel=("channel", "first"))


@pytest.fixture(scope="module")
def customers(purchase_days: pd.DataFrame) -> pd.DataFrame:
    """One row per customer: repeat purchase days, time observed in days, mean spend in euros."""
    table = purchase_days.groupby("customer_id").agg(
        days=("day", "size"), first=("day", "min"), spend=("value", "mean"), channel=("channel", "first")
    )
    # Half a day: a first purchase falls anywhere in its day, and the last day is observed to its end.
    observed = (pd.Timestamp(TRUTH["as_of"]) - table["first"]).dt.days + 0.5
    return table.assign(repeats=table["days"] - 1, observed=observed, spend=table["spend"] / 100)


@pytest.fixture(scope="module")
def spend() -> pd.DataFrame:
    return pd.read_csv(SAMPLE / "spend.csv", parse_dates=["date"])


@pytest.fixture(scope="module")
def contacts() -> pd.DataFrame:
    return pd.read_csv(SAMPLE / "contacts.csv", dtype=str, keep_default_na=False)


def _group(table: pd.DataFrame, name: str) -> pd.DataFrame:
    return table if name == "total" else table[table["channel"] == name]


def _has_one(table: pd.DataFrame, key: str, column: str) -> bool:
    """Whether every key stands with one value of the column only."""
    return bool(table[[key, column]].drop_duplicates()[key].is_unique)


# The files are the generator's.


@pytest.mark.slow
def test_a_fresh_generation_gives_the_same_bytes(tmp_path: Path) -> None:
    command = [sys.executable, "-B", str(SAMPLE / "generate.py"), "--out", str(tmp_path)]
    result = subprocess.run(command, check=True, capture_output=True, text=True)
    assert result.stderr == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (SAMPLE / name).read_bytes(), name


def test_the_sample_stays_small(orders: pd.DataFrame) -> None:
    assert len(orders) <= 25_000
    assert (SAMPLE / "orders.csv").stat().st_size < 3_000_000


# Order lines are consistent.


def test_no_cell_is_blank(orders: pd.DataFrame) -> None:
    assert not orders.isna().any(axis=None)


@pytest.mark.parametrize("column", ["customer_id", "ordered_at"])
def test_an_order_has_one_customer_and_one_time(orders: pd.DataFrame, column: str) -> None:
    assert _has_one(orders, "order_id", column)


@pytest.mark.parametrize("column", ["country", "channel"])
def test_a_customer_has_one_country_and_one_channel(orders: pd.DataFrame, column: str) -> None:
    assert _has_one(orders, "customer_id", column)


def test_a_product_has_one_category_and_stands_once_in_an_order(orders: pd.DataFrame) -> None:
    assert _has_one(orders, "product", "category")
    assert orders["category"].nunique() == 5
    assert not orders.duplicated(["order_id", "product"]).any()


def test_ids_are_written_alike_and_orders_are_numbered_by_time(orders: pd.DataFrame) -> None:
    assert orders["customer_id"].str.fullmatch(r"C\d{5}").all()
    assert orders["order_id"].str.fullmatch(r"O\d{6}").all()
    assert orders["order_id"].is_monotonic_increasing
    assert orders["ordered_at"].is_monotonic_increasing


def test_orders_fall_within_the_period_and_reach_its_end(orders: pd.DataFrame) -> None:
    assert orders["day"].min() == pd.Timestamp(TRUTH["first_day"])
    assert orders["day"].max() == pd.Timestamp(TRUTH["as_of"])


def test_money_is_never_negative_and_no_refund_exceeds_its_line(orders: pd.DataFrame) -> None:
    assert (orders[["quantity", "price"]] > 0).all(axis=None)
    assert (orders[["discount", "refund"]] >= 0).all(axis=None)
    assert (orders["value"] > 0).all()
    assert (orders["refund"] <= orders["value"]).all()


def test_most_lines_have_no_discount_and_few_orders_a_refund(orders: pd.DataFrame) -> None:
    assert (orders["discount"] == 0).mean() > 0.6
    assert 0.02 < (orders.groupby("order_id")["refund"].sum() > 0).mean() < 0.04


# What happened is what the truth says.


@pytest.mark.parametrize("name", GROUPS)
def test_counts_of_the_orders_are_those_of_the_truth(
    orders: pd.DataFrame, purchase_days: pd.DataFrame, name: str
) -> None:
    lines, days, truth = _group(orders, name), _group(purchase_days, name), GROUPS[name]
    by_order = lines.groupby("order_id")[["discount", "refund"]].sum()
    assert lines["customer_id"].nunique() == truth["customers"]
    assert len(lines) == truth["order_lines"]
    assert len(by_order) == truth["orders"]
    assert len(days) == truth["purchase_days"]
    assert (days["customer_id"].value_counts() > 1).sum() == truth["repeat_customers"]
    assert (by_order["discount"] > 0).sum() == truth["discounted_orders"]
    assert (by_order["refund"] > 0).sum() == truth["refunded_orders"]


@pytest.mark.parametrize("name", GROUPS)
def test_money_of_the_orders_is_that_of_the_truth(orders: pd.DataFrame, name: str) -> None:
    lines, truth = _group(orders, name), GROUPS[name]
    assert lines["value"].sum() / 100 == truth["revenue_before_refunds"]
    assert lines["refund"].sum() / 100 == truth["refunds"]
    assert (lines["value"] - lines["refund"]).sum() / 100 == truth["net_revenue"]


@pytest.mark.parametrize("name", GROUPS)
def test_purchases_that_outlive_their_refunds_are_those_of_the_truth(
    purchase_days: pd.DataFrame, name: str
) -> None:
    days, truth = _group(purchase_days, name), GROUPS[name]["after_refunds"]
    kept = days.loc[days["value"] > days["refund"], "customer_id"].value_counts()
    assert len(kept) == truth["customers"]
    assert (kept > 1).sum() == truth["repeat_customers"]
    assert kept.sum() == truth["purchase_days"]


def _counts(truth: dict[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    for key, value in truth.items():
        if isinstance(value, dict):
            yield from _counts(value, f"{path}{key}.")
        elif key != "days":
            yield f"{path}{key}", value


def test_channels_add_up_to_the_total() -> None:
    by_channel = [dict(_counts(channel)) for channel in TRUTH["channels"].values()]
    for key, total in _counts(TRUTH["total"]):
        assert sum(counts[key] for counts in by_channel) == pytest.approx(total), key


# What happened is what the parameters say.


def test_several_orders_on_one_day_are_rare() -> None:
    total = TRUTH["total"]
    assert 0 < total["orders"] - total["purchase_days"] < 0.015 * total["orders"]


@pytest.mark.parametrize("channel", CHANNELS)
def test_mean_spend_is_that_of_gamma_gamma(customers: pd.DataFrame, channel: str) -> None:
    p, q, v = (TRUTH["channels"][channel]["gamma_gamma"][name] for name in ("p", "q", "v"))
    mean_by_customer = _group(customers, channel)["spend"]
    standard_error = mean_by_customer.std() / np.sqrt(len(mean_by_customer))
    assert abs(mean_by_customer.mean() - p * v / (q - 1)) < 3 * standard_error


@pytest.mark.parametrize("channel", CHANNELS)
def test_repeat_purchases_are_those_of_mbg_nbd(customers: pd.DataFrame, channel: str) -> None:
    bought = _group(customers, channel)
    model, observed = (
        ModifiedBetaGeoNBD.from_params(**TRUTH["channels"][channel]["mbg_nbd"]),
        bought["observed"],
    )
    expected = model.expected_purchases_new_customer(observed)
    pairs = model.probability_alive(0, 0, 0) * model.purchase_pairs_if_alive(observed, 0, 0)
    standard_error = np.sqrt(np.sum(pairs + expected - expected**2)) / len(bought)
    assert abs(bought["repeats"].mean() - expected.mean()) < 3 * standard_error


@pytest.mark.parametrize("channel", CHANNELS)
def test_one_time_buyers_are_as_many_as_mbg_nbd_expects(customers: pd.DataFrame, channel: str) -> None:
    r, alpha, a, b = (TRUTH["channels"][channel]["mbg_nbd"][name] for name in ("r", "alpha", "a", "b"))
    bought = _group(customers, channel)
    none_in_time = (alpha / (alpha + bought["observed"])) ** r
    expected = ((a + b * none_in_time) / (a + b)).mean()
    standard_error = np.sqrt(expected * (1 - expected) / len(bought))
    assert abs((bought["repeats"] == 0).mean() - expected) < 3 * standard_error


def test_the_shop_has_one_time_buyers_and_loyal_ones(customers: pd.DataFrame) -> None:
    assert 0.45 < (customers["repeats"] > 0).mean() < 0.55
    assert (customers["days"] >= 10).sum() > 200


# What customers cost.


@pytest.mark.parametrize("channel", CHANNELS)
def test_media_spend_gives_the_cac(spend: pd.DataFrame, channel: str) -> None:
    truth = TRUTH["channels"][channel]
    paid = _group(spend, channel)["spend"]
    assert paid.sum() == pytest.approx(truth["media_spend"])
    assert paid.sum() / truth["customers"] == pytest.approx(truth["target_cac"], rel=0.001)


def test_a_paid_channel_has_one_row_a_day_and_an_unpaid_one_none(spend: pd.DataFrame) -> None:
    paid = {name for name, truth in TRUTH["channels"].items() if truth["target_cac"] > 0}
    assert set(spend["channel"]) == paid
    assert not spend.duplicated(["date", "channel"]).any()
    every_day = pd.date_range(TRUTH["first_day"], TRUTH["as_of"])
    assert (spend.groupby("channel").size() == len(every_day)).all()
    assert (spend["spend"] > 0).all()
    assert spend["date"].isin(every_day).all()


def test_blended_cac_is_worth_talking_about() -> None:
    assert 18 < TRUTH["total"]["media_spend"] / TRUTH["total"]["customers"] < 25


# Who customers are.


def test_every_customer_has_one_contact_in_the_same_country(
    orders: pd.DataFrame, contacts: pd.DataFrame
) -> None:
    country = orders.drop_duplicates("customer_id").set_index("customer_id")["country"].sort_index()
    assert contacts["customer_id"].is_unique
    assert contacts.set_index("customer_id")["country"].to_dict() == country.to_dict()


def test_emails_reach_nobody(contacts: pd.DataFrame) -> None:
    given = contacts.loc[contacts["email"] != "", "email"].str.lower()
    assert given.str.fullmatch(r"[a-z0-9.\-]+@example\.(com|org|net)").all()
    assert (given.value_counts() > 1).sum() == 1, "one shared mailbox, in two spellings"


def test_phones_reach_nobody(contacts: pd.DataFrame) -> None:
    given = contacts.loc[contacts["phone"] != "", "phone"]
    assert given.is_unique
    e164 = given[given.str.startswith("+") & ~given.str.contains(" ")]
    assert len(given) - len(e164) == 2
    assert e164.map(lambda phone: FICTIONAL_PHONE.fullmatch(phone) is not None).all()


def test_consent_needs_an_address(contacts: pd.DataFrame) -> None:
    for consent, address in (("email_consent", "email"), ("sms_consent", "phone")):
        assert set(contacts[consent]) == {"yes", "no"}
        assert (contacts.loc[contacts[consent] == "yes", address] != "").all()


def test_opinions_and_dates_are_readable(contacts: pd.DataFrame) -> None:
    assert set(contacts["nps_score"]) == {"", *map(str, range(11))}
    assert (contacts.loc[contacts["nps_reason"] != "", "nps_score"] != "").all()
    assert contacts["card_expiry"].str.fullmatch(r"((0[1-9]|1[0-2])/20\d\d)?").all()
    assert contacts["bonus_expiry_date"].str.fullmatch(r"(\d{4}-\d\d-\d\d)?").all()
    assert (contacts.loc[contacts["bonus_expiry_date"] != "", "loyalty_member"] == "yes").all()


def test_the_contacts_hold_cells_that_need_care(contacts: pd.DataFrame) -> None:
    names = pd.concat([contacts["first_name"], contacts["last_name"]])
    for start in "=+-@":
        assert names.str.startswith(start).any(), start
    assert "O'Brien" in set(names)
    assert (names.str.contains("[ąćéèçñöøßüłż]")).mean() > 0.2
