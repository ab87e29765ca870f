"""`compose`: today's edition of a library, of the few unread articles that may come into it.

What is unread may be a million articles, so no text is read: the index tells which sources have
any, and then the newest of those that were not read for longest.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial

from rilo_reader.index.schema import Hit, folder_of, seconds_of
from rilo_reader.index.searcher import Searcher
from rilo_reader.library.edition import Candidate, Edition, choose
from rilo_reader.library.library import Library
from rilo_reader.library.values import Row
from rilo_reader.query.tree import (
    Among,
    Field,
    How,
    Is,
    Mark,
    Node,
    Not,
    Query,
    Sort,
    Words,
    within,
)

MOST_SOURCES = 200  # sources of which articles are looked at
EACH = 10  # the least number of articles that are looked at of a source, the newest
READ_LAST = 2_000  # articles by which is known which sources were read

_WITHOUT_SOURCE = Not(Words(Field.SOURCE, (".+",), how=How.PATTERN))


def compose(
    library: Library, query: Query, minutes: int, *, now: datetime, at_most: Mapping[str, int]
) -> Edition:
    """Today's edition of what is unread among the results of a query, muted articles left out.

    Of the sources in `at_most` it has no more than so many articles, less those that were read
    since midnight in the time zone of `now`.
    """
    search = library.search
    unread = within(search.visible(query), Is(Mark.UNREAD))._replace(sort=Sort.NEWEST)
    last_read, read_today = _reading(library, now)
    newest = search.ask(lambda searcher: searcher.sources(unread))
    silent = sorted(newest, key=lambda name: (last_read.get(name, 0), -newest[name]))
    nodes: list[Node] = [
        Words(Field.SOURCE, (name,), how=How.WHOLE) if name else _WITHOUT_SOURCE
        for name in silent[:MOST_SOURCES]
    ]
    each = max(EACH, 2 * minutes // max(1, len(nodes)))
    hits = [
        hit for node in nodes for hit in search.ask(partial(_newest, within(unread, node), each))
    ]
    marks = search.marks([hit.id for hit in hits])
    waiting = [
        Candidate(
            hit.id,
            _source_of(hit),
            (*hit.tags, *marks[hit.id].tags),
            seconds_of(hit.date),
            hit.minutes,
            hit.story,
        )
        for hit in hits
    ]
    room = {source: most - read_today.get(source, 0) for source, most in at_most.items()}
    taken = choose(waiting, minutes, last_read, room)
    total = search.window(unread, 0, 1, fold=True).total
    return Edition(taken, max(0, total - len(taken)))


def _newest(query: Query, number: int, searcher: Searcher) -> tuple[Hit, ...]:
    return searcher.top_page(query, 0, number).rows


def _source_of(article: Hit | Row) -> str:
    """The source of an article; one that has none is of its folder."""
    return article.source or f"{folder_of(article.path)}/"


def _reading(library: Library, now: datetime) -> tuple[dict[str, int], dict[str, int]]:
    """By source: when it was read last, in milliseconds since 1970; articles read today."""
    read = dict(library.state.read_last(READ_LAST))
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() * 1000
    query = Query(Among(tuple(read)))
    last: dict[str, int] = {}
    today: dict[str, int] = {}
    for row in library.search.window(query, 0, len(read)).rows:
        source, when = _source_of(row), read[row.id]
        last[source] = max(last.get(source, 0), when)
        today[source] = today.get(source, 0) + (when >= midnight)
    return last, today
