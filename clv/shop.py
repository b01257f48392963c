"""A shop as its files tell it: facts and what is counted from them, before any model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from clv.economics.media import MediaCost, media_cost
from clv.history import (
    RFM_SEGMENTS,
    CustomerSummary,
    customer_summary,
    history_of_groups,
    monthly_revenue,
    orders_of_customer,
    rfm_scores,
    rfm_segments,
    summary_of_table,
    with_contacts,
)
from clv.history.from_table import FROM_TABLE
from clv.history.repeat_buying import RepeatBuying, repeat_buying
from clv.history.rfm import NEVER_PAID
from clv.history.summary import FIRST_ORDER
from clv.ingest import Contacts, CustomerTable, Finding, Ingested, QualityReport, Spend, Transactions
from clv.ingest.failed_payments import no_failed_payments
from clv.memo import Memo, cached_property
from clv.rules import BLANK

if TYPE_CHECKING:
    from clv.churn.window import ChurnWindow

MOST_GROUPS = 60

KNOWN_FROM_THE_START = (FIRST_ORDER, FROM_TABLE)

MIN_BUYERS = 500
MIN_DAYS = 180
MIN_ORDERS_OF_SOME = 3
MOST_SILENT_DAYS = 30


@dataclass(frozen=True, eq=False)
class Shop:
    """What is known of a shop. Made by ``shop_of``; nothing here depends on a model or an assumption.

    Attributes
    ----------
    report : the account of the read.
    summary : one row per customer, those who never paid included.
    transactions : the order lines; None where the file was a table of customers.
    failed_payments : payments that did not go through, columns as ``Ingested.failed_payments``; empty without any.
    contacts, spend : what came beside the orders, as read; None where nothing did.
    media : what winning the customers has cost, from ``spend``.
    findings_beside : how contacts and spend fit the orders.
    memo : what has been computed of this shop, for every session that shows it.
    """

    report: QualityReport
    summary: CustomerSummary
    transactions: Transactions | None = None
    failed_payments: pd.DataFrame = field(default_factory=no_failed_payments)
    contacts: Contacts | None = None
    spend: Spend | None = None
    media: MediaCost | None = None
    findings_beside: tuple[Finding, ...] = ()
    memo: Memo = field(default_factory=Memo, repr=False)

    @property
    def as_of(self) -> dt.date:
        """The day to count from."""
        return self.summary.as_of

    @property
    def has_orders(self) -> bool:
        """Whether the single orders are known, not only each customer's sums."""
        return self.transactions is not None

    @property
    def currency(self) -> str | None:
        """ISO 4217 code of the amounts where it is known."""
        return self.report.currency

    @cached_property
    def buyers(self) -> pd.DataFrame:
        """The customers who paid for something, one row each: the rows that every forecast follows."""
        return self.summary.buyers.reset_index(drop=True)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """RFM scores of the buyers, in their order."""
        return rfm_scores(self.buyers)

    @cached_property
    def segment(self) -> pd.Series[str]:
        """RFM segment of every buyer."""
        return rfm_segments(self.scores)

    @property
    def revenue_per_buyer(self) -> float:
        """Mean revenue of those who paid, money; 0 without any."""
        return float(self.buyers["revenue"].mean()) if len(self.buyers) else 0.0

    @property
    def revenue_shared_out(self) -> float:
        """All revenue of the file, refunds without an order included, for each who paid; money."""
        return self.report.revenue / max(len(self.buyers), 1)

    @cached_property
    def repeat_buying(self) -> RepeatBuying:
        """How the buyers have come back so far."""
        return repeat_buying(self.buyers)

    @cached_property
    def segment_names(self) -> list[str]:
        """Segments that occur, best first."""
        present = set(self.segment)
        return [name for name in RFM_SEGMENTS if name in present]

    @cached_property
    def segment_groups(self) -> pd.Categorical[str]:
        """The segment of every buyer, best segment first."""
        return pd.Categorical(self.segment, categories=self.segment_names)

    @property
    def monthly_revenue(self) -> pd.DataFrame:
        """Frame month, new, returning: net revenue of new and of returning customers; empty without orders."""
        orders = self.transactions
        if orders is None:
            return pd.DataFrame({"month": pd.Series(dtype="datetime64[us]"), "new": 0.0, "returning": 0.0})
        return self.memo.once("monthly revenue", lambda: monthly_revenue(orders, self.as_of))

    @property
    def churn_window(self) -> ChurnWindow:
        """The churn window that the gaps between these orders suggest; of large shops, between those of a sample."""
        from clv.churn.window import MOST_CUSTOMERS, assumed_window, churn_window, gaps_between_purchases
        from clv.validation.origins import sampled

        orders = self.transactions
        if orders is None:
            return assumed_window("A table of customers does not tell the gaps between orders.")

        def make() -> ChurnWindow:
            some = sampled(orders, len(self.buyers), MOST_CUSTOMERS)
            return churn_window(gaps_between_purchases(some, self.as_of))

        return self.memo.once("churn window", make)

    @cached_property
    def data_notes(self) -> tuple[str, ...]:
        """What makes a forecast from these data weak, in words; empty where there is enough to go on."""
        days = int(self.buyers["T_days"].max()) if len(self.buyers) else 0
        silent = round(self.buyers["days_since_last_order"].min()) if len(self.buyers) else 0
        people = "1 customer" if len(self.buyers) == 1 else f"{len(self.buyers):,} customers"
        checks = [
            (
                len(self.buyers) < MIN_BUYERS,
                f"Only {people} ever paid; below {MIN_BUYERS} a forecast is rough.",
            ),
            (
                days < MIN_DAYS,
                f"The orders span {days} days; below {MIN_DAYS} the model cannot tell a pause from a goodbye.",
            ),
            (
                bool((self.buyers["purchase_days"] < MIN_ORDERS_OF_SOME).all()),
                "Nobody bought on three days or more, so regular buyers cannot be told from chance.",
            ),
            (
                len(self.buyers) > 0 and silent > MOST_SILENT_DAYS,
                f"The last order is {silent:,} days old; after more than {MOST_SILENT_DAYS} days without any, the model "
                "cannot tell a closed shop from customers who left.",
            ),
        ]
        return tuple(text for applies, text in checks if applies)

    def history_by(self, by: str) -> pd.DataFrame:
        """What the buyers of each group have done so far, without any model; see ``history_of_groups``.

        ``by`` is "segment", whose groups come best first, or one of ``groupable_attributes``, largest first.
        """
        groups = self.segment_groups if by == "segment" else pd.Categorical(self.buyers[by].fillna(BLANK))
        table = history_of_groups(self.buyers, groups, by)
        return table if by == "segment" else table.sort_values("revenue", ascending=False, ignore_index=True)

    @cached_property
    def history(self) -> pd.DataFrame:
        """One row per customer without any forecast: the segment and what the summary says, by revenue."""
        segments = pd.DataFrame({"customer_id": self.buyers["customer_id"], "segment": self.segment})
        table = segments.merge(self.summary.table, on="customer_id", how="right", validate="one_to_one")
        table["segment"] = table["segment"].fillna(NEVER_PAID)
        return table.sort_values(["revenue", "customer_id"], ascending=[False, True], ignore_index=True)

    @cached_property
    def groupable_attributes(self) -> list[str]:
        """Columns with few enough values to fit models by: those known when a customer was won, not later."""
        known = set(attributes_from_the_start(self.summary))
        return [name for name in self.breakdown_attributes if name in known]

    @cached_property
    def breakdown_attributes(self) -> list[str]:
        """Columns of the files with few enough values to break down by."""
        return [name for name in self.summary.attributes if 1 < self.buyers[name].nunique() <= MOST_GROUPS]

    def orders_of(self, customer_id: str) -> pd.DataFrame:
        """One customer's orders, oldest first: ordered_at, order_id, amount, items; empty without orders."""
        if self.transactions is None:
            return pd.DataFrame({name: [] for name in ("ordered_at", "order_id", "amount", "items")})
        return orders_of_customer(self.transactions, customer_id)


def shop_of(
    source: Ingested | CustomerTable,
    as_of: dt.date | None = None,
    *,
    contacts: Contacts | None = None,
    spend: Spend | None = None,
) -> Shop:
    """Summarise what was read.

    Parameters
    ----------
    source : transactions and their quality report, or a table of customers in place of the orders.
    as_of : day to count from; the day of the last order when omitted. A table of customers has its own.
    contacts : what else is known of the customers; its columns become attributes.
    spend : what winning the customers has cost.

    Raises
    ------
    ValueError : there is no order up to ``as_of``.
    """
    summary = _summary(source, as_of)
    found: Sequence[Finding] = ()
    if contacts is not None:
        summary, found = with_contacts(summary, contacts)
    media = None
    if spend is not None:
        columns = attributes_from_the_start(summary)
        media, about = media_cost(spend, summary.buyers, columns, source.report.currency)
        found = (*found, *spend.assumed, *about)
    return Shop(
        report=source.report,
        summary=summary,
        transactions=None if isinstance(source, CustomerTable) else source.transactions,
        failed_payments=source.failed_payments,
        contacts=contacts,
        spend=spend,
        media=media,
        findings_beside=tuple(found),
    )


def _summary(source: Ingested | CustomerTable, as_of: dt.date | None) -> CustomerSummary:
    if isinstance(source, CustomerTable):
        return summary_of_table(source)
    return customer_summary(source.transactions, as_of)


def attributes_from_the_start(summary: CustomerSummary) -> list[str]:
    """Attributes that are known from a customer's first order on, so that they tell how the customer was won."""
    return [name for name in summary.attributes if summary.origins.get(name) in KNOWN_FROM_THE_START]
