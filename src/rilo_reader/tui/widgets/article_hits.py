"""Hits of a search on a page, and laying out articles in a thread."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.message import Message

from rilo_reader.article import Article
from rilo_reader.query.tree import Field, Words
from rilo_reader.render.page import Line, Page
from rilo_reader.render.styles import Styles

TITLE_FIELDS = frozenset({Field.ANYWHERE, Field.TEXT, Field.TITLE})
HEAD_FIELDS = frozenset({Field.ANYWHERE, Field.SOURCE, Field.AUTHOR, Field.TAG})
BODY_FIELDS = frozenset({Field.ANYWHERE, Field.TEXT, Field.BODY})


class Piece(NamedTuple):
    """The part of a hit on one line: characters `start` to `end` of its text."""

    line: int
    start: int
    end: int


Hit = tuple[Piece, ...]
"""One piece, or several if the hit is wrapped."""


def hits_of(page: Page, words: Sequence[Words], begin: int = 0) -> list[Hit]:
    """Return the hits on the lines of a page, from line `begin` on.

    Args:
        page: the page to search.
        words: the search terms, each with the field it applies to: title, source or body.
        begin: a line that does not continue the paragraph of the line before.
    """
    if not words:
        return []
    found: list[Hit] = []
    edges = (0, page.title_lines, page.head_lines, len(page.lines))
    for fields, first, last in zip(
        (TITLE_FIELDS, HEAD_FIELDS, BODY_FIELDS), edges, edges[1:], strict=False
    ):
        wanted = [word for word in words if word.field in fields]
        if wanted and last > begin:
            found.extend(_hits_between(page.lines, max(first, begin), last, wanted))
    return found


def _hits_between(
    lines: Sequence[Line], first: int, last: int, words: Sequence[Words]
) -> Iterable[Hit]:
    from rilo_reader.query.match import find_hits

    texts: list[str] = []
    starts: list[int] = []
    position = 0
    for line in lines[first:last]:
        text = line.text
        # A hard line break separates words; the end of a source line does not.
        joint = line.joint.replace("\n", "\f")
        text = text[line.indent : len(text) - line.tail]
        starts.append(position)
        texts.append(text + joint)
        position += len(text) + len(line.joint)
    for start, end in find_hits("".join(texts), words):
        index = bisect_right(starts, start) - 1
        pieces: list[Piece] = []
        while index < len(starts) and starts[index] < end:
            line = lines[first + index]
            begin = max(start - starts[index], 0)
            stop = min(end - starts[index], len(texts[index]) - len(line.joint))
            if stop > begin:
                pieces.append(Piece(first + index, line.indent + begin, line.indent + stop))
            index += 1
        if pieces:
            yield tuple(pieces)


class Patch(NamedTuple):
    """A style for the characters `start` to `end` of a line."""

    start: int
    end: int
    style: Style


def restyled(segments: Sequence[Segment], patches: Sequence[Patch]) -> list[Segment]:
    """Apply patches to segments, in their order."""
    result = list(segments)
    for start, end, style in patches:
        before, result, position = result, [], 0
        for segment in before:
            text = segment.text
            left = min(max(start - position, 0), len(text))
            right = min(max(end - position, left), len(text))
            if right <= left:
                result.append(segment)
            else:
                layout = segment.style + style if segment.style else style
                pieces = (
                    (text[:left], segment.style),
                    (text[left:right], layout),
                    (text[right:], segment.style),
                )
                result.extend(Segment(piece, shape) for piece, shape in pieces if piece)
            position += len(text)
    return result


# Laying out articles in a thread: requests and results.


class Job(NamedTuple):
    """A request to lay out an article.

    Attributes:
        serial: increases with each request.
        article: the article.
        width: the maximum width of lines, in cells.
        styles: the styles of the page.
        words: the search terms.
        date_format: as in the settings.
        number_links: whether each link is followed by its number.
        in_vault: whether the article belongs to an Obsidian vault.
    """

    serial: int
    article: Article
    width: int
    styles: Styles
    words: tuple[Words, ...] = ()
    date_format: str = "human"
    number_links: bool = False
    in_vault: bool = False


class Result(NamedTuple):
    """A page, perhaps incomplete, and the hits on it."""

    job: Job
    page: Page
    hits: tuple[Hit, ...]


def run(job: Job, wanted: Callable[[], bool]) -> Iterator[Result]:
    """Lay out an article; yield the first screenful, more, and at last the complete page.

    Ends early once `wanted` returns False, perhaps before the first page.
    """
    from rilo_reader.render.dates import human
    from rilo_reader.render.document import Layout, render, unformatted

    article = job.article
    layout = Layout(job.width, job.styles, number_links=job.number_links, in_vault=job.in_vault)
    form = job.date_format
    date_text = human(article.date, article.date_only, form=form, long=True)
    hits: list[Hit] = []
    done = 0
    try:
        for page in render(article, layout, date_text, wanted):
            hits.extend(hits_of(page, job.words, done))
            done = len(page.lines)
            yield Result(job, page, tuple(hits))
    except Exception as error:
        page = unformatted(article, layout, date_text, f"{type(error).__name__}: {error}")
        yield Result(job, page, tuple(hits_of(page, job.words)))


def with_words(result: Result) -> Result:
    """Return the same page with the hits for the search terms of its job."""
    return Result(result.job, result.page, tuple(hits_of(result.page, result.job.words)))


# Messages of the article view.


class LinkChosen(Message, namespace="article_view"):
    """A link was clicked; `url` is safe to open."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url


class NeighbourChosen(Message, namespace="article_view"):
    """A title in the footer was clicked: `step` is +1 for the next article, -1 for the previous."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.step = step


class Moved(Message, namespace="article_view"):
    """The article was scrolled to `position`; `at_end` if its end is visible."""

    def __init__(self, position: int, at_end: bool) -> None:
        super().__init__()
        self.position = position
        self.at_end = at_end


class HitsFound(Message, namespace="article_view"):
    """The number of the current hit, from 1 (0 for none), and of hits so far."""

    def __init__(self, current: int, total: int) -> None:
        super().__init__()
        self.current = current
        self.total = total


class Rendered(Message, namespace="article_view"):
    """The article is on the screen; `complete` if all of it is laid out."""

    def __init__(self, complete: bool) -> None:
        super().__init__()
        self.complete = complete


class LaidOut(Message, bubble=False, namespace="article_view"):
    """A thread has laid out a part of an article; internal to the view."""

    def __init__(self, result: Result) -> None:
        super().__init__()
        self.result = result
