"""Selecting a passage of an article by keys, by word, line and paragraph (pure)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import NamedTuple

from rilo_reader.query.letters import IDEOGRAPHIC
from rilo_reader.render.page import JoinedText

_WORD = rf"(?!\s)[{IDEOGRAPHIC}]|[^\s{IDEOGRAPHIC}]+"
_BREAK = re.compile(r"\n\s*\n")


class TextSpan(NamedTuple):
    """Characters `start` to `end` of a text."""

    start: int
    end: int


class PageWords:
    """The words of a text, between white space; each character of Chinese and Japanese is one."""

    def __init__(self, body: JoinedText) -> None:
        self.body = body
        self._words = list(re.finditer(_WORD, body.text))
        self._starts = [word.start() for word in self._words]
        self._breaks = [TextSpan(*gap.span()) for gap in _BREAK.finditer(body.text)]

    def word_at(self, position: int) -> TextSpan | None:
        """Return the word at a position, else the next one, else the last; None without words."""
        if not self._words:
            return None
        index = max(bisect_right(self._starts, position) - 1, 0)
        if self._words[index].end() <= position:
            index += 1
        return self._span_of(index)

    def word_after(self, span: TextSpan, count: int) -> TextSpan:
        """Return the word `count` words after a span, or before it; as far as there are words."""
        if count > 0:
            index = bisect_left(self._starts, span.end) + count - 1
        else:
            index = bisect_left(self._starts, span.start) + count
        return self._span_of(index)

    def paragraph_edge(self, span: TextSpan, step: int) -> TextSpan:
        """Return the last word of a paragraph (1), or its first (-1).

        If the span is there already, that of the next paragraph, or of the one before.
        """
        if step > 0:
            ends = (gap.start for gap in self._breaks if gap.start > span.end)
            return self._span_of(bisect_left(self._starts, next(ends, len(self.body.text))) - 1)
        starts = (gap.end for gap in reversed(self._breaks) if gap.end < span.start)
        return self._span_of(bisect_left(self._starts, next(starts, 0)))

    def _span_of(self, index: int) -> TextSpan:
        """The word at an index, or the nearest one."""
        return TextSpan(*self._words[max(0, min(index, len(self._words) - 1))].span())


class VisualMode(NamedTuple):
    """A selection with an end that moves."""

    words: PageWords
    fixed_end: TextSpan
    moving_end: TextSpan  # the end that keys move
    column: int | None = None  # for moving by lines; None after another movement

    @property
    def selected_span(self) -> TextSpan:
        """The whole selection."""
        fixed, moving = self.fixed_end, self.moving_end
        return TextSpan(min(fixed.start, moving.start), max(fixed.end, moving.end))

    @property
    def text(self) -> str:
        """The selected text."""
        return self.words.body.text[slice(*self.selected_span)]

    @property
    def line(self) -> int:
        """The line of the page with the end that moves."""
        return self.words.body.line_of(self.moving_end.start)

    def move_words(self, count: int) -> VisualMode:
        """Move by words, forward for a positive count."""
        return self._move_to(self.words.word_after(self.moving_end, count))

    def move_lines(self, count: int) -> VisualMode:
        """Move by lines that have text, down for a positive count."""
        body = self.words.body
        index = self.line - body.first
        column = self.moving_end.start - body.starts[index] if self.column is None else self.column
        lines = [at for at, length in enumerate(body.lengths) if length]
        at = bisect_left(lines, index) + count
        index = lines[max(0, min(at, len(lines) - 1))]
        inside = min(column, body.lengths[index] - 1)
        found = self.words.word_at(body.starts[index] + inside)
        return self._replace(moving_end=found or self.moving_end, column=column)

    def move_paragraphs(self, step: int) -> VisualMode:
        """Move to the end of the paragraph (1), or to its start (-1)."""
        return self._move_to(self.words.paragraph_edge(self.moving_end, step))

    def swap_ends(self) -> VisualMode:
        """Move the other end from now on."""
        return self._replace(fixed_end=self.moving_end, moving_end=self.fixed_end, column=None)

    def restart_here(self) -> VisualMode:
        """Return a selection that starts again at the moving end."""
        return self._replace(fixed_end=self.moving_end, column=None)

    def _move_to(self, span: TextSpan) -> VisualMode:
        return self._replace(moving_end=span, column=None)

    def restore_on(self, body: JoinedText) -> VisualMode | None:
        """Return the same selection on an article that was laid out again; None without text."""
        words = PageWords(body)
        fixed, moving = words.word_at(self.fixed_end.start), words.word_at(self.moving_end.start)
        if fixed is None or moving is None:
            return None
        size = len(body.text)
        if max(self.fixed_end.end, self.moving_end.end) <= size:
            fixed, moving = self.fixed_end, self.moving_end  # as the mouse left them, within words
        return VisualMode(words, fixed, moving)


def select_from(body: JoinedText, position: int) -> VisualMode | None:
    """Select the word at a position; None in a text without words."""
    words = PageWords(body)
    word = words.word_at(position)
    return None if word is None else VisualMode(words, word, word)


def select_range(body: JoinedText, start: int, end: int) -> VisualMode | None:
    """Select a range, without the white space at its ends; None if there is nothing else."""
    text = body.text[start:end]
    start += len(text) - len(text.lstrip())
    end = start + len(text.strip())
    if start >= end:
        return None
    return VisualMode(PageWords(body), TextSpan(start, start + 1), TextSpan(end - 1, end))
