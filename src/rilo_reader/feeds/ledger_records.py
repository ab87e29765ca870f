"""The records of the ledger: feeds and collected articles (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.text import redact_address


class FeedRecord(NamedTuple):
    """The record of a feed."""

    key: str  # its key, see `identity.feed_key`
    number: int = 0  # its number in the ledger, 0 if it is new
    source: str = ""  # the source of its articles, unique in the ledger
    title: str = ""  # its own title
    site: str = ""
    etag: str = ""  # for the next conditional request
    last_modified: str = ""  # for the next conditional request
    # options of the subscription (limit, full text) at the last update; if they have changed,
    # requests are not conditional
    asked_as: str = ""
    fresh_until: datetime | None = None  # the earliest next update according to the server
    ttl: int = 0  # the minimum interval of the feed, in minutes
    skip_hours: frozenset[int] = frozenset()  # see `entry.Feed`
    skip_days: frozenset[int] = frozenset()  # see `entry.Feed`
    last_try: datetime | None = None  # when it was last requested
    last_success: datetime | None = None  # when the last successful response came, 304 included
    last_new: datetime | None = None  # when the last new article came
    failures: int = 0  # the number of failures in a row
    failure: str = ""  # the kind of the last failure, "" after a success
    # the reason of the last failure, or what was wrong with the last answer; one sentence
    reason: str = ""
    retry_at: datetime | None = None  # the Retry-After of a failure
    moved_to: str = ""  # its new address, until the subscription is changed
    # whether its host must be on the public internet, as it was not named by the user but by a
    # page, a list or a redirect
    public_only: bool = False
    dead: str = ""  # why it is no longer updated, or ""

    def display_name(self, subscription: Subscription) -> str:
        """Return the name for users: their title, else the feed's, else its address."""
        return subscription.title or self.source or self.title or redact_address(subscription.url)


class ArticleRecord(NamedTuple):
    """The record of a collected article."""

    id: ArticleId
    number: int = 0  # its number in the ledger, 0 if it is new
    feed: int = 0  # the number of its feed
    path: str = ""  # the last written path, relative to the library
    seen: datetime = datetime.fromtimestamp(0, UTC)  # when it was first seen
    content_hash: bytes = b""  # the digest of its entry at the last comparison
    file: bytes = b""  # digests of the file as we wrote it; empty if unknown
    body: bytes = b""  # digests of the body as we wrote it; empty if unknown
    done: bool = False  # whether its file was recorded; False for what a killed update left


_TIMES = ("fresh_until", "last_try", "last_success", "last_new", "retry_at")
_SETS = ("skip_hours", "skip_days")


def to_sqlite(value: object) -> object:
    """Convert a field to a value for SQLite."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1_000_000)
    if isinstance(value, frozenset):
        return " ".join(str(number) for number in sorted(value))
    return value


def to_time(value: int | None) -> datetime | None:
    """Convert a time that SQLite has; None stays None."""
    return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


def feed_of_row(row: Sequence[object]) -> FeedRecord:
    """Return the record for a row with columns in the order of the fields."""
    values: dict[str, object] = dict(zip(FeedRecord._fields, row, strict=True))
    for name in _TIMES:
        values[name] = to_time(values[name])  # type: ignore[arg-type]
    values["public_only"] = bool(values["public_only"])
    for name in _SETS:
        values[name] = frozenset(int(number) for number in str(values[name]).split())
    return FeedRecord(**values)  # type: ignore[arg-type]


def article_of_row(row: Sequence[object]) -> ArticleRecord:
    """Return the record for a row with columns in the order of the fields."""
    record = ArticleRecord(*row)  # type: ignore[arg-type]
    return record._replace(seen=to_time(row[4]), done=bool(record.done))  # type: ignore[arg-type]
