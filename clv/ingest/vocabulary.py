"""The words of `vocabulary.toml` and `aliases.toml`, read once, and column names compared by what they say."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

# Currency codes that are ordinary words in a header.
COMMON_WORDS = frozenset({"all", "top", "try", "mop"})
# NFKD does not take these letters apart.
LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ё": "е"})


@cache
def read(name: str) -> dict[str, Any]:
    """Parse one of the declarative files beside this module."""
    return tomllib.loads((files("clv.ingest") / name).read_text(encoding="utf-8"))


@cache
def currency_codes() -> dict[str, str]:
    """Sign, word or code in lower case -> ISO 4217 code."""
    vocabulary = read("vocabulary.toml")
    codes = {code.lower(): code for code in vocabulary["codes"]["iso_4217"].split()}
    codes["rur"] = "RUB"
    return codes | dict(vocabulary["currencies"])


def same_sign(code: str) -> tuple[str, ...]:
    """Currencies that share the sign of another: $ is a Canadian dollar in Canada."""
    return tuple(read("vocabulary.toml")["same_sign"].get(code, ()))


@cache
def header_noise() -> frozenset[str]:
    """Words in a column name that say the unit, not the meaning."""
    words = {word.strip(".") for word in currency_codes() if word.strip(".").isalpha()}
    return frozenset(words - COMMON_WORDS | {"utc", "gmt", "in", "w", "în", "в"})


def words(name: str) -> tuple[str, ...]:
    """A list of words from `vocabulary.toml`."""
    return tuple(read("vocabulary.toml")[name])


@cache
def normalised(name: str) -> str:
    """A column name without case, accents, spaces, punctuation and words for the unit."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    parts = re.findall(r"[^\W_]+", plain)
    return "".join([part for part in parts if part not in header_noise()] or parts)
