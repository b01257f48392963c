"""All the files of a shop, whatever each of them holds, to one data set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from clv.dataset import Dataset
from clv.ingest import (
    Contacts,
    CustomerTable,
    Ingested,
    InputError,
    OrderFile,
    Problem,
    Spend,
    read_contacts,
    read_customer_table,
    read_orders,
    read_spend,
    sort_files,
)
from clv.ingest.customer_table import Unit
from clv.ingest.errors import raise_if_any

Read = TypeVar("Read")


@dataclass(frozen=True)
class ShopFiles:
    """What the files of a shop hold, read: orders or a table of customers, and what came beside them."""

    source: Ingested | CustomerTable
    contacts: Contacts | None = None
    spend: Spend | None = None

    def dataset(self, as_of: dt.date | None = None) -> Dataset:
        """The data set as of a day; ValueError as ``Dataset``."""
        return Dataset(self.source, as_of, contacts=self.contacts, spend=self.spend)


def read_shop(
    files: Sequence[OrderFile],
    *,
    contacts: Sequence[OrderFile] = (),
    spend: Sequence[OrderFile] = (),
    unit: Unit = "days",
    as_of: dt.date | None = None,
    **reading: Any,
) -> ShopFiles:
    """Read every file as what its header says it is.

    Parameters
    ----------
    files : orders, or one table of customers; contacts and spend among them are recognised.
    contacts, spend : files that are these whatever their header says.
    unit, as_of : of a table of customers, see ``read_customer_table``.
    reading : settings of ``read_orders`` (mapping, date_order, currency, progress, ...).

    Raises
    ------
    InputError : files cannot be used; carries every problem of every file.
    """
    found = sort_files(files)
    problems: list[Problem] = []

    def attempt(read: Callable[[], Read]) -> Read | None:
        try:
            return read()
        except InputError as error:
            problems.extend(error.problems)
            return None

    beside = (*found.contacts, *contacts), (*found.spend, *spend)
    people = attempt(lambda: read_contacts(beside[0])) if beside[0] else None
    # The spend is read first: the progress of the orders is the one to show.
    costs = attempt(lambda: read_spend(beside[1])) if beside[1] else None
    source: Ingested | CustomerTable | None
    if found.customers and not reading.get("mapping"):
        problems += _more_than_one_table(found.customers, found.orders)
        currency = reading.get("currency")
        table = found.customers[0]
        source = attempt(lambda: read_customer_table(table, unit=unit, as_of=as_of, currency=currency))
    else:
        orders = (*found.customers, *found.orders)
        source = attempt(lambda: read_orders(orders, **reading))
    raise_if_any(problems)
    assert source is not None
    return ShopFiles(source, people, costs)


def with_files_beside(
    source: Ingested, contacts: Sequence[OrderFile] = (), spend: Sequence[OrderFile] = ()
) -> ShopFiles:
    """Orders that were read already, with files of contacts and spend; InputError as ``read_shop``."""
    return ShopFiles(
        source, read_contacts(contacts) if contacts else None, read_spend(spend) if spend else None
    )


def _more_than_one_table(tables: Sequence[OrderFile], orders: Sequence[OrderFile]) -> list[Problem]:
    if len(tables) == 1 and not orders:
        return []
    others = ", ".join(file.name for file in (*tables[1:], *orders))
    what = f"this is a table with one row per customer, which cannot be added to {others}"
    return [Problem(what, tables[0].name, "Load it alone, or load the orders without it")]
