"""The whole of one data set: parts that agree with each other, and with the sample's truth."""

from __future__ import annotations

import json

import numpy as np
import pytest

from clv.analysis import Analysis
from clv.assumptions import Assumptions, ModelSetting
from clv.column_dictionary import COLUMNS
from clv.economics import customer_totals, group_with_most
from clv.models import ModelDataError, ModifiedBetaGeoNBD
from clv.scenarios import Levers
from clv.shop import shop_of
from clv.shop_forecast import EVERYONE, ShopForecast
from tests.conftest import PROJECT


@pytest.fixture(scope="module")
def truth():
    return json.loads((PROJECT / "sample_data" / "truth.json").read_text())


@pytest.fixture(scope="module")
def analysis(sample_shop):
    return Analysis(sample_shop, Assumptions())


def test_the_forecast_holds_what_followed(analysis, truth):
    """Purchases and spend of the year after the file, drawn from the known process and not in any file."""
    followed = [channel["next_12_months"] for channel in truth["channels"].values()]
    purchases = analysis.forecast.expected_purchases(12).sum()
    assert purchases == pytest.approx(sum(year["purchase_days"] for year in followed), rel=0.10)
    revenue = Analysis(analysis.shop, Assumptions(margin=1.0, annual_discount_rate=0.0))
    spend = sum(year["spend"] for year in followed)
    assert revenue.total_clv.mean == pytest.approx(spend, rel=0.12)


def test_channels_rank_as_they_do_in_truth(analysis, truth):
    found = analysis.breakdown("channel").set_index("channel")["clv_per_customer"]
    known = {
        name: channel["next_12_months"]["spend"] / channel["customers"]
        for name, channel in truth["channels"].items()
    }
    assert found.idxmax() == max(known, key=known.get) == "Referral"
    assert found.idxmin() == min(known, key=known.get) == "Paid social"


@pytest.mark.parametrize("by", ["segment", "clv_tier", "risk_band", "channel", "country", "category"])
def test_every_breakdown_adds_up_to_the_whole(analysis, by):
    table = analysis.breakdown(by)
    assert table["customers"].sum() == len(analysis.shop.buyers)
    assert table["clv_total"].sum() == pytest.approx(analysis.total_clv.mean)
    assert table["revenue"].sum() == pytest.approx(analysis.shop.buyers["revenue"].sum())
    assert (table["clv_low"] <= table["clv_total"]).all()
    assert (table["clv_total"] <= table["clv_high"]).all()
    for share in ("customers_share", "clv_total_share", "revenue_share"):
        assert table[share].sum() == pytest.approx(1.0)
    assert set(table.columns) - {by} <= set(COLUMNS)
    assert group_with_most(table)["clv_total"] == table["clv_total"].max()


def test_the_customer_table_agrees_with_the_boxes(analysis):
    table = analysis.customers
    assert len(table) == 5_000
    assert table["customer_id"].is_unique
    assert table["clv"].sum() == pytest.approx(analysis.total_clv.mean)
    high = table[table["risk_band"] == "High"]
    assert len(high) == analysis.at_risk.sum()
    assert high["value_at_risk"].sum() == pytest.approx(analysis.value_at_risk)
    totals = customer_totals(table)
    assert (totals.customers, totals.at_high_risk) == (5_000, len(high))
    assert (totals.clv, totals.value_at_risk) == pytest.approx(
        (analysis.total_clv.mean, analysis.value_at_risk)
    )
    buyers = len(analysis.shop.buyers)
    assert analysis.customers_at_risk == len(high)
    assert analysis.share_at_risk == pytest.approx(len(high) / buyers)
    assert analysis.value_at_risk_share == pytest.approx(analysis.value_at_risk / table["clv"].sum())
    assert analysis.mean_clv == pytest.approx(table["clv"].sum() / buyers)
    assert analysis.median_clv == pytest.approx(table["clv"].median())
    unpaid = table[table["segment"] == "No paid order"]
    assert len(unpaid) == 21
    assert unpaid["clv"].isna().all()


@pytest.mark.parametrize("by", ["segment", "channel"])
def test_the_customers_of_each_group_are_those_that_were_counted(analysis, by):
    table, buyers = analysis.breakdown(by), set(analysis.shop.buyers["customer_id"])
    for group, customers in zip(table[by], table["customers"], strict=True):
        assert len(buyers & set(analysis.customers_of(by, group)["customer_id"])) == customers


@pytest.mark.parametrize("model", ["bg-nbd", "mbg-nbd", "pareto-nbd", "cnbd-k"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_who_bought_once_long_ago_is_at_high_risk_whatever_the_model(sample_shop, model, calibrated):
    analysis = Analysis(
        sample_shop, Assumptions(model=model, churn_window_days=30, calibrated_risk=calibrated)
    )
    assert analysis.risk_calibration.corrected is not None
    buyers = sample_shop.buyers
    long_gone = (buyers["frequency"] == 0) & (buyers["T_days"] >= 700)
    assert long_gone.sum() > 100
    assert analysis.churn_risk[long_gone].min() > 0.9
    assert (
        analysis.customers.set_index("customer_id")["risk_band"].loc[buyers["customer_id"][long_gone]]
        == "High"
    ).all()


def test_corrected_risks_are_the_same_everywhere(sample_shop):
    plain, corrected = (
        Analysis(sample_shop, Assumptions(churn_window_days=30, calibrated_risk=wanted))
        for wanted in (False, True)
    )
    assert corrected.risk_calibration.applied
    assert np.abs(corrected.churn_risk - plain.churn_risk).max() > 0.01
    assert np.array_equal(corrected.clv, plain.clv)
    table = corrected.customers.dropna(subset="clv")
    assert table["churn_risk"].to_numpy() == pytest.approx(corrected.churn_risk)
    assert table["value_at_risk"].sum() == pytest.approx(corrected.segments["value_at_risk"].sum())
    assert corrected.risk_bins["value_at_risk"].sum() == pytest.approx(table["value_at_risk"].sum())
    assert (table["risk_band"] == "High").sum() == (corrected.churn_risk >= 0.7).sum()
    moved = Analysis(sample_shop, Assumptions(churn_window_days=30, calibrated_risk=True, high_risk=0.9))
    assert moved.at_risk.sum() == (corrected.churn_risk >= 0.9).sum()


def test_risks_stay_the_models_where_correcting_them_would_not_have_helped(sample_shop):
    plain, asked = (
        Analysis(sample_shop, Assumptions(churn_window_days=150, calibrated_risk=wanted))
        for wanted in (False, True)
    )
    assert not asked.risk_calibration.applied
    assert np.array_equal(plain.churn_risk, asked.churn_risk)
    assert "stayed away" in asked.risk_message


def test_channels_get_models_of_their_own(analysis, truth):
    fitted = ShopForecast(analysis.shop, ModelSetting(group_by="channel")).models.groups
    assert fitted.helps
    for name, channel in truth["channels"].items():
        known = ModifiedBetaGeoNBD.from_params(**channel["mbg_nbd"]).expected_purchases_new_customer(365)
        assert fitted.model_for(name).expected_purchases_new_customer(365) == pytest.approx(known, rel=0.15)
    table = analysis.acquisition_by("channel").set_index("channel")
    assert (table.index[0], table.index[-1]) == ("Referral", "Paid social")
    assert set(table.columns) <= set(COLUMNS)
    assert table["customers"].sum() == len(analysis.shop.buyers)
    assert (table["new_customer_low"] < table["new_customer_clv"]).all()
    assert (table["new_customer_clv"] < table["new_customer_high"]).all()
    clv = table["clv_to_cac"].to_numpy() * analysis.assumptions.cac
    assert clv == pytest.approx(table["new_customer_clv"].to_numpy())


def test_countries_do_not_buy_differently_and_share_one_model(analysis):
    fitted = ShopForecast(analysis.shop, ModelSetting(group_by="country")).models.groups
    assert not fitted.helps
    assert all(model is fitted.pooled for model in fitted.models.values())
    assert "pooled fit stays" in analysis.grouping_message("country")


def test_histograms_hold_everyone(analysis):
    buyers = len(analysis.shop.buyers)
    assert analysis.clv_bins["customers"].sum() == buyers
    assert analysis.risk_bins["customers"].sum() == buyers
    assert analysis.risk_bins["value_at_risk"].sum() == pytest.approx(
        np.sum(analysis.churn_risk * analysis.clv)
    )


def test_sliders_fit_nothing(sample_shop, monkeypatch):
    _ = Analysis(sample_shop, Assumptions()).segments
    monkeypatch.setattr("clv.shop_forecast.fit_models", lambda *_: pytest.fail("a slider fitted a model"))
    monkeypatch.setattr("clv.shop_forecast.draw_totals", lambda *_: pytest.fail("a slider drew parameters"))
    other = Analysis(
        sample_shop,
        Assumptions(margin=0.2, cac=50, horizon_months=30, annual_discount_rate=0.2, churn_window_days=30),
    )
    assert other.total_clv.mean > 0
    assert other.segments["clv_total"].sum() == pytest.approx(other.total_clv.mean)
    assert other.new_customer.clv.mean > 0


def test_segments_of_levers_add_up_to_everyone(analysis):
    levers = Levers(0.2, 0.1, 0.05)
    whole = analysis.what_if(levers, EVERYONE)
    parts = [analysis.what_if(levers, name) for name in analysis.shop.segment_names]
    assert sum(part.scenario for part in parts) == pytest.approx(whole.scenario, rel=2e-3)
    assert sum(part.base for part in parts) == pytest.approx(whole.base, rel=1e-9)
    assert whole.base == pytest.approx(analysis.total_clv.mean, rel=1e-9)


def test_where_nobody_bought_twice_history_remains(read_rows):
    shop = shop_of(read_rows("customer,date,amount\na,2024-01-31,5\nb,2024-02-20,6\n"))
    analysis = Analysis(shop, Assumptions())
    with pytest.raises(ModelDataError, match="second day"):
        _ = analysis.total_clv
    assert len(shop.summary.frame) == 2
    assert len(shop.data_notes) == 3
    assert shop.monthly_revenue["new"].sum() == pytest.approx(11.0)


def test_customers_whose_column_says_nothing_are_a_group_too(read_rows):
    rows = "".join(
        f"c{i},2024-{month:02d}-05,{10 + i % 7},{'' if i % 2 else 'web'}\n"
        for i in range(40)
        for month in range(1, 3 + i % 4)
    )
    analysis = Analysis(shop_of(read_rows(f"customer,date,amount,channel\n{rows}")), Assumptions())
    table = analysis.breakdown("channel").set_index("channel")
    assert table.loc["(blank)", "customers"] == 20
    assert len(analysis.customers_of("channel", "(blank)")) == 20
