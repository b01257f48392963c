"""Shops that several tests of the backtest use."""

from tests.validation.shops import lapsing_origin, lapsing_shop

__all__ = ["lapsing_origin", "lapsing_shop"]
