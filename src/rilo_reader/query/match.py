"""Find the words of a query in a text, as spans of its characters (pure).

The text is prepared as for the index, with a map from each prepared character back to those of the
original, so that hits are spans of the original text.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from rilo_reader.article import ArticleId
from rilo_reader.query.joined_forms import iter_joined_places
from rilo_reader.query.letters import (
    CLOSING,
    DROPPED,
    FOLDING_SIGNS,
    HALF_WIDTH,
    NOT_ASCII,
    OPENING,
    compose_run,
)
from rilo_reader.query.patterns import make_matcher
from rilo_reader.query.tokens import (
    GAP,
    SYMBOL,
    insert_gaps,
    prepare_both,
    strip_carriers,
    to_carriers,
    to_spaces,
)
from rilo_reader.query.tree import MatchKind, Words
from rilo_reader.text import lazy_re

_TOKEN = lazy_re(f"[^ {GAP}]+")


class _OriginMap:
    """A map from the characters of a changed text back to the original, piece by piece."""

    def __init__(self) -> None:
        self._new: list[int] = []  # where each begins in the new text
        self._old: list[tuple[int, int]] = []  # its span in the old; an end of -1: it was copied

    def add_piece(self, new: int, old: int, old_end: int = -1) -> None:
        self._new.append(new)
        self._old.append((old, old_end))

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The old characters that a span of new ones came from."""
        return self._original_character(start)[0], self._original_character(end - 1)[1]

    def _original_character(self, position: int) -> tuple[int, int]:
        at = bisect_right(self._new, position) - 1
        start, end = self._old[at]
        if end >= 0:
            return start, end
        start += position - self._new[at]
        return start, start + 1


def _split_clusters(run: str) -> Iterator[str]:
    """The characters of a run, each with the marks and Hangul parts that compose with it."""
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


def _replace_pieces(text: str, pieces: Iterable[tuple[int, int, str]]) -> tuple[str, _OriginMap]:
    """The text with other pieces in place of some, as (start, end, new); and where all is from."""
    origins = _OriginMap()
    parts: list[str] = []
    new = last = 0
    for start, end, piece in pieces:
        if last < start:
            origins.add_piece(new, last)
            parts.append(text[last:start])
            new += start - last
        if piece:
            origins.add_piece(new, start, end)
            parts.append(piece)
            new += len(piece)
        last = end
    origins.add_piece(new, last)
    parts.append(text[last:])
    return "".join(parts), origins


def _iter_folded_pieces(text: str) -> Iterator[tuple[int, int, str]]:
    for match in NOT_ASCII.finditer(text):
        start = match.start()
        for cluster in _split_clusters(match[0]):
            end = start + len(cluster)
            yield start, end, compose_run(cluster).translate(FOLDING_SIGNS)
            start = end


def _symbol_pieces(text: str) -> Iterator[tuple[int, int, str]]:
    for match in SYMBOL.finditer(text):
        for at, carriers in enumerate(to_carriers(match), start=match.start()):
            yield at, at + 1, carriers


Origins = list[_OriginMap]
"""Maps back to an original text, to be applied in order."""


def fold_with_maps(text: str) -> tuple[str, Origins, str, Origins]:
    """The text folded, and as `tokens.prepare` returns it, each with its maps."""
    folded, back = strip_carriers(text), list[_OriginMap]()
    if not text.isascii():
        folded, origins = _replace_pieces(folded, _iter_folded_pieces(folded))
        folded, back = insert_gaps(folded), [origins]
    if not SYMBOL.search(folded):
        return folded, back, to_spaces(folded), back
    prepared, origins = _replace_pieces(folded, _symbol_pieces(folded))
    return folded, back, to_spaces(prepared), [origins, *back]


@lru_cache(maxsize=256)
def _compile_pattern(parts: tuple[str, ...], prefix: bool) -> re.Pattern[str]:
    # Possessive, so that a long run of spaces is never scanned twice.
    text = " " + " ++".join(re.escape(token) for token in parts)
    return re.compile(text + ("[^ ]*+" if prefix else "(?= )"))


def _spans_of_tokens(padded_text: str, words: Words, limit: int) -> Iterator[tuple[int, int]]:
    """The tokens of padded text that are near a word or match a regular expression."""
    matches = lru_cache(maxsize=None)(make_matcher(words))
    found = (match for match in _TOKEN.finditer(padded_text) if matches(match[0]))
    for match in islice(found, limit):
        yield match.start() - 1, match.end() - 1


def _to_original(span: tuple[int, int], maps: Origins) -> tuple[int, int]:
    """The span in the original of a span in changed text."""
    for origins in maps:
        span = origins.original_span(*span)
    return span


def _spans_of_joined(
    places: Sequence[tuple[str, str, int, int]], words: Words, limit: int
) -> Iterator[tuple[int, int]]:
    """The places whose joined form is the word."""
    [token] = words.tokens
    found = (
        (start, end)
        for form, first, start, end in places
        # The prefix `wel` of "well-known" is a hit of `well` alone.
        if form == token
        or (words.is_prefix and form.startswith(token) and not first.startswith(token))
    )
    return islice(found, limit)


def find_hits(text: str, words: Sequence[Words], limit: int = 10_000) -> list[tuple[int, int]]:
    """Find the words of a query: spans of characters as (start, end), sorted and disjoint.

    Fields are ignored: all of `words` are searched for. A hit includes combining marks of its last
    letter. Time is linear in the text for each word; at most `limit` hits are looked at for each,
    and returned in all.
    """
    if not words or not text:
        return []
    folded, back, prepared, maps = fold_with_maps(text)
    padded = f" {prepared} "
    places = list(iter_joined_places(folded)) if any(one.may_be_joined for one in words) else []
    spans: set[tuple[int, int]] = set()
    for one in words:
        if one.match_kind is not MatchKind.EXACTLY:
            spans.update(_spans_of_tokens(padded, one, limit))
            continue
        for count, match in enumerate(_compile_pattern(one.tokens, one.is_prefix).finditer(padded)):
            if count >= limit:
                break
            spans.add((match.start(), match.end() - 1))  # less the space before, and padding
    original = {_to_original(span, maps) for span in spans}
    for one in words:
        if one.may_be_joined:
            original.update(
                _to_original(span, back) for span in _spans_of_joined(places, one, limit)
            )
    hits: list[tuple[int, int]] = []
    for start, end in sorted(original):
        while end < len(text) and DROPPED.match(text[end]):
            end += 1  # noqa: PLW2901
        if hits and start < hits[-1][1]:
            hits[-1] = (hits[-1][0], max(end, hits[-1][1]))
        else:
            hits.append((start, end))
    return hits[:limit]


def find_text(text: str, wanted: str, limit: int = 10_000) -> list[tuple[int, int]]:
    """Find a text anywhere, also within words: spans of characters, sorted and disjoint.

    Case and accents are folded as for `find_hits`, and a space is any white space.
    """
    # What stands around Chinese words is not the same where the text goes on.
    parts = fold_with_maps(wanted)[0].lower().strip(f" {OPENING}{CLOSING}").split()
    if not parts:
        return []
    folded, back, _, _ = fold_with_maps(text)
    found = re.finditer(r"\s+".join(map(re.escape, parts)), folded.lower())
    return [_to_original(match.span(), back) for match in islice(found, limit)]


# -- small texts that are compared with many queries ----------------------------------------------


class SearchableTexts:
    """Small texts of articles, such as notes, in one string that is searched at once."""

    def __init__(self, texts: Mapping[ArticleId, Iterable[str]]) -> None:
        self._articles = list(texts)
        self._starts: list[int] = []
        pieces: list[str] = []
        size = 0
        for its in texts.values():
            self._starts.append(size)
            pieces.append(_to_padded_text(its))
            size += len(pieces[-1])
        self._text = "".join(pieces)

    def article_ids(self) -> Sequence[ArticleId]:
        """The articles with texts."""
        return self._articles

    def find_articles(self, words: Words) -> Iterator[ArticleId]:
        """The articles with a text that has a word or phrase, as the index would find it."""
        last = -1
        for place in _iter_places(words, self._text):
            number = bisect_right(self._starts, place) - 1
            if number != last:
                last = number
                yield self._articles[number]


def is_in_text(words: Words, text: str) -> bool:
    """Return whether a text has a word or phrase, as the index would find it."""
    return next(_iter_places(words, _to_padded_text([text])), None) is not None


def _to_padded_text(texts: Iterable[str]) -> str:
    """The tokens and joined forms of texts, separated so that no phrase spans two of them."""
    parts: list[str] = []
    for text in texts:
        prepared, forms = prepare_both(text)
        parts += (prepared.decode(), *forms)
    between = f" {GAP} {GAP} "
    return f" {between.join(parts)}{between}"


def _iter_places(words: Words, padded_text: str) -> Iterator[int]:
    if words.match_kind is MatchKind.EXACTLY:
        return (
            match.start()
            for match in _compile_pattern(words.tokens, words.is_prefix).finditer(padded_text)
        )
    return (start for start, _ in _spans_of_tokens(padded_text, words, len(padded_text)))
