"""Text to tokens: folding, CJK, symbols; the same for indexing and for asking."""

from __future__ import annotations

from collections.abc import Sequence

from rilo_reader.search.query import Words


def tokens(text: str) -> tuple[str, ...]:
    """The tokens of a text, in order, as the index knows them."""
    raise NotImplementedError


def find_hits(text: str, words: Sequence[Words], limit: int = 10_000) -> list[tuple[int, int]]:
    """Where the words of a query stand in a text: (start, end) characters, sorted, disjoint."""
    raise NotImplementedError
