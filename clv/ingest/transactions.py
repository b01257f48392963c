"""The clean table that everything downstream starts from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from threading import RLock

import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

from clv.ingest import sql
from clv.ingest.columns import ColumnMapping
from clv.ingest.identifier_form import IdentifierForm

COLUMNS = ("source_file", "source_line", "customer_id", "order_id", "ordered_at", "amount", "is_refund")
RESERVED = (*COLUMNS, "customer_number", "discount_given")

# What the customer table says of everybody; a column of a file that has such a name gets a number.
CUSTOMER_TABLE = (
    "purchase_days", "frequency", "recency_days", "t_days", "monetary_value", "first_order_value", "orders", "revenue",
    "first_order_date", "last_order_date", "days_since_last_order", "sum_log_gaps", "last_gap_days",
    "previous_gap_days", "segment", "clv_tier", "clv", "clv_low", "clv_high", "parameter_sd", "process_sd",
    "churn_risk", "risk_band", "value_at_risk", "probability_alive", "next_order_date", "next_order_low",
    "next_order_high", "expected_purchases", "expected_spend", "recency_score", "frequency_score", "monetary_score",
)  # fmt: skip


@dataclass(frozen=True)
class Transactions:
    """Order lines that can be used, one row each.

    Parameters
    ----------
    table : ibis Table
        `source_file` string, `source_line` int64, `customer_id` string, `order_id` string or null, `ordered_at`
        timestamp without a zone (the shop's own clock), `amount` decimal(18, 4) net of discount and refund and
        negative on refund lines, `is_refund` boolean, and the attributes as strings.
    attributes : tuple of str
        Names of the attribute columns, in snake_case.
    currency : str or None
        ISO 4217 code where it is known.
    has_order_id : bool
        Whether `order_id` is filled; without it an order is a customer and a moment.
    one_line_per_order : bool
        Whether it is known that every line is an order of its own and none is a refund.
    source_files : tuple of str
        The values of `source_file`, where they are known and no two files share one.
    customer_form : IdentifierForm or None
        How the customer_id is written of which each is a whole number, where the table has that as `customer_number`
        (int64) too; or else None.
    has_discount : bool
        Whether the table has a column `discount_given` (decimal(18, 4), money) too, which `amount` is net of.
    attributes_in_memory : tuple of pyarrow ChunkedArray
        The attributes of all lines in the order of the table, where they are in memory as they stand; or else empty.
    lock : RLock
        Whoever asks the table holds it for one question: one connection serves every thread.
    """

    table: ir.Table
    attributes: tuple[str, ...]
    currency: str | None
    has_order_id: bool
    one_line_per_order: bool = False
    source_files: tuple[str, ...] = ()
    customer_form: IdentifierForm | None = None
    has_discount: bool = False
    attributes_in_memory: tuple[pa.ChunkedArray, ...] = field(default=(), compare=False, repr=False)
    lock: RLock = field(default_factory=RLock, compare=False, repr=False)


def keep(
    connection: Backend,
    lines: str,
    mapping: ColumnMapping,
    currency: str | None,
    *,
    one_line_per_order: bool,
    complete: bool,
    source_files: Sequence[str],
    stored: bool,
    customer_form: IdentifierForm | None = None,
    attributes_in_memory: Sequence[pa.ChunkedArray] = (),
) -> Transactions:
    """Name the kept lines in the connection, in the order of the files.

    Parameters
    ----------
    complete : bool
        Whether every line is kept, so that none need be asked for its reason.
    stored : bool
        Copy them into a table, which needs nothing else any more; a view needs no copy, but what it is made of.
    customer_form : IdentifierForm or None
        How the customer_id is written where `customer_number` stands for it.
    attributes_in_memory : sequence of pyarrow ChunkedArray
        As of `Transactions`.
    """
    attributes = snake_case(mapping.attributes)
    named = "".join(
        f", attribute_{number} AS {sql.identifier(name)}" for number, name in enumerate(attributes)
    )
    number = "customer_number, " if customer_form else ""
    discount = (
        ", CAST(abs(coalesce(discount, 0)) AS DECIMAL(18,4)) AS discount_given" if mapping.discount else ""
    )
    name = sql.unique_name("transactions")
    connection.con.execute(f"""
        CREATE TEMP {"TABLE" if stored else "VIEW"} {name} AS
        SELECT source_file, source_line, {number}customer_id, order_id, ordered_at,
               CAST(amount_net AS DECIMAL(18,4)) AS amount, is_refund{discount}{named}
        FROM {lines} {"" if complete else "WHERE reason IS NULL"} {"ORDER BY file_no, source_line" if stored else ""}""")
    filled = connection.con.execute(f"SELECT 1 FROM {name} WHERE order_id IS NOT NULL LIMIT 1").fetchone()
    return Transactions(
        connection.table(name),
        attributes,
        currency,
        filled is not None,
        one_line_per_order,
        tuple(source_files) if len(set(source_files)) == len(source_files) else (),
        customer_form,
        bool(mapping.discount),
        tuple(attributes_in_memory),
    )


def snake_case(
    names: Iterable[str], reserved: Iterable[str] = (*RESERVED, *CUSTOMER_TABLE)
) -> tuple[str, ...]:
    """Column names in lower case with underscores, different from each other and from the reserved ones."""
    taken = set(reserved)
    written = []
    for name in names:
        plain = (
            "_".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())
            or "column"
        )
        number, unique = 2, plain
        while unique in taken:
            unique, number = f"{plain}_{number}", number + 1
        taken.add(unique)
        written.append(unique)
    return tuple(written)
