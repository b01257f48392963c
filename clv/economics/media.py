"""What winning a customer has cost, by channel and overall, from a file of marketing spend."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from clv.ingest.findings import Finding
from clv.ingest.spend import Spend

SHOWN_CHANNELS = 8


@dataclass(frozen=True)
class MediaCost:
    """Cost of acquisition over the days that both the spend and the orders cover.

    Attributes
    ----------
    by : the column of the customers that names the channel; None where no column has such values.
    channels : frame channel, spend (money), new_customers, cac (money; missing without a new customer), the dearest
        channel first. Channels of customers that cost nothing are not in it.
    spend, new_customers : of all channels, money and customers whose first paid order lies in the period.
    cac : blended: all spend / all new customers, those of free channels included; None without a new customer.
    first_date, last_date : the period, both days included.
    """

    by: str | None
    channels: pd.DataFrame
    spend: float
    new_customers: int
    cac: float | None
    first_date: dt.date
    last_date: dt.date

    def cac_of(self, group: str) -> float:
        """CAC of the customers of one value of ``by``, money; 0 where nothing was spent on it."""
        rows = self.channels[_normalised(self.channels["channel"]) == _normalised(pd.Series([group])).iloc[0]]
        return float(rows["cac"].iloc[0]) if len(rows) and pd.notna(rows["cac"].iloc[0]) else 0.0


def media_cost(
    spend: Spend, buyers: pd.DataFrame, columns: Sequence[str], currency: str | None
) -> tuple[MediaCost | None, tuple[Finding, ...]]:
    """Spend divided by the customers it won, and what of the spend did not match.

    Parameters
    ----------
    buyers : frame with first_order_date and the columns.
    columns : those that may name the channel; the one whose values carry most of the spend is taken.
    currency : of the orders; spend in another currency cannot be compared.

    Returns
    -------
    MediaCost or None, tuple of Finding
        None where the spend is in another currency, or shares no day with the first orders.
    """
    where, written = ", ".join(spend.report.files), spend.report.currency
    if written and currency and written != currency:
        what = f"The spend is in {written} and the orders are in {currency}, so no CAC is counted"
        return None, (Finding("spend currency", what, where, "Convert the spend and load it again"),)
    first = max(spend.frame["date"].min(), buyers["first_order_date"].min())
    last = min(spend.frame["date"].max(), buyers["first_order_date"].max())
    if pd.isna(first) or pd.isna(last) or first > last:
        what = "The spend and the first orders of customers share no day, so no CAC is counted"
        return None, (Finding("spend outside", what, where, "Load spend and orders of the same period"),)
    spent = spend.frame[spend.frame["date"].between(first, last)]
    new = buyers[buyers["first_order_date"].between(first, last)]
    # A channel written in two ways is one; it is called what it is called first.
    by_channel = (
        spent.assign(normalised=_normalised(spent["channel"]))
        .groupby("normalised", sort=False)
        .agg(channel=("channel", "first"), spend=("spend", "sum"))
    )
    carried = {
        name: float(by_channel.loc[by_channel.index.isin(set(_normalised(new[name]))), "spend"].sum())
        for name in columns
    }
    by = max(carried, key=lambda name: carried[name], default=None)
    if by is not None and carried[by] <= 0:
        by = None
    won = Counter(_normalised(new[by])) if by is not None else Counter[str]()
    channels = by_channel.assign(new_customers=[won[channel] for channel in by_channel.index])
    channels["cac"] = (channels["spend"] / channels["new_customers"]).where(channels["new_customers"] > 0)
    channels = channels.sort_values("cac", ascending=False, ignore_index=True)
    total = float(spent["spend"].sum())
    found = (
        _summary(spend, total, len(new), first, last),
        *_findings(spend, channels, by, len(spent)),
    )
    each = total / len(new) if len(new) else None
    return MediaCost(by, channels, total, len(new), each, first.date(), last.date()), found


def _normalised(names: pd.Series) -> pd.Series:
    """Names without case, surrounding blanks and the sort of gap between their words."""
    texts = names.astype("object").where(names.notna(), "").astype("str")
    return texts.str.strip().str.casefold().str.replace(r"[\s_-]+", " ", regex=True)


def _summary(spend: Spend, total: float, won: int, first: pd.Timestamp, last: pd.Timestamp) -> Finding:
    each = f", {total / won:,.2f} each" if won else ""
    what = (
        f"{total:,.2f} were spent from {first:%Y-%m-%d} to {last:%Y-%m-%d}, and {won:,} new customers came{each}"
        " (those of free channels included)"
    )
    return Finding("spend", what, ", ".join(spend.report.files), "", None, total)


def _findings(spend: Spend, channels: pd.DataFrame, by: str | None, rows: int) -> tuple[Finding, ...]:
    where = ", ".join(spend.report.files)
    findings = []
    left = [row for row in spend.report.dropped if row.rows]
    if left:
        # A channel was read in the customer's place.
        reasons = ", ".join(f"{row.reason.replace('customer', 'channel')} ({row.rows:,})" for row in left)
        what = f"Rows of the spend were left out: {reasons}"
        findings.append(Finding("spend left out", what, where, "", sum(row.rows for row in left)))
    outside = len(spend.frame) - rows
    if outside:
        what = f"{outside:,} days of a channel lie before the first or after the last new customer and are not counted"
        findings.append(Finding("spend outside", what, where, "", outside))
    lost = channels[channels["new_customers"] == 0]
    if by is None:
        what = f"No column of the orders has a channel of the spend ({_listed(lost['channel'])})"
        todo = "The CAC of all customers together is known; add the channel to the orders for that of each"
        findings.append(Finding("spend without channel", what, where, todo, rows, float(lost["spend"].sum())))
    elif len(lost):
        what = f"Spend on {_listed(lost['channel'])} won no customer by the column «{by}»"
        todo = "Write the channel the same way in both files; the money counts in the CAC of all customers"
        findings.append(
            Finding("spend without customers", what, where, todo, None, float(lost["spend"].sum()))
        )
    return tuple(findings)


def _listed(names: pd.Series) -> str:
    more = f" and {len(names) - SHOWN_CHANNELS} more" if len(names) > SHOWN_CHANNELS else ""
    return ", ".join(f"«{name}»" for name in names.head(SHOWN_CHANNELS)) + more
