"""The fields of the index, their version, and what is stored of an article.

Words. The body, by far the largest field, is indexed once. All other text is indexed twice, in its
own field and in `head`, so that a word anywhere is looked up in two fields (`head`, `body`) and
not in five. The name of the file is a second value of `title` if the title does not contain it.

Joined forms. Those of title and body (see `query.joined`: `email` for "e-mail") have fields of
their own, so that they are neither completions nor part of phrases. In the short fields they
follow the words.

Prefix terms. The articles with a word that begins with one, two or three given letters are a union
over thousands of words: 50 ms for a million articles, 5 ms for a hundred thousand. In a large
library the field `starts` has these prefixes as terms. Each article that has them also has the
term MARKED, which contains their length, to show whether all articles have them.

Values. Sources, tags, authors and languages are also indexed whole, for facets and completion.
`text` is a fingerprint of the body. `story` is one of title and body, `origin` has hashes of source
and address, and `copy` is set if the index had an article of the same story before (see
`duplicates`).

Order. `order` is the sort key (see `order`).

Files. The folder, key and stamp of an article's file are in the same document, so that they are
committed together with the article.
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


VERSION = 9
"""To be incremented when fields, tokens or what is read of files change; others are rebuilt."""

SCHEMA_VERSION = f"{VERSION}-{unicodedata.unidata_version}"
"""The version of the schema and that of Unicode, on which tokens depend."""

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
FINGERPRINT, STORY, ORIGIN, COPY = "text", "story", "origin", "copy"
URL_BITS = 32
"""The lower bits of ORIGIN; those above them are of the source."""
FOLDER, FILE_KEY, STAMP = "folder", "file_key", "stamp"
ROW, FAULTS, FAULTY = "row", "faults", "faulty"

TOKENIZER = "prepared"
"""The tokenizer, which splits the result of `tokens.prepare` at spaces."""


@cache
def _blake2b() -> type[blake2b]:
    from hashlib import blake2b  # takes 3 ms, and a launch does not need it

    return blake2b


def hash64(text: str) -> int:
    """An unsigned 64-bit hash of a text, equal on all machines."""
    return hash64_of(text.encode("utf-8", "surrogatepass"))


def hash64_of(data: bytes) -> int:
    """An unsigned 64-bit hash of bytes, equal on all machines."""
    return int.from_bytes(_blake2b()(data, digest_size=8).digest())


def keys_of(articles: Iterable[str]) -> array[int]:
    """The keys of many articles, in their order."""
    from array import array

    new = _blake2b()
    encoded = [article.encode("utf-8", "surrogatepass") for article in articles]
    # One buffer for all: making an int of each would take as long as hashing it.
    keys = array("Q", b"".join([new(one, digest_size=8).digest() for one in encoded]))
    if sys.byteorder == "little":
        keys.byteswap()
    return keys


def schema() -> tantivy.Schema:
    """The schema for tantivy."""
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
    for name in (FINGERPRINT, ORIGIN):
        builder.add_unsigned_field(name, fast=True)
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


# -- stored values --------------------------------------------------------------------------------

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_FIELD_SEPARATOR = "\0"  # in no file name and no cleaned text
_ITEM_SEPARATOR = "\x1f"  # in no cleaned text


class Hit(NamedTuple):
    """What the index stores of an article, enough for its row in a list.

    Attributes:
        id: its id.
        path: its file, relative to the library.
        title: its title.
        source: its source, or "".
        date: its date in UTC, in whole seconds.
        date_only: whether it has a date without a time; then `date` has the date itself.
        lang: its language tag, or "".
        url: its address, or "".
        authors: its authors.
        tags: the tags of its file.
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
    """The key of a file (a path relative to the library)."""
    return hash64(path)


def file_stamp(size: int, mtime_ns: int) -> int:
    """A hash of a file's size and mtime, which changes with its content."""
    return hash64(f"{size}:{mtime_ns}")


def folder_of(path: str) -> str:
    """The folder of a path relative to the library, "" for the library itself."""
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
        _ITEM_SEPARATOR.join(article.authors),
        _ITEM_SEPARATOR.join(article.tags),
    )
    return _FIELD_SEPARATOR.join(parts).encode("utf-8", "surrogatepass")


def unpack_row(row: bytes) -> Hit:
    """The inverse of pack_row.

    Raises:
        ValueError: the bytes are not a packed row.
    """
    parts = row.decode("utf-8", "surrogatepass").split(_FIELD_SEPARATOR)
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
        authors=tuple(authors.split(_ITEM_SEPARATOR)) if authors else (),
        tags=tuple(tags.split(_ITEM_SEPARATOR)) if tags else (),
    )


def pack_faults(faults: tuple[Fault, ...]) -> bytes:
    """An article's faults as JSON."""
    return json.dumps([[fault.line, fault.reason] for fault in faults]).encode()


def unpack_faults(packed: bytes) -> tuple[Fault, ...]:
    """The inverse of pack_faults."""
    return tuple(Fault(line, reason) for line, reason in json.loads(packed))
