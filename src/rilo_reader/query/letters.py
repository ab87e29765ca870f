"""Fold case, accents and compatibility forms of characters that are not ASCII (pure)."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right

from rilo_reader.text import lazy_re

NOT_ASCII = lazy_re(r"[^\x00-\x7f]+")

# Marks and format characters that are removed: accents, Hebrew points, Arabic harakat and tatweel,
# joiners, variation selectors. Not the vowel signs of Indic scripts, which count as letters.
DROPPED = re.compile(
    "[\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711"
    "\u0730-\u074a\u180b-\u180e\u1ab0-\u1aff\u1dc0-\u1dff\u200c-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
    "\U000e0000-\U000e01ef]+"
)

# Scripts without spaces between words, where each character is a token: ranges of code points, in
# order. They are searched by bisection; compiling a character set would add 4 ms to every launch.
SPLIT = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1100, 0x11FF),  # parts of Hangul
    (0x1780, 0x17FF),  # Khmer
    (0x19E0, 0x19FF),
    (0x2F00, 0x2FDF),  # Chinese radicals
    (0x3005, 0x3007),
    (0x3021, 0x3029),
    (0x3031, 0x3035),
    (0x3038, 0x303C),
    (0x3041, 0x3096),  # hiragana
    (0x309D, 0x309F),
    (0x30A1, 0x30FA),  # katakana
    (0x30FC, 0x312F),  # katakana, bopomofo
    (0x3130, 0x318F),
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),  # Chinese
    (0x4E00, 0x9FFF),
    (0xA960, 0xA97F),
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),
    (0xFF66, 0xFFDC),  # half-width katakana and Hangul
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)

# Those of SPLIT whose tokens can be concatenated without changing how they are read.
GLUED = ((0x0E00, 0x0E7F), (0x3041, 0x3096), (0x30A1, 0x30FC), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3))

IDEOGRAPHIC = "\u2e80-\ua4cf\uf900-\ufaff\U0001b000-\U0001b2ff\U00020000-\U0003ffff"
"""Characters of Chinese and Japanese, for a class of a regular expression. Authors wrap lines
within words of these scripts, and no space is displayed there."""

HALF_WIDTH = re.compile("[\uff61-\uffdc]+")

# Trademark signs and box drawing, which nobody searches for.
_IGNORED_SYMBOLS = lazy_re("[©®™℠℗\u2500-\u259f]")

# Control characters around a folded letter of SPLIT, and in place of a zero-width space. Cleaned
# text contains none of them.
OPENING, CLOSING = "\x06", "\x07"
ZERO_WIDTH = "\x08"

# Letters that are distinct from their base letter in the languages that use them.
_DISTINCT_LETTERS = frozenset("йїўѓќ")

# Letters that Unicode does not decompose, and what is typed for them.
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        "ى": "ي",
        "ی": "ي",
        "ک": "ك",
    }
)


def is_in(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    """Return whether a character is in one of the ranges of code points, which are in order."""
    code = ord(character)
    at = bisect_right(ranges, (code, 0x110000)) - 1
    return at >= 0 and code <= ranges[at][1]


def _fold_letter(character: str) -> str:
    """A letter, number or vowel sign without case, accent and compatibility form."""
    if is_in(character, SPLIT):
        parts = DROPPED.sub("", unicodedata.normalize("NFKC", character))
        return "".join(f"{OPENING}{part}{CLOSING}" for part in parts)
    lowered = character.casefold()
    if lowered in _DISTINCT_LETTERS:
        return lowered
    decomposed = DROPPED.sub("", unicodedata.normalize("NFKD", lowered).casefold())
    letters = "".join(
        letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " "
        for letter in decomposed.translate(_LETTERS)
    )
    if " " in letters and unicodedata.category(character) == "No":
        return character  # ½, ⒈: unchanged
    return unicodedata.normalize("NFC", letters) or " "


def _fold_character(character: str) -> str:
    """Fold a character that is not ASCII: to letters, a token between spaces, or nothing."""
    code = ord(character)
    if DROPPED.match(character):
        return ""
    if character == "\u200b":
        return ZERO_WIDTH
    if 0xFF01 <= code <= 0xFF5E:  # full-width ASCII
        return chr(code - 0xFEE0)
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    # Unicode calls the section sign punctuation, but laws are cited with it.
    if (
        category in {"So", "Sm", "Sc"}
        or character == "§"
        or (0x1F000 <= code <= 0x1FAFF and category in {"Sk", "Cn"})
    ):
        base = unicodedata.normalize("NFD", character)[0]
        return " " if base.isascii() or _IGNORED_SYMBOLS.match(base) else f" {base} "
    # A comma and not a space, since a space at the end of a line is ignored by tokens.parted.
    return _fold_letter(character) if character.isalnum() or category[0] == "M" else ","


class _FoldingTable(dict[int, str]):
    """A cache: code point -> folded form."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


FOLDING = _FoldingTable()
"""For str.translate, on composed text."""

FOLDING_SIGNS = _FoldingTable(zip(map(ord, "’‘“”‐‑…"), "''\"\"--.", strict=True))
"""As FOLDING, but typographic punctuation becomes ASCII, where it may be part of a name."""


def compose_run(run: str) -> str:
    """A run of text in composed form (NFC), with half-width forms replaced by full-width ones."""
    if HALF_WIDTH.search(run):
        run = HALF_WIDTH.sub(lambda match: unicodedata.normalize("NFKC", match[0]), run)
    return unicodedata.normalize("NFC", run)
