"""Where lines break: by cells, between words, between characters where a script has no spaces."""

from __future__ import annotations

import re
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

NO_START = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】〙〗〟｠»"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥)]}.,:;!?%％℃°"
)
"""Characters that never begin a line where it is broken without a space (kinsoku)."""

NO_END = frozenset("‘“（〔［｛〈《「『【〘〖〝‘“｟«([{$＄￥£¥#＃@")
"""Characters that never end such a line."""


_NARROW = re.compile(
    "[ -~\xa0-\xac\xae-\u02ff\u0370-\u0373\u0376\u0377\u037b-\u037f\u0386-\u0482\u048a-\u052f"
    "\u2010-\u2015\u2018-\u201f\u2020-\u2022\u2026\u2032\u2033\u2039\u203a\u20ac\u2122\u2190-\u2193]*"
)
"""Text of characters of one cell each, in scripts that break at spaces alone: Latin, Greek,
Cyrillic, and the punctuation that goes with them. Most lines with a curly quote are such text."""


class Span(NamedTuple):
    """A line of a text: from `start` to `end`.

    `joint` is what stands between it and the next line: a line end, a space, or nothing where
    a word or a text without spaces goes on.
    """

    start: int
    end: int
    joint: str = "\n"


def wrap(text: str, width: int) -> list[Span]:
    """Break a text into lines of at most `width` cells.

    Line ends in the text are kept. Spaces at a break belong to no line. A grapheme wider than
    the whole width still gets a line of its own, so nothing is lost and it always ends.
    """
    width = max(width, 1)
    spans: list[Span] = []
    start = 0
    for piece in text.split("\n"):
        end = start + len(piece)
        if len(piece) <= width and cell_len(piece) <= width:
            spans.append(Span(start, end))
        elif is_narrow(piece):
            _wrap_narrow(text, start, end, width, spans)
        else:
            _wrap_wide(piece, start, width, spans)
        start = end + 1
    return spans


def is_narrow(text: str) -> bool:
    """Whether every character of a text takes one cell, and lines break only at its spaces."""
    return text.isascii() or _NARROW.fullmatch(text) is not None


def _wrap_narrow(text: str, start: int, end: int, width: int, spans: list[Span]) -> None:
    """Break text in which every character is one cell: whole lines at a time."""
    while end - start > width:
        cut = text.rfind(" ", start, start + width + 1)
        if cut <= start or not text[start:cut].strip():
            cut = _cut_long_word(text, start, start + width)
            spans.append(Span(start, cut, ""))
            start = cut
            continue
        spans.append(Span(start, cut, " "))
        start = cut + 1
        while start < end and text[start] == " ":
            start += 1
    if start < end or not spans:
        spans.append(Span(start, end))


def _cut_long_word(text: str, start: int, limit: int) -> int:
    """Where to cut a word that no line holds: after a mark of an address if one is near."""
    for index in range(limit, max(start + 1, limit - 24), -1):
        if text[index - 1] in "/-_?&=.,;:+":
            return index
    return limit


def _wrap_wide(piece: str, offset: int, width: int, spans: list[Span]) -> None:
    """Break text of any script, grapheme by grapheme."""
    graphemes, _ = split_graphemes(piece)
    first = 0  # the grapheme that the line begins with
    used = 0  # cells of the line so far
    chance = -1  # the grapheme a line may begin with, -1 while there is none
    chance_used = 0  # cells up to there
    previous = " "
    index = 0
    while index < len(graphemes):
        start, end, cells = graphemes[index]
        # A space that carries a combining mark is a letter of its own.
        character = piece[start] if piece[start] != " " or end == start + 1 else "_"
        if index > first and may_break(previous, character):
            chance, chance_used = index, used
        if used + cells > width and character != " " and index > first:
            begin = chance if chance > first else index
            spans.append(_line(piece, graphemes[first][0], graphemes[begin][0], offset))
            used = used - chance_used if begin == chance else 0
            # Looked at again: what moved down may leave no room for a wide one either.
            first, chance = begin, -1
            continue
        used += cells
        previous = character
        index += 1
    if first < len(graphemes):
        spans.append(Span(offset + graphemes[first][0], offset + len(piece.rstrip(" "))))


def _line(piece: str, start: int, end: int, offset: int) -> Span:
    """A line that another follows, without the spaces at its end."""
    trimmed = start + len(piece[start:end].rstrip(" "))
    return Span(offset + start, offset + trimmed, "" if trimmed == end else " ")


def may_break(before: str, after: str) -> bool:
    """Whether a line may begin with `after` when `before` stands in front of it."""
    if after == " ":
        return False
    if before == " ":
        return True
    if after < "\u0e00" and before < "\u0e00":
        return False
    if "\u0e40" <= after <= "\u0e44":
        # A Thai vowel that is written first begins a syllable.
        return before not in NO_END
    if not (is_ideographic(before) or is_ideographic(after)):
        return False
    return after not in NO_START and before not in NO_END


def is_ideographic(character: str) -> bool:
    """Whether lines break beside a character: Chinese and Japanese, not Korean."""
    return character >= "\u2e80" and (
        character <= "\ua4cf"
        or "\uf900" <= character <= "\ufaff"
        or "\ufe30" <= character <= "\ufe4f"
        or "\uff00" <= character <= "\uffef"
        or "\U0001b000" <= character <= "\U0001b2ff"
        or "\U00020000" <= character <= "\U0003ffff"
    )
