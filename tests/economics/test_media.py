"""Cost of acquisition from a file of spend."""

from __future__ import annotations

import pandas as pd
import pytest

from clv.analysis import Analysis
from clv.assumptions import Assumptions
from clv.economics import losing_groups
from clv.economics.media import media_cost
from clv.ingest import OrderFile, Spend, read_spend
from clv.loading import read_shop
from tests.conftest import PROJECT, real_file

SAMPLE = PROJECT / "sample_data"


@pytest.fixture(scope="module")
def shop():
    names = ("orders.csv", "contacts.csv", "spend.csv")
    return read_shop([OrderFile(name, SAMPLE / name) for name in names], currency="EUR").shop()


@pytest.fixture
def spend(tmp_path) -> Spend:
    path = tmp_path / "spend.csv"
    path.write_text(
        "date,channel,cost (EUR)\n2024-01-01,Search,10\n2024-01-02,search ,20\n2024-01-02,paid_social,40\n"
        "2024-01-03,TV,7\n2024-03-01,Search,1000\n"
    )
    return read_spend([OrderFile(path.name, path)])


@pytest.fixture
def buyers() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "first_order_date": pd.to_datetime(
                ["2023-12-31", "2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
            ),
            "product": ["x", "y", "x", "y", "x"],
            "channel": ["SEARCH", "Search", "search", "Paid Social", None],
        }
    )


def test_spend_and_customers_of_the_same_days_count(spend, buyers):
    media, said = media_cost(spend, buyers, ["product", "channel"], "EUR")
    assert media.by == "channel"
    assert (media.spend, media.new_customers, media.cac) == (77, 4, 77 / 4)
    assert (media.cac_of("Search"), media.cac_of("paid social")) == (pytest.approx(15), 40)
    assert (media.cac_of("TV"), media.cac_of("Newsletter")) == (0, 0)
    texts = " ".join(map(str, said))
    assert "1 days of a channel lie before the first or after the last new customer" in texts
    assert "Spend on «TV» won no customer" in texts


def test_spend_that_cannot_be_compared_is_not_used(spend, buyers):
    assert media_cost(spend, buyers, ["channel"], "USD")[0] is None
    later = buyers.assign(first_order_date=buyers["first_order_date"] + pd.Timedelta(days=4000))
    media, said = media_cost(spend, later, ["channel"], "EUR")
    assert media is None
    assert "share no day" in str(said[0])


def test_the_sample_shops_cac_is_the_one_it_was_made_with(shop):
    truth = {"Paid search": 32, "Paid social": 30, "Newsletter partners": 15}
    media = shop.media
    assert media.by == "channel"
    assert media.channels.set_index("channel")["cac"].to_dict() == pytest.approx(truth, rel=0.01)
    assert media.spend == pytest.approx(92_799.95)


def test_new_customers_by_channel_are_set_against_their_own_cac(shop):
    table = Analysis(shop, Assumptions(cac=99)).acquisition_by("channel").set_index("channel")
    assert losing_groups(table.reset_index(), "channel") == ["Paid social"]
    social = table.loc["Paid social"]
    assert social["clv_to_cac"] == pytest.approx(social["new_customer_clv"] / social["cac"])
    assert table.loc["Organic search", "cac"] == 0
    assert pd.isna(table.loc["Organic search", "clv_to_cac"])
    by_country = Analysis(shop, Assumptions(cac=99)).acquisition_by("country")
    assert "cac" not in by_country
    assert by_country["clv_to_cac"].to_numpy() == pytest.approx(
        by_country["new_customer_clv"].to_numpy() / 99
    )


def test_models_are_grouped_by_what_was_known_from_the_start(shop):
    assert {"channel", "country"} <= set(shop.groupable_attributes)
    assert "email_consent" not in shop.groupable_attributes
    assert "email_consent" in shop.breakdown_attributes


def test_a_shop_whose_orders_name_no_channel():
    names = ("orders_log_us.csv", "costs_us.csv")
    files = [OrderFile(name, real_file("yandex_afisha", name)) for name in names]
    shop = read_shop(files).shop()
    assert shop.media.by is None
    assert shop.media.cac == pytest.approx(329_131.62 / 36_508)
    assert "No column of the orders has a channel of the spend" in " ".join(map(str, shop.findings_beside))
