"""What happened: who bought when, how often and for how much."""

from clv.history.contacts import with_contacts
from clv.history.from_table import summary_of_table
from clv.history.groups import history_of_groups
from clv.history.monthly import monthly_revenue
from clv.history.rfm import RFM_SEGMENTS, rfm_scores, rfm_segments
from clv.history.summary import CustomerSummary, customer_summary, orders_of_customer

__all__ = [
    "RFM_SEGMENTS",
    "CustomerSummary",
    "customer_summary",
    "history_of_groups",
    "monthly_revenue",
    "orders_of_customer",
    "rfm_scores",
    "rfm_segments",
    "summary_of_table",
    "with_contacts",
]
