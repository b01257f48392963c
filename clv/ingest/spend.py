"""A file of marketing spend: a day, a channel, an amount; read as orders are, a channel in the customer's place."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from clv.ingest.columns import FIELDS, guess_mapping
from clv.ingest.containers import open_single
from clv.ingest.date_order import DateOrder
from clv.ingest.errors import InputError, Problem
from clv.ingest.files import OrderFile
from clv.ingest.findings import Finding
from clv.ingest.quality import QualityReport
from clv.ingest.read import read_orders
from clv.ingest.resolve import columns_there_are
from clv.ingest.sort_files import spend_columns


@dataclass(frozen=True)
class Spend:
    """Money spent on winning customers.

    Parameters
    ----------
    frame : DataFrame
        date (day), channel (text), spend (money), one row per day and channel.
    report : QualityReport
        What was read and left out; its customers are the channels.
    assumed : tuple of Finding
        What was taken for granted because the orders are so.
    """

    frame: pd.DataFrame
    report: QualityReport
    assumed: tuple[Finding, ...] = ()


def read_spend(files: Sequence[OrderFile], *, date_order: DateOrder | None = None) -> Spend:
    """Read files of spend into one table.

    Raises
    ------
    InputError
        A file cannot be read, or has no channel, date or amount; carries every problem found.
    """
    with tempfile.TemporaryDirectory(prefix="clv-") as workdir:
        columns = open_single(files[0], Path(workdir)).columns
    found = spend_columns(columns)
    if found is None:
        what = f"it has no channel, date and spend. {columns_there_are(columns)}"
        raise InputError([Problem(what, files[0].name, "Name the columns date, channel and spend")])
    mapping = dict.fromkeys((*FIELDS, "attributes"), "") | {
        "customer": found["channel"],
        "date": found["date"],
        "amount": found["spend"],
        "currency": guess_mapping(columns).get("currency", ""),
    }
    ingested = read_orders(files, mapping, date_order=date_order)
    lines = ingested.transactions.table
    daily = lines.group_by(date=lines.ordered_at.date(), channel=lines.customer_id).agg(
        spend=lines.amount.sum().cast("float64")
    )
    frame = daily.order_by("date", "channel").to_pyarrow().to_pandas()
    return Spend(frame.assign(date=pd.to_datetime(frame["date"])), ingested.report)
