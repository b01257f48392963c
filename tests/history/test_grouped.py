"""The summary that walks along each customer's days says what the expressions for any engine say."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from unittest.mock import patch

import ibis
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from clv.history import by_customer, grouped, purchase_walk
from clv.history.engine import to_frame
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


@settings(max_examples=90, deadline=None)
@given(
    lines=LINES,
    shown=st.integers(0, 12),
    numbered_customers=st.booleans(),
    one_line_per_order=st.booleans(),
    most=st.sampled_from([2, 100]),
)
def test_same_summary_as_the_expressions(
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
    connection = ibis.duckdb.connect()
    frame = pd.DataFrame(
        [
            ("f.csv", number, who, order, dt.datetime(2024, 1, 1 + day, number % 3), money, money < 0, channel)
            for number, (who, order, day, money, channel) in enumerate(lines)
        ],
        columns=["source_file", "source_line", "customer_id", "order_id", "ordered_at", "amount", "is_refund", "channel"],
    )  # fmt: skip
    connection.con.register("given", frame)
    connection.con.execute("""
        CREATE TABLE lines AS SELECT * REPLACE (amount::DECIMAL(18,4) AS amount, customer_id::VARCHAR AS customer_id,
            order_id::VARCHAR AS order_id, channel::VARCHAR AS channel, ordered_at::TIMESTAMP AS ordered_at),
            customer_id::BIGINT AS customer_number FROM given""")
    transactions = Transactions(
        connection.table("lines"),
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
        walked = grouped.grouped_summary(transactions, as_of)
    expected = typed_summary(to_frame(summary_expression(transactions, as_of)).sort_values("customer_id"))
    if walked is None:
        assert expected.empty
    else:
        pd.testing.assert_frame_equal(
            typed_summary(walked), expected, rtol=1e-12, check_dtype=bool(len(expected))
        )
