"""Every line of every file, read: a customer, a moment, an amount, or the reason why it is left out."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from clv.ingest import amounts, dates, sql, vocabulary
from clv.ingest.amounts import NumberStyle
from clv.ingest.columns import MEANINGS
from clv.ingest.dates import DateStyle
from clv.ingest.staging import Staged

BLANK_ROW = "blank row"
SPLIT_WRONGLY = "more cells than the header has columns"
TOTALS_LINE = "totals line, not an order"
NO_CUSTOMER = "no customer id"
NO_DATE = "no date"
BAD_DATE = "date cannot be read"
NO_AMOUNT = "no amount"
# Lines of which a smaller share is still text are read anew by each query, which is faster than to store them all.
READ_AGAIN = 0.02
FREE = "free or adjustment line (price or quantity 0)"


@dataclass(frozen=True)
class Styles:
    """How dates and numbers are to be read."""

    date: DateStyle
    numbers: dict[str, NumberStyle]


def read_lines(engine: duckdb.DuckDBPyConnection, staged: Staged, styles: Styles) -> str:
    """Read all staged lines and name the relation: a view where there is little to read, or else a table.

    Columns: those of the staged table that say where a line is from, `customer_id`, `order_id`, `ordered_at`,
    `date_text`, each number field and its text, `gross` (before the refund column), `returned` (positive money of
    the refund column), `amount_net`, `is_refund`, `currency`, `status`, `reason` (NULL for a line that is kept)
    and the attributes.
    """
    relation = _typed(staged, styles)
    name = sql.unique_name("lines")
    kind = "VIEW" if sum(staged.unread.values()) <= READ_AGAIN * staged.rows else "TABLE"
    engine.execute(f"CREATE TEMP {kind} {name} AS {_lines(engine, staged, relation)}")
    return name


def _typed(staged: Staged, styles: Styles) -> str:
    """The staged lines with moments and numbers."""
    relation = (
        dates.with_moment(staged.table, styles.date)
        if staged.unread["date"]
        else f"(SELECT *, date_native AS ordered_at FROM {staged.table})"
    )
    for field in staged.numbers:
        if staged.unread[field]:
            relation = amounts.with_number(relation, field, styles.numbers[field])
        else:
            relation = f"(SELECT *, {field}_native AS {field}, NULL::VARCHAR AS {field}_currency FROM {relation})"
    return relation


def _lines(engine: duckdb.DuckDBPyConnection, staged: Staged, relation: str) -> str:
    attributes = [f"attribute_{number}" for number in range(len(staged.mapping.attributes))]
    numbers = [name for field in staged.numbers for name in (field, f"{field}_text")]
    read = f"""
        SELECT file_no, source_file, source_line, is_blank, split_wrongly, line_hash, date_text, ordered_at,
               {", ".join(numbers)},
               {_customer(engine, staged)} AS customer_id, {_identifier(engine, staged, "order_id")} AS order_id,
               {_status()} AS status, {_currency(engine, staged)} AS currency,
               {_gross(staged)} AS gross_written, {_returned(staged)} AS returned
               {"".join(f", {name}" for name in attributes)}
        FROM {relation}"""
    signed = f"SELECT *, {_signed(staged)} AS gross FROM ({read})"
    netted = f"SELECT *, gross - returned AS amount_net FROM ({signed})"
    return f"""
        SELECT * EXCLUDE (gross_written), gross < 0 OR amount_net < 0 AS is_refund, {_reason(staged)} AS reason
        FROM ({netted})"""


def _identifier(engine: duckdb.DuckDBPyConnection, staged: Staged, field: str) -> str:
    """Whole numbers that went through a table of floats end in .0, all of them."""
    column = f"{field}_text"
    if not staged.with_point[field]:
        return column
    floats = sql.count(engine, f"{staged.table} WHERE regexp_full_match({column}, '\\d+\\.0+')")
    if floats and floats >= 0.9 * sql.count(engine, f"{staged.table} WHERE {column} IS NOT NULL"):
        return f"regexp_replace({column}, '^(\\d+)\\.0+$', '\\1')"
    return column


def _customer(engine: duckdb.DuckDBPyConnection, staged: Staged) -> str:
    """E-mail addresses are the same in any case."""
    identifier = _identifier(engine, staged, "customer")
    if not staged.with_at["customer"]:
        return identifier
    return f"CASE WHEN contains({identifier}, '@') THEN lower({identifier}) ELSE {identifier} END"


def _status() -> str:
    plain = "CASE WHEN starts_with(lower(status_text), 'wc-') THEN status_text[4:] ELSE status_text END"
    return f"replace(replace(lower({plain}), '_', ' '), '-', ' ')"


def _currency(engine: duckdb.DuckDBPyConnection, staged: Staged) -> str:
    """The currency column says it, or else the sign beside the amount."""
    written = "amount_currency" if staged.mapping.amount else "unit_price_currency"
    if not staged.mapping.currency:
        return written
    words = engine.execute(f"SELECT DISTINCT lower(currency_text) FROM {staged.table} LIMIT 1000").fetchall()
    codes = amounts.known_currencies(str(word) for (word,) in words)
    return f"coalesce({sql.choice('lower(currency_text)', codes)}, upper(currency_text), {written})"


def _gross(staged: Staged) -> str:
    if staged.mapping.amount:
        return "amount"
    product = f"TRY_CAST(quantity * unit_price AS {amounts.NUMBER})"
    if not staged.mapping.discount:
        return product
    # A discount makes a line smaller, a purchase as well as its return, whatever sign it is written with.
    return f"TRY_CAST({product} - sign({product}) * abs(coalesce(discount, 0)) AS {amounts.NUMBER})"


def _returned(staged: Staged) -> str:
    return "abs(coalesce(refund, 0))" if staged.mapping.refund else f"0::{amounts.NUMBER}"


def _signed(staged: Staged) -> str:
    """Cancellations as UCI Online Retail writes them: C before the number, a negative quantity."""
    if "quantity" not in staged.numbers:
        return "gross_written"
    cancelled = "regexp_full_match(order_id, 'C\\d+') AND quantity < 0"
    return f"CASE WHEN {cancelled} THEN -abs(gross_written) ELSE gross_written END"


def _reason(staged: Staged) -> str:
    branches = [
        ("is_blank", sql.literal(BLANK_ROW)),
        ("split_wrongly", sql.literal(SPLIT_WRONGLY)),
        (f"CASE WHEN ordered_at IS NULL THEN {sql.one_of('lower(customer_id)', vocabulary.words('totals'))} END",
         sql.literal(TOTALS_LINE)),
        ("customer_id IS NULL", sql.literal(NO_CUSTOMER)),
        (sql.one_of("status", vocabulary.words("no_purchase")), "'status ' || status"),
        ("ordered_at IS NULL AND date_text IS NULL", sql.literal(NO_DATE)),
        ("ordered_at IS NULL", sql.literal(BAD_DATE)),
        *_unread_numbers(staged),
    ]  # fmt: skip
    if not staged.mapping.amount:
        branches.append(("quantity = 0 OR unit_price = 0", sql.literal(FREE)))
    branches.append(("gross IS NULL", sql.literal("amount cannot be read")))
    return "CASE " + " ".join(f"WHEN {when} THEN {then}" for when, then in branches) + " END"


def _unread_numbers(staged: Staged) -> list[tuple[str, str]]:
    needed = {"amount"} if staged.mapping.amount else {"quantity", "unit_price"}
    branches = []
    for field in staged.numbers:
        if field in needed:
            branches.append(
                (f"{field} IS NULL AND {field}_text IS NULL", sql.literal(f"no {MEANINGS[field]}"))
            )
        if field in needed or field in ("discount", "refund"):
            reason = sql.literal(f"{MEANINGS[field]} cannot be read")
            branches.append((f"{field} IS NULL AND {field}_text IS NOT NULL", reason))
    return branches
