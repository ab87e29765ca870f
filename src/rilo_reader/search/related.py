"""Articles that belong together: related ones, and the same story from several sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rilo_reader.article import Article, ArticleId
from rilo_reader.query.tokens import prepare, prepare_bytes
from rilo_reader.search import schema as fields
from rilo_reader.search.commit import row_of
from rilo_reader.search.document import Hit
from rilo_reader.search.preparing import story_of

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.search.commit import Commit

_WORDS = 25
"""How many of an article's most telling words are looked for."""

_READ = 20_000
"""Characters of a body that are looked at for them."""


def related(commit: Commit, article: Article, limit: int) -> tuple[Hit, ...]:
    """Articles with the same rare words, the nearest first, without the article and its copies."""
    import tantivy

    body = prepare(article.body[:_READ])
    given: dict[str, Any] = {fields.BODY: [body], fields.TITLE: [prepare(article.title)]}
    alike = tantivy.Query.more_like_this_document_fields_query(
        commit.schema,
        given,
        min_doc_frequency=2,
        min_term_frequency=1,
        max_query_terms=_WORDS,
        min_word_length=3,
    )
    without = [_term(commit, fields.KEY, fields.hash64(article.id))]
    if story := story_of(prepare_bytes(article.body)):
        without.append(_term(commit, fields.STORY, story))
    parts = [(tantivy.Occur.Must, alike)]
    parts.extend((tantivy.Occur.MustNot, query) for query in without)
    found = commit.searcher.search(tantivy.Query.boolean_query(parts), limit=limit)
    return tuple(row_of(commit.searcher, address) for _, address in found.hits)


def copies(commit: Commit, article: ArticleId, limit: int) -> tuple[Hit, ...]:
    """The articles with the same fingerprint, newest first, without the article itself."""
    searcher = commit.searcher
    own: Any = searcher.search(_term(commit, fields.KEY, fields.hash64(article)), limit=1)
    if not own.hits:
        return ()
    [story] = searcher.fast_field_values(fields.STORY, [own.hits[0][1]])
    if not story:
        return ()
    same = _term(commit, fields.STORY, int(story))
    found = searcher.search(same, limit=limit + 1, order_by_field=fields.ORDER)
    rows = (row_of(searcher, address) for _, address in found.hits)
    return tuple(row for row in rows if row.id != article)[:limit]


def _term(commit: Commit, field: str, number: int) -> tantivy.Query:
    import tantivy

    return tantivy.Query.term_query(commit.schema, field, number, index_option="basic")
