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

import codecs
import re
from collections.abc import Callable, Sequence
from functools import cache

from rilo_reader.search.letters import (
    FOLDING_SIGNS,
    GLUED,
    NOT_ASCII,
    SPLIT,
    composed,
    fold_run,
    is_in,
)

# Symbols that belong to a name, by what stands beside them (after folding).
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


def _byte_table() -> bytes:
    table = bytearray(b" " * 128 + bytes(range(128, 256)))
    for code in range(128):
        if chr(code).isalnum():
            table[code] = ord(chr(code).lower())
    for symbol, carrier in CARRIERS.items():
        table[ord(carrier)] = ord(symbol)
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


def _carry(match: re.Match[str]) -> str:
    return f" {' '.join(CARRIERS[symbol] for symbol in match[0])} "


def _carry_plus(match: re.Match[bytes]) -> bytes:
    return f" {' '.join(CARRIERS['+'] * len(match[0]))} ".encode()


@cache
def _in_turn_in_bytes() -> Sequence[tuple[bytes, re.Pattern[bytes], _CarryBytes]]:
    """As _IN_TURN for text that is all ASCII: compiled when the index needs it, not on a launch.

    Only of `+` may several be one match: what the others become needs no function.
    """
    return [
        (
            symbol.encode(),
            re.compile(pattern.encode()),
            _carry_plus if symbol == "+" else f" {CARRIERS[symbol]} ".encode(),
        )
        for symbol, pattern in _EACHSYMBOL.items()
    ]


_CarryBytes = bytes | Callable[[re.Match[bytes]], bytes]


def without_carriers(text: str) -> str:
    """The text, blanks in place of what carries symbols."""
    for carrier in CARRIERS.values():
        if carrier in text:
            text = text.replace(carrier, " ")
    return text


def to_spaces(text: str) -> str:
    """Lower the ASCII letters, put a space for all other ASCII, bring the symbols back."""
    return text.encode("utf-8").translate(_BYTES).decode("utf-8")


def prepare(text: str) -> str:
    """The text's tokens in order with spaces between them (and a few spaces more).

    Splitting the result at spaces gives `tokens(text)`; the index does it in Rust.
    """
    text = without_carriers(text)
    if not text.isascii():
        text = text.encode("ascii", _FOLDING_ERRORS).decode("utf-8")
    return to_spaces(_carried(text))


def prepare_bytes(text: str) -> bytes:
    """The same in UTF-8, as the index gets it, in less time: long texts are ASCII as bytes."""
    folded = without_carriers(text).encode("ascii", _FOLDING_ERRORS)
    if folded.isascii():
        for symbol, pattern, carried in _in_turn_in_bytes():
            if symbol in folded:
                folded = pattern.sub(carried, folded)
    else:
        folded = _carried(folded.decode("utf-8")).encode("utf-8")
    return folded.translate(_BYTES)


def _carried(folded: str) -> str:
    """Folded text, with carriers in place of the symbols that are tokens."""
    for symbol, pattern in _IN_TURN:
        if symbol in folded:
            folded = pattern.sub(_carry, folded)
    return folded


def tokens(text: str) -> tuple[str, ...]:
    """The tokens of a text, in order, as the index knows them."""
    return tuple(prepare(text).split())


def fold_letters(text: str) -> str:
    """The text with its letters folded, and everything else as it is."""
    return NOT_ASCII.sub(fold_run, re.sub(r"(?<!\\)[A-Z]", lambda one: one[0].lower(), text))


def join(parts: Sequence[str]) -> str:
    """A text that `tokens` reads as these tokens again (they must come from one text)."""
    text = ""
    for part in parts:
        glued = (
            part in {"+", "#", "&"}
            or (text[-1:] in _SYMBOL_SET and part != ".")
            or (len(part) == 1 and text and is_in(part, GLUED) and is_in(text[-1], GLUED))
        )
        text += part if glued or not text else f" {part}"
    return text


def stands_alone(token: str) -> bool:
    """Whether the token is a whole one and never the beginning of a longer one."""
    return len(token) == 1 and (not token.isalnum() or is_in(token, SPLIT))
