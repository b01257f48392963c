"""Further columns of a customer: at which order they are taken, and what the answers to a consent mean."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import pandas as pd

from clv.ingest import vocabulary
from clv.ingest.vocabulary import normalised

YES, NO, UNKNOWN = "yes", "no", "unknown"


@cache
def is_latest(column: str) -> bool:
    """Whether a column is contact data, whose last value counts; any other is taken at the first order."""
    return _named(column, "latest") or is_consent(column)


@cache
def is_consent(column: str) -> bool:
    """Whether a column says that the customer may be written to."""
    return _named(column, "consent")


def latest_and_first(columns: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns taken at the last order that has them, and those taken at the first order."""
    latest = tuple(column for column in columns if is_latest(column))
    return latest, tuple(column for column in columns if column not in latest)


def consent(answers: pd.Series) -> pd.Series:
    """Answers as yes, no or unknown; blank, and anything that is neither, is unknown."""
    plain = answers.astype("str").str.strip().str.casefold().str.replace("_", " ")
    words = vocabulary.read("attributes.toml")
    meanings = dict.fromkeys(words["yes"], YES) | dict.fromkeys(words["no"], NO)
    return plain.map(meanings).where(answers.notna()).fillna(UNKNOWN).astype("str")


def _named(column: str, kind: str) -> bool:
    words = vocabulary.read("attributes.toml")
    names = {normalised(name) for name in words[f"{kind}_names"]}
    parts = {normalised(word) for word in words[f"{kind}_words"]}
    return normalised(column) in names or bool(parts & set(_parts(column)))


def _parts(column: str) -> list[str]:
    """The words of a column name, and each two that stand together."""
    composed = unicodedata.normalize("NFC", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column))
    words = [normalised(word) for word in re.findall(r"[^\W_]+", composed)]
    return [*words, *(first + second for first, second in pairwise(words))]
