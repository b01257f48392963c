"""What the forecast is worth: CLV, tiers, concentration, CAC and payback."""

from clv.economics.acquisition import NewCustomer, losing_groups, value_of_new_customer
from clv.economics.breakdown import breakdown, group_with_most
from clv.economics.customer_totals import CustomerTotals, customer_totals
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
    "CustomerTotals",
    "NewCustomer",
    "Total",
    "breakdown",
    "clv_of_customers",
    "clv_ranges",
    "clv_tiers",
    "customer_totals",
    "discount_weights",
    "group_with_most",
    "losing_groups",
    "share_of_top",
    "smallest_share_holding",
    "totals_with_intervals",
    "value_of_new_customer",
]
