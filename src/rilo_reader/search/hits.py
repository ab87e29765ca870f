"""Where the words of a query stand in a text (pure).

The text is prepared as for the index, but with the way back from each prepared character to the
one that it came from.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from rilo_reader.search.analysis import (
    SYMBOL,
    carried,
    parted,
    to_spaces,
    without_carriers,
)
from rilo_reader.search.joined import joined_places, may_be_joined
from rilo_reader.search.letters import DROPPED, FOLDING_SIGNS, HALF_WIDTH, NOT_ASCII, composed
from rilo_reader.search.query import How, Words
from rilo_reader.search.schema import GAP

_TOKEN = re.compile(f"[^ {GAP}]+")


class _Origins:
    """Where the characters of a changed text came from.

    Holds a stretch for every piece: where it begins in the new text, where in the old, and
    where it ends in the old; -1 there says that the stretch was copied one to one.
    """

    def __init__(self) -> None:
        self._new: list[int] = []
        self._old: list[int] = []
        self._old_end: list[int] = []

    def add(self, new: int, old: int, old_end: int = -1) -> None:
        self._new.append(new)
        self._old.append(old)
        self._old_end.append(old_end)

    def character(self, position: int) -> tuple[int, int]:
        """The old characters, (start, end), that a new one stands for."""
        at = bisect_right(self._new, position) - 1
        if self._old_end[at] < 0:
            start = self._old[at] + position - self._new[at]
            return start, start + 1
        return self._old[at], self._old_end[at]

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.character(start)[0], self.character(end - 1)[1]


def _clusters(run: str) -> Iterator[str]:
    """The run's characters, each with the marks and Hangul parts that may compose with it."""
    if HALF_WIDTH.search(run) is None and unicodedata.is_normalized("NFC", run):
        yield from run
        return
    start = 0
    for position in range(1, len(run)):
        character = run[position]
        joins = (
            unicodedata.category(character)[0] == "M"
            or "\u1160" <= character <= "\u11ff"
            or "\uff9e" <= character <= "\uffdc"
        )
        if not joins:
            yield run[start:position]
            start = position
    yield run[start:]


def _aligned_fold(text: str) -> tuple[str, _Origins]:
    origins = _Origins()
    pieces: list[str] = []
    new = last = 0
    for match in NOT_ASCII.finditer(text):
        old = match.start()
        origins.add(new, last)
        pieces.append(text[last:old])
        new += old - last
        for cluster in _clusters(match[0]):
            folded = composed(cluster).translate(FOLDING_SIGNS)
            if folded:
                origins.add(new, old, old + len(cluster))
                pieces.append(folded)
                new += len(folded)
            old += len(cluster)
        last = match.end()
    origins.add(new, last)
    pieces.append(text[last:])
    return "".join(pieces), origins


def _aligned_symbols(text: str) -> tuple[str, _Origins]:
    origins = _Origins()
    pieces: list[str] = []
    new = last = 0
    for match in SYMBOL.finditer(text):
        origins.add(new, last)
        pieces.append(text[last : match.start()])
        new += match.start() - last
        for at, carriers in enumerate(carried(match), start=match.start()):
            origins.add(new, at, at + 1)
            pieces.append(carriers)
            new += len(carriers)
        last = match.end()
    origins.add(new, last)
    pieces.append(text[last:])
    return "".join(pieces), origins


def _folded(text: str) -> tuple[str, list[_Origins]]:
    """As `analysis.fold`, with the way back: maps to apply one after the other to a position."""
    text = without_carriers(text)
    if text.isascii():
        return text, []
    folded, origins = _aligned_fold(text)
    return parted(folded), [origins]


def _aligned(folded: str, maps: list[_Origins]) -> tuple[str, list[_Origins]]:
    """Folded text as `prepare` has it, with the whole way back."""
    if SYMBOL.search(folded):
        folded, origins = _aligned_symbols(folded)
        maps = [origins, *maps]
    return to_spaces(folded), maps


@lru_cache(maxsize=256)
def _pattern(parts: tuple[str, ...], prefix: bool) -> re.Pattern[str]:
    # Possessive, so that a long blank is never walked twice.
    text = " " + " ++".join(re.escape(token) for token in parts)
    return re.compile(text + ("[^ ]*+" if prefix else "(?= )"))


def _spans_of_tokens(padded: str, words: Words, limit: int) -> Iterator[tuple[int, int]]:
    """The tokens that are near a word or match a regular expression, in padded text."""
    from rilo_reader.search.patterns import matcher

    matches = lru_cache(maxsize=None)(matcher(words))
    found = (match for match in _TOKEN.finditer(padded) if matches(match[0]))
    for match in islice(found, limit):
        yield match.start() - 1, match.end() - 1


def _original(span: tuple[int, int], maps: Sequence[_Origins]) -> tuple[int, int]:
    """The characters that a changed text's came from."""
    for origins in maps:
        span = origins.span(*span)
    return span


def _spans_of_joined(
    places: Sequence[tuple[str, str, int, int]], words: Words, limit: int
) -> Iterator[tuple[int, int]]:
    """What is written with hyphens and the like and is the word written together."""
    [token] = words.tokens
    found = (
        (start, end)
        for form, first, start, end in places
        # Of "well-known" only `well` is begun by `wel`.
        if form == token
        or (words.prefix and form.startswith(token) and not first.startswith(token))
    )
    return islice(found, limit)


def find_hits(text: str, words: Sequence[Words], limit: int = 10_000) -> list[tuple[int, int]]:
    """Where the words of a query stand in a text: (start, end) characters, sorted, disjoint.

    Fields are the caller's business: every one of `words` is looked for. A hit covers the marks
    that belong to its last letter. Linear in the text for each of `words`; the first `limit`
    hits of each are looked at, and at most `limit` are returned.
    """
    if not words or not text:
        return []
    folded, back = _folded(text)
    prepared, maps = _aligned(folded, back)
    padded = f" {prepared} "
    places = list(joined_places(folded)) if any(map(may_be_joined, words)) else []
    spans: set[tuple[int, int]] = set()
    for one in words:
        if one.how is not How.EXACTLY:
            spans.update(_spans_of_tokens(padded, one, limit))
            continue
        for count, match in enumerate(_pattern(one.tokens, one.prefix).finditer(padded)):
            if count >= limit:
                break
            spans.add((match.start(), match.end() - 1))  # less the space before, and padding
    original = {_original(span, maps) for span in spans}
    for one in words:
        if may_be_joined(one):
            original.update(_original(span, back) for span in _spans_of_joined(places, one, limit))
    hits: list[tuple[int, int]] = []
    for start, end in sorted(original):
        while end < len(text) and DROPPED.match(text[end]):
            end += 1  # noqa: PLW2901
        if hits and start < hits[-1][1]:
            hits[-1] = (hits[-1][0], max(end, hits[-1][1]))
        else:
            hits.append((start, end))
    return hits[:limit]
