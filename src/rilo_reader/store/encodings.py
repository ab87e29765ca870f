"""Which of the older encodings a text is written in that is not UTF-8 (pure).

Nothing in the bytes says it, so each is tried where whole words are foreign letters: the text that
comes out must consist of what people write, and not merely be possible.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from typing import NamedTuple

LOOKED_AT = 20_000
"""Bytes that tell."""

MOSTLY = 0.85
"""The share of common letters in a text that is read as it was written."""

FOREIGN = 0.5
"""The share of bytes above ASCII, beside another such byte, from which whole words are foreign."""

_PAIRS = re.compile(rb"[\x80-\xff]{2,}")
_WORDS = re.compile(rb"[\x80-\xff]{3,}")


class Encoding(NamedTuple):
    """An encoding: as Python and as people call it."""

    codec: str
    name: str


def guess(data: bytes) -> Encoding | None:
    """The encoding of bytes that are no UTF-8; None where it can only be a Western one.

    Japanese is known by its kana, Korean by its syllables, Chinese and Cyrillic by the letters
    that are common, Thai by its own. What two could be goes to the first of them.
    """
    sample = data[:LOOKED_AT]
    above = sum(byte > 0x7F for byte in sample)
    if sum(map(len, _PAIRS.findall(sample))) < FOREIGN * above:
        return None
    # Accents stand side by side too ("ção"), but not three of them.
    has_words = sum(map(len, _WORDS.findall(sample))) >= FOREIGN * above
    best: tuple[float, Encoding] | None = None
    for encoding, share in (*_TESTS, *(_ALPHABETS if has_words else ())):
        try:
            text = codecs.getincrementaldecoder(encoding.codec)().decode(sample)
        except UnicodeDecodeError:
            continue
        letters = [character for character in text if character > "\x7f"]
        found = share(letters) if letters else 0.0
        if found >= MOSTLY and (best is None or found > best[0] + 0.05):
            best = found, encoding
    return best[1] if best else None


def _japanese(letters: list[str]) -> float:
    """Kana and Chinese characters, of which a text in Japanese has many of the former."""
    kana = sum("\u3041" <= letter <= "\u30ff" for letter in letters)
    if kana < 0.2 * len(letters):
        return 0.0
    return (kana + sum(_is_chinese(letter) for letter in letters)) / len(letters)


def _korean(letters: list[str]) -> float:
    return sum("\uac00" <= letter <= "\ud7a3" for letter in letters) / len(letters)


def _common(codec: str, first: int, last: int) -> Callable[[list[str]], float]:
    """The share of characters that a national standard puts in its first, common part."""

    def share(letters: list[str]) -> float:
        leads = [letter.encode(codec, errors="replace")[0] for letter in letters]
        return sum(first <= lead <= last for lead in leads) / len(letters)

    return share


def _cyrillic(letters: list[str]) -> float:
    """Small letters: with the wrong one of two encodings they come out as capitals."""
    return sum("\u0430" <= letter <= "\u045f" for letter in letters) / len(letters)


def _thai(letters: list[str]) -> float:
    return sum("\u0e01" <= letter <= "\u0e5b" for letter in letters) / len(letters)


def _is_chinese(letter: str) -> bool:
    return "\u3000" <= letter <= "\u303f" or "\u4e00" <= letter <= "\u9fff" or letter > "\uff00"


_TESTS = (
    (Encoding("cp932", "Shift JIS"), _japanese),
    (Encoding("euc_jp", "EUC-JP"), _japanese),
    (Encoding("cp949", "EUC-KR"), _korean),
    (Encoding("gb18030", "GBK"), _common("gb2312", 0xA1, 0xD7)),
    (Encoding("big5", "Big5"), _common("big5", 0xA1, 0xC6)),
)
_ALPHABETS = (
    (Encoding("cp1251", "Windows-1251"), _cyrillic),
    (Encoding("koi8_r", "KOI8-R"), _cyrillic),
    (Encoding("cp874", "Windows-874"), _thai),
)
