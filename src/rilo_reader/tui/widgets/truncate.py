"""Truncation of text to a width in cells; graphemes are kept whole (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from unicodedata import category, combining

from rich.cells import split_graphemes

from rilo_reader.render.lines import is_narrow

ELLIPSIS = "…"
LEAST_MIDDLE = 9  # cells of a text that is cut in the middle

_VIRAMA = 9  # the combining class of signs that join two consonants

_BEGINS = frozenset(
    "\u0d4e\U000111c2\U000111c3\U0001193f\U00011941\U00011a3a\U00011a84\U00011a85\U00011a86"
    "\U00011a87\U00011a88\U00011a89\U00011d46\U00011f02"
)
"""Letters that join the following one (Unicode property Prepend)."""

Grapheme = tuple[int, int, int]  # start, end, and width in cells


def list_graphemes(text: str) -> list[Grapheme]:
    """Split a text into graphemes.

    Rich handles joiners, variation selectors and zero-width marks; flags, skin tones, spacing marks
    and Indic conjuncts are joined here, since splitting them would change what is shown.
    """
    joined: list[Grapheme] = []
    flag_is_open = False
    for start, end, cells in split_graphemes(text)[0]:
        first = text[start]
        is_flag_half = "\U0001f1e6" <= first <= "\U0001f1ff"
        if joined and (_continues(text[start - 1], first) or (is_flag_half and flag_is_open)):
            before, _, wide = joined[-1]
            joined[-1] = (before, end, wide + cells)
            flag_is_open = False
        else:
            joined.append((start, end, cells))
            flag_is_open = is_flag_half
    return joined


def _continues(before: str, character: str) -> bool:
    """Return whether a character with a width belongs to the grapheme before it."""
    return (
        "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or category(character) in ("Mc", "Mn", "Me")
        or combining(before) == _VIRAMA
        or category(before) == "Cf"
        or before in _BEGINS
        or (
            "\u1100" <= before <= "\u115f"  # a Hangul syllable
            and ("\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7a3")
        )
    )


def cut_text(text: str, width: int) -> tuple[str, int]:
    """Truncate a text to `width` cells with an ellipsis; also return the width of the result."""
    if width <= 0:
        return "", 0
    if is_narrow(text):
        if len(text) <= width:
            return text, len(text)
        return text[: width - 1] + ELLIPSIS, width
    parts = list_graphemes(text)
    cells = sum(part[2] for part in parts)
    if cells <= width:
        return text, cells
    end = used = 0
    for _, stop, more in parts:
        if used + more > width - 1:
            break
        end, used = stop, used + more
    return text[:end] + ELLIPSIS, used + 1


def cut_middle(text: str, width: int) -> tuple[str, int]:
    """Truncate as `cut_text` does, but in the middle: names often differ at their ends."""
    parts = list_graphemes(text)
    if width < LEAST_MIDDLE or sum(part[2] for part in parts) <= width:
        return cut_text(text, width)
    head, _ = cut_text(text, (width + 2) // 2)
    left, room, start = head.removesuffix(ELLIPSIS), width // 2, len(text)
    for begin, _, cells in reversed(parts):
        room -= cells
        if room < (width + 1) % 2:
            break
        start = begin
    shown = f"{left.rstrip()}{ELLIPSIS}{text[start:].lstrip()}"
    return shown, sum(part[2] for part in list_graphemes(shown))


def cut_marked(
    text: str, width: int, hits: Sequence[tuple[int, int]]
) -> tuple[list[tuple[str, bool]], int]:
    """Truncate as `cut_text` does, in runs of (text, whether it is a hit); also return the width.

    A grapheme belongs to a hit if any of its characters do.
    """
    shown, used = cut_text(text, width)

    def is_hit(part: Grapheme) -> bool:
        return any(start < part[1] and part[0] < end for start, end in hits)

    runs = groupby(list_graphemes(shown), key=is_hit)
    return [("".join(shown[a:b] for a, b, _ in parts), hit) for hit, parts in runs], used
