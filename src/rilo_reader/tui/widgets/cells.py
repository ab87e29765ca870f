"""Text cut to terminal cells: graphemes stay whole, every result has a known width (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import category, combining

from rich.cells import split_graphemes

ELLIPSIS = "…"

_VIRAMA = 9
"""The combining class of the signs that bind two consonants into one."""

_BEGINS = frozenset(
    "\u0d4e\U000111c2\U000111c3\U0001193f\U00011941\U00011a3a\U00011a84\U00011a85\U00011a86"
    "\U00011a87\U00011a88\U00011a89\U00011d46\U00011f02"
)
"""Letters that are drawn together with the next one (Unicode's Prepend)."""

Grapheme = tuple[int, int, int]
"""First character, one past the last, and cells."""


def graphemes(text: str) -> list[Grapheme]:
    """What people see as one character each: (start, end, cells), covering the whole text.

    Rich knows joiners, variation selectors and marks without width; flags, skin tones, spacing
    marks and Indic conjuncts are joined here, since cutting inside them would show another thing.
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
    """Whether a character that has a cell of its own still belongs to the one before it."""
    return (
        "\U0001f3fb" <= character <= "\U0001f3ff"  # skin tones
        or category(character) in ("Mc", "Mn", "Me")
        or combining(before) == _VIRAMA
        or category(before) == "Cf"
        or before in _BEGINS
        or ("\u1100" <= before <= "\u115f" and _is_korean(character))
    )


def _is_korean(character: str) -> bool:
    """Whether it goes on a syllable that began with a leading consonant."""
    return "\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7a3"


def cut(text: str, width: int) -> tuple[str, int]:
    """The text, or as much as fits in `width` cells with an ellipsis; and the cells it takes."""
    if width <= 0:
        return "", 0
    if text.isascii():
        if len(text) <= width:
            return text, len(text)
        return text[: width - 1] + ELLIPSIS, width
    parts = graphemes(text)
    cells = sum(part[2] for part in parts)
    if cells <= width:
        return text, cells
    end, used = _fit(parts, width - 1)
    return text[:end] + ELLIPSIS, used + 1


def _fit(parts: Sequence[Grapheme], width: int) -> tuple[int, int]:
    """How many characters fit in `width` cells, and the cells they take."""
    end = used = 0
    for _, stop, cells in parts:
        if used + cells > width:
            break
        end, used = stop, used + cells
    return end, used


def cut_marked(
    text: str, width: int, hits: Sequence[tuple[int, int]]
) -> tuple[list[tuple[str, bool]], int]:
    """As `cut`, in runs of (text, whether it is part of a hit); and the cells of all runs.

    A grapheme belongs to a hit when any of it does, so that no run begins with half of one.
    """
    shown, used = cut(text, width)
    runs: list[tuple[str, bool]] = []
    for piece, is_hit in _pieces(shown, hits):
        if runs and runs[-1][1] == is_hit:
            runs[-1] = (runs[-1][0] + piece, is_hit)
        else:
            runs.append((piece, is_hit))
    return runs, used


def _pieces(text: str, hits: Sequence[tuple[int, int]]) -> Iterator[tuple[str, bool]]:
    ahead = list(reversed(hits))
    for start, end, _ in graphemes(text):
        while ahead and ahead[-1][1] <= start:
            ahead.pop()
        yield text[start:end], bool(ahead) and ahead[-1][0] < end
