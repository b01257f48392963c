"""A shop's facts, and that nobody waits for what another session has computed of it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pandas as pd
import pytest

from clv import shop_forecast
from clv.analysis import Analysis
from clv.assumptions import Assumptions, ModelSetting
from clv.ingest import OrderFile, read_orders
from clv.shop import shop_of
from clv.shop_forecast import ShopForecast
from clv.shop_past import ShopPast
from tests.conftest import SAMPLE_ORDERS

WAIT = 30.0  # seconds, for what takes a moment unless it waits for the slow one


@pytest.fixture(scope="module")
def shop():
    """A shop of its own, of which nothing has been computed yet."""
    return shop_of(read_orders([OrderFile(SAMPLE_ORDERS.name, SAMPLE_ORDERS)], currency="EUR"))


def test_failed_payments_reach_the_shop(read_rows):
    rows = (
        "id,Created (UTC),Amount,Currency,Status,Customer ID\n"
        "ch_1,2024-01-05 10:00,10.00,eur,Paid,cus_1\n"
        "ch_2,2024-02-05 10:00,12.50,eur,Failed,cus_1\n"
    )
    source = read_rows(rows)
    assert len(source.failed_payments) == 1
    failed = shop_of(source).failed_payments
    assert failed["amount"].tolist() == [12.5]
    assert failed["customer_id"].tolist() == ["cus_1"]


def test_without_failed_payments_there_are_the_columns(read_rows):
    shop = shop_of(read_rows("customer,date,amount\na,2024-01-31,5\nb,2024-02-20,6\n"))
    assert shop.failed_payments.empty
    assert list(shop.failed_payments) == [
        "customer_id",
        "date",
        "amount",
        "currency",
        "status",
        "card_expiry",
    ]


def test_a_shop_is_frozen(shop):
    with pytest.raises(AttributeError):
        shop.media = None


def test_each_part_is_computed_once_for_all_sessions(shop):
    one, other = ShopForecast(shop, ModelSetting()), ShopForecast(shop, ModelSetting())
    assert one.forecast_sets("draws") is other.forecast_sets("draws")
    assert one.lever_base("Champions") is other.lever_base("Champions")
    assert shop.memo.nbytes > shop.buyers["revenue"].nbytes


def test_a_bootstrap_of_one_session_holds_up_no_slider_of_another(shop, monkeypatch):
    begun, go_on = Event(), Event()
    bootstrap = shop_forecast.resampled_parameters

    def slow(forecast):
        begun.set()
        assert go_on.wait(WAIT)
        return bootstrap(forecast, resamples=10)

    monkeypatch.setattr(shop_forecast, "resampled_parameters", slow)
    with ThreadPoolExecutor(2) as pool:
        theirs = pool.submit(lambda: Analysis(shop, Assumptions(intervals="bootstrap")).total_clv)
        assert begun.wait(WAIT)
        for margin in (0.3, 0.5):
            mine = Analysis(shop, Assumptions(margin=margin))
            total, segments = pool.submit(lambda mine=mine: (mine.total_clv, mine.segments)).result(WAIT)
            assert segments["clv_total"].sum() == pytest.approx(total.mean)
        assert not theirs.done()
        go_on.set()
        assert theirs.result(WAIT).mean == pytest.approx(Analysis(shop, Assumptions()).total_clv.mean)


def test_a_backtest_of_one_session_holds_up_no_page_of_another(shop):
    begun, go_on = Event(), Event()

    def progress(share: float, _doing: str) -> None:
        if 0 < share < 0.1:  # between two questions to the engine
            begun.set()
            assert go_on.wait(WAIT)
            raise InterruptedError

    customer = shop.buyers["customer_id"].iloc[0]
    with ThreadPoolExecutor(2) as pool:
        theirs = pool.submit(ShopPast(shop).backtest, None, progress)
        assert begun.wait(WAIT)
        orders = pool.submit(shop.orders_of, customer).result(WAIT)
        assert orders["amount"].sum() == pytest.approx(shop.buyers["revenue"].iloc[0])
        months = pool.submit(lambda: shop.monthly_revenue).result(WAIT)
        revenue = months[["new", "returning"]].sum(axis=None)
        assert revenue == pytest.approx(shop.report.revenue)
        assert pool.submit(lambda: Analysis(shop, Assumptions()).value_at_risk).result(WAIT) > 0
        assert not theirs.done()
        go_on.set()
        assert isinstance(theirs.exception(WAIT), InterruptedError)


def test_many_threads_share_one_connection(shop):
    """Each answer is that of its own question."""
    ids = shop.buyers["customer_id"].iloc[:40].tolist()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(shop.orders_of, ids))
    revenue = shop.buyers["revenue"].iloc[:40]
    assert pd.Series([orders["amount"].sum() for orders in found]).tolist() == pytest.approx(revenue.tolist())
