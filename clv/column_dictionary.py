"""The dictionary of columns: what every column of a table or download is called, measured in, and means.

`column_dictionary.toml` beside this file has one entry a column, and one for each field of an order file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import pandas as pd

from clv.wording import attribute_label, count, day_words, money, percent

Unit = Literal["text", "date", "money", "share", "count", "days", "months", "number"]


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes
    ----------
    name : in frames and files, in snake_case.
    label : what a reader calls it.
    unit : of its cells. A share is 0 to 1, money is in the currency of the shop.
    help : what it means, in a sentence or two.
    digits : decimals of a number.
    signed : whether a share says more or less than something, so that its sign matters.
    """

    name: str
    label: str
    unit: Unit
    help: str
    digits: int = 0
    signed: bool = False

    def words(self, value: Any, currency_symbol: str) -> str:
        """A cell as a reader writes it; blank where there is none."""
        if pd.isna(value):
            return ""
        match self.unit:
            case "money":
                return money(value, currency_symbol)
            case "share":
                return f"{100 * value:+.0f} %" if self.signed else percent(value)
            case "number":
                return f"{value:,.{self.digits}f}"
            case "date":
                return day_words(value)
            case "text":
                return str(value)
            case _:
                return count(value)


@dataclass(frozen=True)
class Field:
    """What a column of an order file may hold. ``help`` says what it is used for."""

    name: str
    label: str
    help: str


def column(name: str, origins: Mapping[str, str] | None = None) -> Column:
    """A column of the dictionary, or a column of the user's own.

    Parameters
    ----------
    origins : the columns of the user's own, and where each is from, as ``CustomerSummary.origins``. One of them that
        is called like a column of the dictionary is the user's.

    Raises
    ------
    KeyError : it is neither.
    """
    origin = (origins or {}).get(name)
    return COLUMNS[name] if origin is None else _own_column(name, origin)


def column_label(name: str) -> str:
    """What a reader calls a column; for a column of the user's own its name as a heading."""
    return COLUMNS[name].label if name in COLUMNS else attribute_label(name)


def _own_column(name: str, origin: str) -> Column:
    words = _dictionary()["origins"][origin]
    return Column(name, f"{attribute_label(name)} · {words['label']}", "text", words["help"])


@cache
def _dictionary() -> dict[str, dict[str, dict[str, Any]]]:
    return tomllib.loads((files("clv") / "column_dictionary.toml").read_text(encoding="utf-8"))


FIELDS: dict[str, Field] = {name: Field(name, **entry) for name, entry in _dictionary()["fields"].items()}
COLUMNS: dict[str, Column] = {name: Column(name, **entry) for name, entry in _dictionary()["columns"].items()}
