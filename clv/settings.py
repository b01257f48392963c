"""Everything that a user may set, each declared once: name, label, range, step, start, meaning, key in the link.

The fields of Assumptions and Levers, the controls of the app, their start values and its links all read this table.
A share is a fraction in the program and a percentage on a control; everything else is the same in both.
"""

from __future__ import annotations

import math
from typing import Any, Protocol

from clv.setting_kinds import Choice, Number, Offered, Range, Switch
from clv.wording import attribute_label

MAX_HORIZON_MONTHS = 36
NO_CURRENCY = "not stated"
CURRENCIES = (
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HUF", "INR", "JPY", "MXN", "NOK",
    "NZD", "PLN", "RON", "SEK", "THB", "TRY", "UAH", "USD", "ZAR",
)  # fmt: skip
ONE_FOR_ALL = "One model for all customers"


class HasDays(Protocol):
    """A length of time."""

    @property
    def days(self) -> int:
        """Whole days."""


class Controls(Protocol):
    """What controls hold, by key."""

    def get(self, key: str, default: Any, /) -> Any:
        """What a control holds, or the default where there is no such control."""


class ShopFacts(Protocol):
    """What of a shop ranges and start values depend on."""

    @property
    def revenue_per_buyer(self) -> float:
        """Mean revenue so far, money."""

    @property
    def churn_window(self) -> HasDays:
        """The window that the shop's own orders suggest."""

    @property
    def groupable_attributes(self) -> list[str]:
        """Columns to fit models by."""

    @property
    def currency(self) -> str | None:
        """ISO 4217 code."""


class ValueFacts(Protocol):
    """What of an analysis the range of a lever depends on."""

    @property
    def mean_clv(self) -> float:
        """Per customer, money."""


def largest_cac(revenue_per_buyer: float) -> float:
    """End of the control: three times what a customer brought on average, rounded up to a round number; money."""
    reach = max(3 * revenue_per_buyer, 10.0)
    unit = 10 ** math.floor(math.log10(reach))
    return float(math.ceil(reach / unit) * unit)


def cac_step(largest: float) -> float:
    """Fine enough to set any usual CAC to a percent or so."""
    for reach, step in ((50, 0.1), (1_000, 0.5), (10_000, 1.0)):
        if largest <= reach:
            return step
    return float(10.0 ** math.floor(math.log10(largest / 1_000)))


def largest_cost(mean_clv: float) -> float:
    """End of the control: about a fifth of the average CLV, a round number; money."""
    for end in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20000):
        if end >= mean_clv / 5:
            return float(end)
    return 100_000.0


def _offered_cac(shop: ShopFacts) -> Offered:
    largest = largest_cac(shop.revenue_per_buyer)
    return Offered(0.0, largest, cac_step(largest), start=min(20.0, largest))


def _offered_window(shop: ShopFacts) -> Offered:
    return Offered(7, 365, 1, start=shop.churn_window.days)


def _offered_cost(analysis: ValueFacts) -> Offered:
    largest = largest_cost(analysis.mean_clv)
    return Offered(0.0, largest, largest / 100, start=0.0)


MARGIN_KIND = Choice(
    name="margin_kind",
    key="margin_kind",
    subject="The kind of margin",
    label="Margin",
    options={"contribution": "Contribution", "gross": "Gross"},
    help="Gross margin: net sales less the cost of goods. Contribution margin: also less shipping, payment fees and "
    "returns. CAC is compared with the contribution margin.",
)
MARGIN = Number[ShopFacts](
    name="margin",
    key="margin",
    subject="The margin",
    label="margin, % of net sales",
    unit="share",
    allowed=Range(0, 1, without_low=True),
    offered=Offered(0.01, 1, 0.01, start=0.4),
    default=0.4,
    format="%d%%",
)
VARIABLE_COSTS = Number[ShopFacts](
    name="variable_costs",
    key="variable_costs",
    subject="Shipping, fees and returns",
    label="Shipping, fees and returns, % of net sales",
    unit="share",
    allowed=Range(0, 1, without_high=True),
    offered=Offered(0, 0.6, 0.01, start=0.15),
    default=0.0,
    format="%d%%",
    help="Taken off the gross margin to give the contribution margin.",
)
CAC = Number[ShopFacts](
    name="cac",
    key="cac",
    subject="CAC",
    label="CAC",
    per="per new customer",
    unit="money",
    allowed=Range(0),
    offered=_offered_cac,
    default=20.0,
    format="%g",
    help="Cost to acquire one customer: marketing spend divided by the customers it won.",
)
HORIZON = Number[ShopFacts](
    name="horizon_months",
    key="horizon",
    subject="The horizon",
    label="Horizon, months",
    unit="months",
    allowed=Range(1, MAX_HORIZON_MONTHS, whole=True),
    offered=Offered(1, MAX_HORIZON_MONTHS, 1, start=12),
    default=12,
    help="How far ahead a customer's future margin counts toward CLV.",
)
DISCOUNT = Number[ShopFacts](
    name="annual_discount_rate",
    key="discount",
    subject="The annual discount rate",
    label="Discount rate, % a year",
    unit="share",
    allowed=Range(0, 1),
    offered=Offered(0, 0.5, 0.01, start=0.1),
    default=0.1,
    format="%d%%",
    help="What money a year from now is worth less than money today. Each month's margin is discounted from that month's "
    "end.",
)
CHURN_WINDOW = Number[ShopFacts](
    name="churn_window_days",
    key="churn_window",
    subject="The churn window",
    label="Churn window, days",
    unit="days",
    allowed=Range(1, 1095),
    offered=_offered_window,
    default=90,
    help="Churn risk is the probability that a customer places no order within this many days from now. It starts at what "
    "your own orders suggest.",
)
# One control sets both risk bands.
RISKS_KEY = "risk_bands"
MEDIUM_RISK, HIGH_RISK = (
    Number[ShopFacts](
        name=name,
        key=RISKS_KEY,
        subject=f"The risk from which a customer is called {band} risk",
        label="Medium and high risk from",
        unit="share",
        allowed=Range(0, 1, without_low=True, without_high=True),
        offered=Offered(0.05, 0.95, 0.05, start=default),
        default=default,
        format="%d%%",
        help="Churn risk from which a customer is called medium and high risk.",
    )
    for name, band, default in (("medium_risk", "medium", 0.4), ("high_risk", "high", 0.7))
)
TARGET_RATIO = Number[ShopFacts](
    name="target_ratio",
    key="target_ratio",
    subject="The target CLV:CAC",
    label="Target CLV:CAC",
    unit="ratio",
    allowed=Range(0, without_low=True),
    offered=Offered(0.5, 20, 0.5, start=3),
    default=3.0,
    help="3 is the usual rule of thumb. It sets the largest CAC worth paying.",
)
CALIBRATED_RISK = Switch(
    name="calibrated_risk",
    key="calibrated_risk",
    label="Correct risks by the past",
    help="Churn risks as they turned out before: of customers given 70 %, how many stayed away? Used only where that would "
    "have been nearer in the last churn window. Takes some seconds for each churn window. The page Trust shows it.",
)
MODEL = Choice(
    name="model",
    key="model",
    subject="The model",
    label="Purchase model",
    options={
        "auto": "Automatic (likelier of the two below)",
        "mbg-nbd": "MBG/NBD",
        "bg-nbd": "BG/NBD",
        "pareto-nbd": "Pareto/NBD",
        "cnbd-k": "Regular timing, (M)BG/CNBD-k",
    },
    help="How customers buy and leave. Automatic fits BG/NBD and MBG/NBD and keeps the likelier.",
)
GROUP_BY = Choice(
    name="group_by",
    key="group_by",
    subject="The column to group by",
    label="Model by group",
    options={ONE_FOR_ALL: ONE_FOR_ALL},
    help="Fits the purchase model for each value of a column, such as the channel. Small groups lean on the fit of "
    "everybody. Used only where it predicts customers that were held out better; the notes on the Overview say so.",
)
INTERVALS = Choice(
    name="intervals",
    key="intervals",
    subject="The source of intervals",
    label="Intervals from",
    options={"draws": "Draws from the estimates (fast)", "bootstrap": "Bootstrap of customers (slow)"},
    help="How far the estimates may be off. Draws take the usual bell curve around them; the bootstrap fits the models again "
    "and again on customers drawn at random from yours, which assumes less and takes much longer.",
)
CURRENCY = Choice(
    name="currency",
    key="currency",
    subject="The currency",
    label="Currency",
    options={code: code for code in (NO_CURRENCY, *CURRENCIES)},
    help="How amounts are labelled. Nothing is converted.",
)
HOLDOUT = Choice(
    name="holdout_days",
    key="trust_holdout",
    subject="The period held out",
    label="Pretend that today were",
    options={
        "0": "A quarter of the period ago (as usual)",
        "30": "30 days ago",
        "60": "60 days ago",
        "90": "90 days ago",
        "180": "180 days ago",
        "365": "A year ago",
    },
    help="Everything after that day is hidden from the models, which then predict it.",
)

NUMBERS: tuple[Number[ShopFacts], ...] = (
    MARGIN, VARIABLE_COSTS, CAC, HORIZON, DISCOUNT, CHURN_WINDOW, TARGET_RATIO,
)  # fmt: skip
RISKS = (MEDIUM_RISK, HIGH_RISK)
CHOICES = (MARGIN_KIND, MODEL, INTERVALS)

RETENTION = Number[ValueFacts](
    name="retention_lift",
    key="lever_retention",
    subject="The retention lift",
    label="Retention lift",
    unit="share",
    allowed=Range(0, 1),
    offered=Offered(0, 1, 0.01, start=0.10),
    default=0.0,
    format="%d%%",
    help="How much less likely a customer is to leave after each order. It changes the dropout probability in the model, "
    "customer by customer; 100 % means that nobody leaves any more.",
)
FREQUENCY = Number[ValueFacts](
    name="frequency_lift",
    key="lever_frequency",
    subject="The frequency lift",
    label="Order frequency lift",
    unit="share",
    allowed=Range(-1, 3),
    offered=Offered(-0.5, 1, 0.01, start=0.05),
    default=0.0,
    format="%d%%",
    help="How much more often customers order while they stay.",
)
UPSELL = Number[ValueFacts](
    name="upsell_lift",
    key="lever_upsell",
    subject="The upsell lift",
    label="Upsell lift",
    unit="share",
    allowed=Range(-1, 3),
    offered=Offered(-0.5, 1, 0.01, start=0.05),
    default=0.0,
    format="%d%%",
    help="How much more a customer spends per order.",
)
REACTIVATION = Number[ValueFacts](
    name="reactivation",
    key="lever_reactivation",
    subject="The share won back",
    label="Won back",
    unit="share",
    allowed=Range(0, 1),
    offered=Offered(0, 0.5, 0.01, start=0.02),
    default=0.0,
    format="%d%%",
    help="Share of the customers who have left for good that comes back now. Nobody is known to have left: each customer "
    "counts by the probability of it. Those who return buy, and may leave again, as their own past says.",
)
LEVER_COST = Number[ValueFacts](
    name="cost",
    key="lever_cost",
    subject="The cost per customer",
    label="Cost",
    per="per customer reached",
    unit="money",
    allowed=Range(0),
    offered=_offered_cost,
    default=0.0,
    format="%.2f",
    help="What the programme costs once for every customer it reaches.",
)
# In the order in which they are shown.
LEVERS: tuple[Number[ValueFacts], ...] = (RETENTION, FREQUENCY, UPSELL, REACTIVATION, LEVER_COST)


def start_values(shop: ShopFacts) -> dict[str, Any]:
    """Where each control of the assumptions starts for a shop, by key, as the control holds it."""
    return {
        **{each.key: each.shown(each.offered_by(shop).start) for each in NUMBERS},
        RISKS_KEY: tuple(each.shown(each.offered_by(shop).start) for each in RISKS),
        **{each.key: each.default for each in (*CHOICES, GROUP_BY, CALIBRATED_RISK)},
        CURRENCY.key: shop.currency or NO_CURRENCY,
    }


def values_set(controls: Controls, shop: ShopFacts) -> dict[str, Any]:
    """The fields of Assumptions by what the controls hold; where a control holds nothing, its start."""
    held = {key: controls.get(key, start) for key, start in start_values(shop).items()}
    values: dict[str, Any] = {
        **{each.name: each.value(held[each.key]) for each in NUMBERS},
        **{each.name: each.value(shown) for each, shown in zip(RISKS, held[RISKS_KEY], strict=True)},
        **{each.name: held[each.key] for each in (*CHOICES, CALIBRATED_RISK)},
        GROUP_BY.name: column_to_group_by(held[GROUP_BY.key], shop),
    }
    if values[MARGIN_KIND.name] != "gross":
        values[VARIABLE_COSTS.name] = VARIABLE_COSTS.default
    return values


def levers_set(controls: Controls) -> dict[str, float]:
    """The fields of Levers by what the controls hold; no change where there is no control."""
    return {each.name: each.value(controls.get(each.key, each.shown(each.default))) for each in LEVERS}


def column_to_group_by(chosen: str | None, shop: ShopFacts) -> str | None:
    """The column that was chosen; None for one model, also where the shop has no such column."""
    return chosen if chosen in shop.groupable_attributes else None


def group_by_options(shop: ShopFacts) -> dict[str, str]:
    """The columns to fit the model by, as a reader calls them; one model for all comes first."""
    return {
        **GROUP_BY.options,
        **{name: f"By {attribute_label(name).lower()}" for name in shop.groupable_attributes},
    }


def model_words(choice: str, group_by: str | None) -> str:
    """A purchase model as a reader calls it: MBG/NBD, by channel."""
    by = f", by {attribute_label(group_by).lower()}" if group_by else ""
    return f"{MODEL.options[choice]}{by}"


def cac_on_control(cac: float, shop: ShopFacts) -> float:
    """The value nearest to a CAC that the control can stand at, money."""
    offered = CAC.offered_by(shop)
    return round(round(min(cac, offered.high) / offered.step) * offered.step, 6)
