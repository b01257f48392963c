"""Conditions on customers: what filters, ready lists and segments are made of, and saved as."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

# What stands for customers of whom a column says nothing.
BLANK = "(blank)"


class RuleError(ValueError):
    """A rule cannot be read or does not fit the customers; the message names everything that is wrong with it."""


@dataclass(frozen=True)
class Condition:
    """A column has any of the values, compared as text; ``BLANK`` is no value at all."""

    column: str
    any_of: tuple[str, ...]

    def holds(self, customers: pd.DataFrame) -> NDArray[np.bool_]:
        """For which of the customers, shape (customers,)."""
        cells = customers[self.column]
        missing = cells.isna().to_numpy()
        found = cells.astype("str").isin(self.any_of).to_numpy()
        return np.asarray(found & ~missing | (missing if BLANK in self.any_of else False))


@dataclass(frozen=True)
class Rule:
    """Conditions that hold together; a rule without any takes everybody.

    Raises
    ------
    RuleError : a column stands in several conditions, or one has no values.
    """

    conditions: tuple[Condition, ...] = ()

    def __post_init__(self) -> None:
        times = Counter(condition.column for condition in self.conditions)
        problems = [
            f"«{column}» stands in {count} conditions." for column, count in times.items() if count > 1
        ]
        problems += [f"«{each.column}» has no values." for each in self.conditions if not each.any_of]
        if problems:
            raise RuleError(" ".join(problems))

    def values_of(self, column: str) -> tuple[str, ...]:
        """The values that a column may have; empty where any will do."""
        return next((each.any_of for each in self.conditions if each.column == column), ())

    def apply(self, customers: pd.DataFrame) -> pd.DataFrame:
        """The customers whom all conditions hold for, in their order.

        Raises
        ------
        RuleError : the frame lacks columns of the rule.
        """
        lacking = [each.column for each in self.conditions if each.column not in customers]
        if lacking:
            names = ", ".join(f"«{column}»" for column in lacking)
            raise RuleError(f"The customers have no column {names}.")
        keep = np.ones(len(customers), dtype=bool)
        for condition in self.conditions:
            keep &= condition.holds(customers)
        return customers[keep]

    def to_dict(self) -> dict[str, list[str]]:
        """Plain values, ready for JSON and TOML: column -> values."""
        return {each.column: list(each.any_of) for each in self.conditions}

    @classmethod
    def from_dict(cls, conditions: Mapping[str, Any]) -> Self:
        """The inverse of ``to_dict``.

        Raises
        ------
        RuleError : columns whose values are no list of texts, or an empty one.
        """
        problems = [
            f"«{column}» needs a list of texts."
            for column, values in conditions.items()
            if not _is_texts(values)
        ]
        if problems:
            raise RuleError(" ".join(problems))
        return cls(tuple(Condition(column, tuple(values)) for column, values in conditions.items()))


def _is_texts(values: object) -> bool:
    return (
        isinstance(values, list | tuple)
        and len(values) > 0
        and all(isinstance(value, str) for value in values)
    )
