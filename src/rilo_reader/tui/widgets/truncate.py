"""Truncation of text to a width in cells; graphemes are kept whole (pure)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from unicodedata import category, combining

from rich.cells import split_graphemes

from rilo_reader.render.lines import is_narrow

ELLIPSIS = "…"

_VIRAMA = 9
"""The combining class of signs that join two consonants."""

_BEGINS = frozenset(
    "\u0d4e\U000111c2\U000111c3\U0001193f\U00011941\U00011a3a\U00011a84\U00011a85\U00011a86"
    "\U00011a87\U00011a88\U00011a89\U00011d46\U00011f02"
)
"""Letters that join the following one (Unicode property Prepend)."""

Grapheme = tuple[int, int, int]
"""Start, end, and width in cells."""


def graphemes(text: str) -> list[Grapheme]:
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
        or ("\u1100" <= before <= "\u115f" and _is_korean(character))
    )


def _is_korean(character: str) -> bool:
    """Return whether a character continues a Hangul syllable."""
    return "\u1100" <= character <= "\u11ff" or "\uac00" <= character <= "\ud7a3"


def cut(text: str, width: int) -> tuple[str, int]:
    """Truncate a text to `width` cells with an ellipsis; also return the width of the result."""
    if width <= 0:
        return "", 0
    if is_narrow(text):
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
    """Return how many characters fit in `width` cells, and the width of these."""
    end = used = 0
    for _, stop, cells in parts:
        if used + cells > width:
            break
        end, used = stop, used + cells
    return end, used


def cut_marked(
    text: str, width: int, hits: Sequence[tuple[int, int]]
) -> tuple[list[tuple[str, bool]], int]:
    """Truncate as `cut` does, in runs of (text, whether it is a hit); also return the width.

    A grapheme belongs to a hit if any of its characters do.
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
