"""Ten million order lines: from the file to the customer summary, against a bare DuckDB query and pandas with `lifetimes`.

python -m benchmarks.bench_ingest [--rows 10000000] [--runs 3] [--without-lifetimes] [--quoted]
                                  [--customers {numbers,prefixed,emails}] [--clock]

The sides take turns, each run in a fresh process, on one generated file (about 42 bytes a row, customers known by
numbers, days without a clock, no cell in quotation marks; with --quoted every text in them) that is removed in the end.
Times count from the first line of work to the frame of customers, imports left out; peak memory is of the whole process.
Medians are printed, and each side's ratio to ours within a turn.

bare       DuckDB scans the CSV with its columns given, casts the day, groups by customer and day, then by customer:
           frequency, recency, T and spend. No cell is checked, nothing is counted, no line is known.
ours       read_orders (encoding, separators, date and number styles, every row accounted for, attributes) and
           customer_summary.
lifetimes  pandas.read_csv and lifetimes.utils.summary_data_from_transaction_data.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

PROJECT = Path(__file__).resolve().parents[1]
SIDES = ("bare", "ours", "lifetimes")
FIRST_DAY, DAYS = np.datetime64("2023-01-01"), 730
CHANNELS = ("affiliate", "email", "search", "social")
COUNTRIES = ("DE", "FR", "GB", "PL", "US")
CUSTOMERS = ("numbers", "prefixed", "emails")


def generate(
    path: Path,
    rows: int,
    *,
    quoted: bool = False,
    customers: str = "numbers",
    clock: bool = False,
    seed: int = 1,
) -> None:
    """Orders of a tenth as many customers, oldest first."""
    draw = np.random.default_rng(seed)
    known = 100_000 + np.arange(max(rows // 10, 1))
    who = draw.integers(0, len(known), rows)
    day = FIRST_DAY + np.sort(draw.integers(0, DAYS, rows))
    table = pa.table({
        "order_id": np.arange(1, rows + 1),
        "customer_id": names_of(known, customers).take(pa.array(who)),
        "order_date": day + np.sort(draw.integers(0, 86_400, rows)).astype("timedelta64[s]") if clock else day,
        "amount": np.round(draw.gamma(2.0, 20.0, rows) + 0.01, 2),
        "channel": np.array(CHANNELS)[draw.integers(0, len(CHANNELS), rows)],
        "country": np.array(COUNTRIES)[draw.integers(0, len(COUNTRIES), rows)],
    })  # fmt: skip
    pyarrow.csv.write_csv(table, path, pyarrow.csv.WriteOptions(quoting_style="needed" if quoted else "none"))


def names_of(known: NDArray[np.int64], customers: str) -> pa.Array:
    """Customers as 573188, as C0573188, or as an email address that says it."""
    if customers == "numbers":
        return pa.array(known)
    form = "C{:07d}" if customers == "prefixed" else "customer.{:x}@example.com"
    return pa.array([form.format(number) for number in known.tolist()])


def bare(path: Path) -> int:
    """The least that a summary takes."""
    import duckdb

    columns = ("'order_id': 'BIGINT', 'customer_id': 'VARCHAR', 'order_date': 'VARCHAR', 'amount': 'DOUBLE',"
               " 'channel': 'VARCHAR', 'country': 'VARCHAR'")  # fmt: skip
    query = f"""
        WITH days AS (
            SELECT customer_id, CAST(order_date AS DATE) AS day, sum(amount) AS spend
            FROM read_csv(?, header=true, columns={{{columns}}}) GROUP BY ALL)
        SELECT customer_id, count(*) - 1 AS frequency, max(day) - min(day) AS recency, min(day) AS first_day,
               sum(spend) AS spend
        FROM days GROUP BY ALL"""
    frame = duckdb.connect().execute(query, [str(path)]).df()
    last = (frame["first_day"] + frame["recency"] * np.timedelta64(1, "D")).max()
    frame["T"] = (last - frame["first_day"]).dt.days
    return len(frame)


def ours(path: Path) -> int:
    """What the app does with an upload before any model."""
    from clv.history import customer_summary
    from clv.ingest import OrderFile, read_orders

    return len(customer_summary(read_orders([OrderFile(path.name, path)]).transactions).frame)


def lifetimes(path: Path) -> int:
    """What one would write with the library."""
    import pandas as pd

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes.utils import summary_data_from_transaction_data

        orders = pd.read_csv(path)
        return len(summary_data_from_transaction_data(orders, "customer_id", "order_date", "amount"))


def run_side(side: str, path: Path) -> None:
    """Run one side here and print its seconds, processor seconds, customers and peak memory."""
    import duckdb  # noqa: F401
    import pandas as pd  # noqa: F401

    import clv.history
    import clv.ingest  # noqa: F401

    began, used = time.perf_counter(), time.process_time()
    customers = {"bare": bare, "ours": ours, "lifetimes": lifetimes}[side](path)
    seconds, processor = time.perf_counter() - began, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(json.dumps({"seconds": seconds, "processor": processor, "customers": customers, "megabytes": peak}))


def measured(side: str, path: Path) -> dict[str, float]:
    """A run of one side in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.bench_ingest", "--side", side, "--file", str(path)]
    done = subprocess.run(command, cwd=PROJECT, env=os.environ, capture_output=True, text=True, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def main() -> None:
    """Generate the file, let the sides take turns, print a table, remove the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--without-lifetimes", action="store_true")
    parser.add_argument("--quoted", action="store_true")
    parser.add_argument("--customers", choices=CUSTOMERS, default="numbers")
    parser.add_argument("--clock", action="store_true")
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.side:
        run_side(asked.side, asked.file)
        return
    sides = [side for side in SIDES if side != "lifetimes" or not asked.without_lifetimes]
    with tempfile.TemporaryDirectory(prefix="clv-bench-") as folder:
        path = Path(folder) / "orders.csv"
        generate(path, asked.rows, quoted=asked.quoted, customers=asked.customers, clock=asked.clock)
        print(
            f"{asked.rows:,} rows, {path.stat().st_size / 1e6:,.0f} MB, {asked.runs} runs, sides in turn: medians"
        )
        turns = [{side: measured(side, path) for side in sides} for _ in range(asked.runs)]
    print(f"{'':10} {'seconds':>8} {'processor s':>12} {'peak MB':>8} {'to ours':>8}   customers")
    for side in sides:
        runs = [turn[side] for turn in turns]
        seconds, processor, peak = (
            statistics.median(run[key] for run in runs) for key in ("seconds", "processor", "megabytes")
        )
        ratio = statistics.median(turn[side]["seconds"] / turn["ours"]["seconds"] for turn in turns)
        print(
            f"{side:10} {seconds:8.1f} {processor:12.1f} {peak:8,.0f} {ratio:7.2f}x   {runs[0]['customers']:,}"
        )
    share = statistics.median(turn["ours"]["seconds"] / turn["bare"]["seconds"] for turn in turns)
    print(f"ours takes {share:.2f} times as long as the bare query")


if __name__ == "__main__":
    main()
