"""What a ledger knows of a feed and of an article, and these as rows of its file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rilo_reader.article import ArticleId


class FeedRecord(NamedTuple):
    """What is known of one feed.

    Attributes:
        key: what it is known by, see `identity.feed_key`.
        number: in the ledger, 0 where it is not there yet.
        source: the name that its articles bear; no two feeds have one name.
        title: what it calls itself.
        site: its web page.
        etag: to ask with next time.
        last_modified: to ask with next time.
        asked_as: what of the subscription shaped the last answer (limit, full text); where that
            is another now, the marks above do not count.
        fresh_until: when its server asks to be asked again.
        ttl: minutes that the feed asks to be left alone.
        skip_hours: see `entry.Feed`.
        skip_days: see `entry.Feed`.
        last_try: when it was last asked.
        last_success: when it last answered with something to read, or said that nothing changed.
        last_new: when a new article last came.
        failures: how many tries in a row failed.
        failure: the kind of the last failure, "" after a success.
        reason: of the last failure, one sentence.
        retry_at: when its server wants to be asked again after a failure.
        moved_to: where it has moved by itself, until its subscription says so.
        public_only: whether somebody else than the user named its host (a page, a list, a server
            that moved it there): it must be on the public net.
        dead: why it is not asked any more, "" while it is.
    """

    key: str
    number: int = 0
    source: str = ""
    title: str = ""
    site: str = ""
    etag: str = ""
    last_modified: str = ""
    asked_as: str = ""
    fresh_until: datetime | None = None
    ttl: int = 0
    skip_hours: frozenset[int] = frozenset()
    skip_days: frozenset[int] = frozenset()
    last_try: datetime | None = None
    last_success: datetime | None = None
    last_new: datetime | None = None
    failures: int = 0
    failure: str = ""
    reason: str = ""
    retry_at: datetime | None = None
    moved_to: str = ""
    public_only: bool = False
    dead: str = ""


class ArticleRecord(NamedTuple):
    """What is known of one collected article.

    Attributes:
        id: its identity.
        number: in the ledger, 0 where it is not there yet.
        feed: its feed's number.
        path: its file when it was last written, relative to the library.
        seen: when it was first seen.
        said: a digest of its entry when it was last looked at.
        file: a digest of the file's text as we wrote it; empty where that is not known.
        body: a digest of the body as we wrote it; empty where that is not known.
        done: whether its file was written; False while that is only meant.
    """

    id: ArticleId
    number: int = 0
    feed: int = 0
    path: str = ""
    seen: datetime = datetime.fromtimestamp(0, UTC)
    said: bytes = b""
    file: bytes = b""
    body: bytes = b""
    done: bool = False


class Finished(NamedTuple):
    """What is kept of an article once its file is as it should be; its fields as above."""

    id: ArticleId
    said: bytes
    file: bytes
    body: bytes


_TIMES = ("fresh_until", "last_try", "last_success", "last_new", "retry_at")
_SETS = ("skip_hours", "skip_days")


def stored(value: object) -> object:
    """A value of a record as the file has it."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1_000_000)
    if isinstance(value, frozenset):
        return " ".join(str(number) for number in sorted(value))
    return value


def _moment(stored: int | None) -> datetime | None:
    return None if stored is None else datetime.fromtimestamp(stored / 1_000_000, UTC)


def feed_of(row: Sequence[object]) -> FeedRecord:
    """The record of a row, its columns in the order of the fields."""
    values: dict[str, object] = dict(zip(FeedRecord._fields, row, strict=True))
    for name in _TIMES:
        values[name] = _moment(values[name])  # type: ignore[arg-type]
    values["public_only"] = bool(values["public_only"])
    for name in _SETS:
        values[name] = frozenset(int(number) for number in str(values[name]).split())
    return FeedRecord(**values)  # type: ignore[arg-type]


def article_of_row(row: Sequence[object]) -> ArticleRecord:
    """The record of a row, its columns in the order of the fields."""
    record = ArticleRecord(*row)  # type: ignore[arg-type]
    return record._replace(seen=_moment(row[4]), done=bool(record.done))  # type: ignore[arg-type]
