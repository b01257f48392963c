"""Which of the old encodings a text is in: the one under which it reads as names, words and whole letters."""

from __future__ import annotations

import codecs
import re
from functools import cache

from charset_normalizer import from_bytes

from clv.ingest import vocabulary
from clv.ingest.calendar_words import month_of
from clv.ingest.columns import header_score

# Eight-bit encodings that spreadsheets and shop systems still write, the likeliest first.
EIGHT_BIT = (
    "cp1252", "cp1251", "cp1250", "iso8859_2", "iso8859_15", "koi8_r", "cp866", "cp1254", "cp1253", "cp1257",
    "mac_roman", "mac_cyrillic", "mac_latin2", "cp852", "iso8859_5", "iso8859_16",
)  # fmt: skip
EAST_ASIAN = ("shift_jis", "cp932", "gb18030", "gbk", "big5", "euc_jp", "euc_kr", "cp949")
SAMPLE_BYTES = 20_000
# Words of cells, and currency signs that stand apart; only those beyond ASCII differ between encodings.
WORD = re.compile(r"[^\W\d_]{2,}\.?|(?<![^\W\d_])[€£¥₽₴₹₺](?![^\W\d_])")
# Control characters, capitals and signs within a word, and words in two alphabets.
ODD = re.compile(
    r"[\x80-\x9f]|(?<=[a-zа-яё])[A-ZА-ЯЁ]|(?<=[^\W\d_])[^\w\s\x00-\x7f’]|[¢-¬®-¿](?=[^\W\d_])"
    r"|(?<=[A-Za-z])[\u0370-\u04ff]|(?<=[\u0370-\u04ff])[A-Za-z]|(?<=\d)[^\W\d_a-zA-Z](?=\d)"
)
NEUTRAL = frozenset("\u00a0\u202f\u2009“”„‘’«»–—…°№§®™©€£¥·•")
WELL_READ = 0.9


def legacy_encoding(head: bytes, unusual_lines: bytes) -> str:
    """Decide the encoding of a text that is not Unicode.

    Parameters
    ----------
    head : bytes
        The beginning of the file, with the header.
    unusual_lines : bytes
        Lines that hold more than ASCII.
    """
    sample = _whole_lines(unusual_lines or head)
    readings = [(_merit(head, sample, name), name) for name in EIGHT_BIT if _can_decode(sample, name)]
    best = max(readings, key=lambda reading: reading[0], default=None)
    if best is not None and (best[0][0] > 1 or best[0][1] > 0 or best[0][2] >= WELL_READ):
        return best[1]
    guessed = [str(match.encoding) for match in from_bytes(sample)]
    readings += [
        (_merit(head, sample, name), name)
        for name in guessed
        if name in EAST_ASIAN and _can_decode(sample, name)
    ]
    return max(readings, key=lambda reading: reading[0])[1] if readings else "latin-1"


def _whole_lines(sample: bytes) -> bytes:
    cut = sample[:SAMPLE_BYTES]
    return cut[: cut.rfind(b"\n") + 1] or cut


def _can_decode(sample: bytes, encoding: str) -> bool:
    try:
        # A sample may end within a letter of several bytes.
        codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def _merit(head: bytes, sample: bytes, encoding: str) -> tuple[int, int, float]:
    """Known column names, known words in the cells, and how much of the letters is one language's."""
    text = sample.decode(encoding, errors="replace")
    return (_known_names(head, encoding), _known_words(text), round(_one_language(text), 3))


def _known_names(head: bytes, encoding: str) -> int:
    lines = head.decode(encoding, errors="replace").splitlines()[:50]
    return max(
        (
            header_score(re.split(r"[,;\t|]", line.replace('"', "")[:2000]))
            for line in lines
            if not line.isascii()
        ),
        default=0,
    )


def _known_words(text: str) -> int:
    codes = vocabulary.currency_codes()
    words = [word for word in WORD.findall(text) if not word.isascii()]
    return sum(_is_known(word, codes) for word in words)


def _is_known(word: str, codes: dict[str, str]) -> bool:
    lowered = word.lower()
    return lowered in codes or lowered.rstrip(".") in codes or month_of(word.rstrip(".")) is not None


def _one_language(text: str) -> float:
    letters = [letter for letter in text if ord(letter) > 127 and letter not in NEUTRAL]
    if not letters:
        return 1.0
    most = max(sum(letter in alphabet for letter in letters) for alphabet in _alphabets())
    east_asian = 0.9 * sum("\u3040" <= letter <= "\u9fff" or "가" <= letter <= "힣" for letter in letters)
    return (max(most, east_asian) - len(ODD.findall(text))) / len(letters)


@cache
def _alphabets() -> tuple[frozenset[str], ...]:
    """Letters beyond ASCII of the languages that files come in."""
    written = vocabulary.read("vocabulary.toml")["alphabets"].values()
    return tuple(frozenset(letters.lower() + letters.upper()) for letters in written)
