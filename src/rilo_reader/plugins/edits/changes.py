"""Compare two texts, by lines that are the same, and by words between them (pure)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from typing import NamedTuple

from rilo_reader.render.shown_text import read_shown_text
from rilo_reader.store import front_matter
from rilo_reader.store.article_fields import to_article
from rilo_reader.text import clean_text

WORK_LIMIT = 25_000_000  # pairs of lines or words; beyond, what differs is not looked into
SHORT_WORK = 1_000_000  # pairs up to which frequent words count as others do
LEAST_ALIKE = 0.4  # of 1

# Chinese, Japanese and Thai have no spaces: each character is a word, with its marks. So is a sign.
_L = r"[^\s\u0e00-\u0e7f\u2010-\u205e\u3000-\u30ff\u3400-\u9fff\uff01-\uff20!-/:-@\[-`{-~«»،؛؟।]"
_MARK = r"[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]"
_WORD = re.compile(rf"(?:{_L}+(?:[-'’.,:/@]{_L}+)*|\S{_MARK}*|\n)[^\S\n]*")
# What is left of Markdown, such as emphasis; the text that changes is that which the page shows.
_SIGNS = re.compile(r"(?m)^[ \t]*[>#][># \t]*|(?<![^\W_])[*_~`|]+|[*_~`|]+(?![^\W_])")

GONE, NEW = "-", "+"
"""Signs of text that only the older text has, or only the newer one."""
BARE = {"": "{}", GONE: "{}", NEW: "{}"}
MARKED = {"": "{}", GONE: "[-{}-]", NEW: "{{+{}+}}"}
SPOKEN = {"": "{}", GONE: "(removed: {})", NEW: "(added: {})"}
"""Forms of pieces: with colours, without them, and for flat mode."""


class Piece(NamedTuple):
    """A part of a line; both texts have it, unless it has a sign."""

    text: str
    sign: str = ""


Line = tuple[Piece, ...]
LEFT_OUT: Line = (Piece("…"),)
"""Stands for lines that are the same in both texts."""


def read_lines(text: str) -> tuple[str, ...]:
    """Return the title and the paragraphs of an article's file, as its page shows them."""
    article = to_article(front_matter.parse(text), "", datetime.fromtimestamp(0, UTC))
    shown = _SIGNS.sub("", read_shown_text(article.body, article.dialect).text).split("\n")
    lines = (" ".join(clean_text(line).split()) for line in (article.title, *shown))
    return tuple(line for line in lines if line.strip("-="))  # else a rule


def compare(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Return the lines that differ, with LEFT_OUT for those between; empty if none does."""
    found: list[Line] = []
    for is_same, first, first_end, second, second_end in _match(before, after):
        if is_same:
            found.append(LEFT_OUT)
        else:
            words = (_split_words(before[first:first_end]), _split_words(after[second:second_end]))
            found += _split_lines(_compare_words(*words))
    return found if found != [LEFT_OUT] else []


def _match(old: Sequence[str], new: Sequence[str]) -> list[tuple[bool, int, int, int, int]]:
    """Return which parts of two sequences are the same, and which of one the other lacks."""
    head = _count_same(old, new)
    tail = _count_same(old[head:][::-1], new[head:][::-1])
    ends = len(old) - tail, len(new) - tail
    work = (ends[0] - head) * (ends[1] - head)
    middle = [(False, head, ends[0], head, ends[1])]
    if work <= WORK_LIMIT:
        sides = old[head : ends[0]], new[head : ends[1]]
        codes = SequenceMatcher(None, *sides, autojunk=work > SHORT_WORK).get_opcodes()
        middle = [
            (kind == "equal", a + head, b + head, c + head, d + head) for kind, a, b, c, d in codes
        ]
    parts = [(True, 0, head, 0, head), *middle, (True, ends[0], len(old), ends[1], len(new))]
    return [part for part in parts if part[1] < part[2] or part[3] < part[4]]


def _count_same(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = enumerate(zip(old, new, strict=False))
    return next((place for place, (one, other) in pairs if one != other), min(len(old), len(new)))


def _split_words(lines: Sequence[str]) -> list[str]:
    """Return words with the spaces behind them; the end of each line is one, too."""
    return _WORD.findall("".join(f"{line}\n" for line in lines))


def _compare_words(old: Sequence[str], new: Sequence[str]) -> Iterator[Piece]:
    """Yield the pieces of two texts; those that are not alike one after the other."""
    parts = _match([word.rstrip(" ") for word in old], [word.rstrip(" ") for word in new])
    same = sum(part[2] - part[1] for part in parts if part[0])
    if same < LEAST_ALIKE * max(len(old), len(new)):
        parts = [(False, 0, len(old), 0, len(new))]
    for is_same, first, first_end, second, second_end in parts:
        went, came = old[first:first_end], new[second:second_end]
        if is_same:  # a word may have a space behind it in one of them
            yield Piece("".join(max(words, key=len) for words in zip(went, came, strict=True)))
        else:
            yield Piece("".join(went), GONE)
            yield Piece(" " * bool(went and came and went[-1].strip() == went[-1]))
            yield Piece("".join(came), NEW)


def _split_lines(pieces: Iterator[Piece]) -> Iterator[Line]:
    """Yield lines of pieces that have line ends; spaces at the end of a change stand behind it."""
    line: list[Piece] = []
    for piece in pieces:
        for place, part in enumerate(piece.text.split("\n")):
            if place and line:
                yield tuple(line)
                line = []
            text = part.rstrip(" ") if piece.sign else part
            line += [Piece(text, piece.sign)] * bool(text)
            line += [Piece(" ")] * (len(text) < len(part))
    if line:
        yield tuple(line)
