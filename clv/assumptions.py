"""Everything a user may set, validated and serialisable."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from clv import settings

MAX_HORIZON_MONTHS = settings.MAX_HORIZON_MONTHS
RISK_BANDS = ("Low", "Medium", "High")

MarginKind = Literal["contribution", "gross"]
ModelChoice = Literal["auto", "bg-nbd", "mbg-nbd", "pareto-nbd", "cnbd-k"]
IntervalSource = Literal["draws", "bootstrap"]


@dataclass(frozen=True)
class ModelSetting:
    """How customers are modelled: the purchase model, and the column whose values may each have their own."""

    choice: ModelChoice = "auto"
    group_by: str | None = None


class AssumptionError(ValueError):
    """One or more assumptions are out of range; the message names every one of them."""


@dataclass(frozen=True)
class Assumptions:
    """What the analyst assumes about the shop. Shares are fractions, money is in the file's currency.

    Attributes
    ----------
    margin_kind : whether ``margin`` is the gross margin (net sales less cost of goods) or already the
        contribution margin (also less shipping, payment fees and returns).
    margin : share of net sales, above 0 and at most 1.
    variable_costs : shipping, payment fees and returns as a share of net sales; taken off a gross margin.
    cac : cost to acquire one customer, money, 0 or more.
    horizon_months : months ahead that a CLV counts, 1 to 36.
    annual_discount_rate : 0 to 1; the monthly rate is (1 + annual)^(1/12) - 1.
    churn_window_days : a customer with no order in this many days from now counts as churned.
    medium_risk, high_risk : churn risk from which a customer is called medium or high risk.
    target_ratio : CLV:CAC aimed at.
    model : purchase model, or "auto" for the likelier of BG/NBD and MBG/NBD.
    group_by : column (channel, country, first category) for each value of which the purchase model is fitted by
        itself, where that predicts held-out customers better; None for one model.
    intervals : what the uncertainty of the estimates is read off: "draws" from the asymptotic normal of the
        parameters, or the slower "bootstrap", which refits the models on resampled customers.
    calibrated_risk : correct churn risks by how many customers left after such risks before, where that would have
        been nearer on a period held out.

    Raises
    ------
    AssumptionError : with every value that is out of range.
    """

    margin_kind: MarginKind = "contribution"
    margin: float = settings.MARGIN.default
    variable_costs: float = settings.VARIABLE_COSTS.default
    cac: float = settings.CAC.default
    horizon_months: int = int(settings.HORIZON.default)
    annual_discount_rate: float = settings.DISCOUNT.default
    churn_window_days: int = int(settings.CHURN_WINDOW.default)
    medium_risk: float = settings.MEDIUM_RISK.default
    high_risk: float = settings.HIGH_RISK.default
    target_ratio: float = settings.TARGET_RATIO.default
    model: ModelChoice = "auto"
    group_by: str | None = None
    intervals: IntervalSource = "draws"
    calibrated_risk: bool = settings.CALIBRATED_RISK.default

    def __post_init__(self) -> None:
        problems = [*self._out_of_range(), *self._against_each_other()]
        if problems:
            raise AssumptionError(" ".join(problems))

    def _out_of_range(self) -> list[str]:
        numbers = [each.problem(getattr(self, each.name)) for each in (*settings.NUMBERS, *settings.RISKS)]
        choices = [each.problem(getattr(self, each.name)) for each in settings.CHOICES]
        return [problem for problem in (*numbers, *choices) if problem is not None]

    def _against_each_other(self) -> list[str]:
        checks = {
            "Shipping, fees and returns eat up the whole gross margin: every order would lose money.": (
                self.margin_kind != "gross" or self.variable_costs < self.margin
            ),
            "The risk bands must rise, medium below high.": self.medium_risk < self.high_risk,
        }
        return [problem for problem, holds in checks.items() if not holds]

    @property
    def contribution_margin(self) -> float:
        """Share of net sales that is left after the cost of goods and of serving the order."""
        return self.margin - self.variable_costs if self.margin_kind == "gross" else self.margin

    @property
    def model_setting(self) -> ModelSetting:
        """The part that decides what is fitted."""
        return ModelSetting(self.model, self.group_by)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """The inverse of ``to_dict``; keys that are not known are an error.

        Raises
        ------
        AssumptionError : unknown keys or values out of range.
        """
        known = {field.name for field in fields(cls)}
        unknown = sorted(set(values) - known)
        if unknown:
            raise AssumptionError(f"Unknown assumptions: {', '.join(unknown)}.")
        return cls(**values)
