"""A table with one row per customer in place of orders."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from clv.analysis import Analysis
from clv.assumptions import Assumptions
from clv.ingest import InputError, OrderFile, read_customer_table
from clv.ingest.failed_payments import COLUMNS
from clv.models import ModelDataError
from clv.shop import Shop, shop_of

DAY = dt.date(1997, 9, 30)
LIFETIMES = "customer_id,frequency,recency,T,monetary_value\n007,2,30.43,38.86,22.35\nb,0,0,38.86,0\nc,1,1.71,38.86,11.77\n"


def table(folder, text, **settings):
    path = folder / "table.csv"
    path.write_text(text, encoding="utf-8")
    return read_customer_table(OrderFile(path.name, path), as_of=DAY, **settings)


def test_a_summary_for_the_models(tmp_path):
    found = table(tmp_path, LIFETIMES, unit="weeks").frame.set_index("customer_id")
    assert found.loc["007", ["frequency", "recency_days", "T_days", "spend"]].tolist() == pytest.approx(
        [2, 213.01, 272.02, 22.35]
    )
    # Nobody knows what the one order was worth: the mean of the others, each weighted by its purchases.
    assert found.loc["b", "spend"] == pytest.approx((3 * 22.35 + 2 * 11.77) / 5)


def test_orders_and_days_since_the_last_one(tmp_path):
    text = "Client;Orders;Days since last order;Days since first order;Total spend;City\na;3;10;100;30,00\nb;1;40;40;5,50;Bonn\n"
    found = table(tmp_path, text)
    frame = found.frame.set_index("customer_id")
    assert frame.loc["a", ["frequency", "recency_days", "T_days", "spend"]].tolist() == [2, 90, 100, 10]
    assert frame.loc["b", ["frequency", "recency_days", "spend"]].tolist() == [0, 0, 5.5]
    assert found.attributes == ("city",)
    assert found.report.orders == 4
    assert found.report.revenue == pytest.approx(35.5)
    said = " ".join(finding.what for finding in found.report.assumed)
    assert "«Orders» counts all purchases, the first one too" in said
    assert "recency = «Days since first order» - «Days since last order»" in said
    assert "in days" in said


def test_failed_payments_are_asked_for_as_of_orders(tmp_path):
    found = table(tmp_path, LIFETIMES, unit="weeks").failed_payments
    assert found.empty
    assert tuple(found.columns) == COLUMNS


def test_rows_that_contradict_themselves_are_left_out_with_their_line(tmp_path):
    rows = "x,1,50,40,5\n,1,5,40,5\ny,1.5,5,40,5\nz,0,5,40,5\n007,1,5,40,5\nw,2,0,40,5\nv,1,n/a,40,5\nu,1,5,40,-5\n"
    report = table(tmp_path, LIFETIMES + rows).report
    assert report.rows_read == 11
    assert report.rows_kept + sum(group.rows for group in report.dropped) == report.rows_read
    lines = {group.reason: group.first_lines for group in report.dropped}
    assert lines["recency is below 0 or above T"] == ("table.csv line 5",)
    assert lines["the customer stands in the table twice"] == ("table.csv line 9",)
    assert len(lines) == 8


def test_a_table_that_lacks_a_column_says_which(tmp_path):
    with pytest.raises(InputError, match="no column was recognised as the spend"):
        table(tmp_path, "customer_id,frequency,recency,T\na,1,2,3\nb,0,0,4\n")
    with pytest.raises(InputError, match="no row can be used"):
        table(tmp_path, "customer_id,frequency,recency,T,monetary_value\na,-1,2,3,4\n")


@pytest.fixture(scope="module")
def cdnow_shop(cdnow: pd.DataFrame, tmp_path_factory) -> Shop:
    path = tmp_path_factory.mktemp("cdnow") / "summary.csv"
    cdnow.rename(columns={"ID": "customer_id"}).to_csv(path, index=False)
    return shop_of(read_customer_table(OrderFile(path.name, path), unit="weeks", as_of=DAY))


def test_cdnow_from_its_summary_gives_the_published_parameters(cdnow_shop):
    models = Analysis(cdnow_shop, Assumptions(model="bg-nbd")).models
    params = models.purchases.params_
    assert [params["r"], params["alpha"] / 7, params["a"], params["b"]] == pytest.approx(
        [0.242595, 4.413602, 0.792922, 2.425907], rel=1e-4
    )
    assert [models.spend.params_[name] for name in "pqv"] == pytest.approx(
        [6.248803, 3.744589, 15.447748], rel=1e-4
    )


def test_every_answer_that_needs_no_orders_is_there(cdnow_shop):
    analysis = Analysis(cdnow_shop, Assumptions())
    assert not cdnow_shop.has_orders
    assert cdnow_shop.as_of == DAY
    assert len(analysis.customers) == 2357
    assert analysis.customers["clv"].notna().all()
    assert analysis.total_clv.low < analysis.total_clv.mean < analysis.total_clv.high
    assert cdnow_shop.monthly_revenue.empty
    assert cdnow_shop.orders_of("1").empty
    assert cdnow_shop.history_by("segment")["customers"].sum() == 2357


def test_regular_timing_needs_the_orders(cdnow_shop):
    with pytest.raises(ModelDataError, match="a table of customers does not tell"):
        _ = Analysis(cdnow_shop, Assumptions(model="cnbd-k")).models
