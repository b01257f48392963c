"""Shops that several tests of the backtest use, read once."""

from __future__ import annotations

import datetime as dt

import pytest

from clv.validation.origins import Window, read_origin
from tests.validation.simulated_orders import lapsing, order_lines, read


@pytest.fixture(scope="session")
def lapsing_shop(tmp_path_factory):
    """A shop where one channel stops after 60 days, which no purchase model sees."""
    frame = lapsing(order_lines(1500, 540, seed=5))
    return read(frame, tmp_path_factory.mktemp("lapsing")).transactions


@pytest.fixture(scope="session")
def lapsing_origin(lapsing_shop):
    """What was known of it four months before its end."""
    return read_origin(lapsing_shop, Window(dt.date(2024, 2, 20), dt.date(2024, 6, 20)))
