"""Compare two texts, in words and in bounded time (pure).

read_lines(file)           the title, and the paragraphs that the page shows
compare(before, after)     lines that occur once in both are the same; between them
    _compare_words         words, where the lines are alike; else the old lines, then the new
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from rilo_reader.render.shown_text import read_shown_text
from rilo_reader.store import front_matter
from rilo_reader.store.article_fields import to_article
from rilo_reader.text import clean_text

WORDS_LIMIT = 1_500  # words on each side that are compared with each other
WORK_LIMIT = 20_000_000  # pairs of words of one text that are; what is left is compared by lines
LEAST_ALIKE = 0.3  # of 1; texts less alike are shown one after the other

# Chinese and Japanese have no spaces: each character is a word. So is a sign between words.
_LETTER = r"[^\s\u3040-\u30ff\u3400-\u9fff!-/:-@\[-`{-~“”„«»…]"
_WORD = re.compile(rf"(?:{_LETTER}+(?:[-'.,:/@]{_LETTER}+)*|[^\s]|\n)[^\S\n]*")
# What is left of Markdown, such as emphasis; the text that changes is that which the page shows.
_SIGNS = re.compile(r"(?m)^[ \t]*[>#][>#\s]*|(?<![^\W_])[*_~`|]+|[*_~`|]+(?![^\W_])")


class Sign(Enum):
    """The fate of a piece of a text."""

    SAME = ""
    GONE = "-"
    NEW = "+"


class Piece(NamedTuple):
    """A part of a line that is the same in both texts, or only in one of them."""

    text: str
    sign: Sign = Sign.SAME

    @property
    def marked(self) -> str:
        """The text as it is told without colours: [-gone-], {+new+}."""
        if self.sign is Sign.SAME:
            return self.text
        return f"[-{self.text}-]" if self.sign is Sign.GONE else f"{{+{self.text}+}}"


Line = tuple[Piece, ...]
LEFT_OUT: Line = (Piece("…"),)
"""Stands for lines that are the same in both texts."""


def read_lines(text: str) -> tuple[str, ...]:
    """Return the title and the paragraphs of an article's file, as its page shows them."""
    article = to_article(front_matter.parse(text), "", datetime.fromtimestamp(0, UTC))
    shown = _SIGNS.sub("", read_shown_text(article.body, article.dialect).text).split("\n")
    lines = (" ".join(clean_text(line).split()) for line in (article.title, *shown))
    return tuple(line for line in lines if line)


def compare(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Return the lines that differ, with LEFT_OUT for those between; empty if none does."""
    found: list[Line] = []
    work = 0
    ends = (len(before), len(after))
    for (first, second), (first_end, second_end) in pairwise([(0, 0), *_pair(before, after), ends]):
        # Each pair begins with a line that both have, but for the beginning of all.
        old, new = before[first:first_end], after[second:second_end]
        is_same_first = bool(old and new and old[0] == new[0])
        if is_same_first:
            old, new = old[1:], new[1:]
            if not found or found[-1] is not LEFT_OUT:
                found.append(LEFT_OUT)
        if old or new:
            old_words, new_words = _split_words(old), _split_words(new)
            work += len(old_words) * len(new_words)
            is_short = max(len(old_words), len(new_words)) <= WORDS_LIMIT and work <= WORK_LIMIT
            found += _compare_words(old_words, new_words) if is_short else _one_by_one(old, new)
    return found if any(line is not LEFT_OUT for line in found) else []


def _pair(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """Return places of the same lines in two texts, both in order, in O(n log n).

    Of lines that occur once in both, and of the first and last ones that are the same.
    """
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    middles = before[start : len(before) - end], after[start : len(after) - end]
    counts = [Counter(middle) for middle in middles]
    places = {line: place for place, line in enumerate(middles[1]) if counts[1][line] == 1}
    once = [
        (place + start, places[line] + start)
        for place, line in enumerate(middles[0])
        if counts[0][line] == 1 and line in places
    ]
    head = [(place, place) for place in range(start)]
    tail = [(len(before) - place, len(after) - place) for place in range(end, 0, -1)]
    return [*head, *_find_rising(once), *tail]


def _find_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the longest part of pairs whose second places rise, as the first ones do."""
    ends: list[int] = []  # of the parts of each length, the least second place
    last: list[int] = []  # of these, the index of its pair
    before: list[int] = []  # of each pair, the index of the one before it
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [index]
    found, index = [], last[-1] if last else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]


def _split_words(lines: Sequence[str]) -> list[str]:
    """Return words with the spaces behind them; the end of each line is one, too."""
    return _WORD.findall("".join(f"{line}\n" for line in lines))


def _one_by_one(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    gone = [(Piece(line, Sign.GONE),) for line in old]
    return [*gone, *((Piece(line, Sign.NEW),) for line in new)]


def _compare_words(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    matcher = SequenceMatcher(None, [word.strip(" ") for word in old], [w.strip(" ") for w in new])
    if old and new and matcher.ratio() < LEAST_ALIKE:
        texts = ("".join(words).split("\n")[:-1] for words in (old, new))
        return _one_by_one(*texts)
    pieces: list[Piece] = []
    for kind, first, first_end, second, second_end in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(Piece("".join(new[second:second_end])))
            continue
        pieces.append(Piece("".join(old[first:first_end]), Sign.GONE))
        pieces.append(Piece("".join(new[second:second_end]), Sign.NEW))
    return list(_split_lines(pieces))


def _split_lines(pieces: Sequence[Piece]) -> Iterator[Line]:
    """Yield lines of pieces that have line ends; spaces at the end of a change stand behind it."""
    line: list[Piece] = []
    for piece in pieces:
        for place, part in enumerate(piece.text.split("\n")):
            if place and line:
                yield tuple(line)
                line = []
            text = part.rstrip(" ") if piece.sign is not Sign.SAME else part
            if text:
                line.append(Piece(text, piece.sign))
            if len(text) < len(part):
                line.append(Piece(" "))
    if line:
        yield tuple(line)
