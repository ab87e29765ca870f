"""A query tree to a tantivy query."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from rilo_reader.article import ArticleId
from rilo_reader.index import schema as fields
from rilo_reader.index.order import ranges
from rilo_reader.query.tokens import GAP
from rilo_reader.query.tree import And, Dates, Field, How, Is, Mark, Node, Not, Or, Words

if TYPE_CHECKING:
    from array import array

    import tantivy


_INDEX_FIELDS = {
    Field.ANYWHERE: (fields.HEAD, fields.BODY, fields.BODY_JOINED),
    Field.TEXT: (fields.TITLE, fields.TITLE_JOINED, fields.BODY, fields.BODY_JOINED),
    Field.TITLE: (fields.TITLE, fields.TITLE_JOINED),
    Field.BODY: (fields.BODY, fields.BODY_JOINED),
    Field.SOURCE: (fields.SOURCE,),
    Field.TAG: (fields.TAG,),
    Field.AUTHOR: (fields.AUTHOR,),
    Field.URL: (fields.URL,),
    Field.LANG: (fields.LANG,),
}

VALUE_FIELDS = {
    Field.SOURCE: fields.SOURCE_VALUE,
    Field.TAG: fields.TAG_VALUE,
    Field.AUTHOR: fields.AUTHOR_VALUE,
    Field.LANG: fields.LANG_VALUE,
}
"""Where the whole values of a field are."""

_LONGEST_PREFIX = 240
"""In bytes: tantivy's regular expressions have at most 1,000 states. Longer words are whole."""

TITLE_BOOST = 3.0
"""How much more a word in the head (title, tags, source, author) weighs by relevance."""


class Compiler:
    """Compiles trees for one schema and one moment of the reader's state.

    A phrase whose last word is only begun costs a third of a microsecond for each place where a
    word begins so (7 s for `"the a*"` in a million articles), and tantivy refuses more than
    16,384 such words. Where they are too many, the whole words are looked for in a row, and
    somewhere in the article a word that continues the last.

    Args:
        schema: the index's.
        marked: the reader's state.
        is_common: whether so many words of a field begin so that this is the case.
        with_starts: whether every article has the beginnings of its words indexed.
        ranking: whether results are wanted by relevance.

    Attributes:
        ranks: whether a word was compiled that matches some articles better than others.
        names_articles: whether articles were named one by one, from the reader's state.
    """

    def __init__(
        self,
        schema: tantivy.Schema,
        marked: ArticleFlags,
        is_common: Callable[[str, str], bool],
        *,
        with_starts: bool = False,
        ranking: bool = False,
    ) -> None:
        import tantivy

        self.names_articles = False
        self.ranks = False
        self._is_common = is_common
        self._with_starts = with_starts
        self._ranking = ranking

        self._schema = schema
        self._marked = marked
        self._query = tantivy.Query
        self._occur = tantivy.Occur
        self._integer = tantivy.FieldType.Integer

    def compile(self, node: Node) -> tantivy.Query:
        """The tantivy query that finds what the node says."""
        if isinstance(node, Words):
            return self._words(node)
        if isinstance(node, Dates):
            return self._any([self.ordered(*keys) for keys in ranges(node.start, node.end)])
        if isinstance(node, Is):
            return self._state(node.mark)
        if isinstance(node, Not):
            return self.without(self._query.all_query(), [self.compile(node.node)])
        if isinstance(node, Or):
            return self._any([self.compile(child) for child in node.nodes])
        return self._and(node)

    def start_of(self, node: Node) -> str | None:
        """The word of the index's `starts` that is all a node asks for; None where it is not."""
        is_one = isinstance(node, Words) and self._is_start(node) and not self._marked.tags()
        return node.tokens[0] if is_one and isinstance(node, Words) else None

    def keys(self, articles: Collection[ArticleId]) -> tantivy.Query:
        """The articles of these ids, from the reader's state."""
        self.names_articles = True
        return self.of_keys(fields.keys_of(articles))

    def of_keys(self, keys: Collection[int]) -> tantivy.Query:
        """The articles of these keys."""
        if not keys:
            return self._query.empty_query()
        return self._plain(self._query.term_set_query(self._schema, fields.KEY, list(keys)))

    def ordered(
        self, lower: int | None, upper: int | None, *, include_upper: bool = False
    ) -> tantivy.Query:
        """The articles whose sort key is `lower` or more and below `upper`."""
        if lower is None and upper is None:
            return self._query.all_query()
        return self._plain(
            self._query.range_query(
                self._schema,
                fields.ORDER,
                self._integer,
                lower_bound=lower,
                upper_bound=upper,
                include_lower=True,
                include_upper=include_upper or upper is None,
            )
        )

    def both(self, *queries: tantivy.Query) -> tantivy.Query:
        """What matches all of these."""
        if len(queries) == 1:
            return queries[0]
        return self._query.boolean_query([(self._occur.Must, query) for query in queries])

    def _and(self, node: And) -> tantivy.Query:
        wanted = [self.compile(child) for child in node.nodes if not isinstance(child, Not)]
        unwanted = [self.compile(child.node) for child in node.nodes if isinstance(child, Not)]
        positive = self.both(*wanted) if wanted else self._query.all_query()
        return self.without(positive, unwanted) if unwanted else positive

    def _any(self, queries: Sequence[tantivy.Query]) -> tantivy.Query:
        if not queries:
            return self._query.empty_query()
        if len(queries) == 1:
            return queries[0]
        return self._query.boolean_query([(self._occur.Should, query) for query in queries])

    def without(self, positive: tantivy.Query, unwanted: Sequence[tantivy.Query]) -> tantivy.Query:
        """What matches the first and none of the others."""
        parts = [(self._occur.Must, positive)]
        parts.extend((self._occur.MustNot, query) for query in unwanted)
        return self._query.boolean_query(parts)

    def _plain(self, query: tantivy.Query) -> tantivy.Query:
        """A condition that says nothing about relevance."""
        return self._query.const_score_query(query, 0.0)

    def _state(self, mark: Mark) -> tantivy.Query:
        if mark is Mark.UNREAD:
            read = self.keys(self._marked.articles(Mark.READ))
            return self.without(self._query.all_query(), [read])
        return self.keys(self._marked.articles(mark))

    def _words(self, words: Words) -> tantivy.Query:
        queries = []
        if words.how is How.WHOLE:
            name, value = VALUE_FIELDS[words.field], words.tokens[0]
            queries.append(self._plain(self._query.term_query(self._schema, name, value, "basic")))
        elif self._is_start(words):
            queries.append(self._exact(fields.STARTS, words.tokens))
        else:
            queries.extend(self._in_fields(words))
        if self._ranking and words.prefix and words.how is How.EXACTLY:
            # A beginning matches all alike; the word itself is more to the point.
            queries.extend(self._in_fields(words._replace(prefix=False)))
        if words.field in {Field.ANYWHERE, Field.TAG}:
            tagged = self._user_tags(words)
            if tagged or self._marked.tags():
                queries.append(self.keys(tagged))
        return self._any(queries)

    def _in_fields(self, words: Words) -> Iterator[tantivy.Query]:
        from rilo_reader.query.joined import may_be_joined

        for field in _INDEX_FIELDS[words.field]:
            if field in fields.JOINED_FIELDS and not may_be_joined(words):
                continue
            query = self._in_field(field, words)
            weighs_more = field in {fields.HEAD, fields.TITLE, fields.TITLE_JOINED}
            yield self._query.boost_query(query, TITLE_BOOST) if weighs_more else query

    def _is_start(self, words: Words) -> bool:
        """Whether it is a beginning that the index has as a word of its own."""
        from rilo_reader.query.tokens import stands_alone

        first = words.tokens[0]
        return (
            self._with_starts
            and words.prefix
            and words.how is How.EXACTLY
            and words.field is Field.ANYWHERE
            and len(words.tokens) == 1
            and len(first) <= fields.START_LETTERS
            and not stands_alone(first)
        )

    def _user_tags(self, words: Words) -> set[ArticleId]:
        found: set[ArticleId] = set()
        for tag, articles in self._marked.tags().items():
            if is_tag(words, tag):
                found.update(articles)
        return found

    def _in_field(self, field: str, words: Words) -> tantivy.Query:
        from rilo_reader.query.tokens import stands_alone

        parts = words.tokens
        last = parts[-1]
        if words.how is How.PATTERN:
            return self._pattern(field, last)
        if words.how is How.NEARLY:
            return self._query.fuzzy_term_query(
                self._schema, field, last, distance=1, prefix=words.prefix
            )
        if not words.prefix or stands_alone(last) or len(last.encode()) > _LONGEST_PREFIX:
            return self._exact(field, parts)
        if len(parts) == 1:
            return self._prefix(field, last)
        is_long = any(len(part.encode()) > _LONGEST_PREFIX for part in parts)
        if is_long or self._is_common(field, last):
            return self.both(self._exact(field, parts[:-1]), self._prefix(field, last))
        # phrase_prefix_query would look at the first 50 continuations only.
        patterns: list[str | tuple[int, str]] = [_pattern(part) for part in parts]
        patterns[-1] = f"{_pattern(last)}.*"
        return self._query.regex_phrase_query(self._schema, field, patterns)

    def _exact(self, field: str, parts: tuple[str, ...]) -> tantivy.Query:
        self.ranks = self.ranks or field != fields.STARTS
        if len(parts) == 1:
            return self._query.term_query(self._schema, field, parts[0], index_option="freq")
        return self._query.phrase_query(self._schema, field, list(parts))

    def _pattern(self, field: str, pattern: str) -> tantivy.Query:
        from rilo_reader.query.match import for_index

        try:
            return self._query.regex_query(self._schema, field, for_index(pattern))
        except ValueError:  # more than 1,000 states: `patterns` keeps all but monsters away
            return self._query.empty_query()

    def _prefix(self, field: str, start: str) -> tantivy.Query:
        # No letter may be wrong: the same as a regular expression, 0.4 ms sooner.
        return self._query.fuzzy_term_query(self._schema, field, start, distance=0, prefix=True)


def _pattern(token: str) -> str:
    """The token as a regular expression: of what tokens hold, two symbols need a backslash."""
    return f"\\{token}" if token in {"+", "."} else token


# The reader's state as queries ask for it, and what of it a query asks for (pure).


class ArticleFlags(Protocol):
    """What the reader's state knows and a query may ask for."""

    def articles(self, mark: Mark) -> Collection[ArticleId]:
        """The articles with this mark; asked for READ and STARRED only."""
        ...

    def keys(self, mark: Mark) -> Iterator[array[int]]:
        """The keys (`schema.keys_of`) of the articles with this mark, some at a time."""
        ...

    def changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        """The revision of the marks now, and the articles whose marks changed after another.

        None where that is not known: then any may have.
        """
        ...

    def having(self, mark: Mark, articles: Collection[ArticleId]) -> Collection[ArticleId]:
        """Those of the articles that have the mark; asked for READ and STARRED only."""
        ...

    def tags(self) -> Mapping[str, Collection[ArticleId]]:
        """The user's own tags, each with its articles."""
        ...


class _NothingMarked:
    def articles(self, mark: Mark) -> Collection[ArticleId]:
        return ()

    def keys(self, mark: Mark) -> Iterator[array[int]]:
        return iter(())

    def changes(self, since: int) -> tuple[int, Collection[ArticleId] | None]:
        return 0, ()

    def having(self, mark: Mark, articles: Collection[ArticleId]) -> Collection[ArticleId]:
        return ()

    def tags(self) -> Mapping[str, Collection[ArticleId]]:
        return {}


NOTHING_MARKED: ArticleFlags = _NothingMarked()
"""A state in which nothing is read, starred or tagged."""


def is_tag(words: Words, tag: str) -> bool:
    """Whether the words find a tag."""
    from rilo_reader.query.joined import joined, may_be_joined
    from rilo_reader.query.tokens import fold, tokens

    if words.how is How.WHOLE:
        return tag == words.tokens[0]
    if may_be_joined(words):
        [word] = words.tokens
        forms = joined(fold(tag))
        if word in forms or (words.prefix and any(form.startswith(word) for form in forms)):
            return True
    return _matches(words, tokens(tag))


def _matches(words: Words, tag: tuple[str, ...]) -> bool:
    """Whether the words stand in a tag's tokens, one after the other."""
    if words.how is not How.EXACTLY:
        from rilo_reader.query.match import matcher

        matches = matcher(words)
        return any(matches(part) for part in tag if part != GAP)
    size = len(words.tokens)
    for start in range(len(tag) - size + 1):
        part = tag[start : start + size]
        if part == words.tokens:
            return True
        if (
            words.prefix
            and part[:-1] == words.tokens[:-1]
            and part[-1].startswith(words.tokens[-1])
        ):
            return True
    return False


def split_marks(node: Node) -> tuple[Node, frozenset[tuple[Mark, bool]]]:
    """Take the marks that every result must have, or must not, out of a tree.

    Returns:
        The tree without them, and (READ or STARRED, whether it must be there).
    """
    rest: list[Node] = []
    conditions: set[tuple[Mark, bool]] = set()
    waiting = [node]
    while waiting:
        child = waiting.pop()
        mark = child.node if isinstance(child, Not) else child
        if isinstance(child, And):
            waiting.extend(reversed(child.nodes))
        elif isinstance(mark, Is):
            wanted = isinstance(child, Is)
            if mark.mark is Mark.UNREAD:
                conditions.add((Mark.READ, not wanted))
            else:
                conditions.add((mark.mark, wanted))
        else:
            rest.append(child)
    return rest[0] if len(rest) == 1 else And(tuple(rest)), frozenset(conditions)
