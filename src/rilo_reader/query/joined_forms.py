"""Joined forms of words with hyphens, dots or apostrophes (pure).

`e-mail` has the joined form `email`, `U.S.A.` has `usa`, `don't` has `dont`. So do words of up to
three parts with hyphens, initials of one or two letters with dots, and two parts with an
apostrophe; numbers, addresses and paths do not. The joined form of a possessive (`week's`) would
be a plural, so only names have one (`McDonald's`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rilo_reader.query.letters import CLOSING, OPENING
from rilo_reader.text import lazy_re

_LONGEST_PART = 20
_LONGEST_WORD = 200  # bytes of the longest run that is taken for a word
_REMEMBERED = 20_000  # words
_LONGEST_REMEMBERED = 40
_WITHOUT_PUNCTUATION = str.maketrans("", "", "-.'")
_POSSESSIVE = lazy_re("[^A-Z].*'s")

# Contractions of pronouns whose joined forms are other words.
_CONTRACTIONS_LIKE_WORDS = frozenset(
    ("hell", "id", "ill", "its", "lets", "shed", "shell", "wed", "well", "were", "whore")
)

# A word is whatever is between two spaces; addresses and paths contain a `/`.
_ADDRESS = "/"
_ADDRESS_END = re.compile(rb"/[^ ]*+")
_FROM_PUNCTUATION = re.compile(rb"[-.'](?=[^ ])[^ ]*+")  # the end of a word


@cache  # compiled on first use, not at launch
def _form_pattern() -> re.Pattern[str]:
    """The parts of a word that have a joined form."""
    letter, either = r"[^\W\d_]", r"[^\W_]"
    part = f"{{1,{_LONGEST_PART}}}"
    hyphens = rf"(?=[\w-]*{letter}){either}{part}(?:-{either}{part}){{1,2}}(?![\w-]|\.\w)"
    dots = rf"{letter}{{1,2}}(?:\.{letter}{{1,2}}){{1,5}}(?![\w']|\.\w)"
    apostrophe = rf"{letter}{part}'{letter}{part}(?![\w'-])"
    # Not the end of a longer chain either.
    return re.compile(rf"(?<![\w'.-])(?:{hyphens}|{dots}|{apostrophe})")


@cache
def _candidate_patterns() -> tuple[re.Pattern[bytes], ...]:
    """Patterns of the ends of words that may have a joined form, from the punctuation on.

    Each searches for one character, which is four times as fast as looking at every word. A dot
    is followed by at most two letters of four bytes each.
    """
    letter, either = rb"[A-Za-z\x80-\xff]", rb"[0-9A-Za-z\x80-\xff]"
    return tuple(
        re.compile(rb"%b(?<=%b%b)(?=%b)[^ ]*+" % (mark, before, mark, after))
        for mark, before, after in (
            (b"-", either, either),
            (b"'", letter, letter),
            (rb"\.", letter, letter + rb"{1,8}(?!%b)" % either),
        )
    )


def _byte_table() -> bytes:
    table = bytearray(b" " * 128 + bytes(range(128, 256)))
    for code in range(128):
        character = chr(code)
        if character.isalnum() or character in "-.'_":
            table[code] = code
        elif character in "/\\@%=":
            table[code] = ord(_ADDRESS)
    # Characters that are tokens by themselves are not part of a word.
    table[ord(OPENING)] = table[ord(CLOSING)] = ord(" ")
    return bytes(table)


_BYTES = _byte_table()


class _FormCache(dict[bytes, tuple[tuple[str, int, int], ...]]):
    """A cache: word -> its joined forms with their positions, (form, start, end)."""

    def __missing__(self, word: bytes) -> tuple[tuple[str, int, int], ...]:
        forms = tuple(_iter_forms(word.decode())) if len(word) <= _LONGEST_WORD else ()
        if len(self) >= _REMEMBERED:
            self.clear()
        if len(word) <= _LONGEST_REMEMBERED:
            self[word] = forms
        return forms


_FORM_CACHE = _FormCache()


def _iter_forms(word: str) -> Iterator[tuple[str, int, int]]:
    if _ADDRESS in word:
        return
    bare = word.strip("_")  # without marks of emphasis around it
    before = len(word) - len(word.lstrip("_"))
    for match in _form_pattern().finditer(bare):
        together = match[0].lower().translate(_WITHOUT_PUNCTUATION)
        is_another_word = "'" in match[0] and (
            together in _CONTRACTIONS_LIKE_WORDS or _POSSESSIVE.fullmatch(match[0]) is not None
        )
        if not is_another_word:
            yield together, before + match.start(), before + match.end()


def find_joined_forms(folded: bytes) -> set[str]:
    """The joined forms in a text, as `tokens.fold` returns it."""
    written = _ADDRESS_END.sub(b"/", folded.translate(_BYTES))
    words = {
        written[written.rfind(b" ", 0, match.start()) + 1 : match.end()]
        for pattern in _candidate_patterns()
        for match in pattern.finditer(written)
    }
    return {form for word in words for form, _, _ in _FORM_CACHE[word]}


def iter_joined_places(folded: str) -> Iterator[tuple[str, str, int, int]]:
    """Each joined form in a folded text, its first part, and its span: start and end characters."""
    written = folded.encode().translate(_BYTES)
    last = place = 0
    for match in _FROM_PUNCTUATION.finditer(written):
        start = written.rfind(b" ", 0, match.start()) + 1
        if not (forms := _FORM_CACHE[written[start : match.end()]]):
            continue
        place += len(written[last:start].decode())
        last = start
        for form, begin, end in forms:
            first = re.split("[-.']", folded[place + begin : place + end], maxsplit=1)[0]
            yield form, first.lower(), place + begin, place + end
