"""Suggestions from the index: completion, spelling, related articles and duplicates."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import tantivy

from rilo_reader.article import Article, ArticleId, Field
from rilo_reader.index import schema as fields
from rilo_reader.index.duplicates import find_representatives
from rilo_reader.index.schema import VALUE_FIELDS, Hit
from rilo_reader.index.snapshot import Snapshot
from rilo_reader.index.stats import CountedValue
from rilo_reader.query.patterns import is_near
from rilo_reader.query.tokens import prepare_text, to_tokens
from rilo_reader.query.tree import WITHOUT_HITS, And, MatchKind, Node, Not, Or, Query, Words


def suggest_values(
    commit: Snapshot, prefix: str, field: Field, limit: int
) -> tuple[CountedValue, ...]:
    """Words, or values of a field, that begin with `prefix`; most frequent first."""
    prefix_tokens = to_tokens(prefix)
    if field in VALUE_FIELDS:
        values = commit.searcher.terms_with_prefix(VALUE_FIELDS[field], "")
        found = [
            CountedValue(text, count)
            for text, count in values
            if has_tokens(prefix_tokens, to_tokens(text))
        ]
        return tuple(found[:limit])
    if len(prefix_tokens) != 1:
        return ()
    name = fields.TITLE if field is Field.TITLE else fields.BODY
    words = commit.searcher.terms_with_prefix(name, prefix_tokens[0], limit=limit)
    return tuple(CountedValue(text, count) for text, count in words)


def has_tokens(prefix_tokens: Sequence[str], value: Sequence[str]) -> bool:
    """Return whether a value contains the tokens in order, the last of them as a prefix."""
    if not prefix_tokens:
        return True
    size = len(prefix_tokens)
    return any(
        tuple(value[at : at + size - 1]) == tuple(prefix_tokens[:-1])
        and value[at + size - 1].startswith(prefix_tokens[-1])
        for at in range(len(value) - size + 1)
    )


# -- did you mean -------------------------------------------------------------------------------


def did_you_mean(commit: Snapshot, query: Query) -> Query | None:
    """The query with unknown words replaced by similar ones, or by `word*`; None if none are."""
    node = _correct_spelling(commit, query.node)
    return None if node == query.node else query._replace(node=node, faults=())


def _correct_spelling(commit: Snapshot, node: Node) -> Node:
    if isinstance(node, Words):
        if node.match_kind is not MatchKind.EXACTLY or node.field in WITHOUT_HITS:
            return node
        words = tuple(_nearest_known_word(commit, word) for word in node.tokens)
        if words != node.tokens:
            return Words(node.field, words)
        return node._replace(is_prefix=node.is_prefix or _is_only_prefix(commit, words[-1]))
    if isinstance(node, Not):  # an unknown word here excludes nothing
        return node
    if isinstance(node, And | Or):
        return type(node)(tuple(_correct_spelling(commit, child) for child in node.nodes))
    return node


def _is_only_prefix(commit: Snapshot, word: str) -> bool:
    """Return whether no article has the word, and one has a longer word that begins with it."""
    names = (fields.BODY, fields.HEAD)
    return not any(commit.searcher.doc_freq(name, word) for name in names) and any(
        commit.searcher.terms_with_prefix(name, word) for name in names
    )


def _nearest_known_word(commit: Snapshot, word: str) -> str:
    """The word, or the most frequent similar one if no article has a word that begins with it."""
    names = (fields.BODY, fields.HEAD)
    if len(word) < 3 or any(commit.searcher.terms_with_prefix(name, word) for name in names):
        return word
    counts: dict[str, int] = {}
    for name in names:
        for prefix_tokens in {word[0], word[1]}:
            for term, count in commit.searcher.terms_with_prefix(name, prefix_tokens):
                if is_near(word, term):
                    counts[term] = counts.get(term, 0) + count
        # There are too many terms with other first letters; the possible ones are looked up.
        for letter in string.ascii_lowercase:
            for term in (letter + word[1:], letter + word):
                if term[0] not in word[:2] and (count := commit.searcher.doc_freq(name, term)):
                    counts[term] = counts.get(term, 0) + count
    return max(counts, key=lambda term: (counts[term], term), default=word)


# -- related articles and duplicates --------------------------------------------------------------

_QUERY_TERMS = 25
"""Number of an article's most significant words to search for."""

_BODY_CHARACTERS = 20_000
"""Characters of a body from which they are taken."""

_MOST_COPIES = 100
"""Copies of an article that are listed, and left out of those related to it."""


def find_related(commit: Snapshot, article: Article, limit: int = 8) -> tuple[Hit, ...]:
    """Articles with the same rare words, most similar first, without the article and duplicates."""
    body = prepare_text(article.body[:_BODY_CHARACTERS])
    sample: dict[str, Any] = {fields.BODY: [body], fields.TITLE: [prepare_text(article.title)]}
    alike = tantivy.Query.more_like_this_document_fields_query(
        commit.schema,
        sample,
        min_doc_frequency=2,
        # A word's count includes deleted articles until segments merge; tantivy's score of a word
        # that more articles have than there are panics.
        max_doc_frequency=commit.searcher.num_docs,
        min_term_frequency=1,
        max_query_terms=_QUERY_TERMS,
        min_word_length=3,
    )
    same = [article.id, *(copy.id for copy in find_copies(commit, article.id))]
    parts = [(tantivy.Occur.Must, alike)]
    for one in same:
        key = tantivy.Query.term_query(commit.schema, fields.KEY, fields.hash64(one), "basic")
        parts.append((tantivy.Occur.MustNot, key))
    found = commit.searcher.search(tantivy.Query.boolean_query(parts), limit=limit)
    return tuple(commit.read_row(address) for _, address in found.hits)


def find_copies(commit: Snapshot, article: ArticleId) -> tuple[Hit, ...]:
    """The other articles of the group of an article (see `duplicates`), newest first."""
    searcher = commit.searcher
    addresses = commit.find_with_value(fields.KEY, fields.hash64(article))
    [story] = searcher.fast_field_values(fields.STORY, addresses[:1]) or [None]
    if not story:
        return ()
    of_story = commit.find_with_value(fields.STORY, int(story))
    firsts = find_representatives(searcher, of_story)
    keys = searcher.fast_field_values(fields.KEY, of_story)
    first = firsts[keys.index(fields.hash64(article))]
    rows = (commit.read_row(of_story[at]) for at, one in enumerate(firsts) if one == first)
    return tuple(row for row in rows if row.id != article)[:_MOST_COPIES]
