"""What is written with hyphens, dots or apostrophes, as people write it together (pure).

`e-mail` is `email`, `U.S.A.` is `usa`, `don't` is `dont`. Up to three parts with hyphens, with dots
those of one or two letters, two parts with an apostrophe; numbers, addresses and paths are not
read so. A possessive (`week's`) would be taken for a plural, so only names have one (`McDonald's`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rilo_reader.query.letters import CLOSING, OPENING
from rilo_reader.query.tree import How, Words

_LONGEST_PART = 20
_SIGNS = str.maketrans("", "", "-.'")
_POSSESSIVE = re.compile("[^A-Z].*'s")

# What a pronoun runs into, written together: other words.
_OTHER_WORDS = frozenset(
    ("hell", "id", "ill", "its", "lets", "shed", "shell", "wed", "well", "were", "whore")
)

# A word here is all that stands between two spaces; an address or a path holds one of `/`.
_ADDRESS = "/"
_ADDRESS_END = re.compile(rb"/[^ ]*+")
_WORD = re.compile(rb"[^ ]+")


@cache  # none of them is compiled on a launch
def _forms() -> re.Pattern[str]:
    """What is written together, in a word."""
    letter, either = r"[^\W\d_]", r"[^\W_]"
    part = f"{{1,{_LONGEST_PART}}}"
    hyphens = rf"(?=[\w-]*{letter}){either}{part}(?:-{either}{part}){{1,2}}(?![\w-]|\.\w)"
    dots = rf"{letter}{{1,2}}(?:\.{letter}{{1,2}}){{1,5}}(?![\w']|\.\w)"
    apostrophe = rf"{letter}{part}'{letter}{part}(?![\w'-])"
    # Not the end of a longer chain either.
    return re.compile(rf"(?<![\w'.-])(?:{hyphens}|{dots}|{apostrophe})")


@cache
def _from_a_sign() -> tuple[re.Pattern[bytes], ...]:
    """The ends of the words that may have a form: each expression looks for one letter.

    That is four times as fast as to look at every word. A dot is followed by two letters of four
    bytes at most.
    """
    letter, either = rb"[A-Za-z\x80-\xff]", rb"[0-9A-Za-z\x80-\xff]"
    return tuple(
        re.compile(rb"%b(?<=%b%b)(?=%b)[^ ]*+" % (sign, before, sign, after))
        for sign, before, after in (
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
    # Characters that are a token each stand alone.
    table[ord(OPENING)] = table[ord(CLOSING)] = ord(" ")
    return bytes(table)


_BYTES = _byte_table()


class _Forms(dict[bytes, tuple[tuple[str, int, int], ...]]):
    """Words -> what is written together in them, and where; the last ones are remembered."""

    def __missing__(self, word: bytes) -> tuple[tuple[str, int, int], ...]:
        forms = tuple(_read(word.decode())) if len(word) <= _LONGEST_WORD else ()
        if len(self) >= _REMEMBERED:
            self.clear()
        if len(word) <= _LONGEST_REMEMBERED:
            self[word] = forms
        return forms


_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 40
_LONGEST_WORD = 200
"""Bytes of a word that is looked at: a longer one is none."""

_FORMS_OF = _Forms()


def _read(word: str) -> Iterator[tuple[str, int, int]]:
    if _ADDRESS in word:
        return
    # Marks of emphasis around it.
    bare = word.strip("_")
    before = len(word) - len(word.lstrip("_"))
    for match in _forms().finditer(bare):
        together = match[0].lower().translate(_SIGNS)
        is_other = "'" in match[0] and (
            together in _OTHER_WORDS or _POSSESSIVE.fullmatch(match[0]) is not None
        )
        if not is_other:
            yield together, before + match.start(), before + match.end()


def has_sign(word: str) -> bool:
    """Whether a word has any sign that it may be written without."""
    return "-" in word or "." in word or "'" in word


def may_be_joined(words: Words) -> bool:
    """Whether words of a query are looked for among what is written together."""
    return len(words.tokens) == 1 and words.how is How.EXACTLY and len(words.tokens[0]) > 1


def joined(folded: bytes) -> set[str]:
    """What a text has that may be written together, each once.

    Args:
        folded: as `analysis` folds it, in UTF-8.
    """
    written = _ADDRESS_END.sub(b"/", folded.translate(_BYTES))
    words = {
        written[written.rfind(b" ", 0, sign.start()) + 1 : sign.end()]
        for signs in _from_a_sign()
        for sign in signs.finditer(written)
    }
    return {form for word in words for form, _, _ in _FORMS_OF[word]}


def joined_places(folded: str) -> Iterator[tuple[str, str, int, int]]:
    """All that a folded text has that may be written together, in order.

    Yields:
        It, its first part, and its place: (start, end) characters.
    """
    written = folded.encode().translate(_BYTES)
    last = place = 0
    for match in _WORD.finditer(written):
        word = match[0]
        if not has_sign(word.decode()):
            continue
        place += len(written[last : match.start()].decode())
        last = match.start()
        for form, begin, end in _FORMS_OF[word]:
            first = re.split("[-.']", folded[place + begin : place + end], maxsplit=1)[0]
            yield form, first.lower(), place + begin, place + end
