"""Customer lifetime value from a shop's own orders, without a screen."""
