"""Column names compared by what they say: without case, accents, spaces and punctuation."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from clv.ingest import vocabulary

# NFKD does not take these letters apart.
LETTERS = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ё": "е"})


@cache
def normalised(name: str) -> str:
    """A column name without case, accents, spaces, punctuation and words for the unit."""
    folded = unicodedata.normalize("NFKD", name.casefold().translate(LETTERS))
    plain = "".join(letter for letter in folded if not unicodedata.combining(letter))
    parts = re.findall(r"[^\W_]+", plain)
    return "".join([part for part in parts if part not in vocabulary.header_noise()] or parts)
