"""Everything a user may set, validated and serialisable."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

MAX_HORIZON_MONTHS = 36
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
    margin: float = 0.4
    variable_costs: float = 0.0
    cac: float = 20.0
    horizon_months: int = 12
    annual_discount_rate: float = 0.10
    churn_window_days: int = 90
    medium_risk: float = 0.4
    high_risk: float = 0.7
    target_ratio: float = 3.0
    model: ModelChoice = "auto"
    group_by: str | None = None
    intervals: IntervalSource = "draws"
    calibrated_risk: bool = False

    def __post_init__(self) -> None:
        problems = [text for wrong, text in self._checks() if wrong]
        if problems:
            raise AssumptionError(" ".join(problems))

    def _checks(self) -> list[tuple[bool, str]]:
        return [
            (
                self.margin_kind not in ("contribution", "gross"),
                "The margin is either gross or contribution.",
            ),
            (not 0 < self.margin <= 1, "The margin must be above 0 % and at most 100 % of net sales."),
            (
                not 0 <= self.variable_costs < 1,
                "Shipping, fees and returns must be at least 0 % and below 100 % of net sales.",
            ),
            (
                self.margin_kind == "gross" and self.variable_costs >= self.margin,
                "Shipping, fees and returns eat up the whole gross margin: every order would lose money.",
            ),
            (not 0 <= self.cac < float("inf"), "CAC must be 0 or more."),
            (
                self.horizon_months not in range(1, MAX_HORIZON_MONTHS + 1),
                f"The horizon must be 1 to {MAX_HORIZON_MONTHS} whole months.",
            ),
            (not 0 <= self.annual_discount_rate <= 1, "The annual discount rate must be 0 % to 100 %."),
            (not 1 <= self.churn_window_days <= 1095, "The churn window must be 1 to 1,095 days."),
            (
                not 0 < self.medium_risk < self.high_risk < 1,
                "The risk bands must rise: above 0 %, medium below high, high below 100 %.",
            ),
            (not 0 < self.target_ratio < float("inf"), "The target CLV:CAC must be above 0."),
            (
                self.model not in get_args(ModelChoice),
                f"The model must be one of {', '.join(get_args(ModelChoice))}.",
            ),
            (
                self.intervals not in ("draws", "bootstrap"),
                "Intervals come from draws or from the bootstrap.",
            ),
        ]

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
