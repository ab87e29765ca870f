"""Compile a query tree to a tantivy query."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import tantivy

from rilo_reader.article import ArticleId, Field
from rilo_reader.index import schema as fields
from rilo_reader.index.schema import sort_key_ranges
from rilo_reader.index.snapshot import Snapshot
from rilo_reader.query.tree import (
    And,
    ArticleSelection,
    Dates,
    FeedTag,
    HasMark,
    MarkedDuring,
    MatchKind,
    Minutes,
    Node,
    Not,
    Or,
    QueryMark,
    Words,
    all_of,
)

if TYPE_CHECKING:
    from rilo_reader.query.match import SearchableTexts

_INDEX_FIELDS: Mapping[Field, tuple[str, ...]] = {
    Field.ANYWHERE: (fields.HEAD, fields.BODY, fields.BODY_JOINED),
    Field.TEXT: (fields.TITLE, fields.TITLE_JOINED, fields.BODY, fields.BODY_JOINED),
    Field.TITLE: (fields.TITLE, fields.TITLE_JOINED),
    Field.BODY: (fields.BODY, fields.BODY_JOINED),
    Field.NOTE: (),
}
"""Of the others, each has one of its name."""

_LONGEST_PREFIX = 240
"""Bytes of a prefix; longer ones match whole words only, since tantivy's regular expressions have
at most 1,000 states."""

TITLE_BOOST = 3.0
"""Weight of a word in title, tags, source or authors, relative to the body."""


class Compiler:
    """Compiles trees for one commit and one revision of the marks.

    A phrase that ends with a prefix takes a third of a microsecond for each occurrence of a word
    with that prefix (7 s for `"the a*"` in a million articles), and tantivy refuses more than
    16,384 such words. For a prefix that common, the phrase is searched without it, and the prefix
    anywhere in the article.
    """

    def __init__(self, snapshot: Snapshot, flags: ArticleFlags, *, is_ranking: bool) -> None:
        """`is_ranking` is whether results are sorted by relevance."""
        self.names_articles = False  # whether the query names articles because of their marks
        self.has_scores = False  # whether a compiled word gives articles different scores
        self._snapshot = snapshot
        self._schema = snapshot.schema
        self._flags = flags
        self._is_ranking = is_ranking

    def compile(self, node: Node) -> tantivy.Query:
        """Compile a node."""
        if isinstance(node, Words):
            return self._compile_words(node)
        if isinstance(node, Dates | Minutes | ArticleSelection | FeedTag | MarkedDuring):
            return self._compile_span(node)
        if isinstance(node, HasMark):
            if node.mark is not QueryMark.UNREAD:
                return self.match_articles(self._flags.articles_with(node.mark))
            node = Not(HasMark(QueryMark.READ))
        if isinstance(node, Not):
            return self.exclude(tantivy.Query.all_query(), [self._compile_unwanted(node)])
        if isinstance(node, Or):
            return self._any_of([self.compile(child) for child in node.nodes])
        wanted = [self.compile(child) for child in node.nodes if not isinstance(child, Not)]
        unwanted = [self._compile_unwanted(child) for child in node.nodes if isinstance(child, Not)]
        positive = self.all_of(*wanted) if wanted else tantivy.Query.all_query()
        return self.exclude(positive, unwanted) if unwanted else positive

    def _compile_unwanted(self, node: Not) -> tantivy.Query:
        """Compile what a node excludes, which gives no article a score."""
        ranks = self.has_scores
        query = self.compile(node.node)
        self.has_scores = ranks
        return query

    def prefix_term_of(self, node: Node) -> str | None:
        """The prefix term to which a node is equivalent, None if there is none."""
        if not isinstance(node, Words) or not self._is_start(node):
            return None
        return None if self._flags.articles_by_tag() or self._flags.read_notes() else node.tokens[0]

    def match_articles(self, articles: Collection[ArticleId]) -> tantivy.Query:
        """A query for articles that are named because of their marks."""
        self.names_articles = True
        return self.match_keys(fields.make_keys(articles))

    def match_keys(self, keys: Collection[int]) -> tantivy.Query:
        """A query for the articles with these keys."""
        if not keys:
            return tantivy.Query.empty_query()
        query = tantivy.Query.term_set_query(self._schema, fields.KEY, list(keys))
        return self._remove_score(query)

    def match_order_range(
        self, lower: int | None, upper: int | None, *, include_upper: bool = False
    ) -> tantivy.Query:
        """A query for articles whose sort key is at least `lower` and below `upper`."""
        if lower is None and upper is None:
            return tantivy.Query.all_query()
        return self._remove_score(
            tantivy.Query.range_query(
                self._schema,
                fields.ORDER,
                tantivy.FieldType.Integer,
                lower_bound=lower,
                upper_bound=upper,
                include_lower=True,
                include_upper=include_upper or upper is None,
            )
        )

    def _compile_span(
        self, node: Dates | Minutes | ArticleSelection | FeedTag | MarkedDuring
    ) -> tantivy.Query:
        if isinstance(node, MarkedDuring):
            return self.match_articles(self._flags.articles_with(node))
        if isinstance(node, Dates):
            return self._any_of(
                [self.match_order_range(*keys) for keys in sort_key_ranges(node.start, node.end)]
            )
        if isinstance(node, Minutes):
            return self._compile_minutes(node)
        if isinstance(node, FeedTag):
            return tantivy.Query.empty_query()  # the library has no feeds
        return self._compile_among(node)

    def _compile_minutes(self, node: Minutes) -> tantivy.Query:
        if node.maximum is not None and node.maximum < node.minimum:
            return tantivy.Query.empty_query()
        return self._remove_score(
            tantivy.Query.range_query(
                self._schema,
                fields.MINUTES,
                tantivy.FieldType.Unsigned,
                lower_bound=node.minimum,
                upper_bound=node.maximum,
                include_upper=True,
            )
        )

    def _compile_among(self, node: ArticleSelection) -> tantivy.Query:
        keys = fields.make_keys(node.articles)
        if not self._is_ranking:
            return self.match_keys(keys)
        self.has_scores = True
        # Further apart than words score, so that these change nothing.
        return self._any_of(
            [
                tantivy.Query.const_score_query(self.match_keys([key]), 1000.0 * score)
                for score, key in enumerate(reversed(keys), 1)
            ]
        )

    def all_of(self, *queries: tantivy.Query) -> tantivy.Query:
        """The conjunction of queries."""
        if len(queries) == 1:
            return queries[0]
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, query) for query in queries])

    def _any_of(self, queries: Sequence[tantivy.Query]) -> tantivy.Query:
        if not queries:
            return tantivy.Query.empty_query()
        if len(queries) == 1:
            return queries[0]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in queries])

    def exclude(self, positive: tantivy.Query, unwanted: Sequence[tantivy.Query]) -> tantivy.Query:
        """A query for what matches `positive` and none of `unwanted`."""
        parts = [(tantivy.Occur.Must, positive)]
        parts.extend((tantivy.Occur.MustNot, query) for query in unwanted)
        return tantivy.Query.boolean_query(parts)

    def _remove_score(self, query: tantivy.Query) -> tantivy.Query:
        """A query that does not affect relevance."""
        return tantivy.Query.const_score_query(query, 0.0)

    def _compile_words(self, words: Words) -> tantivy.Query:
        queries = []
        if words.match_kind is MatchKind.WHOLE:
            name, value = fields.VALUE_FIELDS[words.field], words.tokens[0]
            whole = tantivy.Query.term_query(self._schema, name, value, "basic")
            queries.append(self._remove_score(whole))
        elif self._is_start(words):
            queries.append(self._match_exactly(fields.STARTS, words.tokens))
        else:
            queries.extend(self._iter_field_queries(words))
        if self._is_ranking and words.is_prefix and words.match_kind is MatchKind.EXACTLY:
            # Prefixes score all words equally; the exact word should score higher.
            queries.extend(self._iter_field_queries(words._replace(is_prefix=False)))
        tags = self._flags.articles_by_tag() if words.field in {Field.ANYWHERE, Field.TAG} else {}
        notes = self._flags.read_notes() if words.field in {Field.ANYWHERE, Field.NOTE} else None
        if tags or notes:
            tagged = [one for tag, its in tags.items() if is_tag(words, tag) for one in its]
            noted = notes.find_articles(words) if notes else ()
            queries.append(self.match_articles({*tagged, *noted}))
        return self._any_of(queries)

    def _iter_field_queries(self, words: Words) -> Iterator[tantivy.Query]:
        for field in _INDEX_FIELDS.get(words.field, (words.field.value,)):
            if words.may_be_joined or field not in fields.JOINED_FIELDS:
                query = self._compile_in_field(field, words)
                weighs_more = field in {fields.HEAD, fields.TITLE, fields.TITLE_JOINED}
                yield tantivy.Query.boost_query(query, TITLE_BOOST) if weighs_more else query

    def _is_start(self, words: Words) -> bool:
        """Return whether this is a prefix that the index has as a term."""
        from rilo_reader.query.tokens import stands_alone

        first = words.tokens[0]
        return (
            self._snapshot.with_prefixes
            and words.is_prefix
            and words.match_kind is MatchKind.EXACTLY
            and words.field is Field.ANYWHERE
            and len(words.tokens) == 1
            and len(first) <= fields.START_LETTERS
            and not stands_alone(first)
        )

    def _compile_in_field(self, field: str, words: Words) -> tantivy.Query:
        from rilo_reader.query.tokens import stands_alone

        parts = words.tokens
        last = parts[-1]
        if words.match_kind is MatchKind.PATTERN:
            return self._match_pattern(field, last)
        if words.match_kind is MatchKind.NEARLY:
            return tantivy.Query.fuzzy_term_query(
                self._schema, field, last, distance=1, prefix=words.is_prefix
            )
        if not words.is_prefix or stands_alone(last) or len(last.encode()) > _LONGEST_PREFIX:
            return self._match_exactly(field, parts)
        # With distance 0 the same as a regular expression, but 0.4 ms faster.
        start = tantivy.Query.fuzzy_term_query(self._schema, field, last, distance=0, prefix=True)
        if len(parts) == 1:
            return start
        is_long = any(len(part.encode()) > _LONGEST_PREFIX for part in parts)
        if is_long or self._snapshot.is_common(field, last):
            return self.all_of(self._match_exactly(field, parts[:-1]), start)
        # phrase_prefix_query would look at the first 50 continuations only.
        patterns: list[str | tuple[int, str]] = [_escape_token(part) for part in parts]
        patterns[-1] = f"{_escape_token(last)}.*"
        return tantivy.Query.regex_phrase_query(self._schema, field, patterns)

    def _match_exactly(self, field: str, parts: tuple[str, ...]) -> tantivy.Query:
        self.has_scores = self.has_scores or field != fields.STARTS
        if len(parts) == 1:
            return tantivy.Query.term_query(self._schema, field, parts[0], index_option="freq")
        return tantivy.Query.phrase_query(self._schema, field, list(parts))

    def _match_pattern(self, field: str, pattern: str) -> tantivy.Query:
        from rilo_reader.query.patterns import to_index_pattern

        try:
            return tantivy.Query.regex_query(self._schema, field, to_index_pattern(pattern))
        except ValueError:  # more than 1,000 states; read_pattern refuses most of these
            return tantivy.Query.empty_query()


def _escape_token(token: str) -> str:
    """A token as a regular expression; of the symbols in tokens, two need escaping."""
    return f"\\{token}" if token in {"+", "."} else token


# -- marks, as queries need them ------------------------------------------------------------------


AskedMark = QueryMark | MarkedDuring
"""A mark that a query asks for."""


class ArticleFlags:
    """The user's marks, tags and notes, as queries need them; of this class itself, none."""

    def articles_with(self, mark: AskedMark) -> Collection[ArticleId]:
        """The articles with a mark; for READ and UNREAD, those that are read."""
        return ()

    def iter_keys(self, mark: AskedMark) -> Iterator[array[int]]:
        """The keys (`schema.make_keys`) of the articles with a mark, in batches.

        Of those that are marked at any time, READ and STARRED alone are asked for.
        """
        return iter(())

    def read_changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        """The current revision of the marks, and the articles changed after `since`.

        None instead of the articles means that any may have changed.
        """
        return 0, ()

    def filter_marked(
        self, mark: AskedMark, articles: Collection[ArticleId]
    ) -> Collection[ArticleId]:
        """Those of some articles that have a mark, which is one as `iter_keys` takes it."""
        return ()

    def list_last_read(self, limit: int) -> Sequence[ArticleId]:
        """The articles that were read last, the last one first; -1 is all of them.

        At least half of `limit`, if so many are read.
        """
        return ()

    def read_times(self, articles: Collection[ArticleId]) -> Mapping[ArticleId, int]:
        """When those of some articles that are read were read, in any unit."""
        return {}

    def articles_by_tag(self) -> Mapping[str, Collection[ArticleId]]:
        """The user's tags, each with its articles."""
        return {}

    def read_notes(self) -> SearchableTexts | None:
        """The user's notes, None if there are none."""
        return None


def is_tag(words: Words, tag: str) -> bool:
    """Return whether a term of a query matches a tag."""
    from rilo_reader.query.match import is_in_text

    if words.match_kind is MatchKind.WHOLE:
        return tag == words.tokens[0]
    return is_in_text(words, tag)


_FILTERED = {QueryMark.READ, QueryMark.UNREAD, QueryMark.STARRED, QueryMark.EDITED}
"""Marks that `state_filter` knows; articles with another one are few, and named."""


def split_marks(node: Node) -> tuple[Node, frozenset[tuple[AskedMark, bool]]]:
    """Split off marks of `_FILTERED` and what is timed if every result must or must not have it."""
    rest: list[Node] = []
    conditions: set[tuple[AskedMark, bool]] = set()
    pending = [node]
    while pending:
        child = pending.pop()
        mark = child.node if isinstance(child, Not) else child
        if isinstance(child, And):
            pending.extend(reversed(child.nodes))
        elif isinstance(mark, HasMark) and mark.mark in _FILTERED:
            wanted = isinstance(child, HasMark)
            if mark.mark is QueryMark.UNREAD:
                conditions.add((QueryMark.READ, not wanted))
            else:
                conditions.add((mark.mark, wanted))
        elif isinstance(mark, MarkedDuring):
            conditions.add((mark, isinstance(child, MarkedDuring)))
        else:
            rest.append(child)
    return all_of(rest), frozenset(conditions)
