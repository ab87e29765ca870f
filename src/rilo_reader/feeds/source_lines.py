"""The sources of a library as lines with their counts, for the place beside the list and flat mode.

counts = count_articles(search, searches)        in a thread
lines = make_lines(feeds, searches, counts, view)     pure
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from rilo_reader.article import Field
from rilo_reader.config import SavedSearch
from rilo_reader.feeds.status import FeedStatus
from rilo_reader.library.search import ArticleSearch
from rilo_reader.query.edit import tag_term, value_term
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import HasMark, Query, QueryMark, fold_tag, restrict_query

ALL, UNREAD, TODAY, STARRED = "all", "is:unread", "is:unread date:today", "is:starred"
UNTAGGED, OTHERS = tag_term(""), "-feeds:*"
UNTAGGED_NAME, OTHERS_NAME = "Without a tag", "Not followed"
SILENT = "silent"  # the key of the line for sources without news


class SourceCounts(NamedTuple):
    """Numbers of articles that are not muted; unread ones, unless they say otherwise."""

    articles: int = 0  # read or not
    unread: int = 0
    today: int = 0
    starred: int = 0  # read or not
    searches: Mapping[str, int] = {}  # by the name of a saved search without faults
    by_source: Mapping[str, int] = {}
    sources: tuple[str, ...] = ()  # all that have articles, read or not


def count_articles(
    search: ArticleSearch, searches: Iterable[SavedSearch], today: date
) -> SourceCounts:
    """Count the articles of a library for `make_lines`; raises LibraryError."""
    parsed = {one.name: parse(one.query) for one in searches}
    unread = HasMark(QueryMark.UNREAD)
    return SourceCounts(
        search.count(Query()),
        search.count(Query(unread)),
        search.count(parse(f"is:unread date:{today}")),
        search.count(parse(STARRED)),
        {
            name: search.count(restrict_query(query, unread))
            for name, query in parsed.items()
            if not query.faults
        },
        search.counts(Query(unread)),
        tuple(sorted(search.counts(Query()), key=str.casefold)),
    )


class SourceLine(NamedTuple):
    """A line: all articles, a saved search, a tag, a source, or the sources without news."""

    key: str  # its identity among the lines
    name: str
    query: str | None  # that shows its articles; None: nothing does
    number: int | None = None
    is_source: bool = False
    level: int = 0  # 1 below a tag
    is_open: bool | None = None  # of a tag: whether its sources stand below; None for others
    is_dim: bool = False  # whether it has nothing unread
    fault: str = ""  # which feed fails and why, in a sentence
    feed: FeedStatus | None = None
    starts_block: bool = False  # whether a blank line is above it


class LineView(NamedTuple):
    """The lines that are wanted."""

    folded: Mapping[str, bool] = {}  # by the key of a tag, where the user decided
    is_folded: bool = False  # of the other tags
    shows_silent: bool = False  # whether sources without news stand at the end
    is_whole: bool = False  # whether all sources without news stay in their place
    kept: Collection[str] = ()  # keys of lines that stay without news

    def is_open(self, key: str) -> bool:
        """Return whether the sources of a tag stand below it."""
        return not self.folded.get(key, self.is_folded)


EVERY_LINE = LineView(shows_silent=True)
IN_PLACE = LineView(is_whole=True)


def make_lines(
    feeds: Sequence[FeedStatus],
    searches: Iterable[SavedSearch],
    counts: SourceCounts,
    view: LineView = LineView(),  # noqa: B008 - immutable
) -> list[SourceLine]:
    """Return the lines: of marks, saved searches, tags with their feeds, other sources (pure).

    Without feeds all sources stand by themselves.
    """
    blocks = [
        [
            SourceLine(ALL, "All", "", counts.articles),
            SourceLine(UNREAD, "Unread", UNREAD, counts.unread),
            SourceLine(TODAY, "Today", TODAY, counts.today),
            SourceLine(STARRED, "Starred", STARRED, counts.starred),
        ],
        [
            SourceLine(f"@{one.name}", one.name, one.query, counts.searches.get(one.name))
            for one in searches
        ],
    ]
    silent: dict[str, SourceLine] = {}
    of_sources: list[SourceLine] = []
    for group in _iter_groups(feeds, counts):
        is_open, below = not group.query or view.is_open(group.query), []
        for line in group.members:
            key = f"{group.query}\n{line.key}"
            if line.number or line.fault or view.is_whole or key in view.kept:
                below.append(line._replace(key=key, level=bool(group.query)))
            else:
                silent[line.key] = line._replace(key=f"{SILENT}\n{line.key}", level=1)
        is_tag = group.query not in (UNTAGGED, OTHERS)  # which stays without news
        if group.query and (is_tag or group.number or below or group.query in view.kept):
            head = SourceLine(group.query, group.name, group.query, group.number, is_open=is_open)
            faults = (line.fault for line in below if line.fault)
            of_sources.append(head._replace(is_dim=not group.number, fault=next(faults, "")))
        of_sources += below if is_open else ()
    blocks.append(of_sources)
    if silent:
        name = f"{len(silent):,} without news"
        shown = sorted(silent.values(), key=_by_name) if view.shows_silent else []
        blocks.append(
            [SourceLine(SILENT, name, None, is_open=view.shows_silent, is_dim=True), *shown]
        )
    return [
        line._replace(starts_block=not at and block is not blocks[0])
        for block in blocks
        for at, line in enumerate(block)
    ]


class _Group(NamedTuple):
    """A tag, or what stands by itself."""

    name: str
    query: str  # "" for sources without a heading
    number: int
    members: Sequence[SourceLine]


def _iter_groups(feeds: Sequence[FeedStatus], counts: SourceCounts) -> Iterator[_Group]:
    """Yield the tags of feeds with these, feeds without a tag, and sources that no feed brings."""

    def group(name: str, query: str, members: Iterable[FeedStatus]) -> _Group:
        lines = sorted((_make_line(feed, counts) for feed in members), key=_by_name)
        found = {line.feed.source for line in lines if line.feed}
        return _Group(name, query, sum(counts.by_source.get(one, 0) for one in found), lines)

    tags = {fold_tag(tag): tag for feed in reversed(feeds) for tag in feed.subscription.tags}
    tags.pop("", None)
    for _, tag in sorted(tags.items()):
        yield group(tag, tag_term(tag), [feed for feed in feeds if feed.has_tag(tag)])
    untagged = [feed for feed in feeds if not any(map(fold_tag, feed.subscription.tags))]
    if untagged:
        yield group(UNTAGGED_NAME, UNTAGGED if tags else "", untagged)
    followed = {feed.source for feed in feeds}
    others = [
        SourceLine(term, source, term, count, is_source=True, is_dim=not count)
        for source in counts.sources
        if source not in followed and (term := value_term(Field.SOURCE, source))
        for count in (counts.by_source.get(source, 0),)
    ]
    if others:
        rest = counts.unread - sum(counts.by_source.get(source, 0) for source in followed)
        yield _Group(OTHERS_NAME, OTHERS if feeds else "", rest, others)


def _make_line(feed: FeedStatus, counts: SourceCounts) -> SourceLine:
    term = value_term(Field.SOURCE, feed.source) if feed.source else ""
    count = counts.by_source.get(feed.source, 0)
    fault = f"{feed.name}: {feed.sentence}" if feed.standing.is_error else ""
    key = term or feed.subscription.url
    line = SourceLine(key, feed.name, term or None, count, is_source=True, is_dim=not count)
    return line._replace(fault=fault, feed=feed)


def _by_name(line: SourceLine) -> str:
    return line.name.casefold()


def find_step(lines: Iterable[SourceLine], shown: str, step: int) -> SourceLine | None:
    """Return the source with news after (1) or before (-1) that of a query, round the end (pure).

    The lines are IN_PLACE, since the source of the query may have been read just now. Without a
    source that the query shows, the first one, or the last; None if none has news.
    """
    ordered = [*{line.query: line for line in lines if line.is_source and line.query}.values()]
    at = next((at for at, line in enumerate(ordered) if line.query == shown), None)
    if at is not None:
        ordered = [*ordered[at + 1 :], *ordered[:at]]
    return next((line for line in ordered[::step] if line.number), None)
