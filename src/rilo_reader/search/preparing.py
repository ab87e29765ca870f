"""An article made ready for the index, in any process (pure; knows no tantivy).

Folding text, taking fingerprints and naming fields is Python's work, and most of what indexing
costs beside tantivy. So it ends in the document's JSON, less its end: the process that writes the
index only adds what it alone knows, and tantivy reads the rest without holding the interpreter.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from operator import itemgetter
from typing import NamedTuple

from rilo_reader.article import Article, ArticleId
from rilo_reader.search import schema as fields
from rilo_reader.search.analysis import prepare, prepare_both
from rilo_reader.search.document import file_key, folder_of, pack_faults, pack_row
from rilo_reader.search.order import order_of_article

# In C: this is done for every word of a large library.
_STARTS = tuple(itemgetter(slice(size)) for size in range(1, fields.START_LETTERS + 1))

_GAP = fields.GAP.encode()

STORY_EDGE = 8
"""Words at either end of a story that do not count."""

STORY_LEAST = 120
"""Bytes of the words between, from which on a text is a story: some 25 words, or 40 signs."""


class Prepared(NamedTuple):
    """An article ready for the index; made in any process, put in by one.

    Attributes:
        id: its identity.
        path: its file, relative to the library.
        file_key: the file's key.
        story: the fingerprint of its story, 0 for none.
        document: the beginning of the JSON of its document, in UTF-8: what stands in it is
            complete, the brace that ends it is missing.
    """

    id: ArticleId
    path: str
    file_key: int
    story: int
    document: bytes


def prepared(article: Article, *, with_starts: bool, name: str = "") -> Prepared:
    """Do what costs time for an article before it is put into the index.

    Args:
        article: as it was read.
        name: what its file is called; found wherever its title is.
        with_starts: whether the writer that will put it in wants the beginnings of its words.
    """
    body, body_joined = prepare_both(article.body)
    story = story_of(body)
    key, key_of_file = fields.hash64(article.id), file_key(article.path)
    title_words, title_joined = prepare_both(article.title)
    title, source = title_words.decode(), _prepared_name(article.source)
    tags = [_prepared_name(tag) for tag in article.tags]
    authors = [_prepared_name(author) for author in article.authors]
    # Values of their own: no phrase reaches from one into the next.
    other_names = _other_name(name, title)
    head = [_with_joined(title, title_joined), *other_names, source, *tags, *authors]
    # Written by hand, which costs a third of what an encoder does. Prepared text needs no
    # escapes: of ASCII it holds letters, digits, spaces, four symbols and GAP.
    parts = [
        f'{{"{fields.TITLE}":{_prepared_texts([title, *other_names])}',
        f'"{fields.HEAD}":{_prepared_texts(head)}',
        f'"{fields.ORDER}":{order_of_article(article, key)}',
        f'"{fields.KEY}":{key}',
        f'"{fields.FOLDER}":{encode_basestring(f"/{folder_of(article.path)}")}',
        f'"{fields.FILE_KEY}":{key_of_file}',
        f'"{fields.ROW}":"{_bytes(pack_row(article))}"',
    ]
    if title_joined:
        parts.append(f'"{fields.TITLE_JOINED}":"{" ".join(title_joined)}"')
    if body_joined:
        parts.append(f'"{fields.BODY_JOINED}":"{" ".join(body_joined)}"')
    if article.source:
        parts.append(f'"{fields.SOURCE}":"{source}"')
        parts.append(f'"{fields.SOURCE_VALUE}":{encode_basestring(article.source)}')
    if tags:
        parts.append(f'"{fields.TAG}":{_prepared_texts(tags)}')
        parts.append(f'"{fields.TAG_VALUE}":{_texts(article.tags)}')
    if authors:
        parts.append(f'"{fields.AUTHOR}":{_prepared_texts(authors)}')
        parts.append(f'"{fields.AUTHOR_VALUE}":{_texts(article.authors)}')
    if article.url:
        parts.append(f'"{fields.URL}":"{prepare(article.url)}"')
    if article.lang:
        parts.append(f'"{fields.LANG}":"{_prepared_name(article.lang)}"')
        parts.append(f'"{fields.LANG_VALUE}":{encode_basestring(article.lang)}')
    if story:
        parts.append(f'"{fields.STORY}":{story}')
    if article.faults:
        parts.append(f'"{fields.FAULTS}":"{_bytes(pack_faults(article.faults))}"')
        parts.append(f'"{fields.FAULTY}":true')
    if with_starts:
        words = " ".join((body.decode(), *body_joined, *head))
        parts.append(f'"{fields.STARTS}":"{starts_of(words)}"')
    parts.append(f'"{fields.BODY}":"')
    document = b'%b%b"' % (",".join(parts).encode(), body)
    return Prepared(article.id, article.path, key_of_file, story, document)


def starts_of(words: str) -> str:
    """The first letters of every word of prepared text, each once, and the word MARKED."""
    starts = {fields.MARKED}
    longer = set(words.split())
    for start in reversed(_STARTS):
        longer = set(map(start, longer))
        starts |= longer
    return " ".join(starts)


def story_of(prepared: bytes) -> int:
    """A fingerprint of a story, the same for the same text from several sources; 0 for none.

    All words count but the first and the last few, where agencies put place, date and their
    name, and sites their links: issues of a series that begin alike are different stories.
    What parts the words does not count: one source wraps lines where another has a comma.

    Args:
        prepared: the body, as `analysis.prepare_bytes` makes it.
    """
    parts = prepared.replace(_GAP, b" ").split(None, STORY_EDGE)
    parts = parts[-1].rsplit(None, STORY_EDGE) if len(parts) > STORY_EDGE else []
    if len(parts) <= STORY_EDGE:
        return 0
    # Without any spaces: how many stand between words says how the text was set.
    letters = parts[0].translate(None, b" ")
    return fields.hash64_of(letters) if len(letters) >= STORY_LEAST else 0


def _other_name(name: str, title: str) -> list[str]:
    """A file's name, prepared; nothing where the title has the same words in a row."""
    words = " ".join(prepare(name).split())
    return [words] if f" {words} " not in f" {' '.join(title.split())} " and words else []


def _prepared_texts(texts: Sequence[str]) -> str:
    """Prepared texts, at least one, as a JSON array."""
    between = '","'.join(texts)
    return f'["{between}"]'


def _texts(texts: Sequence[str]) -> str:
    """Texts as a JSON array."""
    return f"[{','.join(map(encode_basestring, texts))}]"


def _bytes(value: bytes) -> str:
    """Bytes as tantivy reads them in JSON."""
    return b2a_base64(value, newline=False).decode("ascii")


@lru_cache(maxsize=4096)
def _prepared_name(name: str) -> str:
    """A source, tag, author or language, prepared; the same ones come again and again."""
    words, joined = prepare_both(name)
    return _with_joined(words.decode(), joined)


def _with_joined(words: str, joined: Sequence[str]) -> str:
    """Prepared text and what it has written together, out of reach of any phrase."""
    return f" {fields.GAP} {fields.GAP} ".join((words, *joined))
