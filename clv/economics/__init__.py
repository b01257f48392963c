"""What the forecast is worth: CLV, tiers, concentration, CAC and payback."""

from clv.economics.acquisition import NewCustomer, value_of_new_customer
from clv.economics.breakdown import breakdown
from clv.economics.customer_value import (
    ClvRanges,
    Total,
    clv_of_customers,
    clv_ranges,
    discount_weights,
    totals_with_intervals,
)
from clv.economics.tiers import CLV_TIERS, clv_tiers, share_of_top, smallest_share_holding

__all__ = [
    "CLV_TIERS",
    "ClvRanges",
    "NewCustomer",
    "Total",
    "breakdown",
    "clv_of_customers",
    "clv_ranges",
    "clv_tiers",
    "discount_weights",
    "share_of_top",
    "smallest_share_holding",
    "totals_with_intervals",
    "value_of_new_customer",
]
