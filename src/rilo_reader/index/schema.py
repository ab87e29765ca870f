"""Fields of the index and their version.

Words. The body is by far the largest field, so it is indexed once. Everything else a word can
stand in goes twice: into its own field, and into `head`, so that a word anywhere is looked up in
two fields (`head`, `body`) rather than in five. What the file is called, where the title does not
say the same, is a second value of `title`.

Written together. What a title or body has with hyphens, dots or apostrophes is in a field of its
own as one word (see joined.py): `email` for "e-mail". There it is neither offered for completion
nor part of a phrase. The short fields have it behind their words.

Beginnings. The articles that hold a word with a given first letter, or two or three, are a union
of thousands of words: 50 ms for a million articles, 5 ms for a hundred thousand. In a large
library `starts` holds these beginnings as words of their own. Each article that has them also has
the word MARKED there, which names how many letters they have, so that it can be seen whether all
have them.

Values. Sources, tags, authors and languages are also kept whole, for facets and completion.
`story` is a fingerprint of the text: articles that begin alike are one story. `copy` is set where
another article of the story was there first (see folding.py).

Order. `order` is the one sort key (see order.py).

Following the folder. What a file was when it was indexed lives in the article's own document
(`folder`, `file_key`, `stamp`), so that the manifest and the articles are one commit.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.article import Article, ArticleId, Fault
from rilo_reader.index.order import seconds_of

if TYPE_CHECKING:
    from array import array
    from hashlib import blake2b

    import tantivy


VERSION = 8
"""Raise it when fields or tokens change: indexes of another version are built anew."""

SCHEMA_VERSION = f"{VERSION}-{unicodedata.unidata_version}"
"""The version with Unicode's, since tokens depend on it: a newer Python may split text anew."""

TITLE, BODY, HEAD = "title", "body", "head"
TITLE_JOINED, BODY_JOINED = "title_joined", "body_joined"
SOURCE, TAG, AUTHOR, URL, LANG = "source", "tag", "author", "url", "lang"
SOURCE_VALUE, TAG_VALUE, AUTHOR_VALUE = "source_value", "tag_value", "author_value"
LANG_VALUE = "lang_value"
VALUE_FIELDS = (SOURCE_VALUE, TAG_VALUE, AUTHOR_VALUE, LANG_VALUE)
STARTS = "starts"
JOINED_FIELDS = (TITLE_JOINED, BODY_JOINED)
WORD_FIELDS = (TITLE, BODY, HEAD, SOURCE, TAG, AUTHOR, URL, LANG)

START_LETTERS = 3
MARKED = f"*{START_LETTERS}"

ORDER, KEY = "order", "key"
STORY, COPY = "story", "copy"
FOLDER, FILE_KEY, STAMP = "folder", "file_key", "stamp"
ROW, FAULTS, FAULTY = "row", "faults", "faulty"

TOKENIZER = "prepared"
"""Splits at spaces what `analysis.prepare` made."""


@cache
def _blake2b() -> type[blake2b]:
    from hashlib import blake2b  # 3 ms that a launch can do without

    return blake2b


def hash64(text: str) -> int:
    """The same unsigned 64-bit number for the same text, on every machine."""
    return hash64_of(text.encode("utf-8", "surrogatepass"))


def hash64_of(data: bytes) -> int:
    """The same unsigned 64-bit number for the same bytes, on every machine."""
    return int.from_bytes(_blake2b()(data, digest_size=8).digest())


def keys_of(articles: Iterable[str]) -> array[int]:
    """The keys of many articles, in their order."""
    from array import array

    new = _blake2b()
    encoded = [article.encode("utf-8", "surrogatepass") for article in articles]
    # One piece of memory for all: a number for each would take as long as its hash.
    keys = array("Q", b"".join([new(one, digest_size=8).digest() for one in encoded]))
    if sys.byteorder == "little":
        keys.byteswap()
    return keys


def schema() -> tantivy.Schema:
    """The fields, as tantivy wants them."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    for name in WORD_FIELDS:
        builder.add_text_field(name, tokenizer_name=TOKENIZER, index_option="position")
    for name in (*JOINED_FIELDS, STARTS):
        builder.add_text_field(name, tokenizer_name=TOKENIZER, index_option="basic")
    for name in VALUE_FIELDS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field(ORDER, fast=True)
    builder.add_unsigned_field(KEY, indexed=True, fast=True)
    builder.add_unsigned_field(STORY, indexed=True, fast=True)
    builder.add_text_field(FOLDER, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field(FILE_KEY, indexed=True, fast=True)
    builder.add_unsigned_field(STAMP, fast=True)
    builder.add_bytes_field(ROW, stored=True)
    builder.add_bytes_field(FAULTS, stored=True)
    builder.add_boolean_field(COPY, indexed=True)
    builder.add_boolean_field(FAULTY, indexed=True)
    return builder.build()


def analyzer() -> tantivy.TextAnalyzer:
    """The analyzer to register as TOKENIZER."""
    import tantivy

    return tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()


# What the index stores of an article, and the numbers it knows it by (pure; knows no tantivy).


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_BETWEEN = "\0"  # in no file name and no cleaned text
_WITHIN = "\x1f"  # in no cleaned text


class Hit(NamedTuple):
    """What the index stores of an article: enough for its row in a list.

    Attributes:
        id: its identity.
        path: its file, relative to the library.
        title: its title.
        source: its source, "" where unknown.
        date: when it was published, in UTC, whole seconds.
        date_only: whether it is a day and no time of day: then the date's own.
        lang: its language tag, "" where unknown.
        url: its address, "" where it has none.
        authors: who wrote it.
        tags: what its file says it is about.
    """

    id: ArticleId
    path: str
    title: str
    source: str
    date: datetime
    date_only: bool
    lang: str
    url: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def file_key(path: str) -> int:
    """The number by which the index knows a file (a path relative to the library)."""
    return hash64(path)


def file_stamp(size: int, mtime_ns: int) -> int:
    """One number for a file's size and mtime: another number means another content."""
    return hash64(f"{size}:{mtime_ns}")


def folder_of(path: str) -> str:
    """The folder of a path relative to the library; "" for the library itself."""
    return path.rpartition("/")[0]


def pack_row(article: Article) -> bytes:
    """The stored part of an article's document."""
    date = article.date.replace(tzinfo=UTC) if article.date_only else article.date
    parts = (
        article.id,
        article.path,
        article.title,
        article.source,
        article.lang,
        str(seconds_of(date)),
        "1" if article.date_only else "",
        article.url,
        _WITHIN.join(article.authors),
        _WITHIN.join(article.tags),
    )
    return _BETWEEN.join(parts).encode("utf-8", "surrogatepass")


def unpack_row(row: bytes) -> Hit:
    """The inverse of pack_row.

    Raises:
        ValueError: the bytes are no packed row.
    """
    parts = row.decode("utf-8", "surrogatepass").split(_BETWEEN)
    article, path, title, source, lang, seconds, date_only, url, authors, tags = parts
    return Hit(
        id=ArticleId(article),
        path=path,
        title=title,
        source=source,
        date=_EPOCH + timedelta(seconds=int(seconds)),
        date_only=bool(date_only),
        lang=lang,
        url=url,
        authors=tuple(authors.split(_WITHIN)) if authors else (),
        tags=tuple(tags.split(_WITHIN)) if tags else (),
    )


def pack_faults(faults: tuple[Fault, ...]) -> bytes:
    """An article's faults as JSON."""
    return json.dumps([[fault.line, fault.reason] for fault in faults]).encode()


def unpack_faults(packed: bytes) -> tuple[Fault, ...]:
    """The inverse of pack_faults."""
    return tuple(Fault(line, reason) for line, reason in json.loads(packed))
