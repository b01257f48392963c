"""Who bought: SQL for the customer of a line, over the staged lines."""

from __future__ import annotations

import duckdb

from clv.ingest import sql
from clv.ingest.staging import Staged


def identifier(engine: duckdb.DuckDBPyConnection, staged: Staged, field: str) -> str:
    """SQL for an identifier: whole numbers that went through a table of floats end in .0, all of them."""
    column = f"{field}_text"
    if not staged.with_point[field]:
        return column
    # Most texts are known not to be one by their last letter, sooner than by a pattern.
    is_float = f"ends_with({column}, '0') AND regexp_full_match({column}, '\\d+\\.0+')"
    floats = sql.count(engine, f"{staged.table} WHERE {is_float}")
    if floats and floats >= 0.9 * sql.count(engine, f"{staged.table} WHERE {column} IS NOT NULL"):
        return f"regexp_replace({column}, '^(\\d+)\\.0+$', '\\1')"
    return column


def customer(engine: duckdb.DuckDBPyConnection, staged: Staged) -> str:
    """SQL for the buyer that the customer column names; email addresses are the same in any case."""
    named = identifier(engine, staged, "customer")
    if not staged.emails["customer"]:
        return named
    return f"CASE WHEN contains({named}, '@') THEN lower({named}) ELSE {named} END"


def email(staged: Staged) -> str:
    """SQL for the buyer's email address."""
    return (
        "CASE WHEN contains(email_text, '@') THEN lower(email_text) END"
        if staged.mapping.email
        else "NULL::VARCHAR"
    )


def registered(engine: duckdb.DuckDBPyConnection, staged: Staged, guest: str) -> str:
    """SQL join of the customers whose email address a guest gave, where it belongs to one customer only."""
    if not staged.mapping.email:
        return ""
    buyer = customer(engine, staged)
    return f"""
        LEFT JOIN (SELECT lower(email_text) AS email, min({buyer}) AS customer FROM {staged.table}
                   WHERE {buyer} IS NOT NULL AND NOT {guest} AND email_text IS NOT NULL
                   GROUP BY ALL HAVING min({buyer}) = max({buyer})) AS registered
        ON CASE WHEN is_guest_or_none THEN typed.email END = registered.email"""


def known_customer(staged: Staged, guest: str, refund_type: str) -> str:
    """SQL for the customer of a line: the one to whom a refund went, or a guest by the email address, or the buyer."""
    by_email = "coalesce(registered.customer, typed.email)" if staged.mapping.email else "NULL"
    refunded = "FALSE" if refund_type == "FALSE" else "refunded_to IS NOT NULL"
    nameless = "FALSE" if guest == "FALSE" and by_email == "NULL" else "is_guest_or_none"
    return sql.first_that_holds([(refunded, "refunded_to"), (nameless, by_email)], "buyer_id")
