"""Text to tokens: folding, CJK, symbols; the same for indexing and for asking.

A token is a maximal run of letters and digits, its case and accents folded. Scripts that put no
spaces between words (Chinese, Japanese, Korean, Thai, Lao, Khmer, Burmese) become one token a
character, so that any part of a word is found as a phrase of characters. Emoji and other
pictures are a token each. Four ASCII symbols are tokens where they belong to a name:
`C++`, `C#` and `#topic`, `AT&T`, `.NET`.

GAP is a token of its own where neighbours must not be taken for one word: between two such
characters that a space or a sign parts, and beside a symbol on the side where it touches no word
(`C #include` is no `C#`). So a phrase reaches over a GAP only where it has one itself.

The index gets what `prepare` returns and only splits it at spaces, in Rust: `prepare` works with
a handful of C-level passes, and character by character only on what is not ASCII.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from functools import cache

from rilo_reader.query.joined import has_sign, joined
from rilo_reader.query.letters import (
    CLOSING,
    FOLDING_SIGNS,
    GLUED,
    IDEOGRAPHIC,
    NOT_ASCII,
    OPENING,
    SPLIT,
    ZERO_WIDTH,
    composed,
    fold_run,
    is_in,
)

# Symbols that belong to a name, by what stands beside them (after folding).
GAP = "\x7f"
"""A token that is no word: a phrase without it does not reach over it (see analysis.py).

Cleaned text has no such character, so neither an article nor a query can hold it.
"""

_EACHSYMBOL = {
    "+": r"\+(?<=[^\W_]\+)\+*",  # C++, A+
    "#": r"\#(?:(?<=[^\W_]\#)|(?=[^\W_]))",  # C#, #topic
    "&": r"&(?<=[^\W_]&)(?=[^\W_])",  # AT&T
    ".": r"\.(?=[^\W\d_])(?<![^\W_]\.)(?<!\.\.)",  # .NET, not the full stop of a sentence
}
SYMBOL = re.compile("|".join(_EACHSYMBOL.values()))
# Four times as fast one after the other: each then looks for one letter. What one of them puts
# in place of a symbol is no letter either, so the others see the same.
_IN_TURN = tuple((symbol, re.compile(pattern)) for symbol, pattern in _EACHSYMBOL.items())
_ASCII_SYMBOLS = "+#&."
_SYMBOL_SET = frozenset(_ASCII_SYMBOLS)

# A symbol that is a token travels through the byte table below as a control character, which
# no cleaned text holds; those of an uncleaned one are blanked first.
CARRIERS = {symbol: chr(code) for code, symbol in enumerate(_ASCII_SYMBOLS, start=1)}

_GAP_CARRIER = "\x05"
_GAP_BYTES = f" {_GAP_CARRIER}".encode()
_RESERVED = (*CARRIERS.values(), _GAP_CARRIER, OPENING, CLOSING, ZERO_WIDTH)


def _byte_table() -> bytes:
    table = bytearray(b" " * 128 + bytes(range(128, 256)))
    for code in range(128):
        if chr(code).isalnum():
            table[code] = ord(chr(code).lower())
    for symbol, carrier in CARRIERS.items():
        table[ord(carrier)] = ord(symbol)
    table[ord(_GAP_CARRIER)] = ord(GAP)
    return bytes(table)


_BYTES = _byte_table()


class _Runs(dict[str, bytes]):
    """Runs of text that is not ASCII -> what they become, in UTF-8; short ones are remembered."""

    def __missing__(self, run: str) -> bytes:
        folded = composed(run).translate(FOLDING_SIGNS).encode()
        if len(run) <= _REMEMBERED_LETTERS:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[run] = folded
        return folded


_REMEMBERED_LETTERS = 12
_REMEMBERED = 10_000
_RUNS = _Runs()


def _fold_what_is_not_ascii(error: UnicodeError) -> tuple[bytes, int]:
    """For str.encode, which finds runs that are not ASCII much faster than an expression does."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    start, end = error.start, error.end
    return _RUNS[error.object[start:end]], end


_FOLDING_ERRORS = "rilo-reader-folding"
codecs.register_error(_FOLDING_ERRORS, _fold_what_is_not_ascii)


@cache
def _parting() -> re.Pattern[str]:
    """What parts two characters of SPLIT in folded text, up to the first sign between them.

    What readers do not see parts nothing: the marks of emphasis, code and links, a space of no
    width, and in Chinese and Japanese the end of a line, where authors wrap in the middle of a
    word. Korean is wrapped at its spaces.
    """
    sign = r"[\x00-\x05\x08-/:-@\[-`{-\x7f]"  # ASCII: what is not became a space
    link = rf"\[(?={OPENING}[^\[\]\n]{{0,200}}\][(\[])"
    unseen = rf"(?:[*`{ZERO_WIDTH}]|~~|\[\[|\]\])*+(?:{link})?+{OPENING}"
    wrapped = rf"(?<=[{IDEOGRAPHIC}]{CLOSING}) ?\n[ \t]*+{OPENING}[{IDEOGRAPHIC}]"
    return re.compile(rf"{CLOSING}(?!{unseen}|{wrapped}){sign}(?={sign}*+{OPENING})")


def parted(folded: str) -> str:
    """Folded text of the same length, with carriers of GAP between what is parted."""
    if CLOSING not in folded:
        return folded
    # What is adjacent is most of all, and this way found soonest.
    return _parting().sub(CLOSING + _GAP_CARRIER, folded.replace(CLOSING + OPENING, "  "))


def carried(match: re.Match[str]) -> list[str]:
    """What stands for each symbol of a match: its carrier, and one of GAP where it touches no word.

    Only of `+` may several be one match.
    """
    text, end = match.string, match.end()
    carriers = [f" {CARRIERS[symbol]} " for symbol in match[0]]
    if not text[match.start() - 1 : match.start()].isalnum():
        carriers[0] = f" {_GAP_CARRIER}{carriers[0]}"
    if not text[end : end + 1].isalnum():
        carriers[-1] = f"{carriers[-1]}{_GAP_CARRIER} "
    return carriers


def _carry(match: re.Match[str]) -> str:
    return "".join(carried(match))


def _carry_bytes(match: re.Match[bytes]) -> bytes:
    text, end = match.string, match.end()
    carrier = CARRIERS[chr(match[0][0])]
    carriers = "  ".join(carrier * len(match[0])).encode()
    before = b"" if text[match.start() - 1 : match.start()].isalnum() else _GAP_BYTES
    after = b"" if text[end : end + 1].isalnum() else _GAP_BYTES
    return b"%b %b %b" % (before, carriers, after[::-1])


@cache
def _in_turn_in_bytes() -> list[tuple[bytes, re.Pattern[bytes]]]:
    """As _IN_TURN for text that is all ASCII: compiled when the index needs it, not on a launch."""
    return [
        (symbol.encode(), re.compile(pattern.encode())) for symbol, pattern in _EACHSYMBOL.items()
    ]


def without_carriers(text: str) -> str:
    """The text, blanks in place of what carries symbols and the like."""
    for carrier in _RESERVED:
        if carrier in text:
            text = text.replace(carrier, " ")
    return text


def to_spaces(text: str) -> str:
    """Lower the ASCII letters, put a space for all other ASCII, bring the symbols back."""
    return text.encode("utf-8").translate(_BYTES).decode("utf-8")


def prepare(text: str) -> str:
    """The text's tokens in order with spaces between them (and a few spaces more).

    Splitting the result at spaces gives `tokens(text)`, perhaps with GAP before and after them;
    the index does it in Rust.
    """
    text = without_carriers(text)
    if not text.isascii():
        text = parted(text.encode("ascii", _FOLDING_ERRORS).decode("utf-8"))
    return to_spaces(_carried(text))


def prepare_bytes(text: str) -> bytes:
    """The same in UTF-8, as the index gets it, in less time: long texts are ASCII as bytes."""
    return _prepared(fold(text))


def prepare_both(text: str) -> tuple[bytes, list[str]]:
    """As `prepare_bytes`, and what the text has that may be written together, in order."""
    folded = fold(text)
    return _prepared(folded), sorted(joined(folded))


def fold(text: str) -> bytes:
    """The text in UTF-8 with what is not ASCII folded, its signs to those of ASCII."""
    return without_carriers(text).encode("ascii", _FOLDING_ERRORS)


def _prepared(folded: bytes) -> bytes:
    if folded.isascii():
        for symbol, pattern in _in_turn_in_bytes():
            if symbol in folded:
                folded = pattern.sub(_carry_bytes, folded)
    else:
        folded = _carried(parted(folded.decode("utf-8"))).encode("utf-8")
    return folded.translate(_BYTES)


def _carried(folded: str) -> str:
    """Folded text, with carriers in place of the symbols that are tokens."""
    for symbol, pattern in _IN_TURN:
        if symbol in folded:
            folded = pattern.sub(_carry, folded)
    return folded


def tokens(text: str) -> tuple[str, ...]:
    """The tokens of a text, in order, as the index knows them, and GAP between some of them."""
    parts = prepare(text).split()
    while parts and parts[0] == GAP:
        del parts[0]
    while parts and parts[-1] == GAP:
        del parts[-1]
    return tuple(parts)


_WITHOUT_EDGES = {ord(OPENING): None, ord(CLOSING): None, ord(ZERO_WIDTH): None}


def together(word: str) -> str:
    """What a word with hyphens, dots or apostrophes is written together, "" where it is not.

    What has two letters then is another word: `U.S.` is not looked for as `us`.
    """
    folded = fold(word)
    found = joined(folded) if has_sign(folded.decode()) else ()
    form = next(iter(found)) if len(found) == 1 else ""
    return form if len(form) > _SHORTEST_WRITTEN and form == "".join(tokens(word)) else ""


_SHORTEST_WRITTEN = 2


def fold_letters(text: str) -> str:
    """The text with its letters folded, and everything else as it is."""
    folded = NOT_ASCII.sub(fold_run, re.sub(r"(?<!\\)[A-Z]", lambda one: one[0].lower(), text))
    return folded.translate(_WITHOUT_EDGES)


def join(parts: Sequence[str]) -> str:
    """A text that `tokens` reads as these tokens again (they must come from one text)."""
    text, last = "", GAP
    for part in parts:
        if part != GAP:
            text += _between(last, part) + part
        last = part
    return text.lstrip()


def _between(last: str, part: str) -> str:
    """What to write between two tokens."""
    if last == GAP:
        return " "
    if last in _SYMBOL_SET or part in _SYMBOL_SET:
        return ""
    if _is_split(last) and _is_split(part):
        # Some letters would become one, were they written side by side.
        return "" if is_in(last, GLUED) and is_in(part, GLUED) else "\u200b"
    return " "


def _is_split(token: str) -> bool:
    return len(token) == 1 and is_in(token, SPLIT)


def stands_alone(token: str) -> bool:
    """Whether the token is a whole one and never the beginning of a longer one."""
    return len(token) == 1 and (not token.isalnum() or is_in(token, SPLIT))
