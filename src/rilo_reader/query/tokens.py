"""Split text into tokens: folding, CJK, symbols; the same for articles and for queries.

A token is a maximal run of letters and digits, its case and accents folded. Scripts that put no
spaces between words have one token per character, so that any part of a word is found as a phrase.
Emoji are tokens, and four ASCII symbols where they are part of a name: `C++`, `C#` and `#topic`,
`AT&T`, `.NET`. GAP is a token where neighbours must not be taken for one word: between two such
characters with a space or punctuation between them, and beside a symbol on a side where it touches
no word (`C #include` is not `C#`). A phrase matches across a GAP only if it has one itself.

The index only splits the result of `prepare_text` at spaces, in Rust.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from functools import cache

from rilo_reader.query.joined_forms import find_joined_forms
from rilo_reader.query.letters import (
    CLOSING,
    FOLDING,
    FOLDING_SIGNS,
    GLUED,
    IDEOGRAPHIC,
    NOT_ASCII,
    OPENING,
    SPLIT,
    ZERO_WIDTH,
    compose_run,
    is_in,
)
from rilo_reader.text import lazy_re

GAP = "\x7f"
"""The token that separates neighbours; cleaned text, of articles and queries, never contains it."""

# Symbols that are part of a name, by their neighbours after folding.
_EACH_SYMBOL = {
    "+": r"\+(?<=[^\W_]\+)\+*",  # C++, A+
    "#": r"\#(?:(?<=[^\W_]\#)|(?=[^\W_]))",  # C#, #topic
    "&": r"&(?<=[^\W_]&)(?=[^\W_])",  # AT&T
    ".": r"\.(?=[^\W\d_])(?<![^\W_]\.)(?<!\.\.)",  # .NET, not the full stop of a sentence
}
SYMBOL = lazy_re("|".join(_EACH_SYMBOL.values()))
# One after the other they are four times as fast, since each searches for one character. The
# replacement of a symbol is not a letter either, so their order does not matter.
_IN_TURN = tuple((symbol, re.compile(pattern)) for symbol, pattern in _EACH_SYMBOL.items())
_ASCII_SYMBOLS = "+#&."
_SYMBOL_SET = frozenset(_ASCII_SYMBOLS)

# Control characters stand in for symbols that are tokens until the byte table below restores
# them. Cleaned text contains none; in other text they are replaced by spaces first.
CARRIERS = {symbol: chr(code) for code, symbol in enumerate(_ASCII_SYMBOLS, start=1)}

_GAP_CARRIER = "\x05"
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


class _RunCache(dict[str, bytes]):
    """A cache: run of text that is not ASCII -> its folded form in UTF-8; of short runs only."""

    def __missing__(self, run: str) -> bytes:
        folded = compose_run(run).translate(FOLDING_SIGNS).encode()
        if len(run) <= _REMEMBERED_LETTERS:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[run] = folded
        return folded


_REMEMBERED_LETTERS = 12
_REMEMBERED = 10_000
_RUNS = _RunCache()


def _fold_what_is_not_ascii(error: UnicodeError) -> tuple[bytes, int]:
    """An error handler for str.encode, which finds non-ASCII runs faster than a pattern does."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    start, end = error.start, error.end
    return _RUNS[error.object[start:end]], end


_FOLDING_ERRORS = "rilo-reader-folding"
codecs.register_error(_FOLDING_ERRORS, _fold_what_is_not_ascii)


@cache
def _gap_pattern() -> re.Pattern[str]:
    """A pattern of what separates two characters of SPLIT in folded text, up to the first sign.

    Invisible characters do not separate: markup of emphasis, code and links, zero-width spaces,
    and in Chinese and Japanese line ends, where authors wrap within words. Korean is wrapped at
    its spaces.
    """
    sign = r"[\x00-\x05\x08-/:-@\[-`{-\x7f]"  # ASCII: what is not became a space
    link = rf"\[(?={OPENING}[^\[\]\n]{{0,200}}\][(\[])"
    unseen = rf"(?:[*`{ZERO_WIDTH}]|~~|\[\[|\]\])*+(?:{link})?+{OPENING}"
    wrapped = rf"(?<=[{IDEOGRAPHIC}]{CLOSING}) ?\n[ \t]*+{OPENING}[{IDEOGRAPHIC}]"
    return re.compile(rf"{CLOSING}(?!{unseen}|{wrapped}){sign}(?={sign}*+{OPENING})")


def insert_gaps(folded: str) -> str:
    """Folded text of the same length, with carriers of GAP between separated characters."""
    if CLOSING not in folded:
        return folded
    # Most characters are adjacent, and replacing those first is fastest.
    return _gap_pattern().sub(CLOSING + _GAP_CARRIER, folded.replace(CLOSING + OPENING, "  "))


def to_carriers(match: re.Match[str]) -> list[str]:
    """The carriers of a match's symbols, with that of GAP on a side that touches no word.

    Only a match of `+` may have several symbols.
    """
    text, end = match.string, match.end()
    carriers = [f" {CARRIERS[symbol]} " for symbol in match[0]]
    if not text[match.start() - 1 : match.start()].isalnum():
        carriers[0] = f" {_GAP_CARRIER}{carriers[0]}"
    if not text[end : end + 1].isalnum():
        carriers[-1] = f"{carriers[-1]}{_GAP_CARRIER} "
    return carriers


def strip_carriers(text: str) -> str:
    """The text with spaces in place of the control characters that are reserved here."""
    for carrier in _RESERVED:
        if carrier in text:
            text = text.replace(carrier, " ")
    return text


def to_spaces(text: str) -> str:
    """Lower-case ASCII letters, replace other ASCII by spaces, and restore the symbols."""
    return text.encode("utf-8").translate(_BYTES).decode("utf-8")


def prepare_text(text: str) -> str:
    """The tokens of a text in order, separated by one or more spaces.

    Splitting the result at spaces gives `tokens(text)`, possibly with GAP at the ends.
    """
    return _prepare_folded(fold_text(text)).decode()


def prepare_both(text: str) -> tuple[bytes, list[str]]:
    """Do as `prepare_text`, in UTF-8; return the joined forms in the text too, sorted."""
    folded = fold_text(text)
    return _prepare_folded(folded), sorted(find_joined_forms(folded))


def fold_text(text: str) -> bytes:
    """The text in UTF-8 with non-ASCII characters folded, punctuation to ASCII."""
    return strip_carriers(text).encode("ascii", _FOLDING_ERRORS)


def _prepare_folded(folded: bytes) -> bytes:
    text = insert_gaps(folded.decode())
    for symbol, pattern in _IN_TURN:
        if symbol in text:
            text = pattern.sub(lambda match: "".join(to_carriers(match)), text)
    return text.encode().translate(_BYTES)


def to_tokens(text: str) -> tuple[str, ...]:
    """The tokens of a text in order, with GAP between those that are separated."""
    parts = prepare_text(text).split()
    while parts and parts[0] == GAP:
        del parts[0]
    while parts and parts[-1] == GAP:
        del parts[-1]
    return tuple(parts)


def joined_form_of(word: str) -> str:
    """The joined form of a word with hyphens, dots or apostrophes, "" if it has none.

    Joined forms of two letters are other words: `U.S.` is not searched for as `us`.
    """
    found = find_joined_forms(fold_text(word))
    form = found.pop() if len(found) == 1 else ""
    return form if len(form) > 2 and form == "".join(to_tokens(word)) else ""


_WITHOUT_EDGES = {ord(OPENING): None, ord(CLOSING): None, ord(ZERO_WIDTH): None}


def fold_letters(text: str) -> str:
    """Fold the letters of a text and nothing else."""
    lowered = re.sub(r"(?<!\\)[A-Z]", lambda one: one[0].lower(), text)
    folded = NOT_ASCII.sub(lambda run: compose_run(run[0]).translate(FOLDING), lowered)
    return folded.translate(_WITHOUT_EDGES)


def join_tokens(parts: Sequence[str]) -> str:
    """A text with these tokens, which must come from one text."""
    text, last = "", GAP
    for part in parts:
        if part != GAP:
            text += _choose_separator(last, part) + part
        last = part
    return text.lstrip()


def _choose_separator(last: str, part: str) -> str:
    """The separator between two tokens."""
    if last == GAP:
        return " "
    if last in _SYMBOL_SET or part in _SYMBOL_SET:
        return ""
    if all(len(token) == 1 and is_in(token, SPLIT) for token in (last, part)):
        # Some letters would be composed into one if they were adjacent.
        return "" if is_in(last, GLUED) and is_in(part, GLUED) else "\u200b"
    return " "


def stands_alone(token: str) -> bool:
    """Return whether a token is never the beginning of a longer one."""
    return len(token) == 1 and (not token.isalnum() or is_in(token, SPLIT))
