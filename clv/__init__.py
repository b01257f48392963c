"""Customer lifetime value from a shop's own orders, without a screen."""

__version__ = "0.1.0"
