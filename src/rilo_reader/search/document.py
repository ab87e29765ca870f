"""What the index stores of an article, and the numbers it knows it by (pure; knows no tantivy)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from rilo_reader.article import Article, ArticleId, Fault
from rilo_reader.search.order import seconds_of
from rilo_reader.search.schema import hash64

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
