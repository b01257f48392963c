"""Overview: a forecast that may only be rough."""

from __future__ import annotations

from tests.app.screen import boxes, give, open_page, words
from tests.app.shops import few_orders


def test_a_rough_forecast_is_a_range(data_page):
    page = open_page(give(data_page, ("few.csv", few_orders())), "Overview")
    assert "CLV, 12 months" not in boxes(page)
    assert set(boxes(page)) == {"Customers", "Revenue so far", "Average order", "Bought again"}
    page.toggle(key="rough_forecast").set_value(True).run()
    assert " to " in boxes(page)["CLV, 12 months"]
    assert "customers may be worth" in words(page)
