"""What happened: who bought when, how often and for how much."""

from clv.history.monthly import monthly_revenue
from clv.history.rfm import RFM_SEGMENTS, rfm_scores, rfm_segments
from clv.history.summary import CustomerSummary, customer_summary, orders_of_customer

__all__ = [
    "RFM_SEGMENTS",
    "CustomerSummary",
    "customer_summary",
    "monthly_revenue",
    "orders_of_customer",
    "rfm_scores",
    "rfm_segments",
]
