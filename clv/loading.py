"""All the files of a shop, whatever each of them holds, to one shop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from clv.ingest import (
    DATE_ORDERS,
    Contacts,
    CustomerTable,
    DateOrder,
    Finding,
    Ingested,
    InputError,
    MixedDateOrder,
    OpenDateOrder,
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
from clv.shop import Shop, shop_of

Read = TypeVar("Read")


@dataclass(frozen=True)
class ShopFiles:
    """What the files of a shop hold, read: orders or a table of customers, and what came beside them."""

    source: Ingested | CustomerTable
    contacts: Contacts | None = None
    spend: Spend | None = None

    def shop(self, as_of: dt.date | None = None) -> Shop:
        """The shop as of a day; ValueError as ``shop_of``."""
        return shop_of(self.source, as_of, contacts=self.contacts, spend=self.spend)


def read_shop(
    files: Sequence[OrderFile],
    *,
    contacts: Sequence[OrderFile] = (),
    spend: Sequence[OrderFile] = (),
    spend_date_order: DateOrder | None = None,
    unit: Unit = "days",
    as_of: dt.date | None = None,
    **reading: Any,
) -> ShopFiles:
    """Read every file as what its header says it is.

    Parameters
    ----------
    files : orders, or one table of customers; contacts and spend among them are recognised.
    contacts, spend : files that are these whatever their header says.
    spend_date_order : order of day, month and year in the files of spend; where it is not said and their dates leave it
        open, it is that of the orders.
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
    source: Ingested | CustomerTable | None
    if found.customers and not reading.get("mapping"):
        problems += _more_than_one_table(found.customers, found.orders)
        currency = reading.get("currency")
        table = found.customers[0]
        source = attempt(lambda: read_customer_table(table, unit=unit, as_of=as_of, currency=currency))
    else:
        orders = (*found.customers, *found.orders)
        source = attempt(lambda: read_orders(orders, **reading))
    dates = _OrdersDates(
        reading.get("date_order"), source.date_order if isinstance(source, Ingested) else None
    )
    costs = attempt(lambda: _read_spend(beside[1], spend_date_order, dates)) if beside[1] else None
    raise_if_any(_one_question(problems))
    assert source is not None
    return ShopFiles(source, people, costs)


def with_files_beside(
    source: Ingested,
    contacts: Sequence[OrderFile] = (),
    spend: Sequence[OrderFile] = (),
    *,
    date_order: DateOrder | None = None,
    spend_date_order: DateOrder | None = None,
) -> ShopFiles:
    """Orders that were read already, with files of contacts and spend; settings and InputError as ``read_shop``."""
    people = read_contacts(contacts) if contacts else None
    dates = _OrdersDates(date_order, source.date_order)
    return ShopFiles(source, people, _read_spend(spend, spend_date_order, dates) if spend else None)


@dataclass(frozen=True)
class _OrdersDates:
    """The order of day, month and year in the orders: as the user said, and as it was found."""

    said: DateOrder | None
    found: DateOrder | None

    def answer(self, problem: Problem) -> DateOrder | None:
        """The order for dates beside the orders that do not tell their own; None where it does not fit them."""
        if isinstance(problem, OpenDateOrder):
            order = self.said or self.found
            return order if order in problem.orders else None
        return self.said if isinstance(problem, MixedDateOrder) else None


def _read_spend(files: Sequence[OrderFile], said: DateOrder | None, orders: _OrdersDates) -> Spend:
    """Spend under the order said; else that of its own dates; else that of the orders, which is then said."""
    try:
        return read_spend(files, date_order=said)
    except InputError as error:
        answers = [answer for problem in error.problems if (answer := orders.answer(problem))]
        order = answers[0] if answers else None
        if order is None:
            raise InputError(map(_about_spend, error.problems)) from error
    what = f"Dates are read {DATE_ORDERS[order]}, as those of the orders are"
    todo = "Set their order of day and month on the Data page (--spend-date-order) if this is not so"
    finding = Finding("spend date order", what, ", ".join(file.name for file in files), todo)
    return replace(read_spend(files, date_order=order), assumed=(finding,))


def _about_spend(problem: Problem) -> Problem:
    return replace(problem, setting="spend_date_order") if isinstance(problem, OpenDateOrder) else problem


def _one_question(problems: Sequence[Problem]) -> list[Problem]:
    """Without what the answer to the first question most likely answers too."""
    questions = [problem for problem in problems if isinstance(problem, OpenDateOrder)]
    return [problem for problem in problems if problem not in questions[1:]]


def _more_than_one_table(tables: Sequence[OrderFile], orders: Sequence[OrderFile]) -> list[Problem]:
    if len(tables) == 1 and not orders:
        return []
    others = ", ".join(file.name for file in (*tables[1:], *orders))
    what = f"this is a table with one row per customer, which cannot be added to {others}"
    return [Problem(what, tables[0].name, "Load it alone, or load the orders without it")]
