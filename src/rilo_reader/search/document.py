"""An article as what the index stores and indexes of it (pure; knows no tantivy)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

from rilo_reader.article import Article, ArticleId, Fault
from rilo_reader.search.schema import MARKED, START_LETTERS, hash64

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# In C: this is done for every word of a large library.
_FIRST = itemgetter(0)
_FIRST_TWO = itemgetter(slice(START_LETTERS))

_STORY_EDGE, _STORY_LEAST = 8, 40
_BETWEEN = "\0"  # in no file name and no cleaned text


class Hit(NamedTuple):
    """What the index stores of an article: enough for its row in a list.

    Attributes:
        id: its identity.
        path: its file, relative to the library.
        title: its title.
        source: its source, "" where unknown.
        date: when it was published, in UTC, whole seconds.
        date_only: whether the source gave no time of day.
        lang: its language tag, "" where unknown.
    """

    id: ArticleId
    path: str
    title: str
    source: str
    date: datetime
    date_only: bool
    lang: str


def file_key(path: str) -> int:
    """The number by which the index knows a file (a path relative to the library)."""
    return hash64(path)


def file_stamp(size: int, mtime_ns: int) -> int:
    """One number for a file's size and mtime: another number means another content."""
    return hash64(f"{size}:{mtime_ns}")


def folder_of(path: str) -> str:
    """The folder of a path relative to the library; "" for the library itself."""
    return path.rpartition("/")[0]


def seconds_of(date: datetime) -> int:
    """Whole seconds since 1970, negative before."""
    return int((date - _EPOCH) // timedelta(seconds=1))


class Prepared(NamedTuple):
    """An article whose text is ready for the index; made in any process, put in by one.

    Attributes:
        article: the article without its body.
        body: the body, as `analysis.prepare` makes it.
        starts: the beginnings of its words, "" where they were not asked for.
        story: the fingerprint of its story, 0 for none.
    """

    article: Article
    body: str
    starts: str
    story: int


def prepared(article: Article, *, with_starts: bool) -> Prepared:
    """Do what costs time for an article before it is put into the index.

    Args:
        article: as it was read.
        with_starts: whether the writer that will put it in wants the beginnings of its words.
    """
    from rilo_reader.search.analysis import prepare

    body = prepare(article.body)
    starts = ""
    if with_starts:
        texts = (article.title, article.source, *article.tags, *article.authors)
        starts = starts_of(" ".join((body, *map(prepare, texts))))
    return Prepared(article._replace(body=""), body, starts, story_of(body))


def starts_of(words: str) -> str:
    """The first letters of every word of prepared text, each once, and the word MARKED."""
    two = set(map(_FIRST_TWO, words.split()))
    return " ".join({MARKED, *two, *map(_FIRST, two)})


def story_of(prepared: str) -> int:
    """A fingerprint of a story, the same for the same text from several sources; 0 for none.

    All words count but the first and the last few, where agencies put place, date and their
    name, and sites their links: issues of a series that begin alike are different stories.

    Args:
        prepared: the body, as `analysis.prepare` makes it.
    """
    words = prepared.split()
    return hash64(" ".join(words[_STORY_EDGE:-_STORY_EDGE])) if len(words) >= _STORY_LEAST else 0


def pack_row(article: Article) -> bytes:
    """The stored part of an article's document."""
    parts = (
        article.id,
        article.path,
        article.title,
        article.source,
        article.lang,
        str(seconds_of(article.date)),
        "1" if article.date_only else "",
    )
    return _BETWEEN.join(parts).encode("utf-8", "surrogatepass")


def unpack_row(row: bytes) -> Hit:
    """The inverse of pack_row.

    Raises:
        ValueError: the bytes are no packed row.
    """
    parts = row.decode("utf-8", "surrogatepass").split(_BETWEEN)
    article, path, title, source, lang, seconds, date_only = parts
    return Hit(
        id=ArticleId(article),
        path=path,
        title=title,
        source=source,
        date=_EPOCH + timedelta(seconds=int(seconds)),
        date_only=bool(date_only),
        lang=lang,
    )


def pack_faults(faults: tuple[Fault, ...]) -> bytes:
    """An article's faults as JSON."""
    return json.dumps([[fault.line, fault.reason] for fault in faults]).encode()


def unpack_faults(packed: bytes) -> tuple[Fault, ...]:
    """The inverse of pack_faults."""
    return tuple(Fault(line, reason) for line, reason in json.loads(packed))
