"""Which rows are no orders, which are refunds and who a guest is: the rules of a layout as SQL conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from clv.ingest import buyers, sql, vocabulary
from clv.ingest.identifier_form import PLAIN, IdentifierForm
from clv.ingest.layout import Layout
from clv.ingest.staging import Staged

NO_CUSTOMER = "no customer id"
GUEST = "guest order without an email address"
CANCELLED = "cancelled order"
TEST = "test order"
NOT_CAPTURED = "payment authorised but not captured"
MONEY_OUT = "money paid out, not an order"
Branch = tuple[str, str]


@dataclass(frozen=True)
class LineConditions:
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
        return unless_false("is_refund_type", self.refund_type)

    @property
    def is_further(self) -> str:
        """The column of the condition, or FALSE."""
        return unless_false("is_further", self.further)


def plain_words(text: str) -> str:
    """SQL for a status or type in lower case, with spaces for _ and -, without WooCommerce's "wc-"."""
    plain = f"CASE WHEN starts_with(lower({text}), 'wc-') THEN {text}[4:] ELSE {text} END"
    return f"replace(replace(lower({plain}), '_', ' '), '-', ' ')"


def flag(staged: Staged, field: str, words: str) -> str:
    """SQL condition: the cell of a flag is one of the words for yes, or for no."""
    if not getattr(staged.mapping, field):
        return "FALSE"
    return f"coalesce(lower({field}_text) IN ({sql.literals(vocabulary.words(words))}), FALSE)"


def cancelled(staged: Staged) -> str:
    """SQL condition: the cell holds the day of the cancellation, or says yes."""
    return (
        f"cancelled_text IS NOT NULL AND NOT {flag(staged, 'cancelled', 'no')}"
        if staged.mapping.cancelled
        else "FALSE"
    )


def no_order(staged: Staged) -> list[Branch]:
    """Conditions under which a row is no order, each with its reason."""
    layout, types = staged.layout, staged.layout.types if staged.layout else None
    branches = [
        ("is_test" if staged.mapping.test else "FALSE", sql.literal(TEST)),
        ("is_cancelled" if staged.mapping.cancelled else "FALSE", sql.literal(CANCELLED)),
        (_left_out_status(layout) if staged.mapping.status else "FALSE", "'status ' || status"),
        ("not_captured" if staged.mapping.captured else "FALSE", sql.literal(NOT_CAPTURED)),
    ]
    if staged.mapping.type and types:
        listed = [_contains("type", types.left_out)] if types.left_out else []
        listed += [f"NOT {_contains('type', types.only)}"] if types.only else []
        branches += [(f"type IS NOT NULL AND {condition}", "'type ' || type") for condition in listed]
    if layout is not None and layout.signed_amounts:
        branches.append(("gross < 0 AND NOT is_refund_type", sql.literal(MONEY_OUT)))
    return branches


def _left_out_status(layout: Layout | None) -> str:
    usual = [
        word
        for word in vocabulary.words("no_purchase")
        if layout is None or word not in layout.statuses.counted
    ]
    if layout is None:
        return f"{sql.one_of('status', usual)}"
    left_out = f"{sql.one_of('status', [*usual, *layout.statuses.left_out])}"
    if not layout.statuses.only:
        return left_out
    return f"({left_out} OR NOT {sql.one_of('status', layout.statuses.only)})"


def refund_type(staged: Staged) -> str:
    """SQL condition: the type of the row says that money went back."""
    layout = staged.layout
    if not staged.mapping.type or layout is None or not layout.types.refunded:
        return "FALSE"
    left_out = f" AND NOT {_contains('type', layout.types.left_out)}" if layout.types.left_out else ""
    return f"coalesce({_contains('type', layout.types.refunded)}{left_out}, FALSE)"


def payment_failed(staged: Staged) -> str:
    """SQL condition: the row is a payment that did not go through."""
    if not staged.mapping.status:
        return "FALSE"
    layout = staged.layout
    words = (
        layout.statuses.failed if layout and layout.statuses.failed else vocabulary.words("payment_failed")
    )
    return f"coalesce({sql.one_of('status', words)}, FALSE)"


def refunded_in_full(layout: Layout | None) -> str:
    """SQL condition: the status says that the whole order was given back."""
    words = layout.statuses.refunded if layout else ()
    return f"coalesce({sql.one_of('status', words)}, FALSE)" if words else "FALSE"


def guest(staged: Staged, identifier: str) -> str:
    """SQL condition: the customer cell says that the buyer is a guest."""
    words = staged.layout.guests if staged.layout else ()
    if (form := staged.whole.get("customer")) is not None:
        numbers = [word for word in words if word.removeprefix("-").isdigit() and form == PLAIN]
        return f"coalesce(customer_number IN ({', '.join(numbers)}), FALSE)" if numbers else "FALSE"
    if not words:
        return "FALSE"
    # Most names are longer than such a word, which is sooner known than what they say.
    longest = max(len(word.encode()) for word in words)
    said = sql.one_of(f"lower({identifier})", words)
    return f"coalesce(CASE WHEN strlen({identifier}) <= {longest} THEN {said} END, FALSE)"


def minor_units(layout: Layout | None, *, dates_are_unix: bool) -> str | None:
    """SQL for what an amount is divided by, where amounts are in the smallest unit of their currency."""
    if layout is None or not (
        layout.minor_units == "always" or (layout.minor_units != "never" and dates_are_unix)
    ):
        return None
    ones, thousands = (vocabulary.words(f"smallest_unit_{size}") for size in (1, 1000))
    return (
        f"CASE WHEN currency IN ({sql.literals(ones)}) THEN 1"
        f" WHEN currency IN ({sql.literals(thousands)}) THEN 1000 ELSE 100 END"
    )


def line_conditions(engine: duckdb.DuckDBPyConnection, staged: Staged) -> LineConditions:
    """Find out which conditions can hold."""
    is_guest, is_refund = guest(staged, buyers.identifier(engine, staged, "customer")), refund_type(staged)
    if is_guest != "FALSE" and not sql.count(
        engine, f"(SELECT 1 FROM {staged.table} WHERE {is_guest} LIMIT 1)"
    ):
        is_guest = "FALSE"
    as_named = is_guest == is_refund == "FALSE" and not staged.mapping.email
    # On the further lines of an order the customer may be filled in, as text.
    everywhere = not (by_order(staged) and staged.missing["customer"])
    form = staged.whole.get("customer") if as_named and everywhere else None
    return LineConditions(is_guest, is_refund, _further(staged), as_named, form)


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


def unless_false(column: str, condition: str) -> str:
    """The column that holds a condition, or FALSE where it cannot hold."""
    return "FALSE" if condition == "FALSE" else column


def _contains(text: str, words: Iterable[str]) -> str:
    return "(" + " OR ".join(f"contains({text}, {sql.literal(word)})" for word in words) + ")"
