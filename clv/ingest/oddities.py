"""What looks odd in the lines that are kept without being wrong for sure."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clv.ingest import sql
from clv.ingest.counts import CustomerCount, OrderCount
from clv.ingest.findings import Finding

Days = NDArray[np.datetime64]

SHOWN_LINES = 5
# What is usual is read off at most so many amounts.
MOST_SAMPLED = 500_000
OLDEST = dt.date(1990, 1, 1)
# Digits with an exponent: a spreadsheet has rounded a long id.
ROUNDED_ID = r"\d([.,]\d+)?[eE]\+?\d+"
# A share of all orders that hardly one customer has, where there are enough orders and customers to say so.
LARGE_SHARE, ENOUGH_ORDERS, ENOUGH_CUSTOMERS = 0.25, 20, 4
# A pause is a gap from this many days on, where it is also this many times the longest usual pause.
GAP_DAYS, GAP_TIMES, SHOWN_GAPS = 45, 4, 3
# Amounts are far out from this multiple of the median on, where that is also so many robust standard deviations off.
FAR_OUT, FAR_OUT_SPREADS, MOST_FAR_OUT = 30, 5.0, 0.1
# Amounts of whole months moved to another level by this factor: another currency, or cents.
LEVEL_TIMES, MONTH_ROWS, LEVEL_MONTHS = 3, 20, 2
# Two currencies follow one another where their middle 90 % of days do not overlap and each has this share of rows.
CURRENCY_SHARE = 0.05


def oddities(
    engine: duckdb.DuckDBPyConnection,
    lines: str,
    customers: CustomerCount,
    totals: Mapping[str, Any],
    orders: OrderCount,
    today: dt.date,
) -> tuple[Finding, ...]:
    """Look for everything at once; what is graver for the forecast comes first.

    What is already known to be absent is not looked for: each look is a pass over all lines.

    Parameters
    ----------
    lines : str
        Table of lines as `read_lines` makes it.
    customers : CustomerCount
        The customers.
    totals, orders : as counted in `clv.ingest.counts`.
    today : date
        What lies after it has not happened yet.
    """
    days = order_days(engine, lines, today)
    sample = _sampled_amounts(engine, lines, totals["kept"])
    looks: tuple[Callable[[], Finding | None], ...] = (
        lambda: _future(engine, lines, today) if totals["future"] else None,
        lambda: _old(engine, lines) if totals["old"] else None,
        lambda: _rounded_ids(engine, lines, customers.table),
        lambda: _currency_change(engine, lines),
        lambda: _level_change(engine, lines, sample),
        lambda: _far_out(engine, lines, sample, totals),
        lambda: _large_customer(engine, lines, customers, orders),
        lambda: _gaps(days),
        lambda: _incomplete_month(engine, lines, days),
    )
    try:
        return tuple(found for look in looks if (found := look()) is not None)
    finally:
        engine.execute(f"DROP TABLE {sample}")


def _sampled_amounts(engine: duckdb.DuckDBPyConnection, lines: str, kept: int) -> str:
    """A table of amounts paid and their moments: all of them, or some drawn by their place."""
    # By a hash, for every second line may be of another kind, such as the shipping of each order.
    every = 2 ** max(-(-kept // MOST_SAMPLED) - 1, 0).bit_length()
    table = sql.unique_name("amounts")
    engine.execute(
        f"CREATE TEMP TABLE {table} AS SELECT ordered_at, gross::DOUBLE AS gross FROM {lines}"
        f" WHERE reason IS NULL AND gross > 0 AND hash(source_line) & {every - 1} = 0"
    )
    return table


def counted_rows(number: int) -> str:
    """1 row is, 23 rows are."""
    return "1 row is" if number == 1 else f"{number:,} rows are"


def _lines_where(
    engine: duckdb.DuckDBPyConnection, lines: str, condition: str, parameters: list[object] | None = None
) -> tuple[int, float, str]:
    """Kept rows under a condition: how many, their value, and where the first ones are."""
    found = engine.execute(
        f"""
        SELECT count(*), CAST(coalesce(sum(amount_net), 0) AS DOUBLE),
               min_by(source_file || ' line ' || source_line, file_no * 1000000000000 + source_line, {SHOWN_LINES})
        FROM {lines} WHERE reason IS NULL AND ({condition})""",
        parameters or [],
    ).fetchone()
    rows, value, first = found or (0, 0.0, [])
    return int(rows), float(value), ", ".join(first or [])


def _future(engine: duckdb.DuckDBPyConnection, lines: str, today: dt.date) -> Finding | None:
    after = [dt.datetime.combine(today, dt.time.max)]
    rows, value, first = _lines_where(engine, lines, "ordered_at > ?", list(after))
    if not rows:
        return None
    last = engine.execute(f"SELECT max(ordered_at)::DATE FROM {lines} WHERE reason IS NULL").fetchone()
    return Finding(
        "future dates",
        f"{counted_rows(rows)} dated after today, up to {last[0] if last else today}",
        first,
        "Check the order of day and month on the Data page (--date-order); real orders of the future, such as"
        " subscriptions, must be left out, for the forecast starts at the last date",
        rows,
        value,
    )


def _old(engine: duckdb.DuckDBPyConnection, lines: str) -> Finding | None:
    rows, value, first = _lines_where(engine, lines, f"ordered_at < '{OLDEST}'")
    if not rows:
        return None
    earliest = engine.execute(f"SELECT min(ordered_at)::DATE FROM {lines} WHERE reason IS NULL").fetchone()
    return Finding(
        "old dates",
        f"{counted_rows(rows)} dated before {OLDEST.year}, from {earliest[0] if earliest else OLDEST} on",
        first,
        "Programs write 1900 or 1970 where a date is missing: fill in the dates or take these rows out, for they make"
        " customers look older than they are",
        rows,
        value,
    )


def _rounded_ids(engine: duckdb.DuckDBPyConnection, lines: str, customers: str) -> Finding | None:
    condition = f"regexp_full_match(customer_id, '{ROUNDED_ID}')"
    if not sql.count(engine, f"{customers} WHERE {condition}"):
        return None
    rows, value, first = _lines_where(engine, lines, condition)
    if not rows:
        return None
    example = engine.execute(
        f"SELECT min(customer_id) FROM {lines} WHERE reason IS NULL AND {condition}"
    ).fetchone()
    return Finding(
        "rounded ids",
        f"{counted_rows(rows)} with a customer id such as {example[0] if example else '1.2E+15'}: a spreadsheet has"
        " rounded these ids and different customers may share one",
        first,
        "Export again without opening the file in a spreadsheet, or choose the email address as the customer",
        rows,
        value,
    )


def _large_customer(
    engine: duckdb.DuckDBPyConnection, lines: str, customers: CustomerCount, all_orders: OrderCount
) -> Finding | None:
    total = all_orders.orders
    if total < ENOUGH_ORDERS or customers.buyers < ENOUGH_CUSTOMERS:
        return None
    # Nobody has more orders than lines, so few customers come into question.
    large = [
        str(customer)
        for (customer,) in engine.execute(
            f"SELECT customer_id FROM {customers.table} WHERE bought >= {LARGE_SHARE * total}"
        ).fetchall()
    ]
    if not large:
        return None
    order = "coalesce(order_id, CAST(ordered_at AS VARCHAR))"
    found = engine.execute(f"""
        SELECT customer_id, count(DISTINCT {order}) AS orders, CAST(sum(amount_net) AS DOUBLE)
        FROM {lines} WHERE reason IS NULL AND NOT is_refund AND customer_id IN ({sql.literals(large)})
        GROUP BY customer_id ORDER BY orders DESC, customer_id LIMIT 1""").fetchone()
    if not found or found[1] < LARGE_SHARE * total:
        return None
    customer, orders, value = found
    return Finding(
        "large customer",
        f"The customer «{customer}» has {orders:,} of all {total:,} orders ({100 * orders / total:.0f} %)",
        "",
        "Check whether this is a till, a marketplace, guests or a test account; if so, take its rows out",
        int(orders),
        float(value),
    )


def _incomplete_month(engine: duckdb.DuckDBPyConnection, lines: str, days: Days) -> Finding | None:
    if len(days) < 2:
        return None
    last = days[-1].astype(object)
    month_end = last.replace(day=calendar.monthrange(last.year, last.month)[1])
    usual = float(np.quantile(np.diff(days).astype(int), 0.95))
    missing = (month_end - last).days
    if missing <= max(usual, 1) or days[0].astype("datetime64[M]") == days[-1].astype("datetime64[M]"):
        return None
    rows, value, _ = _lines_where(engine, lines, f"ordered_at >= '{last.replace(day=1)}'")
    return Finding(
        "incomplete month",
        f"The last month is incomplete: {last:%B %Y} ends with {last:%d %B}, {missing} days before its end",
        "",
        "Do not compare it with full months; the forecast counts in days and is not affected",
        rows,
        value,
    )


def order_days(engine: duckdb.DuckDBPyConnection, lines: str, today: dt.date) -> Days:
    """The different days with an order, oldest first, without those that can hardly be true."""
    found = engine.execute(
        f"SELECT DISTINCT ordered_at::DATE AS day FROM {lines} WHERE reason IS NULL AND NOT is_refund ORDER BY day"
    ).fetchnumpy()["day"]
    days = np.asarray(found, dtype="datetime64[D]")
    return days[(days >= np.datetime64(OLDEST)) & (days <= np.datetime64(today))]


def _gaps(days: Days) -> Finding | None:
    if len(days) < ENOUGH_ORDERS:
        return None
    pauses = np.diff(days).astype(int)
    usual = float(np.quantile(pauses, 0.95))
    long = np.flatnonzero(pauses >= max(GAP_DAYS, GAP_TIMES * usual))
    if not long.size:
        return None
    largest = sorted(sorted(long, key=lambda at: -pauses[at])[:SHOWN_GAPS])
    listed = ", ".join(f"{days[at]} to {days[at + 1]}" for at in largest)
    pause = "1 pause" if long.size == 1 else f"{long.size} pauses"
    return Finding(
        "gaps",
        f"There are no orders for {pauses.max():,} days on end ({pause} of {GAP_DAYS} days or more, where {usual:.0f}"
        f" {'day is' if round(usual) == 1 else 'days are'} usual)",
        listed,
        "If the shop was open, export the missing period too and load the files together: to the model a gap looks as"
        " if everybody had stopped buying",
    )


def _currency_change(engine: duckdb.DuckDBPyConnection, lines: str) -> Finding | None:
    found = engine.execute(f"""
        SELECT currency, count(*), quantile_disc(ordered_at, 0.05)::DATE, quantile_disc(ordered_at, 0.95)::DATE,
               CAST(sum(gross) AS DOUBLE)
        FROM {lines} WHERE currency IS NOT NULL AND ordered_at IS NOT NULL
        GROUP BY currency ORDER BY 3, currency""").fetchall()
    total = sum(rows for _, rows, *_ in found)
    often = [entry for entry in found if entry[1] >= CURRENCY_SHARE * total]
    for before, after in pairwise(often):
        if before[3] < after[2]:
            return Finding(
                "currency change",
                f"The orders were in {before[0]} until about {before[3]} and are in {after[0]} since about {after[2]}",
                "",
                f"Give the rate of {before[0]} so that all amounts are in one currency, or forecast from the newer"
                " orders alone",
                int(before[1]),
                float(before[4] or 0),
            )
    return None


def _level_change(engine: duckdb.DuckDBPyConnection, lines: str, sample: str) -> Finding | None:
    found = engine.execute(f"""
        SELECT date_trunc('month', ordered_at)::DATE AS month, median(gross), count(*) FROM {sample}
        GROUP BY month HAVING count(*) >= {MONTH_ROWS} ORDER BY month""").fetchall()
    medians = pd.Series([median for _, median, _ in found], dtype=float)
    for at in range(LEVEL_MONTHS, len(medians) - LEVEL_MONTHS + 1):
        before, after = medians[:at], medians[at:]
        if LEVEL_TIMES * before.max() < after.min() or LEVEL_TIMES * after.max() < before.min():
            return Finding(
                "level change",
                f"From {found[at][0]:%B %Y} on the usual amount is {after.median():,.2f}, before it was"
                f" {before.median():,.2f}",
                "",
                "If the currency or the unit (cents) changed then, convert the older amounts and load the file again",
                _lines_where(engine, lines, f"gross > 0 AND ordered_at < '{found[at][0]}'")[0],
            )
    return None


def _far_out(
    engine: duckdb.DuckDBPyConnection, lines: str, sample: str, totals: Mapping[str, Any]
) -> Finding | None:
    usual = engine.execute(f"SELECT median(gross), count(*), median(ln(gross)) FROM {sample}").fetchone()
    if usual is None or usual[1] < ENOUGH_ORDERS:
        return None
    median, _, middle = usual
    spread = engine.execute(f"SELECT 1.4826 * median(abs(ln(gross) - {middle})) FROM {sample}").fetchone()
    limit = median * max(FAR_OUT, float(np.exp(FAR_OUT_SPREADS * float(spread[0] if spread else 0))))
    if totals["largest"] <= limit:
        return None
    rows, value, _ = _lines_where(engine, lines, f"gross > {limit}")
    if not rows or rows > MOST_FAR_OUT * totals["purchase_rows"]:
        return None
    largest = engine.execute(f"""
        SELECT source_file || ' line ' || source_line || ': ' || printf('%.2f', gross::DOUBLE)
        FROM {lines} WHERE reason IS NULL AND gross > {limit}
        ORDER BY gross DESC, file_no, source_line LIMIT {SHOWN_LINES}""").fetchall()
    return Finding(
        "far-out amounts",
        f"{counted_rows(rows)} more than {limit / median:,.0f} times the usual amount of {median:,.2f}",
        ", ".join(text for (text,) in largest),
        "A lost decimal mark makes 19.99 into 1,999: correct such amounts in the file; if they are real, know that a"
        " few orders carry the average",
        rows,
        value,
    )
