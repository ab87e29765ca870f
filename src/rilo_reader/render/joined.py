"""The text of lines of a page, joined as it was before it was wrapped (pure)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.render.page import Line, Page

if TYPE_CHECKING:
    from rilo_reader.article import Article


class Piece(NamedTuple):
    """A part of one line: characters `start` to `end` of its text."""

    line: int
    start: int
    end: int


class JoinedText(NamedTuple):
    """The text of consecutive lines, without margins, list markers and quote bars.

    White space apart it does not depend on the width of the page, except in tables.
    """

    text: str  # text; a line end where the article has one, two after a paragraph
    first: int  # the first line on its page
    starts: tuple[int, ...]  # where each line begins in the text
    lengths: tuple[int, ...]  # characters of each line
    indents: tuple[int, ...]  # characters before the text of each line, on its page

    def pieces(self, start: int, end: int) -> tuple[Piece, ...]:
        """Where `text[start:end]` is on the page, without empty pieces."""
        index = max(bisect_right(self.starts, start) - 1, 0)
        pieces: list[Piece] = []
        while index < len(self.starts) and self.starts[index] < end:
            begin = max(start - self.starts[index], 0)
            stop = min(end - self.starts[index], self.lengths[index])
            if stop > begin:
                indent = self.indents[index]
                pieces.append(Piece(self.first + index, indent + begin, indent + stop))
            index += 1
        return tuple(pieces)

    def line_of(self, position: int) -> int:
        """The number of the line with a position of the text, on its page."""
        return self.first + max(bisect_right(self.starts, position) - 1, 0)

    def position_of(self, line: int, column: int) -> int:
        """The position in the text of a character of a line; the nearest one for others."""
        index = line - self.first
        if not self.starts or index < 0:
            return 0
        if index >= len(self.starts):
            return len(self.text)
        inside = min(max(column - self.indents[index], 0), self.lengths[index])
        return self.starts[index] + inside


def joined(lines: Sequence[Line], first: int, last: int) -> JoinedText:
    """Join the lines of a page from `first` to before `last`."""
    texts: list[str] = []
    starts: list[int] = []
    lengths: list[int] = []
    position = 0
    for line in lines[first:last]:
        text = line.text
        text = text[line.indent : len(text) - line.tail]
        starts.append(position)
        lengths.append(len(text))
        texts.append(text + line.joint)
        position += len(text) + len(line.joint)
    indents = tuple(line.indent for line in lines[first:last])
    return JoinedText("".join(texts), first, tuple(starts), tuple(lengths), indents)


def body_of(page: Page) -> JoinedText:
    """The text of an article as it is displayed, without its title and what is below it."""
    return joined(page.lines, page.head_lines, len(page.lines))


def visible_text(article: Article, *, in_vault: bool = False) -> str:
    """The text of an article, in which highlights are found where there is no page.

    Args:
        article: the article.
        in_vault: whether it is in an Obsidian vault, whose comments are not shown.
    """
    from rilo_reader.render.document import WIDEST, Layout, whole

    return body_of(whole(article, Layout(WIDEST, in_vault=in_vault), "")).text
