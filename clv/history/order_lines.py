"""Order lines in DuckDB, and the orders that they make up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import duckdb

from clv.history.purchase_walk import MONEY_UNIT
from clv.ingest import Transactions, sql
from clv.ingest.attributes import is_latest


@dataclass(frozen=True)
class OrderLines:
    """The lines of some transactions up to a day.

    Parameters
    ----------
    engine : DuckDB connection
    relation : str
        SQL of the lines.
    transactions : Transactions
    """

    engine: duckdb.DuckDBPyConnection
    relation: str
    transactions: Transactions

    @classmethod
    def until(cls, transactions: Transactions, as_of: dt.date) -> OrderLines:
        """The lines up to a day, which is included."""
        table = transactions.table
        relation = (
            f"(SELECT * FROM {sql.identifier(table.get_name())}"
            f" WHERE ordered_at < TIMESTAMP '{as_of}' + INTERVAL 1 DAY)"
        )
        return cls(table.get_backend().con, relation, transactions)

    @property
    def customer(self) -> str:
        """The column that identifies customers."""
        return "customer_number" if self.transactions.customer_form else "customer_id"

    @property
    def carried(self) -> list[str]:
        """Attributes of the first order that need not be looked for: lines are orders, in the order of their one file."""
        if not self.transactions.one_line_per_order or len(self.transactions.source_files) != 1:
            return []
        return [name for name in self.transactions.attributes if not is_latest(name)]

    @property
    def place(self) -> str:
        """Moment, file and line as one number: the first line of a customer is the same in every run."""
        names = sorted(self.transactions.source_files) or [
            str(name)
            for (name,) in self.engine.execute(
                f"SELECT DISTINCT source_file FROM {self.relation} ORDER BY ALL"
            ).fetchall()
        ]
        ranks = " ".join(f"WHEN {sql.literal(name)} THEN {rank}" for rank, name in enumerate(names))
        file = f"(CASE source_file {ranks} END)" if len(names) > 1 else "0"
        # Shifted by a product, for moments before 1970 are negative.
        return f"epoch_us(ordered_at)::HUGEINT * {2**56} + {file}::HUGEINT * {2**40} + source_line"

    def orders(self, condition: str = "TRUE") -> str:
        """Orders of the lines under a condition; a refund nets on the day of the order whose number it carries.

        Columns: _customer, _first_moment (of any line), _moment (which the order counts on), money, bought (1 or 0). Where
        a line is an order, what needs no saying is left out: _first_moment is the _moment, and bought 1. No attribute is
        named with an underscore in front.
        """
        if self.transactions.one_line_per_order:
            return f"""
                SELECT {self.customer} AS _customer, ordered_at AS _moment, {_money(f"TRY(amount * {MONEY_UNIT})")} AS money
                FROM {self.relation} WHERE {condition}"""
        return f"""
            SELECT {self.customer} AS _customer, min(ordered_at) AS _first_moment,
                   coalesce(min(ordered_at) FILTER (NOT is_refund), min(ordered_at)) AS _moment,
                   {_money(f"sum(amount) * {MONEY_UNIT}")} AS money, bool_or(NOT is_refund)::BIGINT AS bought
            FROM {self.relation} WHERE {condition} GROUP BY {self.customer}, coalesce(order_id, ordered_at::VARCHAR)"""


def _money(units: str) -> str:
    """Units of money in 64 bits, NULL where they are too many for these or for the type of the amount."""
    return f"TRY_CAST({units} AS BIGINT)"
