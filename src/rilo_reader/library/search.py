"""`ArticleSearch`: what a library's queries find, with its marks and without muted articles."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from rilo_reader.article import Article, ArticleId, Field
from rilo_reader.errors import IndexDamaged
from rilo_reader.index.compiler import ArticleFlags, AskedMark
from rilo_reader.index.damage import damage_errors
from rilo_reader.index.index import SearchIndex
from rilo_reader.index.schema import Hit, make_keys
from rilo_reader.library.rows import Hidden, Row, Window
from rilo_reader.query.tree import (
    ArticleSelection,
    FeedTag,
    MarkedDuring,
    MatchKind,
    Node,
    Not,
    Or,
    Query,
    QueryMark,
    Words,
    fold_tag,
    has_feed_tag,
    is_tag_found,
    replace_nodes,
    restrict_query,
)
from rilo_reader.store.marks import HIGHLIGHT, NO_MARKS, NOTE, Marks
from rilo_reader.store.state import Flag, State

if TYPE_CHECKING:
    from rilo_reader.index.stats import CountedValue, Facets, Timeline
    from rilo_reader.query.match import SearchableTexts

T = TypeVar("T")

SourcesByTag = Mapping[str, Sequence[str]]
"""Sources of the feeds with each tag, as it is written; those of feeds without a tag by ""."""

MOST_WORDS = 8  # of a search without results, one of which is left out
_BATCH = 100  # rows whose marks are read at once
_MOST_OWN_TAGS = 200  # of the user that are counted among results, the most used first


class ArticleSearch:
    """Searches one index. Safe to use from several threads.

    Every method raises LibraryError if index or marks cannot be read.
    """

    def __init__(self, index: SearchIndex, flags: StateFlags, state: State) -> None:
        self.ask = index.ask
        self.flags = flags
        self._index = index
        self._state = state
        # returns the tags of feeds now; set by whoever knows the feeds of the library
        self.read_tags: Callable[[], SourcesByTag] = dict
        self._mutes: tuple[Query, ...] = ()
        self._hidden_nodes: tuple[Node, ...] = ()

    def window(
        self,
        query: Query,
        offset: int = 0,
        limit: int = 50,
        *,
        fold: bool = False,
        quick: bool = False,
    ) -> Window:
        """Return rows `offset` … `offset + limit` of the results, and their total.

        The order is that of the query, and stable between calls for equal dates. With `fold`,
        duplicates are one row, and the total counts rows. `quick` returns the same rows sooner, for
        a user who is typing, with numbers that may not be exact: how many results are folded
        further down (`Window.is_whole`, which takes a second query), and the total of a query for
        a state (`Window.is_counted`, which takes up to 15 ms for a million articles).
        """
        visible = self.exclude_hidden(query)
        hits = self.ask(
            lambda searcher: (
                searcher.top_page(visible, offset, limit)
                if fold and quick
                else searcher.search(visible, offset, limit, fold=fold)
            )
        )
        rows = self.make_rows(hits.rows)
        if hits.folded_count:
            rows = tuple(
                row._replace(copies=copies) if copies else row
                for row, copies in zip(rows, hits.copy_counts, strict=True)
            )
        return Window(
            hits.total, hits.offset, rows, hits.folded_count, hits.is_whole, hits.is_counted
        )

    def make_rows(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        """Rows of hits, with their marks."""
        marks = self._state.marks([hit.id for hit in hits])
        return tuple([Row.from_article(hit, marks.get(hit.id, NO_MARKS)) for hit in hits])

    def row(self, article: ArticleId) -> Row | None:
        """The row of one article, None if it is not in the index."""
        hit = self.find_hit(article)
        return self.make_rows((hit,))[0] if hit is not None else None

    def find_hit(self, article: ArticleId) -> Hit | None:
        """Return what the index has of one article, None if it is not there."""
        return self.ask(lambda searcher: searcher.snapshot.find_by_id(article))

    def find_path(self, article: ArticleId) -> str:
        """Return the path of the file of one article, "" if it is not in the index."""
        hit = self.find_hit(article)
        return "" if hit is None else hit.path

    def find_hit_at(self, path: str) -> Hit | None:
        """Return what the index has of the article in a file (a path relative to the library)."""
        return self.ask(lambda searcher: searcher.snapshot.find_by_path(path))

    def marks(self, articles: Sequence[ArticleId]) -> dict[ArticleId, Marks]:
        """The marks of each of these articles."""
        marks = self._state.marks(articles)
        return {article: marks.get(article, NO_MARKS) for article in articles}

    def count(self, query: Query, *, fold: bool = False) -> int:
        """The exact number of articles that match; with `fold`, without duplicates."""
        visible = self.exclude_hidden(query)
        return self.ask(lambda searcher: searcher.count(visible, fold=fold))

    def find_position(
        self, query: Query, article: ArticleId, *, fold: bool = False, quick: bool = False
    ) -> int | None:
        """The index of an article in the results, None if it does not match.

        With `fold`, the index of the row that it is folded into; `quick` as for `window`.
        """
        visible = self.exclude_hidden(query)
        return self.ask(
            lambda searcher: (
                searcher.top_place(visible, article)
                if fold and quick
                else searcher.find_position(visible, article, fold=fold)
            )
        )

    def ids(
        self, query: Query, among: Collection[ArticleId] | None = None, *, fold: bool = False
    ) -> Iterator[ArticleId]:
        """All matching articles, or those `among` some, in order; with `fold`, no duplicates."""
        with damage_errors("searched"):
            yield from self._index.searcher.ids(self.exclude_hidden(query), among, fold=fold)

    def each(self, query: Query) -> Iterator[Row]:
        """The rows of all results in order, each once, whatever is indexed or marked meanwhile.

        Where the index breaks, the rest is that of the one that is made in its place.
        """
        done = 0
        while True:
            try:
                with damage_errors("searched"):
                    hits = islice(self._index.searcher.each(self.exclude_hidden(query)), done, None)
                    while some := self.make_rows(tuple(islice(hits, _BATCH))):
                        done += len(some)
                        yield from some
            except IndexDamaged:
                if not self._index.replace_and_refill():
                    raise
            else:
                return

    def prepare_unread(self, is_quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles, if many are read.

        `is_quiet` is asked every few milliseconds whether to go on. Queries for unread articles
        come first meanwhile. If it raises, the next call continues.
        """
        if self.flags.are_many:
            self.ask(lambda searcher: searcher.prepare_unread(is_quiet))

    # -- statistics and suggestions -----------------------------------------------------------

    def timeline(self, query: Query) -> Timeline:
        """Numbers of results by day, month or year, from the first to the last."""
        visible = self.exclude_hidden(query)
        return self.ask(lambda searcher: searcher.timeline(visible))

    def facets(self, query: Query, limit: int = 20) -> Facets:
        """Numbers of results by source, tag, author, language and year, largest first."""
        visible = self.exclude_hidden(query)
        return self.ask(lambda searcher: searcher.facets(visible, limit))

    def facets_with_own_tags(self, query: Query, limit: int) -> Facets:
        """Do as `facets`, with the user's tags among those of the files."""
        found = self.facets(query, limit)
        return type(found)({**found, Field.TAG: self.count_tags(query, found[Field.TAG])})

    def count_tags(
        self, query: Query, file_tags: Sequence[CountedValue]
    ) -> tuple[CountedValue, ...]:
        """The tags of files among results, with the user's own tags, most frequent first."""
        from rilo_reader.index.stats import CountedValue
        from rilo_reader.query.edit import value_term
        from rilo_reader.query.parser import parse

        counts = {value.text: value.hits for value in file_tags}
        known = {text.casefold(): text for text in counts}
        own = sorted(self.flags.articles_by_tag().items(), key=lambda tag: (-len(tag[1]), tag[0]))
        for tag, _ in own[:_MOST_OWN_TAGS]:
            term = value_term(Field.TAG, tag)
            if term and (hits := self.count(restrict_query(query, parse(term).node))):
                counts[known.setdefault(tag.casefold(), tag)] = hits
        found = sorted(counts.items(), key=lambda tag: (-tag[1], tag[0]))
        return tuple(CountedValue(*each) for each in found)

    def counts(self, query: Query, field: Field = Field.SOURCE) -> dict[str, int]:
        """Numbers of results by value of SOURCE, TAG, AUTHOR or LANG, largest first.

        Of tags, those of the files alone.
        """
        visible = self.exclude_hidden(query)
        return self.ask(lambda searcher: searcher.counts(visible, field))

    def count_feed_tags(self, query: Query) -> tuple[tuple[str, int], ...]:
        """The tags of feeds among results, "" for feeds without one, most frequent first."""
        tags = self.read_tags()
        if not tags:
            return ()
        counts = self.counts(query)
        sums = {
            tag: sum(counts.get(source, 0) for source in find_tag_sources(tags, FeedTag(tag)))
            for tag in tags
        }
        found = sorted(sums.items(), key=lambda tag: (-tag[1], not tag[0], tag[0]))
        return tuple(each for each in found if each[1])

    def suggest_feed_tags(self, start: str) -> tuple[tuple[str, int], ...]:
        """The tags of feeds that begin with `start`, with their articles, most frequent first."""
        begun, counted = fold_tag(start), self.count_feed_tags(Query())
        return tuple(one for one in counted if one[0] and fold_tag(one[0]).startswith(begun))

    def suggest(
        self,
        start: str,
        field: Field = Field.ANYWHERE,
        limit: int = 8,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> Sequence[CountedValue]:
        """Words of the library, or values of a field, that begin with `start`.

        Each has the number of articles that a search for it finds, largest first. The values of
        TAG include the user's tags. Stops early once `is_wanted()` is False.
        """
        from rilo_reader.index.stats import CountedValue
        from rilo_reader.index.suggestions import has_tokens
        from rilo_reader.query.tokens import to_tokens

        found = self.ask(lambda searcher: searcher.suggest(start, field, limit))
        texts = dict.fromkeys(value.text for value in found)
        if field is Field.TAG:
            prefix, user_tags = to_tokens(start), sorted(self.flags.articles_by_tag())
            tags = (tag for tag in user_tags if has_tokens(prefix, to_tokens(tag)))
            texts.update(dict.fromkeys(tags))
        counted = [
            CountedValue(text, self.count(Query(Words(field, parts))))
            for text in texts
            if is_wanted() and (parts := to_tokens(text))
        ]
        counted.sort(key=lambda value: (-value.hits, value.text))
        return [value for value in counted if value.hits][:limit]

    def did_you_mean(self, query: Query) -> Query | None:
        """A similarly spelt query that has results, for one that has none."""
        from rilo_reader.index.suggestions import did_you_mean

        suggestion = self.ask(lambda searcher: did_you_mean(searcher.snapshot, query))
        return suggestion if suggestion is not None and self.count(suggestion) else None

    def fewer_words(self, query: Query) -> tuple[Query, int] | None:
        """The query without as few of its words as have results, and how many; the most of those.

        Of as few, words go before terms such as `lang:en`, unless these alone would be left.
        None if it has none then either, or so many words that counting would take long.
        """
        from rilo_reader.query.edit import keep_words, words_of

        words = words_of(query)
        if not 1 < len(words) <= MOST_WORDS:
            return None

        terms = [word for word in words if word.field is not Field.ANYWHERE]

        def count_with(kept: Sequence[Words]) -> tuple[bool, int, Query]:
            fewer = keep_words(query, kept)
            keeps_terms = len(kept) > len(terms) and all(term in kept for term in terms)
            count = self.count(fewer)
            return count > 0 and keeps_terms, count, fewer

        found = [count_with([word for word in words if word is not out]) for out in words]
        if not any(count for _, count, _ in found):
            alone = [word for word in words if count_with([word])[1]]
            found = [count_with(alone), *(count_with([word]) for word in alone)]
            found += [count_with([word, *terms]) for word in alone if word not in terms]
            found = found[:1] if found[0][1] and alone else found[1:]
        _, count, best = max(found, key=lambda each: each[:2], default=(False, 0, query))
        return (best, count) if count else None

    def related(self, article: Article, limit: int = 8) -> tuple[Row, ...]:
        """Other articles on the same subject, the most similar first."""
        from rilo_reader.index.suggestions import find_related

        related = self.ask(lambda searcher: find_related(searcher.snapshot, article, limit))
        return self._visible_rows(related)

    def find_copies(self, article: ArticleId) -> tuple[Row, ...]:
        """Duplicates of an article in other files, newest first."""
        from rilo_reader.index.suggestions import find_copies

        copies = self.ask(lambda searcher: find_copies(searcher.snapshot, article))
        return self._visible_rows(copies)

    def _visible_rows(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        if self._mutes or self._hidden_nodes:
            hits = [hit for hit in hits if self.find_position(Query(), hit.id) is not None]
        return self.make_rows(hits)

    # -- mutes --------------------------------------------------------------------------------

    def mute(self, mutes: Sequence[Query]) -> None:
        """Hide articles that match any of these queries, from all results and counts."""
        self._mutes = tuple(mutes)

    def hide_articles(self, articles: Sequence[ArticleId]) -> None:
        """Hide these articles, too, until the next call."""
        self._hidden_nodes = (ArticleSelection(tuple(articles)),) if articles else ()

    def exclude_hidden(self, query: Query) -> Query:
        """The query with muted articles excluded, and those that are left out.

        It has the sources of feeds in place of their tags.
        """
        # Flat, so that queries for marks stay at the top level, where the index is fast.
        hidden = (*(mute.node for mute in self._mutes), *self._hidden_nodes)
        return self._replace_tags(restrict_query(query, *map(Not, hidden)) if hidden else query)

    def _replace_tags(self, query: Query) -> Query:
        """The query with the sources of feeds in place of their tags."""
        if not has_feed_tag(query.node):
            return query
        tags = self.read_tags()

        def replace_node(node: Node) -> Node:
            if not isinstance(node, FeedTag):
                return node
            sources, whole = sorted(find_tag_sources(tags, node)), MatchKind.WHOLE
            return Or(tuple(Words(Field.SOURCE, (one,), False, whole) for one in sources))

        return query._replace(node=replace_nodes(query.node, replace_node))

    def count_hidden(self, query: Query, mutes: Sequence[Query] | None = None) -> Hidden:
        """Count the muted results of a query, in all and by mute; None: by those in effect."""
        mutes = self._mutes if mutes is None else mutes

        def count_any(*nodes: Node) -> int:
            both = self._replace_tags(restrict_query(query, Or(nodes)))
            return self.ask(lambda searcher: searcher.count(both))

        by_mute = tuple(count_any(mute.node) for mute in mutes)
        hiding = [mute.node for mute, hits in zip(mutes, by_mute, strict=True) if hits]
        return Hidden(count_any(*hiding) if len(hiding) > 1 else sum(by_mute), by_mute)


def find_tag_sources(tags: SourcesByTag, node: FeedTag) -> set[str]:
    """Return the sources of the feeds that a query for a tag finds (pure)."""
    return {source for tag, its in tags.items() if is_tag_found(tag, node) for source in its}


class StateFlags(ArticleFlags):
    """Articles by mark, tag and note, as queries need them; read from the state once a revision."""

    def __init__(self, state: State, many_from: int = 20_000) -> None:
        self._state = state
        self._many = many_from  # read articles from which on `are_many`
        self._revision = -1
        self._cache: dict[str, Any] = {}  # by mark, tags and notes, of that revision
        # by limit: a revision, the articles that were read last with their stamps, and whether
        # these are all
        self._last_read: dict[int, tuple[int, Mapping[ArticleId, int], bool]] = {}

    def _read_once(self, name: str, read: Callable[[], T]) -> T:
        """Return what `read` returns, which is called once for each revision of the state."""
        revision = self._state.revision
        if revision != self._revision:
            self._revision, self._cache = revision, {}
        known = self._cache
        if name not in known:
            known[name] = read()
        found: T = known[name]
        return found

    def articles_with(self, mark: AskedMark) -> Collection[ArticleId]:
        """The articles with a mark; for READ and UNREAD, those that are read."""
        if isinstance(mark, MarkedDuring):
            return self._state.ids_marked_during(mark.mark, *mark.dates)
        if mark is QueryMark.NOTE:
            notes = self.read_notes()
            return notes.article_ids() if notes else ()
        if mark is QueryMark.HIGHLIGHTED:
            return self._read_once(
                mark, lambda: {one for one, _, _ in self._state.annotations.read_all(HIGHLIGHT)}
            )
        if mark is QueryMark.EDITED:
            return self._read_once(mark, self._state.edits)
        return self._read_once(mark, lambda: self._state.ids_with(_to_flag(mark)))

    def iter_keys(self, mark: AskedMark) -> Iterator[array[int]]:
        """The index's keys of the articles with a mark, in batches."""
        if isinstance(mark, MarkedDuring) or mark is QueryMark.EDITED:
            return iter([make_keys(self.articles_with(mark))])
        return map(make_keys, self._state.iter_ids_with(_to_flag(mark)))

    @property
    def are_many(self) -> bool:
        """True if enough articles are read that preparing for `is:unread` pays."""
        return self._state.has_more("read", self._many)

    def read_changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        """The current revision, and the articles changed after `since`; None if any may have."""
        return self._state.read_changes_since(since)

    def filter_marked(
        self, mark: AskedMark, articles: Collection[ArticleId]
    ) -> Collection[ArticleId]:
        """Those of some articles that have a mark."""
        if isinstance(mark, MarkedDuring):
            return self._state.ids_marked_during(mark.mark, *mark.dates, among=articles)
        flag = "is_edited" if mark is QueryMark.EDITED else _to_flag(mark)
        marks = self._state.marks(articles).items()
        return [article for article, found in marks if getattr(found, flag)]

    def list_last_read(self, limit: int) -> Sequence[ArticleId]:
        """The articles that were read last, the last one first; -1 is all of them.

        At least half of `limit`, if so many are read.
        """
        if limit < 0:
            return self._read_once(
                "last", lambda: [one for one, _ in self._state.list_recently_read(limit)]
            )
        since, known, are_all = self._last_read.get(limit, (self._state.revision, {}, False))
        revision, changed = self._state.read_changes_since(since)
        if changed is not None:
            # Sorting all that was ever read takes longer than a frame.
            times = self._state.read_times(changed)
            left = {one: at for one, at in known.items() if one in times or one not in changed}
            both = sorted({**left, **times}.items(), key=lambda one: (-one[1], one[0]))
            most = limit if are_all else len(left)  # what is not known may come after these
            known, are_all = dict(both[:most]), are_all and len(both) <= most
        if changed is None or not (are_all or 2 * len(known) > limit):
            known = dict(self._state.list_recently_read(limit))
            are_all = len(known) < limit
        self._last_read[limit] = revision, known, are_all
        return [*known]

    def read_times(self, articles: Collection[ArticleId]) -> Mapping[ArticleId, int]:
        """When those of some articles that are read were read, as stamps."""
        return self._state.read_times(articles)

    def articles_by_tag(self) -> Mapping[str, Collection[ArticleId]]:
        """The user's tags, each with its articles."""
        return self._read_once("tags", self._state.tags)

    def read_notes(self) -> SearchableTexts | None:
        """The user's notes, None if there are none."""
        return self._read_once("notes", self._read_notes)

    def _read_notes(self) -> SearchableTexts | None:
        from rilo_reader.query.match import SearchableTexts

        texts: dict[ArticleId, list[str]] = {}
        for article, _, text in self._state.annotations.read_all(NOTE):
            texts.setdefault(article, []).append(text)
        return SearchableTexts(texts) if texts else None


def _to_flag(mark: QueryMark) -> Flag:
    return "starred" if mark is QueryMark.STARRED else "read"
