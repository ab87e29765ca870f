"""What Miniflux replies, as values of `service`; and the cursor of its changes (pure)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from math import floor
from typing import NamedTuple, Self

from rilo_reader.dates import read_date
from rilo_reader.entry import Enclosure, Entry
from rilo_reader.fetch.values import FetchError
from rilo_reader.parsers.elements import (
    address,
    content_text,
    each_once,
    enclosure,
    files,
    person,
    plain_line,
)
from rilo_reader.sync.services.api import Json
from rilo_reader.sync.services.service import EntryId, ServerEntry, ServerFeed, ServerMarks
from rilo_reader.text import clean_line

OVERLAP = 30
"""Seconds that a transaction of the server may take: what it has changed appears that much later
than its `changed_at` says."""
_SHA256 = re.compile("[0-9a-f]{64}")


class Cursor(NamedTuple):
    """Where changes continue. All times are the server's, in seconds since 1970.

    Attributes:
        id: the greatest id of an entry so far.
        since: what was changed up to this moment has been seen.
        now: the time of the server when it was asked, 0 if unknown.
        oldest: the least id of the window of first contact. Older entries come only if they are
            unread or starred.
        changed: when an entry was changed last, 0 if unknown.
        entry: which one that was.
        window: the window of first contact.
        turn: the id before which entries are to come again next, see `Known.again`; 0 for the
            newest.
    """

    id: int = 0
    since: int = 0
    now: int = 0
    oldest: int = 0
    changed: int = 0
    entry: int = 0
    window: int = 0
    turn: int = 0

    @classmethod
    def parsed(cls, text: str) -> Self | None:
        """Return the cursor in a text; None if there is none."""
        try:
            value = json.loads(text)
            found = Json(value)
            # Cursors of before have no turn.
            numbers = [found.number(name) for name in cls._fields[:-1]]
            turn = value.get("turn")
            return cls(*numbers)._replace(turn=turn if isinstance(turn, int) else 0)
        except (ValueError, RecursionError, FetchError):
            return None

    def text(self) -> str:
        """Return the text of the cursor."""
        return json.dumps(self._asdict())

    @property
    def before_newest(self) -> int:
        """What was changed after this is all that changed since, and what was changed last then."""
        return min(self.since, self.changed - 1) if self.changed else self.since

    def next(self, greatest_id: int, newest: NewestChange) -> Cursor:
        """Return the cursor after changes that were asked for with this one.

        Args:
            greatest_id: the greatest id of an entry now.
            newest: what had changed last when the changes were asked for.
        """
        entry, changed, now, _ = newest
        since = self.since
        if changed and changed >= since:
            # A change may carry an earlier time than `now` and come later; or a later time, if
            # the clock was wrong then.
            since = min(changed + 1, now - OVERLAP) if now else changed - OVERLAP
        if now and changed > now:
            # The next change of it will be earlier, as if the server had been restored.
            changed = entry = 0
        return Cursor(greatest_id, max(since, 0), now, self.oldest, changed, entry, self.window)

    def is_before(self, now: int) -> bool:
        """Return whether the server's clock has gone back, so that `since` says nothing."""
        return bool(now and self.now) and now < self.now - OVERLAP


class NewestChange(NamedTuple):
    """The entry that was changed last, as a server says.

    Attributes:
        entry: the entry, 0 if there is none.
        changed: when it was changed, in seconds since 1970, 0 if there is none.
        now: the time of the server, 0 if unknown.
        total: how many entries were changed in the time that was asked for.
    """

    entry: int = 0
    changed: int = 0
    now: int = 0
    total: int = 0


def entry_number(item: Json) -> int | None:
    """Return the id of an entry, None if it has none."""
    try:
        return item.number("id")
    except FetchError:
        return None


def seconds(text: str) -> int | None:
    """Return a moment of the API in whole seconds since 1970, None if it is no moment."""
    when = read_date(text)
    return None if when is None else floor(when.moment.timestamp())


def server_feed(item: Json, shown: Callable[[str], str] = clean_line) -> ServerFeed | None:
    """Return a feed, None if something is broken that it cannot be without.

    What the server says of its last failure is passed through `shown`.
    """
    url = address("", item.text("feed_url"))
    try:
        number = item.number("id")
    except FetchError:
        return None
    if not url:
        return None
    category = plain_line(item.nested("category").text("title"), markup=False)
    return ServerFeed(
        str(number),
        url,
        plain_line(item.text("title")),
        (category,) if category else (),
        address("", item.text("site_url")),
        shown(item.text("parsing_error_message")).rstrip("."),
    )


def server_entry(item: Json) -> ServerEntry | None:
    """Return an entry, None if it is removed, or something is broken that it cannot be without."""
    status = item.text("status")
    if status not in ("read", "unread"):
        return None
    try:
        number, feed = item.number("id"), item.number("feed_id")
        marks = ServerMarks(status == "read", item.flag("starred"))
    except FetchError:
        return None
    guid_hash = item.text("hash")
    return ServerEntry(
        EntryId(str(number)),
        str(feed),
        _entry(item),
        guid_hash if _SHA256.fullmatch(guid_hash) else "",
        marks,
    )


def _entry(item: Json) -> Entry:
    url = address("", item.text("url"))
    feed = item.nested("feed")
    published = read_date(item.text("published_at"))
    return Entry(
        url=url,
        title=plain_line(item.text("title")),
        date=published.moment if published else None,
        authors=each_once([person(item.text("author"))]),
        tags=each_once(plain_line(tag) for tag in item.texts("tags")),
        lang=plain_line(item.text("language") or feed.text("language"), limit=35),
        content=content_text(item.text("content")),
        base=url or address("", feed.text("site_url")),
        enclosures=files(_enclosure(file, url) for file in item.some("enclosures")),
    )


def _enclosure(file: Json, base: str) -> Enclosure | None:
    try:
        size = file.number("size")
    except FetchError:
        size = 0
    return enclosure(base, file.text("url"), file.text("mime_type"), size)
