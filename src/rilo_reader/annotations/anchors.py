"""Anchors: what is kept of a place in a text, to find it again after the text was edited (pure).

An anchor is a TextQuoteSelector with the start of a TextPositionSelector, both of the W3C's Web
Annotation Data Model (https://www.w3.org/TR/annotation-model/#text-quote-selector). Finding it:

    quotation and context as they were, where they were,
    or elsewhere but once                                     _unchanged_place
    quotation and what precedes it as and where they were     _place_after_the_same
    else candidates: each place of the quotation, and where
    most pieces of quotation and context are                  _exact_places, _similar_places
    how much speaks for each, counted in letters              _judged
    the best, if nothing else comes near                      _decided

Rather none than a wrong one. Runs of white space count as one space. All positions are code points
of the text that is given.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from statistics import median_high, median_low
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from rapidfuzz.distance import Opcode

# Code points that an anchor keeps before and after its quotation: as many as tell it from every
# other place of its text, between these bounds.
CONTEXT, MOST_CONTEXT = 64, 1024


class Anchor(NamedTuple):
    """A place in a text."""

    exact: str  # quotation, without white space at its ends
    prefix: str = ""  # text right before it, or ""
    suffix: str = ""  # text right after it, or ""
    start: int = 0  # where it began in the text that it was made from; only a hint


class FoundAnchor(NamedTuple):
    """The place of an anchor in a text."""

    start: int  # where the quotation begins
    end: int  # where it ends, exclusive
    similarity: float  # of the quotation and what stands there now, from SIMILAR to 1 (the same)


def make_anchor(text: str, start: int, end: int) -> Anchor:
    """Make an anchor of `text[start:end]`, without the white space at its ends.

    Raises:
        ValueError: there is nothing but white space.
    """
    quotation = text[start:end]
    exact = quotation.strip()
    if not exact:
        raise ValueError(f"there is no text from {start} to {end}")
    start += len(quotation) - len(quotation.lstrip())
    end = start + len(exact)
    folded = _FoldedText(text).text
    context = CONTEXT
    while context < MOST_CONTEXT:
        part = _SPACE.sub(" ", text[max(0, start - context) : end + context]).strip()
        if folded.find(part, folded.find(part) + 1) < 0:
            break
        # With a context that is just long enough, a few edits make the other place the better.
        context = min(MOST_CONTEXT, context * 4)
    return Anchor(exact, text[max(0, start - context) : start], text[end : end + context], start)


# Least similarity of an edited quotation: 1 - edits / length of the longer, in characters
# (Levenshtein's distance); that of a short one, which needs a neighbour that was not edited.
SIMILAR, SHORT_SIMILAR = 0.65, 0.75
SHORT = 28  # letters of a quotation below which it is short
NEIGHBOUR = 6  # code points beside a quotation that make a neighbour

# Letters of quotation and context that must speak for a place; which share of them, unless the
# quotation is as it was; and which share if it is short.
ENOUGH, ENOUGH_SHARE, SHORT_SHARE = 28, 0.4, 0.5

# How far the best place leads. What every other one lacks of quotation and context is at least
# LEAD_FACTOR times what the best lacks, and LEAD more; or what speaks for it is at most this SHARE
# of what speaks for the best. Only the latter counts for text that was repeated when the anchor was
# made (then it has more context): the other places may be edited less than the right one.
LEAD, LEAD_FACTOR, SHARE = 0.15, 3, 0.4

# Least similarity of another place that counts, unless the quotation is short: there the words may
# be gone, and the best place be any other with the same words.
RIVAL = 0.4


def find_anchor(anchor: Anchor, text: str) -> FoundAnchor | None:
    """Find an anchor in a text; None if it is not there, or in several places alike."""
    return find_anchors((anchor,), text)[0]


def find_anchors(anchors: Iterable[Anchor], text: str) -> list[FoundAnchor | None]:
    """Find several anchors in one text, see `find_anchor`; in their order.

    Takes about 60 ms of processor time for a text of 100,000 words, and there 0.05 to 0.3 s more
    for each anchor whose quotation or context was edited, or is gone.
    """
    folded = _FoldedText(text)
    return [_find_in_folded(anchor, folded) for anchor in anchors]


_WORD = re.compile(r"\S+")
_SPACE = re.compile(r"\s+")


class _FoldedText:
    """A text with one space for each run of white space, and none at its ends."""

    def __init__(self, text: str) -> None:
        words = list(_WORD.finditer(text))
        self.text = " ".join([word[0] for word in words])
        self._starts = [word.start() for word in words]
        self._folded_starts = list(accumulate((len(word[0]) + 1 for word in words), initial=0))

    def to_folded(self, position: int) -> int:
        """The position in the folded text of a character of the original; not of a space."""
        word = bisect_right(self._starts, position) - 1
        return self._folded_starts[word] + position - self._starts[word] if word >= 0 else 0

    def to_original(self, position: int) -> int:
        """The position in the original text of a character of the folded one."""
        word = bisect_right(self._folded_starts, position) - 1
        return self._starts[word] + position - self._folded_starts[word]


class _Pattern(NamedTuple):
    """An anchor with folded white space."""

    prefix: str  # as in the anchor
    exact: str  # as in the anchor
    suffix: str  # as in the anchor
    hint: int  # start in the original text

    @property
    def full_text(self) -> str:
        return self.prefix + self.exact + self.suffix


class _Place(NamedTuple):
    """A place where a quotation may be, in folded text."""

    start: int
    end: int
    similarity: float  # of the quotation
    evidence: float  # how much of quotation and context is there, in letters


def _find_in_folded(anchor: Anchor, folded_text: _FoldedText) -> FoundAnchor | None:
    pattern = _Pattern(
        _SPACE.sub(" ", anchor.prefix).lstrip(),
        _SPACE.sub(" ", anchor.exact).strip(),
        _SPACE.sub(" ", anchor.suffix).rstrip(),
        anchor.start,
    )
    if not pattern.exact or not folded_text.text:
        return None
    place = _find_unchanged(pattern, folded_text)
    if place is None:
        size = len(pattern.exact)
        exact = (
            (start, start + size) for start in _find_occurrences(pattern.exact, folded_text.text)
        )
        spans = {*exact, *_similar_places(pattern, folded_text.text)}
        places = [_score_place(pattern, folded_text.text, start, end) for start, end in spans]
        place = _choose_place(pattern, folded_text, places)
    if place is None:
        return None
    start, end = folded_text.to_original(place.start), folded_text.to_original(place.end - 1) + 1
    return FoundAnchor(start, end, place.similarity)


# The quotation as it was.


PLACES = 200  # of one quotation, or of one of its pieces, that are looked at; more say nothing


def _find_occurrences(piece: str, text: str) -> list[int]:
    """Return where a piece begins, overlapping places too; [] if there are more than PLACES."""
    found: list[int] = []
    position = text.find(piece)
    while position >= 0:
        found.append(position)
        if len(found) > PLACES:
            return []
        position = text.find(piece, position + 1)
    return found


def _find_unchanged(pattern: _Pattern, folded_text: _FoldedText) -> _Place | None:
    """Return where quotation and context are as they were: in the old position, or only once."""
    whole, size = pattern.full_text, _count_letters(pattern.full_text)
    start = folded_text.to_folded(pattern.hint)
    if not folded_text.text.startswith(whole, max(0, start - len(pattern.prefix))):
        places = _find_occurrences(whole, folded_text.text)
        if len(places) != 1:
            return _place_after_the_same(pattern, folded_text.text, start)
        start = places[0] + len(pattern.prefix)
        is_alone = not (pattern.prefix or pattern.suffix)
        end = start + len(pattern.exact)
        is_whole = not (
            _is_one_word(folded_text.text[max(0, start - 1) : start], folded_text.text[start])
            or _is_one_word(folded_text.text[end - 1], folded_text.text[end : end + 1])
        )
        if size < ENOUGH and not (is_alone and is_whole):
            return None
    return _Place(start, start + len(pattern.exact), 1.0, size)


def _place_after_the_same(pattern: _Pattern, text: str, start: int) -> _Place | None:
    """Return where the quotation was, if what precedes it is as it was, whatever follows now.

    Its words may be elsewhere too, unless it had twins when the anchor was made.
    """
    before, end = pattern.prefix + pattern.exact, start + len(pattern.exact)
    first, size = start - len(pattern.prefix), _count_letters(before)
    if max(len(pattern.prefix), len(pattern.suffix)) > CONTEXT or size < ENOUGH or first < 0:
        return None
    went_on = _is_one_word(pattern.exact[-1], pattern.suffix[:1])
    goes_on = _is_one_word(pattern.exact[-1], text[end : end + 1])
    is_there = text.startswith(before, first) and goes_on == went_on
    return _Place(start, end, 1.0, size) if is_there else None


# Similar text.


# Code points of the pieces that are searched for, and of those for scripts without spaces, for
# short quotations, and where none of the longer ones is found.
PIECE, SHORT_PIECE = 8, 3
PIECES = 128  # of one anchor that are searched for
UNSPACED = "\u0e00"  # from Thai on, most scripts have no spaces between words
ENOUGH_PIECES = 8  # that a stretch has, else shorter ones are searched for
MARGIN = 32  # code points around a stretch that are looked at too
CANDIDATES = 12  # stretches with most of the pieces that are looked at closely


def _similar_places(pattern: _Pattern, text: str) -> Iterator[tuple[int, int]]:
    """Return where the quotation may be, by the stretches with most pieces of the pattern."""
    from rapidfuzz.distance import Levenshtein

    whole = pattern.full_text
    first = len(pattern.prefix)
    last = first + len(pattern.exact)
    for begin, finish in _iter_stretches(whole, text):
        start = end = 0
        for edit in Levenshtein.opcodes(whole, text[begin:finish]):
            # What was inserted before the quotation or after it is not part of it.
            if edit.src_start <= first <= edit.src_end:
                start = _shift_position(first, edit)
            if edit.src_start < last <= edit.src_end:
                end = _shift_position(last, edit)
        start, end = _extend_to_words(pattern, text, begin + start, begin + end)
        if start < end:
            yield start, end


def _shift_position(place: int, edit: Opcode) -> int:
    """The place after an edit that corresponds to one before it."""
    if place == edit.src_end:
        return edit.dest_end
    return min(edit.dest_end, edit.dest_start + place - edit.src_start)


def _extend_to_words(pattern: _Pattern, text: str, start: int, end: int) -> tuple[int, int]:
    """A range without spaces at its ends, and with whole words where the quotation has them."""
    while start < end and text[start] == " ":
        start += 1
    while start < end and text[end - 1] == " ":
        end -= 1
    if start >= end:
        return start, end
    if not _is_one_word(pattern.prefix[-1:], pattern.exact[0]):
        while start and _is_one_word(text[start - 1], text[start]):
            start -= 1
    if not _is_one_word(pattern.exact[-1], pattern.suffix[:1]):
        while end < len(text) and _is_one_word(text[end - 1], text[end]):
            end += 1
    return start, end


def _is_one_word(before: str, after: str) -> bool:
    """Return whether a word goes on between two characters, of scripts that have spaces."""
    return before.isalnum() and after.isalnum() and before < UNSPACED and after < UNSPACED


def _iter_stretches(whole: str, text: str) -> Iterator[tuple[int, int]]:
    """Return where the pattern may begin and end, stretches with most of its pieces first."""
    slack = max(32, len(whole) // 4)
    for size in (PIECE, SHORT_PIECE):
        stretches: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        step = max(1, (len(whole) - size) // PIECES)
        for offset in range(0, max(1, len(whole) - size + 1), step):
            for place in _find_occurrences(whole[offset : offset + size], text):
                bucket = (place - offset) // slack
                # Two of them, since a stretch that was edited may lie in both.
                stretches[bucket].append((offset, place - offset))
                stretches[bucket - 1].append((offset, place - offset))
        best = sorted(stretches.values(), key=len, reverse=True)[:CANDIDATES]
        if best and (size == SHORT_PIECE or len(best[0]) > ENOUGH_PIECES):
            for pieces in best:
                # Of several pieces, since one may be there by chance.
                begin = median_low(start for _, start in pieces[:5])
                finish = median_high(start for _, start in pieces[-5:]) + len(whole)
                yield max(0, begin - MARGIN), finish + MARGIN
            return


# The decision.


_DENSE = "[\u2e80-\uffff]"  # Chinese, Japanese, Korean


def _count_letters(text: str) -> int:
    """Return the information of a text in letters: a Chinese character counts as three."""
    return len(text) + 2 * len(re.findall(_DENSE, text))


def _score_place(pattern: _Pattern, text: str, start: int, end: int) -> _Place:
    from rapidfuzz.distance import Levenshtein

    similarity = Levenshtein.normalized_similarity(pattern.exact, text[start:end])
    before = text[max(0, start - len(pattern.prefix)) : start]
    after = text[end : end + len(pattern.suffix)]
    evidence = _count_letters(pattern.exact) * _more_than_chance(similarity)
    for context, there in ((pattern.prefix, before), (pattern.suffix, after)):
        if context:
            alike = Levenshtein.normalized_similarity(context, there)
            evidence += _count_letters(context) * _more_than_chance(alike)
    return _Place(start, end, similarity, evidence)


CHANCE = 0.35  # similarity that two texts of one language have by chance


def _more_than_chance(similarity: float) -> float:
    return max(0.0, (similarity - CHANCE) / (1 - CHANCE))


def _choose_place(
    pattern: _Pattern, folded_text: _FoldedText, places: Sequence[_Place]
) -> _Place | None:
    """The place that most speaks for, None where too little does or nearly as much for another."""
    good = [place for place in places if _is_good(pattern, folded_text.text, place)]
    if not good:
        return None
    best = max(good, key=lambda place: (place.evidence, -place.start))
    size = _count_letters(pattern.full_text)
    most = best.evidence * SHARE
    if max(len(pattern.prefix), len(pattern.suffix)) <= CONTEXT:
        most = max(most, size - (size - best.evidence) * LEAD_FACTOR - size * LEAD)
    least_similar = 0.0 if _count_letters(pattern.exact) < SHORT else RIVAL
    for place in places:
        shared = min(place.end, best.end) - max(place.start, best.start)
        is_apart = shared * 2 < min(place.end - place.start, best.end - best.start)
        if is_apart and place.evidence > most and place.similarity >= least_similar:
            return None
    return best


def _is_good(pattern: _Pattern, text: str, place: _Place) -> bool:
    """Return whether the evidence for a place is enough, whatever there is elsewhere."""
    before, after = pattern.prefix[-NEIGHBOUR:], pattern.suffix[:NEIGHBOUR]
    same_before = bool(before) and text.endswith(before, 0, place.start)
    same_after = bool(after) and text.startswith(after, place.end)
    size = _count_letters(pattern.full_text)
    if _count_letters(pattern.exact) >= SHORT:
        least = SIMILAR
        share = 0.0 if place.similarity == 1 else size * ENOUGH_SHARE
    elif same_before or same_after:
        least, share = SHORT_SIMILAR, size * SHORT_SHARE
    else:
        return False
    return place.evidence >= max(ENOUGH, share) and place.similarity >= least
