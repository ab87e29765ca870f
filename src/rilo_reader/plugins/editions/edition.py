"""Editions: finite issues of what is unread, by a rule that docs/editions.md has in words.

What is unread may be a million articles, so `make_edition` reads no text: the index tells which
sources have any, and then the newest of those that were not read for longest. Of these
`choose_articles` takes one after the other. The next one is, in this order,

    of the source that has given the fewest so far,
    with tags of which the fewest are in so far,
    of the source of which the user has read nothing for longest,
    the newest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import NamedTuple

from rilo_reader.article import ArticleId, Field
from rilo_reader.index.schema import Hit, folder_of, to_seconds
from rilo_reader.index.searcher import Searcher
from rilo_reader.library.library import Library
from rilo_reader.library.rows import Row
from rilo_reader.query.tree import (
    ArticleSelection,
    HasMark,
    MatchKind,
    Node,
    Not,
    Query,
    QueryMark,
    Sort,
    Words,
    restrict_query,
)
from rilo_reader.store.marks import to_milliseconds
from rilo_reader.text import format_count

UNLIMITED = 1_000_000


class Candidate(NamedTuple):
    """An unread article that an edition may take."""

    id: ArticleId
    source: str
    tags: tuple[str, ...]
    moment: int  # when it was published, in seconds
    minutes: int  # to read it, at least 1
    story: str = ""  # the same for copies of a story, "" where it is not known


class Edition(NamedTuple):
    """An issue, in the order of reading, and how many unread articles it leaves."""

    articles: tuple[Candidate, ...] = ()
    left_count: int = 0

    @property
    def ids(self) -> tuple[ArticleId, ...]:
        """Its articles."""
        return tuple(article.id for article in self.articles)

    @property
    def total_minutes(self) -> int:
        """The minutes that it takes to read."""
        return sum(article.minutes for article in self.articles)

    @property
    def size_text(self) -> str:
        """Its length: "14 articles, 19 minutes"."""
        articles = format_count(len(self.articles), "article")
        return f"{articles}, {format_count(self.total_minutes, 'minute')}"

    @property
    def rest_text(self) -> str:
        """The number that is left: "230 more wait"."""
        number = f"{self.left_count:,}" if self.left_count else "Nothing"
        return f"{number} more wait{'' if self.left_count > 1 else 's'}"

    @property
    def end_text(self) -> str:
        """The sentence after the last article."""
        return f"That was today's edition: {self.size_text}. {self.rest_text}."


def choose_articles(
    waiting: Iterable[Candidate],
    minutes: int,
    last_read: Mapping[str, int],
    room: Mapping[str, int],
) -> tuple[Candidate, ...]:
    """Take articles of at most so many minutes in all, in the order of reading.

    A story is taken once. Only the first article may be longer, and is then alone: if it comes
    from the source that was not read for longest, else that source would never have its turn.

    Args:
        waiting: what is unread, in any order.
        minutes: how long the edition may be, at least 1.
        last_read: when an article of a source was read last, as a number; none is longest ago.
        room: how many articles of a source may be taken; without a number, any.
    """
    taken: list[Candidate] = []
    of_source: Counter[str] = Counter()
    of_tag: Counter[str] = Counter()
    stories: set[str] = set()
    left = minutes

    def urgency(article: Candidate) -> tuple[int, int, int, bool, int, str]:
        return (
            of_source[article.source],
            max((of_tag[tag] for tag in article.tags), default=0),
            last_read.get(article.source, 0),
            article.minutes > left,
            -article.moment,
            article.id,
        )

    rest = [article for article in waiting if room.get(article.source, UNLIMITED) > 0]
    while rest:
        article = min(rest, key=urgency)
        taken.append(article)
        left -= article.minutes
        of_source[article.source] += 1
        of_tag.update(set(article.tags))
        stories.update({article.story} - {""})
        rest = [
            other
            for other in rest
            if other.id != article.id
            and other.minutes <= left
            and other.story not in stories
            and of_source[other.source] < room.get(other.source, UNLIMITED)
        ]
    return tuple(taken)


# -- of a library ----------------------------------------------------------------------------------

MOST_SOURCES = 200  # sources of which articles are looked at
EACH = 10  # the least number of articles that are looked at of a source, the newest
READ_LAST = 2_000  # articles by which is known which sources were read

_WITHOUT_SOURCE = Not(Words(Field.SOURCE, (".+",), match_kind=MatchKind.PATTERN))


def make_edition(
    library: Library, query: Query, minutes: int, *, now: datetime, at_most: Mapping[str, int]
) -> Edition:
    """Today's edition of what is unread among the results of a query, muted articles left out.

    Of the sources in `at_most` it has at most so many articles, less those that were read
    since midnight in the time zone of `now`.
    """
    search = library.search
    unread = restrict_query(search.exclude_hidden(query), HasMark(QueryMark.UNREAD))._replace(
        sort=Sort.NEWEST
    )
    last_read, read_today = _read_habits(library, now)
    newest = search.ask(lambda searcher: searcher.newest_by_source(unread))
    silent = sorted(newest, key=lambda name: (last_read.get(name, 0), -newest[name]))
    nodes: list[Node] = [
        Words(Field.SOURCE, (name,), match_kind=MatchKind.WHOLE) if name else _WITHOUT_SOURCE
        for name in silent[:MOST_SOURCES]
    ]
    each = max(EACH, 2 * minutes // max(1, len(nodes)))
    hits = [
        hit
        for node in nodes
        for hit in search.ask(partial(_find_newest, restrict_query(unread, node), each))
    ]
    marks = search.marks([hit.id for hit in hits])
    waiting = [
        Candidate(
            hit.id,
            _source_or_folder(hit),
            (*hit.tags, *marks[hit.id].tags),
            to_seconds(hit.date),
            hit.minutes,
            hit.story,
        )
        for hit in hits
    ]
    room = {source: most - read_today.get(source, 0) for source, most in at_most.items()}
    taken = choose_articles(waiting, minutes, last_read, room)
    total = search.window(unread, 0, 1, fold=True).total
    return Edition(taken, max(0, total - len(taken)))


def _find_newest(query: Query, number: int, searcher: Searcher) -> tuple[Hit, ...]:
    return searcher.top_page(query, 0, number).rows


def _source_or_folder(article: Hit | Row) -> str:
    """The source of an article; one that has none is of its folder."""
    return article.source or f"{folder_of(article.path)}/"


def _read_habits(library: Library, now: datetime) -> tuple[dict[str, int], dict[str, int]]:
    """By source: when it was read last, in milliseconds since 1970; articles read today."""
    recent = library.state.list_recently_read(READ_LAST)
    read = {article: to_milliseconds(at) for article, at in recent}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000
    query = Query(ArticleSelection(tuple(read)))
    last: dict[str, int] = {}
    today: dict[str, int] = {}
    for row in library.search.window(query, 0, len(read)).rows:
        source, when = _source_or_folder(row), read[row.id]
        last[source] = max(last.get(source, 0), when)
        today[source] = today.get(source, 0) + (when >= midnight)
    return last, today
