"""What can occur among the lines at all: what cannot is not asked of each of them."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from clv.ingest import buyers, row_rules, sql
from clv.ingest.identifier_form import IdentifierForm
from clv.ingest.staging import Staged


@dataclass(frozen=True)
class Cases:
    """SQL conditions that lines are asked for; FALSE is one that cannot hold.

    Parameters
    ----------
    guest : str
        The customer cell says that the buyer is a guest.
    refund_type : str
        The type of the line says that money went back.
    further : str
        An earlier line of the same order carries the amount that is blank or repeated here.
    as_named : bool
        Whether the customer is always the one that the customer column names.
    customer_form : IdentifierForm or None
        How customers are written who are all known by whole numbers, or None where they are not.
    """

    guest: str
    refund_type: str
    further: str
    as_named: bool
    customer_form: IdentifierForm | None

    @property
    def is_refund_type(self) -> str:
        """The column of the condition, or FALSE."""
        return asked("is_refund_type", self.refund_type)

    @property
    def is_further(self) -> str:
        """The column of the condition, or FALSE."""
        return asked("is_further", self.further)


def cases_of(engine: duckdb.DuckDBPyConnection, staged: Staged) -> Cases:
    """Find out which conditions can hold."""
    guest, refund_type = (
        row_rules.guest(staged, buyers.identifier(engine, staged, "customer")),
        row_rules.refund_type(staged),
    )
    if guest != "FALSE" and not sql.count(engine, f"(SELECT 1 FROM {staged.table} WHERE {guest} LIMIT 1)"):
        guest = "FALSE"
    as_named = guest == refund_type == "FALSE" and not staged.mapping.email
    # On the further lines of an order the customer may be filled in, as text.
    everywhere = not (by_order(staged) and staged.missing["customer"])
    form = staged.whole.get("customer") if as_named and everywhere else None
    return Cases(guest, refund_type, _further(staged), as_named, form)


def by_order(staged: Staged) -> bool:
    """Whether what belongs to a whole order stands on the first of its lines only."""
    return staged.layout is not None and staged.layout.amount_of_order and staged.mapping.order_id is not None


def _further(staged: Staged) -> str:
    """SQL condition: an earlier line of the same order carries the amount that is blank or repeated here."""
    if (
        not by_order(staged)
        or staged.layout is None
        or not staged.layout.is_order_amount(staged.mapping.amount)
    ):
        return "FALSE"
    earlier = (
        "first_value(amount IGNORE NULLS) OVER (PARTITION BY file_no, order_id_text ORDER BY source_line"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    )
    blank = "amount IS NULL AND amount_text IS NULL"
    carried = f"coalesce({earlier} IS NOT NULL AND ({blank} OR amount = {earlier}), FALSE)"
    return f"order_id_text IS NOT NULL AND NOT is_blank AND {carried}"


def asked(column: str, condition: str) -> str:
    """The column that holds a condition, or FALSE where it cannot hold."""
    return "FALSE" if condition == "FALSE" else column
