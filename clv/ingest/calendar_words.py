"""Names of months and weekdays, and the small words that stand around a written date.

The names are those of the Unicode locale data (CLDR) that Babel carries: https://cldr.unicode.org
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cache

from babel import dates as cldr

# No two of these languages give one word to different months.
LANGUAGES = (
    "en", "de", "pl", "ro", "ru", "uk", "fr", "es", "it", "nl", "pt", "cs", "sk", "hu", "sv", "da", "nb", "fi",
    "tr", "bg", "lt",
)  # fmt: skip
# As German spreadsheets abbreviate March.
OWN_ABBREVIATIONS = {"mrz": 3}
WORD = re.compile(r"[^\W\d_]+")
# 3 stycznia 2023 r., 3 января 2023 г. в 10:00, 3. Januar 2023 um 10:00 Uhr, 3 de enero de 2023, the 3rd of January
AROUND = re.compile(
    r"(?<![^\W\d_])(?:г(?:ода|\.)?|r(?:oku|\.)?|uhr|um|в|at|of|the|on|de|del|godz\.?|ora|o|à|alle|kl\.?)(?![^\W_])",
    re.IGNORECASE,
)
EAST_ASIAN = str.maketrans({"年": "-", "月": "-", "日": " ", "년": "-", "월": "-", "일": " "})


@cache
def month_of(word: str) -> int | None:
    """Month 1 to 12 of a name, or of an abbreviation of at least three letters; None where it is neither."""
    plain = _plain(word)
    english = _names(cldr.get_month_names, LANGUAGES[:1])
    if plain in english:
        return english[plain]  # without the other languages, whose names take a third of a second to load
    named = _names(cldr.get_month_names, LANGUAGES)
    if plain in named:
        return named[plain]
    begun = {month for name, month in named.items() if len(plain) >= 3 and name.startswith(plain)}
    return begun.pop() if len(begun) == 1 else OWN_ABBREVIATIONS.get(plain)


def without_words(shape: str) -> str:
    """A written date with all but its digits, marks and month as blanks, every character where it was."""
    spaced = "".join(" " if letter.isspace() else letter for letter in shape).translate(EAST_ASIAN)
    spaced = AROUND.sub(_blanks, spaced)
    words = list(WORD.finditer(spaced))
    months = [word for word in words if month_of(word[0]) is not None]
    # "Mar" is March and the French, Italian, Spanish and Romanian Tuesday: before another month it is the day.
    first = words[0] if words and spaced[: words[0].start()].strip() == "" else None
    if first is None or (months and months[-1] is first) or not is_weekday(first[0]):
        return spaced
    end = first.end()
    while end < len(spaced) and spaced[end] in ".,":
        end += 1
    return " " * end + spaced[end:]


@cache
def is_weekday(word: str) -> bool:
    """Whether a word names a day of the week, written out or abbreviated."""
    plain = _plain(word)
    return plain in _names(cldr.get_day_names, LANGUAGES[:1]) or plain in _names(
        cldr.get_day_names, LANGUAGES
    )


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match[0])


@cache
def _names(names: Callable[..., Mapping[int, str]], languages: tuple[str, ...]) -> dict[str, int]:
    return {
        _plain(name): number + (names is cldr.get_day_names)
        for language in languages
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
        for number, name in names(width, context, language).items()
    }


@cache
def _plain(word: str) -> str:
    """A word without case, accents and the stop of an abbreviation."""
    folded = unicodedata.normalize("NFKD", word.casefold().replace("ł", "l"))
    return "".join(letter for letter in folded if letter.isalpha())
