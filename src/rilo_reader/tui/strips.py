"""Strips of Textual that go away when nobody shows them any more, without the garbage collector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.strip import Strip

_textuals = Strip.divide


def _divide(strip: Strip, cuts: Iterable[int]) -> Sequence[Strip]:
    cuts = list(cuts)
    # Whole: Textual would keep it in its own cache, where nothing but the collector finds it.
    return [strip] if cuts == [strip.cell_length] else _textuals(strip, cuts)


def let_go_of_strips() -> None:
    """See to it that a strip that is drawn whole does not hold itself.

    A line that nothing covers is cut at its own end, and remembers itself as the answer: a circle
    of fifteen objects, nine tenths of all garbage, for which the collector stopped frames in their
    middle.
    """
    Strip.divide = _divide  # type: ignore[assignment, method-assign]
