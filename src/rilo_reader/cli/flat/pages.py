"""What is read in pages: the articles of a query, by their numbers, and the lines of an article."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Self

from rilo_reader.article import Article, ArticleId
from rilo_reader.cli.flat.console import Console
from rilo_reader.config import Config
from rilo_reader.dates import human
from rilo_reader.library import Library, Row
from rilo_reader.query.tree import Query
from rilo_reader.render.document import NO_TEXT
from rilo_reader.render.spoken import Spoken
from rilo_reader.text import counted, reading_minutes, shown_title


class Listing:
    """The articles of a query. A number stays with its article, whatever is marked meanwhile."""

    def __init__(self, ids: Iterable[ArticleId], total: int, query: Query | None = None) -> None:
        """`ids` are read as they are asked for; `query` is what found them."""
        self.query = query or Query()
        self.total = total
        self.at = 0  # the last number that was shown
        self._found: list[ArticleId] = []
        self._rest = iter(ids)

    @classmethod
    def of(cls, library: Library, query: Query) -> Self:
        """What a query finds now."""
        return cls(library.search.ids(query), library.search.count(query), query)

    def article(self, number: int) -> ArticleId | None:
        """The article with a number, from 1; None if there is none."""
        self._found += islice(self._rest, max(number - len(self._found), 0))
        return self._found[number - 1] if 0 < number <= len(self._found) else None

    def numbered(self, first: int, last: float = float("inf")) -> Iterator[tuple[int, ArticleId]]:
        """The articles from a number to another, as far as there are any."""
        number = first
        while number <= last and (article := self.article(number)) is not None:
            yield number, article
            number += 1


def states(row: Row) -> str:
    """What a list shows by signs and colours, as words, each before a comma: "unread, starred"."""
    tags = [f"tagged {tag}" for tag in row.marks.tags]
    marks = ["unread"] * (not row.marks.read) + ["starred"] * row.marks.starred
    return ", ".join((*marks, *tags))


def entry(number: int, row: Row, config: Config) -> str:
    """An article in a list, on one line."""
    date = human(row.date, row.date_only, form=config.date_format)
    state = states(row)
    title = shown_title(row.title)
    facts = ", ".join(filter(None, (row.source, date)))
    return f"{number}. {state}{': ' if state else ''}{title}{'. ' if facts else ''}{facts}"


class Reading:
    """An open article: its lines, which are laid out as far as they are read."""

    def __init__(
        self, row: Row, article: Article, number: int, spoken: Spoken, console: Console
    ) -> None:
        """`number` is that in the list; `console` says how lines are broken."""
        self.row, self.article, self.number = row, article, number
        self.spoken = spoken
        self.at = 0  # the first line that was not shown
        self.lines: list[str] = []
        self.headings: list[int] = []  # lines that are headings
        self._rest = self._laid_out(console)

    def _laid_out(self, console: Console) -> Iterator[str]:
        """The lines of the body; where they are short, a blank one is between paragraphs."""
        count = 0
        for paragraph in self.spoken.paragraphs():
            is_apart = count and console.width and not paragraph.goes_on
            if is_apart:
                count += 1
                yield ""
            if paragraph.is_heading:
                self.headings.append(count)
            for line in console.wrapped(paragraph.text):
                count += 1
                yield line
        if not count:
            yield from console.wrapped(NO_TEXT)

    def upto(self, line: int | None) -> list[str]:
        """The lines before one, all for None, as far as there are any."""
        missing = None if line is None else max(line - len(self.lines), 0)
        self.lines += islice(self._rest, missing)
        return self.lines[:line]

    @property
    def is_at_end(self) -> bool:
        """Whether every line was shown."""
        return len(self.upto(self.at + 1)) <= self.at

    def head(self, config: Config, highlights: int) -> Iterator[str]:
        """Title, states and facts."""
        row, article = self.row, self.article
        yield f"{self.number}. {shown_title(row.title)}" if self.number else shown_title(row.title)
        date = human(article.date, article.date_only, form=config.date_format, long=True)
        minutes = counted(reading_minutes(article.body), "minute") if article.body.strip() else ""
        marked = counted(highlights, "highlight") if highlights else ""
        authors = ", ".join(name for name in article.authors if name != article.source)
        facts = (states(row), article.source, authors, date, minutes, marked)
        yield ", ".join(filter(None, facts))
        if article.tags:
            yield f"tags: {', '.join(article.tags)}"
        for fault in article.faults:
            where = f", line {fault.line}" if fault.line else ""
            yield f"fault in the file{where}: {fault.reason}"
