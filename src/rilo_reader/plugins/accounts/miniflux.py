"""`Miniflux`: a Miniflux server by its own API (https://miniflux.app/docs/api.html).

    later than first contact:
        how many entries have greater ids than all that are known    after_entry_id
        what has changed since the cursor, by the server's clock     changed_after
    first contact; or the greatest known id is gone, the clock has gone back, or new entries are
    missing in what has changed (decision 0234):
        the newest entries; what is unread or starred among the older ones

Entries are read in pages by id rather than by number, so what comes, goes or changes meanwhile
shifts no page. What changes behind the page that is being read is found with the next cursor.
`changed_at` is about marks. So that content which a feed has changed later is seen, some entries
are read again each time: the newest, and others in turns.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from math import floor
from typing import NamedTuple, Self

from rilo_reader.article import Enclosure
from rilo_reader.dates import read_date
from rilo_reader.entry import Entry
from rilo_reader.feeds.identity import feed_key
from rilo_reader.fetch.addresses import basic_authorization
from rilo_reader.fetch.messages import ApiClient, Failure, FetchError
from rilo_reader.parsers.elements import (
    content_text,
    each_once,
    make_enclosure,
    parse_person,
    resolve_address,
    to_plain_line,
    unique_enclosures,
)
from rilo_reader.plugins.accounts.json_api import (
    Endpoint,
    JsonApi,
    JsonValue,
    make_json_body,
    read_server_time,
    root_of_api,
)
from rilo_reader.plugins.accounts.service import (
    Account,
    Changes,
    EntryId,
    KnownEntries,
    ServerEntry,
    ServerFeed,
    ServerMark,
    ServerMarks,
)
from rilo_reader.text import clean_line, other_web_address

# -- values, and the cursor of changes -------------------------------------------------------------

OVERLAP = 30
"""Seconds that a transaction of the server may take: what it has changed appears that much later
than its `changed_at` says."""
_SHA256 = re.compile("[0-9a-f]{64}")


class SyncCursor(NamedTuple):
    """The point where changes continue; times are the server's, in seconds since 1970."""

    id: int = 0  # the greatest id of an entry so far
    since: int = 0  # what was changed up to this moment has been seen
    now: int = 0  # the time of the server when it was asked, 0 if unknown
    # The least id of the window of first contact. Older entries come only if they are unread or
    # starred.
    oldest: int = 0
    changed: int = 0  # when an entry was changed last, 0 if unknown
    entry: int = 0  # which one that was
    window: int = 0  # the window of first contact
    # the id before which entries are to come again next, see `KnownEntries.recheck_count`; 0 for
    # the newest
    turn: int = 0

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """Return the cursor in a text; None if there is none."""
        try:
            value = json.loads(text)
            found = JsonValue(value)
            # Cursors of before have no turn.
            numbers = [found.number_of(name) for name in cls._fields[:-1]]
            turn = value.get("turn")
            return cls(*numbers)._replace(turn=turn if isinstance(turn, int) else 0)
        except (ValueError, RecursionError, FetchError):
            return None

    def to_text(self) -> str:
        """Return the text of the cursor."""
        return json.dumps(self._asdict())

    def after_changes(self, greatest_id: int, newest: NewestChange) -> SyncCursor:
        """Return the cursor after changes that were asked for with this one."""
        entry, changed, now, _ = newest
        since = self.since
        if changed and changed >= since:
            # A change may carry an earlier time than `now` and come later; or a later time, if
            # the clock was wrong then.
            since = min(changed + 1, now - OVERLAP) if now else changed - OVERLAP
        if now and changed > now:
            # The next change of it will be earlier, as if the server had been restored.
            changed = entry = 0
        return SyncCursor(greatest_id, max(since, 0), now, self.oldest, changed, entry, self.window)

    def is_before(self, now: int) -> bool:
        """Return whether the server's clock has gone back, so that `since` says nothing."""
        return bool(now and self.now) and now < self.now - OVERLAP


class NewestChange(NamedTuple):
    """The entry that was changed last, as a server says."""

    entry: int = 0  # the entry, 0 if there is none
    changed: int = 0  # when it was changed, in seconds since 1970, 0 if there is none
    now: int = 0  # the time of the server, 0 if unknown
    total: int = 0  # how many entries were changed in the time that was asked for


def number_of_entry(item: JsonValue) -> int | None:
    """Return the id of an entry or a feed, None if it has none."""
    try:
        return item.number_of("id")
    except FetchError:
        return None


def parse_seconds(text: str) -> int | None:
    """Return a moment of the API in whole seconds since 1970, None if it is not a moment."""
    when = read_date(text)
    return None if when is None else floor(when.moment.timestamp())


def parse_feed(item: JsonValue, shown: Callable[[str], str] = clean_line) -> ServerFeed | None:
    """Return a feed, None without id or address; its last failure is passed through `shown`."""
    url, number = resolve_address("", item.text_of("feed_url")), number_of_entry(item)
    if number is None or not url:
        return None
    category = to_plain_line(item.object_of("category").text_of("title"), markup=False)
    return ServerFeed(
        str(number),
        url,
        to_plain_line(item.text_of("title")),
        (category,) if category else (),
        resolve_address("", item.text_of("site_url")),
        shown(item.text_of("parsing_error_message")).rstrip("."),
    )


def parse_entry(item: JsonValue) -> ServerEntry | None:
    """Return an entry, None if it is removed, or something is broken that it cannot be without."""
    status = item.text_of("status")
    if status not in ("read", "unread"):
        return None
    try:
        number, feed = item.number_of("id"), item.number_of("feed_id")
        marks = ServerMarks(status == "read", item.flag_of("starred"))
    except FetchError:
        return None
    guid_hash = item.text_of("hash")
    return ServerEntry(
        EntryId(str(number)),
        str(feed),
        _make_entry(item),
        guid_hash if _SHA256.fullmatch(guid_hash) else "",
        marks,
    )


def _make_entry(item: JsonValue) -> Entry:
    url = resolve_address("", item.text_of("url"))
    feed = item.object_of("feed")
    published = read_date(item.text_of("published_at"))
    return Entry(
        url=url,
        title=to_plain_line(item.text_of("title")),
        date=published.moment if published else None,
        authors=each_once([parse_person(item.text_of("author"))]),
        tags=each_once(to_plain_line(tag) for tag in item.texts_of("tags")),
        lang=to_plain_line(item.text_of("language") or feed.text_of("language"), limit=35),
        content=content_text(item.text_of("content")),
        base=url or resolve_address("", feed.text_of("site_url")),
        enclosures=unique_enclosures(
            _make_enclosure(file, url) for file in item.objects_or_empty("enclosures")
        ),
        comments=other_web_address(item.text_of("comments_url"), url),
    )


def _make_enclosure(file: JsonValue, base: str) -> Enclosure | None:
    try:
        size = file.number_of("size")
    except FetchError:
        size = 0
    return make_enclosure(base, file.text_of("url"), file.text_of("mime_type"), size)


# -- entries in pages, whatever comes, goes or changes meanwhile -----------------------------------

TOO_LARGE_AT_MOST = 10
"""Entries in a row that are larger than any reply may be, and are passed over."""

COME_MEANWHILE = 1_000  # entries that may come, or be changed, while a list is read
MOST_ENTRIES = 1_000_000  # entries of a list

EntryQuery = Mapping[str, str | int]
"""Parameters of `GET /v1/entries`."""


class EntryPage(NamedTuple):
    """Entries of a reply."""

    items: list[JsonValue]  # the entries, in the order asked for
    total: int  # how many there are that answer the query
    now: int  # the server's time, in seconds since 1970; 0 if unknown
    size: int  # how many were asked for at last


class EntryPages:
    """The entries of a user; methods raise FetchError."""

    def __init__(self, api: JsonApi, size: int) -> None:
        self._api = api
        self._size = size

    async def fetch_page(self, query: EntryQuery, size: int) -> EntryPage:
        """Return the first entries that answer a query, by default those with the least ids.

        Fewer are asked for if the reply would be too large. Entries that are too large all by
        themselves are passed over, and not counted.
        """
        passed = 0
        while True:
            sent = {"order": "id", "direction": "asc", **query, "limit": size, "offset": passed}
            try:
                reply = await self._api.call_api("/v1/entries", sent.items())
            except FetchError as error:
                if error.failure is not Failure.TOO_LARGE or passed == TOO_LARGE_AT_MOST:
                    raise
                passed += size == 1
                size = max(size // 2, 1)
            else:
                found = self._api.decode_reply(reply)
                total = max(found.number_of("total") - passed, 0)
                return EntryPage(found.objects_of("entries"), total, read_server_time(reply), size)

    async def fetch_newest_change(self, since: int) -> NewestChange:
        """Return the entry that was changed last, if any was changed after `since`."""
        query: EntryQuery = {"changed_after": since, "order": "changed_at", "direction": "desc"}
        page = await self.fetch_page(query, 1)
        if not page.items:
            return NewestChange(now=page.now)
        first = page.items[0]
        changed = max(parse_seconds(first.text_of("changed_at")) or 0, 0)
        return NewestChange(number_of_entry(first) or 0, changed, page.now, page.total)

    async def iter_entries(
        self, query: EntryQuery, *, newest_first: bool = False, before: int | None = None
    ) -> AsyncIterator[list[JsonValue]]:
        """Yield all entries that answer a query, in pages, in the order of their ids.

        With `newest_first`, `before` leaves out what has a greater id. If there would be no end, a
        FetchError is raised.
        """
        bound, direction = "after_entry_id", "asc"
        if newest_first:
            bound, direction = "before_entry_id", "desc"
        at, size, left = before, self._size, 0
        while True:
            position = {} if at is None else {bound: at}
            page = await self.fetch_page({**query, **position, "direction": direction}, size)
            ids = ids_of(page.items)
            if page.items and not ids:
                raise FetchError(Failure.BROKEN, "the server sends entries without ids")
            if not ids:
                return
            if at == before:
                left = min(page.total + COME_MEANWHILE, MOST_ENTRIES)
            left -= len(page.items)
            if left < 0:
                reason = "the server's list of entries does not end: it sends more than it said"
                raise FetchError(Failure.BROKEN, reason)
            yield page.items
            if len(page.items) >= page.total:
                return
            end = min(ids) if newest_first else max(ids)
            if at is not None and (end >= at if newest_first else end <= at):
                reason = "the server repeats the same entries"
                raise FetchError(Failure.BROKEN, reason)
            at, size = end, min(page.size * 2, self._size)


def ids_of(items: Iterable[JsonValue]) -> list[int]:
    """Return the ids of entries; those without one are passed over."""
    return [number for item in items if (number := number_of_entry(item)) is not None]


# -- the service -----------------------------------------------------------------------------------

PAGE = 250  # entries of a request
BATCH = 1_000  # marks of a request
STAR_ROUNDS = 3  # how often stars are set that somebody else toggles at the same time
SETS_STARS = (2, 3, 2)
"""The first version that sets stars instead of toggling them."""
_NOTHING_UPDATED = "nothing has been updated"
"""The error of versions before 2.3 if they have none of the entries of a request."""


class Miniflux:
    """A `Service`.

    With a user, the secret is the password; without, an API key. A line break at its end is not
    part of it.
    """

    def __init__(self, client: ApiClient, account: Account, secret: str, page: int = PAGE) -> None:
        secret = secret.rstrip("\r\n")
        if not (account.user + secret).isprintable():
            # Encoding them would fail, or end the header that they are in.
            reason = "the user or what is set as the secret has characters that cannot be sent"
            raise FetchError(Failure.LOGIN, reason)
        if account.user:
            login = f"{account.user}:{secret}"
            headers, secrets = {"Authorization": basic_authorization(login)}, [login, secret]
        else:
            if not re.fullmatch("[!-~]+", secret):
                raise FetchError(Failure.LOGIN, "the API key is empty or not a key: set it again")
            headers, secrets = {"X-Auth-Token": secret}, [secret]
        endpoint = Endpoint("Miniflux", root_of_api(account.url), account.private)
        self._api = JsonApi(client, endpoint, headers=headers, secrets=secrets)
        self._pages = EntryPages(self._api, page)

    async def check_login(self) -> str:
        """Log in; return the name and version of the server, and the user."""
        user = self._api.clean_text_of_server((await self._get_json("/v1/me")).text_of("username"))
        if not user:
            raise FetchError(Failure.BROKEN, "the server does not say who is logged in")
        version = await self._fetch_version()
        return f"Miniflux{f' {version}' if version else ''}, as {user}"

    # -- entries -----------------------------------------------------------------------------

    async def fetch_entries(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        """Return those of a few entries that the server still has; one request for each."""
        items = [await self._fetch_item(number) for number in _to_numbers(ids)]
        return [entry for item in items if item and (entry := parse_entry(item))]

    async def iter_changes(self, known: KnownEntries) -> AsyncIterator[Changes]:
        """Yield what has changed since `known`; the last batch has a cursor.

        Known entries that have changed are in the `entries` of a batch as well as in its `marks`.
        """
        cursor = SyncCursor.from_text(known.cursor)
        if cursor is not None and cursor.id and cursor.window >= known.window:
            rest = await self._pages.fetch_page({"after_entry_id": cursor.id - 1}, 1)
            # So early that the last known change is in the answer, too.
            since = min(cursor.since, cursor.changed - 1) if cursor.changed else cursor.since
            newest = await self._pages.fetch_newest_change(since)
            if await self._is_restored(cursor, newest):
                yield Changes(is_restored=True)
            elif rest.items and not cursor.is_before(newest.now):
                new: set[int] = set()
                if newest.entry and newest.changed >= cursor.since:
                    async for items in self._pages.iter_entries({"changed_after": cursor.since}):
                        new.update(number for number in ids_of(items) if number > cursor.id)
                        some = _make_changes(items, known, cursor.oldest)
                        yield some._replace(total=newest.total)
                if len(new) >= rest.total - (number_of_entry(rest.items[0]) == cursor.id):
                    turn = cursor.turn
                    async for items, next_turn in self._recheck_window(known.recheck_count, cursor):
                        turn = next_turn
                        yield _make_changes(items, known, cursor.oldest)
                    end = cursor.after_changes(max(new, default=cursor.id), newest)
                    yield Changes(cursor=end._replace(turn=turn).to_text())
                    return
        async for changes in self._iter_everything(known):
            yield changes

    async def _is_restored(self, cursor: SyncCursor, newest: NewestChange) -> bool:
        """Return whether the newest change of the cursor has an earlier time now."""
        is_same = (newest.entry, newest.changed) == (cursor.entry, cursor.changed)
        if is_same or not cursor.entry or cursor.is_before(newest.now):
            return False
        item = await self._fetch_item(cursor.entry)
        changed = None if item is None else parse_seconds(item.text_of("changed_at"))
        return changed is not None and changed < cursor.changed

    async def _recheck_window(
        self, number: int, cursor: SyncCursor
    ) -> AsyncIterator[tuple[list[JsonValue], int]]:
        """Yield so many of the newest entries, then others of the window, with the next turn."""
        at = 0
        for before in (0, cursor.turn):
            at, left = min(at, before or at), number
            while left > 0 and (not at or at > cursor.oldest):
                position = {"before_entry_id": at} if at else {}
                query: EntryQuery = {**position, "direction": "desc"}
                page = await self._pages.fetch_page(query, min(left, PAGE))
                at, left = min(ids_of(page.items), default=0), left - len(page.items)
                yield page.items, at if at > cursor.oldest else 0
                if not at:
                    return

    async def _iter_everything(self, known: KnownEntries) -> AsyncIterator[Changes]:
        """Yield the newest entries, all known ones, and what is unread or starred."""
        newest = await self._pages.fetch_newest_change(0)
        oldest_known = min(_to_numbers(known.ids), default=None)
        total = newest.total if known.ids else min(newest.total, known.window)
        count, greatest, at, oldest = 0, 0, None, 0
        async for items in self._pages.iter_entries({}, newest_first=True):
            ids = sorted(ids_of(items), reverse=True)
            left, count = known.window - count, count + len(ids)
            if not oldest and left <= len(ids):
                oldest = ids[left - 1] if left > 0 else ids[0] + 1
            greatest, at = max(greatest, ids[0]), ids[-1]
            some = _make_changes(items, known, oldest)
            yield some._replace(total=total)
            if oldest and (oldest_known is None or at <= oldest_known):
                break
        else:
            at = None
        if at is not None:
            for marked in ({"status": "unread"}, {"status": "read", "starred": "true"}):
                async for items in self._pages.iter_entries(marked, newest_first=True, before=at):
                    yield _make_changes(items, known)._replace(total=total)
        end = SyncCursor(oldest=oldest, window=known.window).after_changes(greatest, newest)
        yield Changes(cursor=end.to_text())

    async def _fetch_item(self, number: int) -> JsonValue | None:
        """Return an entry, None if the server does not have it."""
        try:
            return await self._get_json(f"/v1/entries/{number}")
        except FetchError as error:
            if error.failure is not Failure.MISSING:
                raise
            return None

    # -- marks -------------------------------------------------------------------------------

    async def push_mark(self, mark: ServerMark, value: bool, ids: Sequence[EntryId]) -> None:
        """Give a mark to entries, or take it away; entries that are gone are passed over."""
        numbers = _to_numbers(ids)
        if not numbers:
            return
        changed: dict[str, object] = {"status": "read" if value else "unread"}
        if mark is ServerMark.STARRED:
            version = re.match(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})", await self._fetch_version())
            if version is None or tuple(map(int, version.groups())) < SETS_STARS:
                await self._toggle_stars(value, numbers)
                return
            changed = {"starred": value}
        for begin in range(0, len(numbers), BATCH):
            sent = {"entry_ids": numbers[begin : begin + BATCH], **changed}
            await self._update_entries("/v1/entries", sent)

    async def _toggle_stars(self, value: bool, numbers: list[int]) -> None:
        """Star entries, or take their stars, on a server that can only toggle stars.

        Each is read just before, and all that were toggled once more afterwards, since somebody
        else may have toggled one at the same time.
        """
        for _ in range(STAR_ROUNDS):
            different = []
            for number in numbers:
                item = await self._fetch_item(number)
                if item is not None and item.flag_of("starred") != value:
                    different.append(number)
                    await self._update_entries(f"/v1/entries/{number}/bookmark")
            if not different:
                return
            numbers = different
        reason = f"the server did not keep the stars of {len(numbers)} entries"
        raise FetchError(Failure.BROKEN, reason)

    async def _update_entries(self, path: str, sent: object = None) -> None:
        """Change entries; those that are gone are passed over."""
        try:
            await self._send_request("PUT", path, sent)
        except FetchError as error:
            if _NOTHING_UPDATED not in error.reason:
                raise

    async def _fetch_version(self) -> str:
        """Return the version, "" if the server is so old that it does not tell."""
        try:
            version = (await self._get_json("/v1/version")).text_of("version")
        except FetchError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return ""
        return self._api.clean_text_of_server(version)[:20]

    # -- feeds -------------------------------------------------------------------------------

    async def list_feeds(self) -> list[ServerFeed]:
        """Return all subscriptions."""
        items = (await self._get_json("/v1/feeds")).objects_of()
        clean = self._api.clean_text_of_server
        found = [feed for item in items if (feed := parse_feed(item, clean))]
        if items and not found:
            # Not the same as no subscription.
            raise FetchError(Failure.BROKEN, "the server's answer does not describe a feed")
        return found

    async def add_feed(self, url: str, category: str = "", title: str = "") -> ServerFeed:
        """Subscribe to a feed; return the subscription, also if there was one already.

        The server fetches the feed at once, and may follow it to another address.
        """
        existing = await self._find_subscription(url)
        if existing is not None:
            return existing
        sent: dict[str, object] = {"feed_url": url}
        if category:
            sent["category_id"] = await self._ensure_category(category)
        try:
            reply = await self._api.call_api("/v1/feeds", body=make_json_body(sent))
        except FetchError as error:
            # Another client may have been quicker.
            refused = error.failure is Failure.STATUS
            existing = await self._find_subscription(url) if refused else None
            if existing is None:
                raise
            return existing
        path = f"/v1/feeds/{self._api.decode_reply(reply).number_of('feed_id')}"
        if title:
            await self._send_request("PUT", path, {"title": title})
        return self._parse_feed_or_raise(await self._get_json(path))

    async def change_feed(
        self, feed: ServerFeed, *, title: str | None = None, categories: Sequence[str] | None = None
    ) -> ServerFeed:
        """Change the title or the category of a subscription; return it as it is then.

        Miniflux files a feed under one category: the first given, or its default.
        """
        sent: dict[str, object] = {}
        if title is not None:
            sent["title"] = title
        if categories is not None:
            sent["category_id"] = await self._ensure_category(categories[0] if categories else "")
        path = f"/v1/feeds/{feed.id}"
        reply = await self._api.call_api(path, method="PUT", body=make_json_body(sent))
        return self._parse_feed_or_raise(self._api.decode_reply(reply))

    async def remove_feed(self, feed: ServerFeed) -> None:
        """Unsubscribe from a feed; nothing happens if it is not subscribed to."""
        try:
            await self._send_request("DELETE", f"/v1/feeds/{feed.id}")
        except FetchError as error:
            if error.failure is not Failure.MISSING:
                raise

    async def fetch_feed(self, feed: ServerFeed) -> None:
        """Make the server fetch a feed now; `list_feeds` returns the result."""
        try:
            await self._send_request("PUT", f"/v1/feeds/{feed.id}/refresh")
        except FetchError as error:
            if not error.status:
                raise

    def _parse_feed_or_raise(self, item: JsonValue) -> ServerFeed:
        feed = parse_feed(item, self._api.clean_text_of_server)
        if feed is None:
            raise FetchError(Failure.BROKEN, "the server's answer does not describe a feed")
        return feed

    async def _find_subscription(self, url: str) -> ServerFeed | None:
        """Return the subscription to an address, None if there is none."""
        key = feed_key(url)
        return next((feed for feed in await self.list_feeds() if feed_key(feed.url) == key), None)

    async def _ensure_category(self, title: str) -> int:
        """Return the id of a category, which is created if missing; "" is the default one."""
        found = (await self._get_json("/v1/categories")).objects_of()
        ids = {item.text_of("title"): item.number_of("id") for item in found}
        if not title and ids:
            return ids[min(ids)]
        if title in ids:
            return ids[title]
        reply = await self._api.call_api("/v1/categories", body=make_json_body({"title": title}))
        return self._api.decode_reply(reply).number_of("id")

    async def _send_request(self, method: str, path: str, sent: object = None) -> None:
        """Send a request whose reply has no content."""
        body = (b"", "") if sent is None else make_json_body(sent)
        reply = await self._api.call_api(path, method=method, body=body)
        if reply.status != HTTPStatus.NO_CONTENT:
            # A page to log in to a network says 200 to everything.
            self._api.decode_reply(reply)

    async def _get_json(self, path: str) -> JsonValue:
        return self._api.decode_reply(await self._api.call_api(path))


def _make_changes(items: Iterable[JsonValue], known: KnownEntries, oldest: int = 0) -> Changes:
    """Return entries and marks; of unknown entries before the oldest, unread and starred ones."""
    found = list(filter(None, map(parse_entry, items)))
    marks = {entry.id: entry.marks for entry in found if entry.id in known.ids}
    wanted = [
        entry
        for entry in found
        if entry.id in marks or int(entry.id) >= oldest or entry.marks != ServerMarks(read=True)
    ]
    return Changes(wanted, marks)


def _to_numbers(ids: Iterable[EntryId]) -> list[int]:
    """Return ids as the server wants them; what cannot be one of its ids is passed over."""
    return [int(each) for each in ids if each.isascii() and each.isdecimal() and len(each) < 20]
