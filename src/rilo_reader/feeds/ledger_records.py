"""The records of the ledger: what is known of feeds and of collected articles (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.feeds.subscriptions import Subscription
from rilo_reader.fetch.addresses import without_login


class FeedRecord(NamedTuple):
    """What is known of a feed.

    Attributes:
        key: its key, see `identity.feed_key`.
        number: its number in the ledger, 0 if it is new.
        source: the source of its articles, unique in the ledger.
        title: its own title.
        site: its web page.
        etag: for the next conditional request.
        last_modified: for the next conditional request.
        asked_as: options of the subscription (limit, full text) at the last update; if they have
            changed, requests are not conditional.
        fresh_until: the earliest next update according to the server.
        ttl: the minimum interval of the feed, in minutes.
        skip_hours: see `entry.Feed`.
        skip_days: see `entry.Feed`.
        last_try: when it was last requested.
        last_success: when the last successful response came, 304 included.
        last_new: when the last new article came.
        failures: the number of failures in a row.
        failure: the kind of the last failure, "" after a success.
        reason: the reason of the last failure, one sentence.
        retry_at: the Retry-After of a failure.
        moved_to: its new address, until the subscription is changed.
        public_only: whether its host must be on the public internet, as it was not named by the
            user but by a page, a list or a redirect.
        dead: why it is no longer updated, or "".
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

    def display_name(self, subscription: Subscription) -> str:
        """Return the name for users: their title, else the feed's, else its address."""
        return subscription.title or self.source or self.title or without_login(subscription.url)


class ArticleRecord(NamedTuple):
    """What is known of a collected article.

    Attributes:
        id: its identity.
        number: its number in the ledger, 0 if it is new.
        feed: the number of its feed.
        path: the last written path, relative to the library.
        seen: when it was first seen.
        content_hash: the digest of its entry at the last comparison.
        file: digests of the file as we wrote it; empty if unknown.
        body: digests of the body as we wrote it; empty if unknown.
        done: whether its file was written; False while that is only intended.
    """

    id: ArticleId
    number: int = 0
    feed: int = 0
    path: str = ""
    seen: datetime = datetime.fromtimestamp(0, UTC)
    content_hash: bytes = b""
    file: bytes = b""
    body: bytes = b""
    done: bool = False


class Finished(NamedTuple):
    """The fields of an article to update when its file is written; see ArticleRecord."""

    id: ArticleId
    content_hash: bytes
    file: bytes
    body: bytes


_TIMES = ("fresh_until", "last_try", "last_success", "last_new", "retry_at")
_SETS = ("skip_hours", "skip_days")


def stored(value: object) -> object:
    """Convert a field to a value for SQLite."""
    if isinstance(value, datetime):
        return int(value.timestamp() * 1_000_000)
    if isinstance(value, frozenset):
        return " ".join(str(number) for number in sorted(value))
    return value


def _moment(stored: int | None) -> datetime | None:
    return None if stored is None else datetime.fromtimestamp(stored / 1_000_000, UTC)


def feed_of_row(row: Sequence[object]) -> FeedRecord:
    """Return the record for a row with columns in the order of the fields."""
    values: dict[str, object] = dict(zip(FeedRecord._fields, row, strict=True))
    for name in _TIMES:
        values[name] = _moment(values[name])  # type: ignore[arg-type]
    values["public_only"] = bool(values["public_only"])
    for name in _SETS:
        values[name] = frozenset(int(number) for number in str(values[name]).split())
    return FeedRecord(**values)  # type: ignore[arg-type]


def article_of_row(row: Sequence[object]) -> ArticleRecord:
    """Return the record for a row with columns in the order of the fields."""
    record = ArticleRecord(*row)  # type: ignore[arg-type]
    return record._replace(seen=_moment(row[4]), done=bool(record.done))  # type: ignore[arg-type]
