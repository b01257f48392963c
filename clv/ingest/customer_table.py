"""A table with one row per customer (frequency, recency, T, spend) in place of the orders behind it."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import numpy as np
import pandas as pd

from clv.ingest import amounts, sql, vocabulary
from clv.ingest.columns import ColumnMapping
from clv.ingest.containers import open_single
from clv.ingest.errors import InputError, Problem
from clv.ingest.failed_payments import COLUMNS as FAILED_PAYMENT_COLUMNS
from clv.ingest.files import OrderFile
from clv.ingest.findings import Finding
from clv.ingest.quality import DroppedRows, QualityReport
from clv.ingest.resolve import columns_there_are
from clv.ingest.source import Source
from clv.ingest.transactions import snake_case
from clv.ingest.typed_rows import Role
from clv.ingest.vocabulary import normalised

Unit = Literal["days", "weeks"]
DAYS: dict[Unit, int] = {"days": 1, "weeks": 7}
NUMBERS = ("frequency", "purchases", "recency", "since_last", "age", "mean_spend", "total_spend")
SHOWN_LINES = 5


@dataclass(frozen=True)
class CustomerTable:
    """Customers as somebody else has summarised them.

    Parameters
    ----------
    frame : DataFrame
        customer_id (text), frequency (purchases after the first), recency_days (first to last purchase), T_days
        (first purchase to now), spend (mean of a purchase, money), and the attributes as text.
    attributes : tuple of str
        Names of the further columns, in snake_case.
    as_of : date
        The day that T runs to.
    report : QualityReport
        What was read, left out and assumed.
    """

    frame: pd.DataFrame
    attributes: tuple[str, ...]
    as_of: dt.date
    report: QualityReport

    @property
    def failed_payments(self) -> pd.DataFrame:
        """As of `Ingested`: none, for a table of customers has no single payments."""
        return pd.DataFrame(columns=FAILED_PAYMENT_COLUMNS)


def is_customer_table(columns: Iterable[str]) -> bool:
    """Whether the columns are those of a table of customers: how often, how recently, since when."""
    found = _named(list(columns))
    often = "frequency" in found or "purchases" in found
    return often and ("recency" in found or "since_last" in found) and "age" in found


def read_customer_table(
    file: OrderFile, *, unit: Unit = "days", as_of: dt.date | None = None, currency: str | None = None
) -> CustomerTable:
    """Read a table of customers.

    Parameters
    ----------
    file : OrderFile
        CSV, Excel or Parquet, recognised by its column names.
    unit : {"days", "weeks"}
        Unit of recency and T.
    as_of : date or None
        The day that T runs to; today where the table comes without one.
    currency : str or None
        What the spend is in.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or none of its rows can be used.
    """
    with tempfile.TemporaryDirectory(prefix="clv-") as workdir, duckdb.connect() as engine:
        source = open_single(file, Path(workdir))
        columns = _columns(file.name, source.columns)
        others = [name for name in source.columns if name and name not in columns.values()]
        frame = _cells(engine, source, columns, others)
        assumed = list(source.assumed)
    reasons = _reasons(frame, columns)
    kept = frame[reasons == ""]
    if kept.empty:
        reason = reasons.value_counts().index[0]
        raise InputError(
            [Problem(f"no row can be used: {reason}", file.name, "Check the columns of the table")]
        )
    day = as_of or dt.date.today()
    assumed += _assumed(columns, unit, as_of)
    table = _table(kept, columns, DAYS[unit])
    attributes = snake_case(others)
    table = table.assign(**{
        new: kept[f"attribute_{number}"].to_numpy() for number, new in enumerate(attributes)
    })  # fmt: skip
    report = _report(file.name, frame, reasons, table, columns, day, currency, assumed)
    return CustomerTable(table.reset_index(drop=True), attributes, day, report)


def _named(columns: Sequence[str]) -> dict[str, str]:
    by_name = {normalised(column): column for column in reversed(columns) if column}
    aliases = vocabulary.read("customer_table.toml")
    found: dict[str, str] = {}
    for field in ("customer", *NUMBERS):
        for alias in aliases[field]:
            column = by_name.get(normalised(alias))
            if column is not None and column not in found.values():
                found[field] = column
                break
    return found


def _columns(name: str, columns: Sequence[str]) -> dict[str, str]:
    """The column of each field; of two that say the same thing the one that the models use."""
    found = _named(columns)
    for used, spare in (("frequency", "purchases"), ("recency", "since_last"), ("total_spend", "mean_spend")):
        if used in found:
            found.pop(spare, None)
    wanted = {
        "customer": ("customer",),
        "number of purchases": ("frequency", "purchases"),
        "recency": ("recency", "since_last"),
        "time since the first purchase (T)": ("age",),
        "spend": ("mean_spend", "total_spend"),
    }
    missing = [meaning for meaning, fields in wanted.items() if not found.keys() & set(fields)]
    if missing:
        what = f"no column was recognised as the {' or as the '.join(missing)}. {columns_there_are(columns)}"
        todo = "Name the columns customer_id, frequency, recency, T and monetary_value"
        raise InputError([Problem(what, name, todo)])
    return found


def _cells(
    engine: duckdb.DuckDBPyConnection, source: Source, columns: dict[str, str], others: Sequence[str]
) -> pd.DataFrame:
    """The numbers read, everything else as text, and the line of each row."""
    place = {name: position for position, name in enumerate(source.columns) if name}
    fields = [field for field in NUMBERS if field in columns]
    texts = {"customer_id": columns["customer"], **{f"attribute_{i}": name for i, name in enumerate(others)}}
    roles: dict[int, Role] = {place[name]: "text" for name in texts.values()}
    roles |= {place[columns[field]]: "number" for field in fields}
    read = source.read_rows(engine, roles, _no_progress, room=0)
    cells = [f"CAST({read.line} AS BIGINT) AS source_line"]
    cells += [f"t{place[column]} AS {name}" for name, column in texts.items()]
    for field in fields:
        position = place[columns[field]]
        cells += [f"t{position} AS {field}_text", f"n{position} AS {field}_native"]
    staged = sql.unique_name("customers")
    engine.execute(f"CREATE TEMP TABLE {staged} AS SELECT {', '.join(cells)} FROM {read.table}")
    relation = staged
    for field in fields:
        style = amounts.decide_style(engine, staged, field, field, read.votes[place[columns[field]]])
        relation = amounts.with_number(relation, field, style)
    listed = ", ".join(["source_line", *texts, *(f"CAST({field} AS DOUBLE) AS {field}" for field in fields)])
    frame = (
        engine.execute(f"SELECT {listed} FROM {relation} ORDER BY source_line").to_arrow_table().to_pandas()
    )
    blank = frame.drop(columns="source_line").isna().all(axis="columns")
    return frame[~blank].reset_index(drop=True)


def _no_progress(_share: float, _rows: int) -> None:
    """Customers are far fewer than orders: no progress is shown."""


def _reasons(frame: pd.DataFrame, columns: dict[str, str]) -> pd.Series:
    """Why each row is left out; empty for a row that is kept."""
    numbers = frame[[field for field in NUMBERS if field in columns]]
    often = frame.get("frequency", frame.get("purchases", pd.Series(dtype=float)) - 1)
    recency = frame["recency"] if "recency" in columns else frame["age"] - frame["since_last"]
    spend = frame["total_spend"] if "total_spend" in columns else frame["mean_spend"]
    checks = (
        (frame["customer_id"].isna(), "no customer id"),
        (frame["customer_id"].duplicated(), "the customer stands in the table twice"),
        (numbers.isna().any(axis="columns"), "a number is missing or cannot be read"),
        ((often < 0) | (often % 1 != 0), "the number of purchases is no whole number"),
        ((recency < 0) | (recency > frame["age"]), "recency is below 0 or above T"),
        ((often == 0) & (recency > 0), "no repeat purchase, yet the last one is later than the first"),
        ((often > 0) & (recency == 0), "repeat purchases, yet the last one is on the day of the first"),
        (spend < 0, "spend is below 0"),
    )
    return pd.Series(
        np.select([wrong.to_numpy() for wrong, _ in checks], [why for _, why in checks], default=""),
        index=frame.index,
    )


def _table(kept: pd.DataFrame, columns: dict[str, str], days: int) -> pd.DataFrame:
    frequency = kept["frequency"] if "frequency" in columns else kept["purchases"] - 1
    recency = kept["recency"] if "recency" in columns else kept["age"] - kept["since_last"]
    if "total_spend" in columns:
        spend = kept["total_spend"] / (frequency + 1)
    else:
        # Summaries for the models say 0 where there is no repeat purchase, whatever the first one was worth.
        repeat = kept["mean_spend"].where(kept["mean_spend"] > 0)
        weights = (frequency + 1)[repeat.notna()]
        usual = float(np.average(repeat.dropna(), weights=weights)) if len(weights) else 0.0
        spend = repeat.fillna(usual)
    return pd.DataFrame(
        {
            "customer_id": kept["customer_id"],
            "frequency": frequency.astype("int64"),
            "recency_days": recency * days,
            "T_days": kept["age"] * days,
            "spend": spend,
        }
    )


def _assumed(columns: dict[str, str], unit: Unit, as_of: dt.date | None) -> list[Finding]:
    other_unit = "Say weeks on the Data page (--unit weeks) if it is not so"
    said = [Finding("unit", f"Recency and T are in {unit}", "", other_unit)]
    if "frequency" in columns:
        what = f"«{columns['frequency']}» counts the purchases after the first one"
        said.append(Finding("frequency", what, "", "Name the column orders if it counts the first one too"))
    else:
        what = f"«{columns['purchases']}» counts all purchases, the first one too"
        said.append(
            Finding("frequency", what, "", "Name the column frequency if it counts repeat purchases only")
        )
    if "since_last" in columns:
        what = f"recency = «{columns['age']}» - «{columns['since_last']}», the time since the last purchase"
    else:
        what = f"«{columns['recency']}» is the time from the first purchase to the last, not from the last to now"
    said.append(
        Finding(
            "recency",
            what,
            "",
            "Name the column days_since_last_order if it runs from the last purchase to now",
        )
    )
    if "total_spend" in columns:
        what = (
            f"«{columns['total_spend']}» is the spend of all purchases; one purchase is worth its share of it"
        )
    else:
        what = (
            f"«{columns['mean_spend']}» is the mean spend of a purchase; the first purchase, which the table does not"
            " tell, is taken to be worth the same, and 0 stands for what is not known"
        )
    said.append(Finding("spend", what, "", "Name the column total_spend if it is the sum"))
    if as_of is None:
        said.append(
            Finding("as of", "T runs to today: dates of first and last orders are counted back from it", "",
                    "Give the day of the table (--as-of) if it is older")
        )  # fmt: skip
    return said


def _report(
    name: str,
    frame: pd.DataFrame,
    reasons: pd.Series,
    table: pd.DataFrame,
    columns: dict[str, str],
    as_of: dt.date,
    currency: str | None,
    assumed: Sequence[Finding],
) -> QualityReport:
    purchases = table["frequency"] + 1
    revenue = float((table["spend"] * purchases).sum())
    counted = reasons[reasons != ""].value_counts()
    dropped = tuple(
        DroppedRows(str(reason), int(rows), None, _first_lines(name, frame[reasons == reason]))
        for reason, rows in counted.items()
    )
    spend = columns.get("total_spend", columns.get("mean_spend"))
    return QualityReport(
        files=(name,), rows_read=len(frame), rows_kept=len(table), purchase_rows=len(table), refund_rows=0,
        customers=len(table), orders=int(purchases.sum()), gross_revenue=revenue, refunds=0.0, revenue=revenue,
        currency=currency, first_date=_days_before(as_of, table["T_days"].max()),
        last_date=_days_before(as_of, (table["T_days"] - table["recency_days"]).min()), dropped=dropped, warnings=(),
        mapping=ColumnMapping(customer=columns["customer"], date=columns["age"], amount=spend),
        assumed=tuple(assumed),
    )  # fmt: skip


def _first_lines(name: str, rows: pd.DataFrame) -> tuple[str, ...]:
    return tuple(f"{name} line {line}" for line in rows["source_line"].head(SHOWN_LINES))


def _days_before(day: dt.date, days: float) -> dt.date:
    return day - dt.timedelta(days=round(float(days)))
