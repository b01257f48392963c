"""Who exactly: ready lists of customers."""

from clv.lists.ready_lists import READY_LISTS, ReadyList

__all__ = ["READY_LISTS", "ReadyList"]
