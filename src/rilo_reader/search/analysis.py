"""Text to tokens: folding, CJK, symbols; the same for indexing and for asking.

A token is a maximal run of letters and digits, its case and accents folded. Scripts that put no
spaces between words (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) become one token a
character, so that any part of a word is found as a phrase of characters. Emoji and other
pictures are a token each. Four ASCII symbols are tokens where they belong to a name:
`C++`, `C#` and `#topic`, `AT&T`, `.NET`.

The index gets what `prepare` returns and only splits it at spaces, in Rust: `prepare` works with
a handful of C-level passes, and character by character only on what is not ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from rilo_reader.search.query import How, Words

_TOKEN = re.compile("[^ ]+")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

# What English text holds beside ASCII, replaced first: most texts are plain ASCII after it.
_COMMON = (("’", "'"), ("‘", "'"), ("“", '"'), ("”", '"'), ("–", "-"), ("—", "-"), ("…", "."))

# Symbols that belong to a name, by what stands beside them (after folding).
_EACH_SYMBOL = {
    "+": r"\+(?<=[^\W_]\+)\+*",  # C++, A+
    "#": r"\#(?:(?<=[^\W_]\#)|(?=[^\W_]))",  # C#, #topic
    "&": r"&(?<=[^\W_]&)(?=[^\W_])",  # AT&T
    ".": r"\.(?=[^\W\d_])(?<![^\W_]\.)(?<!\.\.)",  # .NET, not the full stop of a sentence
}
_SYMBOL = re.compile("|".join(_EACH_SYMBOL.values()))
# Four times as fast one after the other: each then looks for one letter. What one of them puts
# in place of a symbol is no letter either, so the others see the same.
_IN_TURN = tuple((symbol, re.compile(pattern)) for symbol, pattern in _EACH_SYMBOL.items())
_ASCII_SYMBOLS = "+#&."
_SYMBOL_SET = frozenset(_ASCII_SYMBOLS)

# A symbol that is a token travels through the byte table below as a control character, which
# no cleaned text holds; those of an uncleaned one are blanked first.
_CARRIERS = {symbol: chr(code) for code, symbol in enumerate(_ASCII_SYMBOLS, start=1)}


def _byte_table() -> bytes:
    table = bytearray(b" " * 128 + bytes(range(128, 256)))
    for code in range(128):
        if chr(code).isalnum():
            table[code] = ord(chr(code).lower())
    for symbol, carrier in _CARRIERS.items():
        table[ord(carrier)] = ord(symbol)
    return bytes(table)


_BYTES = _byte_table()

# Marks and format characters that are left out without a trace: accents, Hebrew points, Arabic
# harakat and tatweel, joiners, variation selectors. Vowel signs of Indic scripts are not here:
# they are letters of their words.
_DROPPED = re.compile(
    "[\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u0711"
    "\u0730-\u074a\u180b-\u180e\u1ab0-\u1aff\u1dc0-\u1dff\u200c-\u200f\u202a-\u202e"
    "\u2060-\u206f\u20d0-\u20ff\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f\ufeff"
    "\U000e0000-\U000e01ef]+"
)

# Scripts without spaces between words, one token a character: first and last code points in
# order. Looked up by bisection, since compiling a set this large would cost 4 ms of each launch.
_SPLIT = (
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

# Of these, those whose tokens read the same when they are written together.
_GLUED = ((0x0E00, 0x0E7F), (0x3041, 0x3096), (0x30A1, 0x30FC), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3))

_HALF_WIDTH = re.compile("[\uff61-\uffdc]+")

# Marks of trade and drawing that are beside a word rather than something to find.
_UNFOUND = re.compile("[©®™℠℗\u2500-\u259f]")

# Letters whose mark makes another letter, in the languages that use them.
_KEPT = frozenset("йїўѓќ")

# Letters that Unicode does not decompose, and what people type for them.
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


def _is_in(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    code = ord(character)
    at = bisect_right(ranges, (code, 0x110000)) - 1
    return at >= 0 and code <= ranges[at][1]


def _fold_letter(character: str) -> str:
    """A letter, number or vowel sign without case, accent and compatibility form."""
    if _is_in(character, _SPLIT):
        parts = _DROPPED.sub("", unicodedata.normalize("NFKC", character))
        return f" {' '.join(parts)} "
    lowered = character.casefold()
    if lowered in _KEPT:
        return lowered
    decomposed = _DROPPED.sub("", unicodedata.normalize("NFKD", lowered).casefold())
    letters = "".join(
        letter if letter.isalnum() or unicodedata.category(letter)[0] == "M" else " "
        for letter in decomposed.translate(_LETTERS)
    )
    if " " in letters and unicodedata.category(character) == "No":
        return character  # ½, ⒈: as they are
    return unicodedata.normalize("NFC", letters) or " "


def _fold_symbol(character: str) -> str:
    base = unicodedata.normalize("NFD", character)[0]
    return " " if base.isascii() or _UNFOUND.match(base) else f" {base} "


def _fold_character(character: str) -> str:
    """What one character that is not ASCII becomes: letters, a token between spaces, or nothing."""
    code = ord(character)
    if _DROPPED.match(character):
        return ""
    if 0xFF01 <= code <= 0xFF5E:  # full-width ASCII
        return chr(code - 0xFEE0)
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category in {"So", "Sm", "Sc"} or (0x1F000 <= code <= 0x1FAFF and category in {"Sk", "Cn"}):
        return _fold_symbol(character)
    return _fold_letter(character) if character.isalnum() or category[0] == "M" else " "


class _Folding(dict[int, str]):
    """Code point -> its folded form; worked out when a character is first met."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_character(chr(code))
        return folded


_FOLDING = _Folding()


def _composed(run: str) -> str:
    if _HALF_WIDTH.search(run):
        run = _HALF_WIDTH.sub(lambda match: unicodedata.normalize("NFKC", match[0]), run)
    return unicodedata.normalize("NFC", run)


def _fold_run(match: re.Match[str]) -> str:
    return _composed(match[0]).translate(_FOLDING)


def _carry(match: re.Match[str]) -> str:
    return f" {' '.join(_CARRIERS[symbol] for symbol in match[0])} "


def _without_carriers(text: str) -> str:
    for carrier in _CARRIERS.values():
        if carrier in text:
            text = text.replace(carrier, " ")
    return text


def _to_spaces(text: str) -> str:
    """Lower the ASCII letters, put a space for all other ASCII, bring the symbols back."""
    return text.encode("utf-8").translate(_BYTES).decode("utf-8")


def prepare(text: str) -> str:
    """The text's tokens in order with spaces between them (and a few spaces more).

    Splitting the result at spaces gives `tokens(text)`; the index does it in Rust.
    """
    text = _without_carriers(text)
    if not text.isascii():
        for fancy, plain in _COMMON:
            text = text.replace(fancy, plain)
        if not text.isascii():
            text = _NOT_ASCII.sub(_fold_run, text)
    for symbol, pattern in _IN_TURN:
        if symbol in text:
            text = pattern.sub(_carry, text)
    return _to_spaces(text)


def tokens(text: str) -> tuple[str, ...]:
    """The tokens of a text, in order, as the index knows them."""
    return tuple(prepare(text).split())


def fold_letters(text: str) -> str:
    """The text with its letters folded, and everything else as it is."""
    return _NOT_ASCII.sub(_fold_run, re.sub(r"(?<!\\)[A-Z]", lambda one: one[0].lower(), text))


def join(parts: Sequence[str]) -> str:
    """A text that `tokens` reads as these tokens again (they must come from one text)."""
    text = ""
    for part in parts:
        glued = (
            part in {"+", "#", "&"}
            or (text[-1:] in _SYMBOL_SET and part != ".")
            or (len(part) == 1 and text and _is_in(part, _GLUED) and _is_in(text[-1], _GLUED))
        )
        text += part if glued or not text else f" {part}"
    return text


def stands_alone(token: str) -> bool:
    """Whether the token is a whole one and never the beginning of a longer one."""
    return len(token) == 1 and (not token.isalnum() or _is_in(token, _SPLIT))


class _Origins:
    """Where the characters of a changed text came from.

    Holds a stretch for every piece: where it begins in the new text, where in the old, and
    where it ends in the old; -1 there says that the stretch was copied one to one.
    """

    def __init__(self) -> None:
        self._new: list[int] = []
        self._old: list[int] = []
        self._old_end: list[int] = []

    def add(self, new: int, old: int, old_end: int = -1) -> None:
        self._new.append(new)
        self._old.append(old)
        self._old_end.append(old_end)

    def character(self, position: int) -> tuple[int, int]:
        """The old characters, (start, end), that a new one stands for."""
        at = bisect_right(self._new, position) - 1
        if self._old_end[at] < 0:
            start = self._old[at] + position - self._new[at]
            return start, start + 1
        return self._old[at], self._old_end[at]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.character(start)[0], self.character(end - 1)[1]


def _clusters(run: str) -> Iterator[str]:
    """The run's characters, each with the marks and Hangul parts that may compose with it."""
    if _HALF_WIDTH.search(run) is None and unicodedata.is_normalized("NFC", run):
        yield from run
        return
    start = 0
    for position in range(1, len(run)):
        character = run[position]
        joins = (
            unicodedata.category(character)[0] == "M"
            or "\u1160" <= character <= "\u11ff"
            or "\uff9e" <= character <= "\uffdc"
        )
        if not joins:
            yield run[start:position]
            start = position
    yield run[start:]


def _aligned_fold(text: str) -> tuple[str, _Origins]:
    origins = _Origins()
    pieces: list[str] = []
    new = last = 0
    for match in _NOT_ASCII.finditer(text):
        old = match.start()
        origins.add(new, last)
        pieces.append(text[last:old])
        new += old - last
        for cluster in _clusters(match[0]):
            folded = _composed(cluster).translate(_FOLDING)
            if folded:
                origins.add(new, old, old + len(cluster))
                pieces.append(folded)
                new += len(folded)
            old += len(cluster)
        last = match.end()
    origins.add(new, last)
    pieces.append(text[last:])
    return "".join(pieces), origins


def _aligned_symbols(text: str) -> tuple[str, _Origins]:
    origins = _Origins()
    pieces: list[str] = []
    new = last = 0
    for match in _SYMBOL.finditer(text):
        origins.add(new, last)
        pieces.append(text[last : match.start()])
        new += match.start() - last
        for at in range(match.start(), match.end()):
            origins.add(new, at, at + 1)
            pieces.append(f" {_CARRIERS[text[at]]} ")
            new += 3
        last = match.end()
    origins.add(new, last)
    pieces.append(text[last:])
    return "".join(pieces), origins


def _aligned(text: str) -> tuple[str, list[_Origins]]:
    """As `prepare`, with the way back: maps to apply one after the other to a position."""
    text = _without_carriers(text)
    maps: list[_Origins] = []
    if not text.isascii():
        text, origins = _aligned_fold(text)
        maps.append(origins)
    if _SYMBOL.search(text):
        text, origins = _aligned_symbols(text)
        maps.insert(0, origins)
    return _to_spaces(text), maps


@lru_cache(maxsize=256)
def _pattern(parts: tuple[str, ...], prefix: bool) -> re.Pattern[str]:
    # Possessive, so that a long blank is never walked twice.
    text = " " + " ++".join(re.escape(token) for token in parts)
    return re.compile(text + ("[^ ]*+" if prefix else "(?= )"))


def _spans_of_tokens(padded: str, words: Words, limit: int) -> Iterator[tuple[int, int]]:
    """The tokens that are near a word or match a regular expression, in padded text."""
    from rilo_reader.search.patterns import matcher

    matches = lru_cache(maxsize=None)(matcher(words))
    found = (match for match in _TOKEN.finditer(padded) if matches(match[0]))
    for match in islice(found, limit):
        yield match.start() - 1, match.end() - 1


def find_hits(text: str, words: Sequence[Words], limit: int = 10_000) -> list[tuple[int, int]]:
    """Where the words of a query stand in a text: (start, end) characters, sorted, disjoint.

    Fields are the caller's business: every one of `words` is looked for. A hit covers the marks
    that belong to its last letter. Linear in the text for each of `words`; the first `limit`
    hits of each are looked at, and at most `limit` are returned.
    """
    if not words or not text:
        return []
    prepared, maps = _aligned(text)
    padded = f" {prepared} "
    spans: set[tuple[int, int]] = set()
    for one in words:
        if one.how is not How.EXACTLY:
            spans.update(_spans_of_tokens(padded, one, limit))
            continue
        for count, match in enumerate(_pattern(one.tokens, one.prefix).finditer(padded)):
            if count >= limit:
                break
            spans.add((match.start(), match.end() - 1))  # less the space before, and padding
    hits: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        for origins in maps:
            start, end = origins.span(start, end)  # noqa: PLW2901
        while end < len(text) and _DROPPED.match(text[end]):
            end += 1  # noqa: PLW2901
        if hits and start < hits[-1][1]:
            hits[-1] = (hits[-1][0], max(end, hits[-1][1]))
        else:
            hits.append((start, end))
    return hits[:limit]
