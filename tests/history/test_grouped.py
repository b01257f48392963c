"""The summary that walks along each customer's days says what the expressions for any engine say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from unittest.mock import patch

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from clv.history import by_customer, purchase_walk
from clv.history.grouped import grouped_summary
from clv.history.summary import summary_expression, typed_summary
from clv.ingest import Transactions
from clv.ingest.identifier_form import PLAIN

LINES = st.lists(
    st.tuples(
        st.sampled_from(["9", "10", "100", "9000000000000000000"]),
        st.sampled_from([None, "1", "2", "3"]),
        st.integers(0, 12),
        st.decimals(-20, 50, places=2),
        st.sampled_from([None, "x", "y"]),
    ),
    min_size=1,
    max_size=25,
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Backend]:
    """An engine for all examples: starting one takes longer than an example."""
    connection = ibis.duckdb.connect()
    yield connection
    connection.disconnect()


@pytest.fixture(scope="module")
def by_expressions(engine: Backend) -> Callable[[Transactions, dt.date], pd.DataFrame]:
    """Runs the expressions; what they are in SQL is the same for the same day and kind of orders, and takes long."""

    queries: dict[object, str] = {}

    def run(transactions: Transactions, as_of: dt.date) -> pd.DataFrame:
        kind = (as_of, transactions.one_line_per_order, transactions.customer_form)
        if kind not in queries:
            queries[kind] = ibis.to_sql(summary_expression(transactions, as_of))
        return engine.con.execute(queries[kind]).to_arrow_table().to_pandas()

    return run


@pytest.mark.slow
@settings(max_examples=90)
@given(
    lines=LINES,
    shown=st.integers(0, 12),
    numbered_customers=st.booleans(),
    one_line_per_order=st.booleans(),
    most=st.sampled_from([2, 100]),
)
def test_same_summary_as_the_expressions(
    engine: Backend,
    by_expressions: Callable[[Transactions, dt.date], pd.DataFrame],
    lines: list[tuple[str, str | None, int, Decimal, str | None]],
    shown: int,
    numbered_customers: bool,
    one_line_per_order: bool,
    most: int,
) -> None:
    if one_line_per_order:
        lines = [
            (who, str(n), day, abs(money), channel) for n, (who, _, day, money, channel) in enumerate(lines)
        ]
    frame = pd.DataFrame(
        [
            ("f.csv", number, who, order, dt.datetime(2024, 1, 1 + day, number % 3), money, money < 0, channel)
            for number, (who, order, day, money, channel) in enumerate(lines)
        ],
        columns=["source_file", "source_line", "customer_id", "order_id", "ordered_at", "amount", "is_refund", "channel"],
    )  # fmt: skip
    engine.con.register("given", frame)
    engine.con.execute("""
        CREATE OR REPLACE TABLE lines AS SELECT * REPLACE (amount::DECIMAL(18,4) AS amount, customer_id::VARCHAR AS customer_id,
            order_id::VARCHAR AS order_id, channel::VARCHAR AS channel, ordered_at::TIMESTAMP AS ordered_at),
            customer_id::BIGINT AS customer_number FROM given""")
    transactions = Transactions(
        engine.table("lines"),
        ("channel",),
        None,
        True,
        one_line_per_order,
        ("f.csv",),
        PLAIN if numbered_customers else None,
    )
    as_of = dt.date(2024, 1, 1 + shown)
    with (
        patch.object(by_customer, "ORDERS_PER_RANGE", most),
        patch.object(purchase_walk, "DAYS_PER_PART", most),
    ):
        walked = grouped_summary(transactions, as_of)
    expected = typed_summary(by_expressions(transactions, as_of).sort_values("customer_id"))
    if walked is None:
        assert expected.empty
    else:
        pd.testing.assert_frame_equal(
            typed_summary(walked), expected, rtol=1e-12, check_dtype=bool(len(expected))
        )
