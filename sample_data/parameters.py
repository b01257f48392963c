"""The known truth of the sample shop: its period, its channels and how their customers buy.

Everything that an estimate may be compared with stands here. Time is in days, money in euros.
"""

from dataclasses import dataclass
from datetime import date

from clv.models import GammaGamma, ModifiedBetaGeoNBD

SEED = 20260930
FIRST_DAY = date(2023, 10, 1)
AS_OF = date(2026, 9, 30)
DAYS = (AS_OF - FIRST_DAY).days + 1
FUTURE_DAYS = 365
CUSTOMERS = 5_000
CURRENCY = "EUR"

# Acquisition follows the season; later purchases do not: they are the model's alone.
SEASON_BY_MONTH = {1: 0.85, 6: 0.9, 7: 0.8, 8: 0.8, 11: 1.45, 12: 1.75}
WEEKDAY_PULL = (1.0, 0.95, 0.95, 1.0, 1.0, 0.95, 1.15)

COUNTRY_SHARES = {"DE": 0.32, "FR": 0.24, "IE": 0.12, "NL": 0.11, "ES": 0.09, "IT": 0.07, "PL": 0.05}


@dataclass(frozen=True)
class Channel:
    """An acquisition channel and the customers that it brings."""

    name: str
    share: float
    growth: float
    """Customers won per day at the end of the period, as a multiple of the start."""
    cac: float
    """Media spend per new customer over the whole period; 0 where nothing is paid."""
    purchases: ModifiedBetaGeoNBD
    spend: GammaGamma
    discount_driven: float
    """Share of customers who mostly buy with a discount."""
    welcome_discount: float
    """Chance that a first order carries a welcome code."""
    email_consent: float


CHANNELS = (
    Channel(
        name="Organic search",
        share=0.22,
        growth=1.6,
        cac=0.0,
        purchases=ModifiedBetaGeoNBD.from_params(r=1.0, alpha=64.0, a=0.85, b=1.75),
        spend=GammaGamma.from_params(p=5.0, q=4.2, v=25.5),
        discount_driven=0.10,
        welcome_discount=0.10,
        email_consent=0.60,
    ),
    Channel(
        name="Referral",
        share=0.10,
        growth=2.0,
        cac=0.0,
        purchases=ModifiedBetaGeoNBD.from_params(r=1.2, alpha=62.0, a=0.6, b=2.4),
        spend=GammaGamma.from_params(p=5.0, q=4.5, v=32.0),
        discount_driven=0.06,
        welcome_discount=0.25,
        email_consent=0.72,
    ),
    Channel(
        name="Newsletter partners",
        share=0.16,
        growth=1.8,
        cac=15.0,
        purchases=ModifiedBetaGeoNBD.from_params(r=1.15, alpha=65.0, a=0.7, b=2.05),
        spend=GammaGamma.from_params(p=5.5, q=4.4, v=27.0),
        discount_driven=0.14,
        welcome_discount=0.35,
        email_consent=0.90,
    ),
    Channel(
        name="Paid search",
        share=0.28,
        growth=1.8,
        cac=32.0,
        purchases=ModifiedBetaGeoNBD.from_params(r=0.9, alpha=64.0, a=0.85, b=1.65),
        spend=GammaGamma.from_params(p=5.0, q=4.0, v=26.5),
        discount_driven=0.18,
        welcome_discount=0.20,
        email_consent=0.58,
    ),
    Channel(
        name="Paid social",
        share=0.24,
        growth=2.8,
        cac=30.0,
        purchases=ModifiedBetaGeoNBD.from_params(r=0.8, alpha=74.0, a=1.2, b=1.5),
        spend=GammaGamma.from_params(p=4.5, q=3.8, v=20.0),
        discount_driven=0.38,
        welcome_discount=0.50,
        email_consent=0.50,
    ),
)
