"""What a line is worth: SQL for its money, and why it is left out for its numbers."""

from __future__ import annotations

from clv.ingest import amounts, row_rules, sql
from clv.ingest.columns import MEANINGS
from clv.ingest.identifier_form import PLAIN
from clv.ingest.row_rules import LineConditions, unless_false
from clv.ingest.staging import Staged

FREE = "free or adjustment line (price or quantity 0)"


def gross_written(staged: Staged) -> str:
    """The amount as the line says it, or quantity times price less discount."""
    if staged.mapping.amount:
        return "amount"
    # Two numbers of 18 digits would be multiplied in 18 digits.
    wide = "DECIMAL(19,4)"
    product = f"TRY_CAST(quantity::{wide} * unit_price::{wide} AS {amounts.NUMBER})"
    if not staged.mapping.discount:
        return product
    # A discount makes a line smaller, a purchase as well as its return, whatever sign it is written with.
    return f"TRY_CAST({product} - sign({product}) * abs(coalesce(discount, 0)) AS {amounts.NUMBER})"


def signed(staged: Staged, cases: LineConditions, per_unit: str) -> str:
    """Refunds with the sign that they have; cancellations too as UCI Online Retail writes them: C12, quantity -1."""
    refunds = [] if staged.layout and staged.layout.signed_amounts else [cases.is_refund_type]
    if "quantity" in staged.numbers and staged.whole.get("order_id") != PLAIN:
        refunds.append("regexp_full_match(own_order_id, 'C\\d+') AND quantity < 0")
    written = f"gross_written{per_unit}"
    return sql.first_that_holds([(refund, f"-abs({written})") for refund in refunds], written)


def returned(staged: Staged, cases: LineConditions, per_unit: str) -> str:
    """Money given back, positive; "0" where there is none on any line."""
    column = f"abs(coalesce(refund, 0)){per_unit}" if staged.mapping.refund else "0"
    in_full = row_rules.refunded_in_full(staged.layout) if staged.mapping.status else "FALSE"
    if column == "0" and in_full == "FALSE":
        return "0"
    whole = unless_false(f"{in_full} AND {column} = 0", in_full)
    return sql.first_that_holds([(cases.is_further, "0"), (whole, "greatest(gross, 0)")], column)


def number_reason(staged: Staged) -> str:
    """Why the line is left out for its numbers."""
    branches = _unread_numbers(staged)
    if not staged.mapping.amount:
        branches.append(("quantity = 0 OR unit_price = 0", sql.literal(FREE)))
        branches.append(("gross IS NULL", sql.literal("amount cannot be read")))
    return sql.first_that_holds(branches)


def _unread_numbers(staged: Staged) -> list[tuple[str, str]]:
    needed = {"amount"} if staged.mapping.amount else {"quantity", "unit_price"}
    branches = []
    for field in staged.numbers:
        if field in needed and staged.missing[field]:
            branches.append(
                (f"{field} IS NULL AND {field}_text IS NULL", sql.literal(f"no {MEANINGS[field]}"))
            )
        if staged.unread[field] and (field in needed or field in ("discount", "refund")):
            reason = sql.literal(f"{MEANINGS[field]} cannot be read")
            branches.append((f"{field} IS NULL AND {field}_text IS NOT NULL", reason))
    return branches
