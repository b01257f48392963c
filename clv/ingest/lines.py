"""Every line of every file, read: a customer, a moment, an amount, or the reason why it is left out."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from clv.ingest import amounts, buyers, dates, line_amounts, row_rules, sql
from clv.ingest.amounts import NumberStyle
from clv.ingest.dates import DateStyle
from clv.ingest.identifier_form import IdentifierForm
from clv.ingest.row_rules import LineConditions, by_order, line_conditions
from clv.ingest.staging import Staged, texts
from clv.ingest.totals import is_totals_line

BLANK_ROW = "blank row"
SPLIT_WRONGLY = "more cells than the header has columns"
TOTALS_LINE = "totals line, not an order"
NO_DATE = "no date"
BAD_DATE = "date cannot be read"
# What programs write where a date is missing may lie beyond what calendars can count with.
FIRST_YEAR, LAST_YEAR = 1000, 2999
IMPOSSIBLE_DATE = f"date before the year {FIRST_YEAR} or after {LAST_YEAR}"
# Lines of which a smaller share is still text are read anew by each query, which is faster than to store them all.
READ_AGAIN = 0.02
FURTHER_LINE = "further line of an order that is left out"


@dataclass(frozen=True)
class Styles:
    """How dates and numbers are to be read."""

    date: DateStyle
    numbers: dict[str, NumberStyle]

    @property
    def dates_are_unix(self) -> bool:
        """Whether every date is a number of seconds since 1970, as programs count them."""
        kinds = {layout.kind for layout in self.date.layouts}
        return bool(kinds) and kinds <= {"seconds", "milliseconds"}


@dataclass(frozen=True)
class Lines:
    """The lines that have been read.

    Parameters
    ----------
    name : str
        Name of the relation.
    customer_form : IdentifierForm or None
        How customers are written who are all known by whole numbers, which are faster to group by than texts.
    """

    name: str
    customer_form: IdentifierForm | None


def read_lines(engine: duckdb.DuckDBPyConnection, staged: Staged, styles: Styles, *, changed: bool) -> Lines:
    """Read all staged lines.

    It is a table where lines may be `changed` afterwards, or are costly to read; or else a view, which reads them anew
    for each query and stores nothing.

    Columns: those of the staged table that say where a line is from, `customer_id`, `order_id`, `customer_number` (that in
    the customer_id, where they have a `customer_form`), `order_number` (NULL where the order_id is no whole number), `line_id`,
    `ordered_at`, `date_text`, each number field and its text, `gross` (before the refund column), `returned`
    (positive money of the refund column), `amount_net`, `is_refund`, `is_further` (a further line of an order whose
    amount stands on its first line), `known_by_email` (a guest identified by the email address), `payment_failed`,
    `card_expiry` (text YYYY-MM), `currency`, `status`, `reason` (NULL for a line that is kept) and the attributes.
    """
    name = sql.unique_name("lines")
    costly = (
        by_order(staged) or staged.mapping.email or sum(staged.unread.values()) > READ_AGAIN * staged.rows
    )
    kind = "TABLE" if changed or costly else "VIEW"
    relation = _typed(staged, styles)
    conditions = line_conditions(engine, staged)
    engine.execute(f"CREATE TEMP {kind} {name} AS {_lines(engine, staged, relation, styles, conditions)}")
    return Lines(name, conditions.customer_form)


def _typed(staged: Staged, styles: Styles) -> str:
    """The staged lines with moments and numbers."""
    relation = _filled(staged)
    relation = (
        dates.with_moment(relation, styles.date)
        if staged.unread["date"]
        else f"(SELECT *, date_native AS ordered_at FROM {relation})"
    )
    for field in staged.numbers:
        if staged.unread[field]:
            relation = amounts.with_number(relation, field, styles.numbers[field])
        else:
            relation = (
                f"(SELECT *, {field}_native AS {field}, NULL::VARCHAR AS {field}_currency FROM {relation})"
            )
    return relation


def _filled(staged: Staged) -> str:
    """The staged lines; what stands on an order's first line only is said on its further lines too.

    Never an amount: a total repeated on every line would be added up.
    """
    if not by_order(staged):
        return staged.table
    fields = [field for field in texts(staged.mapping) if field not in ("order_id", "line_id")]
    columns = [*(f"{field}_text" for field in fields), "date_text", "date_native"]
    first = (
        "first_value({0} IGNORE NULLS) OVER (PARTITION BY file_no, order_id_text ORDER BY source_line"
        " ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    )
    cells = [
        f"CASE WHEN {name} IS NULL AND order_id_text IS NOT NULL THEN {first.format(name)} ELSE {name} END AS {name}"
        for name in columns
    ]
    return f"(SELECT * REPLACE ({', '.join(cells)}) FROM {staged.table})"


def _lines(
    engine: duckdb.DuckDBPyConnection,
    staged: Staged,
    relation: str,
    styles: Styles,
    conditions: LineConditions,
) -> str:
    attributes = [f"attribute_{number}" for number in range(len(staged.mapping.attributes))]
    numbers = [name for field in staged.numbers for name in (field, f"{field}_text")]
    mapped = staged.mapping
    units = row_rules.minor_units(staged.layout, dates_are_unix=styles.dates_are_unix)
    per_unit = " / units" if units else ""
    read = f"""
        SELECT file_no, source_file, source_line, is_blank, split_wrongly, line_hash, date_text, ordered_at,
               {", ".join(numbers)},
               {buyers.customer(engine, staged)} AS buyer_id, {buyers.email(staged)} AS email,
               {buyers.identifier(engine, staged, "order_id")} AS own_order_id,
               {"customer_number" if conditions.customer_form else "NULL::BIGINT"} AS customer_number,
               {"order_number" if "order_id" in staged.whole else "NULL::BIGINT"} AS whole_order_number,
               {"refund_of_text" if mapped.refund_of else "NULL::VARCHAR"} AS refund_of,
               {"refund_customer_text" if mapped.refund_customer else "NULL::VARCHAR"} AS refund_customer,
               {"line_id_text" if mapped.line_id else "NULL::VARCHAR"} AS line_id,
               {row_rules.plain_words("status_text")} AS status,
               {row_rules.plain_words("type_text") if mapped.type else "NULL::VARCHAR"} AS type,
               {_currency(engine, staged)} AS currency, {_card_expiry(staged)} AS card_expiry,
               {row_rules.flag(staged, "test", "yes")} AS is_test,
               {row_rules.flag(staged, "captured", "no")} AS not_captured,
               {row_rules.cancelled(staged)} AS is_cancelled,
               {line_amounts.gross_written(staged)} AS gross_written,
               {conditions.guest} AS is_guest, {conditions.further} AS is_further
               {"".join(f", {name}" for name in attributes)}
        FROM {relation}"""
    typed = f"""
        SELECT *, {conditions.refund_type} AS is_refund_type, {row_rules.payment_failed(staged)} AS payment_failed,
               {units or "1"} AS units
        FROM ({read})"""
    refunds = conditions.is_refund_type
    known = f"""
        SELECT typed.*, {buyers.known_customer(staged, conditions.guest, conditions.refund_type)} AS customer_id,
               is_guest_or_none AND typed.email IS NOT NULL AND refunded_to IS NULL AS known_by_email,
               {sql.first_that_holds([(refunds, "coalesce(refund_of, own_order_id)")], "own_order_id")} AS order_id
        FROM (SELECT *, is_guest OR buyer_id IS NULL AS is_guest_or_none,
                     {sql.first_that_holds([(refunds, "lower(refund_customer)")])} AS refunded_to FROM ({typed})) AS typed
             {buyers.registered(engine, staged, conditions.guest)}"""
    plain_orders = "order_id" in staged.whole and conditions.refund_type == "FALSE"
    order_number = "whole_order_number" if plain_orders else "TRY_CAST(order_id AS BIGINT)"
    known = f"SELECT *, {order_number} AS order_number FROM ({known})"
    gross = sql.first_that_holds(
        [(conditions.is_further, "0")], line_amounts.signed(staged, conditions, per_unit)
    )
    signed = f"SELECT *, CAST({gross} AS {amounts.NUMBER}) AS gross FROM ({known})"
    returned = line_amounts.returned(staged, conditions, per_unit)
    netted = f"""
        SELECT *, CAST({returned} AS {amounts.NUMBER}) AS returned,
               {"gross" if returned == "0" else f"gross - CAST({returned} AS {amounts.NUMBER})"} AS amount_net,
               {_order_reason(engine, staged, conditions)} AS order_reason
        FROM ({signed})"""
    left_out = [
        (conditions.is_further, f"CASE WHEN order_reason IS NOT NULL THEN {sql.literal(FURTHER_LINE)} END"),
        ("order_reason IS NOT NULL", "order_reason"),
    ]
    unneeded = (
        "gross_written, buyer_id, own_order_id, whole_order_number, refund_of, refund_customer, refunded_to,"
        " is_guest_or_none, email, is_test, not_captured, is_cancelled, is_refund_type, units, order_reason"
    )
    return f"""
        SELECT * EXCLUDE ({unneeded}), {"gross < 0" if returned == "0" else "gross < 0 OR amount_net < 0"} AS is_refund,
               CAST({sql.first_that_holds(left_out, line_amounts.number_reason(staged))} AS VARCHAR) AS reason
        FROM ({netted})"""


def _card_expiry(staged: Staged) -> str:
    """Year and month as 2027-04, from a year of two or four digits."""
    if not (staged.mapping.card_month and staged.mapping.card_year):
        return "NULL::VARCHAR"
    year, month = (f"TRY_CAST(card_{part}_text AS INT)" for part in ("year", "month"))
    return f"CASE WHEN {month} BETWEEN 1 AND 12 THEN printf('%04d-%02d', {year} % 100 + 2000, {month}) END"


def _currency(engine: duckdb.DuckDBPyConnection, staged: Staged) -> str:
    """The currency column says it, or else the sign beside the amount."""
    written = "amount_currency" if staged.mapping.amount else "unit_price_currency"
    if not staged.mapping.currency:
        return written
    words = engine.execute(f"SELECT DISTINCT lower(currency_text) FROM {staged.table} LIMIT 1000").fetchall()
    codes = amounts.known_currencies(str(word) for (word,) in words)
    return f"coalesce({sql.choice('lower(currency_text)', codes)}, upper(currency_text), {written})"


def _order_reason(engine: duckdb.DuckDBPyConnection, staged: Staged, conditions: LineConditions) -> str:
    """Why the whole order is left out, if it is."""
    branches = [
        ("is_blank", sql.literal(BLANK_ROW)),
        ("split_wrongly", sql.literal(SPLIT_WRONGLY)),
        (is_totals_line(engine, staged), sql.literal(TOTALS_LINE)),
        *row_rules.no_order(staged),
    ]  # fmt: skip
    # What is known to be absent is not asked for: each question is put to every line.
    if staged.missing["customer"] or not conditions.as_named:
        branches += [
            ("customer_id IS NULL AND is_guest", sql.literal(row_rules.GUEST)),
            ("customer_id IS NULL", sql.literal(row_rules.NO_CUSTOMER)),
        ]
    if staged.unread["date"] or staged.missing["date"]:
        branches += [
            ("ordered_at IS NULL AND date_text IS NULL", sql.literal(NO_DATE)),
            ("ordered_at IS NULL", sql.literal(BAD_DATE)),
        ]
    is_possible = f"BETWEEN TIMESTAMP '{FIRST_YEAR}-01-01' AND TIMESTAMP '{LAST_YEAR}-12-31 23:59:59.999999'"
    found = engine.execute(
        f"SELECT min(date_native) {is_possible} AND max(date_native) {is_possible} FROM {staged.table}"
    ).fetchone()
    if staged.unread["date"] or (found is not None and found[0] is False):
        branches.append((f"ordered_at NOT {is_possible}", sql.literal(IMPOSSIBLE_DATE)))
    return sql.first_that_holds(branches)
