"""Line breaking: by cells, between words, or between characters in scripts without spaces."""

from __future__ import annotations

import re
from typing import NamedTuple

from rich.cells import cell_len, split_graphemes

NO_START = frozenset(
    "、。，．・：；？！゛゜ヽヾゝゞ々ー’”）〕］｝〉》」』】〙〗〟｠»"
    "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ…‥)]}.,:;!?%％℃°"
)
"""Characters that never begin a line broken without a space (kinsoku)."""

NO_END = frozenset("‘“（〔［｛〈《「『【〘〖〝‘“｟«([{$＄￥£¥#＃@")
"""Characters that never end such a line."""


_NARROW = re.compile(
    "[ -~\xa0-\xac\xae-\u02ff\u0370-\u0373\u0376\u0377\u037b-\u037f\u0386-\u0482\u048a-\u052f"
    "\u2010-\u2015\u2018-\u201f\u2020-\u2022\u2026\u2032\u2033\u2039\u203a\u20ac\u2122\u2190-\u2193]*"
)
"""Text of single-cell characters in scripts that break only at spaces (Latin, Greek, Cyrillic).

Covers most lines with typographic quotes, which need not be split into graphemes.
"""


class Span(NamedTuple):
    """One line of a text, from `start` to `end`.

    `joint` separates it from the next line: a line end, a space, or nothing within a word or a
    script without spaces.
    """

    start: int
    end: int
    joint: str = "\n"


def wrap(text: str, width: int) -> list[Span]:
    """Break a text into lines of at most `width` cells.

    Line ends are kept. Spaces at a break belong to neither line. A grapheme wider than `width` has
    a line of its own, so no text is lost and the function always terminates.
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
    """Return whether every character takes one cell and lines break only at spaces."""
    return text.isascii() or _NARROW.fullmatch(text) is not None


def _wrap_narrow(text: str, start: int, end: int, width: int, spans: list[Span]) -> None:
    """Break text of single-cell characters, a line at a time."""
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
    """Return where to split a long word: after punctuation of a URL if there is any nearby."""
    for index in range(limit, max(start + 1, limit - 24), -1):
        if text[index - 1] in "/-_?&=.,;:+":
            return index
    return limit


def _wrap_wide(piece: str, offset: int, width: int, spans: list[Span]) -> None:
    """Break text of any script, by graphemes."""
    graphemes, _ = split_graphemes(piece)
    first = 0  # the first grapheme of the line
    used = 0  # cells of the line so far
    chance = -1  # the grapheme that may begin the next line, or -1
    chance_used = 0  # cells before it
    previous = " "
    index = 0
    while index < len(graphemes):
        start, end, cells = graphemes[index]
        # A space with a combining mark is a letter.
        character = piece[start] if piece[start] != " " or end == start + 1 else "_"
        if index > first and may_break(previous, character):
            chance, chance_used = index, used
        if used + cells > width and character != " " and index > first:
            begin = chance if chance > first else index
            spans.append(_line(piece, graphemes[first][0], graphemes[begin][0], offset))
            used = used - chance_used if begin == chance else 0
            # Again: the text moved down may leave no room for a wide grapheme.
            first, chance = begin, -1
            continue
        used += cells
        previous = character
        index += 1
    if first < len(graphemes):
        spans.append(Span(offset + graphemes[first][0], offset + len(piece.rstrip(" "))))


def _line(piece: str, start: int, end: int, offset: int) -> Span:
    """Return a line that is followed by another, without trailing spaces."""
    trimmed = start + len(piece[start:end].rstrip(" "))
    return Span(offset + start, offset + trimmed, "" if trimmed == end else " ")


def may_break(before: str, after: str) -> bool:
    """Return whether a line may break between two graphemes."""
    if after == " ":
        return False
    if before == " ":
        return True
    if after < "\u0e00" and before < "\u0e00":
        return False
    if "\u0e40" <= after <= "\u0e44":
        # A Thai vowel written before its consonant begins a syllable.
        return before not in NO_END
    if not (is_ideographic(before) or is_ideographic(after)):
        return False
    return after not in NO_START and before not in NO_END


def is_ideographic(character: str) -> bool:
    """Return whether lines break next to a character: Chinese and Japanese, not Korean."""
    return character >= "\u2e80" and (
        character <= "\ua4cf"
        or "\uf900" <= character <= "\ufaff"
        or "\ufe30" <= character <= "\ufe4f"
        or "\uff00" <= character <= "\uffef"
        or "\U0001b000" <= character <= "\U0001b2ff"
        or "\U00020000" <= character <= "\U0003ffff"
    )
