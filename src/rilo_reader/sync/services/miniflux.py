"""`Miniflux`: a Miniflux server by its own API (https://miniflux.app/docs/api.html).

    later than first contact:
        how many entries have greater ids than all that are known    after_entry_id
        what has changed since the cursor, by the server's clock     changed_after
    first contact; or the greatest known id is gone, the clock has gone back, or new entries are
    missing in what has changed (decision 0130):
        the newest entries; what is unread or starred among the older ones

Entries are read in pages by id rather than by number, so what comes, goes or changes meanwhile
shifts no page. What changes behind the page that is being read is found with the next cursor.
`changed_at` is about marks. So that content which a feed has changed later is seen, some entries
are read again each time: the newest, and others in turns.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Sequence
from http import HTTPStatus

from rilo_reader.feeds.identity import feed_key
from rilo_reader.fetch.addresses import basic_authorization
from rilo_reader.fetch.values import ApiClient, Failure, FetchError
from rilo_reader.sync.services.api import Api, Endpoint, Json, api_root, json_body, server_root
from rilo_reader.sync.services.miniflux_pages import EntryPages, ids_of
from rilo_reader.sync.services.miniflux_values import (
    Cursor,
    NewestChange,
    entry_number,
    seconds,
    server_entry,
    server_feed,
)
from rilo_reader.sync.services.service import (
    Account,
    Changes,
    EntryId,
    Known,
    Mark,
    ServerEntry,
    ServerFeed,
    ServerMarks,
)

PAGE = 250
"""Entries of a request."""
BATCH = 1_000
"""Marks of a request."""
STAR_ROUNDS = 3
"""How often stars are set that somebody else toggles at the same time."""
SETS_STARS = (2, 3, 2)
"""The first version that sets stars instead of toggling them."""
_NOTHING_UPDATED = "nothing has been updated"
"""What versions before 2.3 say if they have none of the entries of a request."""


class Miniflux:
    """A `Service`.

    Args:
        client: sends the requests.
        account: with a user, the secret is the password; without, an API key.
        secret: is in no error. A line break at its end is no part of it.
        page: entries of a request.
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
                raise FetchError(Failure.LOGIN, "the API key is empty, or no key: set it again")
            headers, secrets = {"X-Auth-Token": secret}, [secret]
        root = server_root(api_root(account.url, "/v1"))
        endpoint = Endpoint("Miniflux", root, account.private)
        self._api = Api(client, endpoint, headers=headers, secrets=secrets)
        self._pages = EntryPages(self._api, page)

    async def check(self) -> str:
        """Log in; return the name and version of the server, and the user."""
        user = self._api.shown((await self._get("/v1/me")).text("username"))
        if not user:
            raise FetchError(Failure.BROKEN, "the server does not say who is logged in")
        version = await self._version()
        return f"Miniflux{f' {version}' if version else ''}, as {user}"

    # -- entries -----------------------------------------------------------------------------

    async def entries(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        """Return those of a few entries that the server still has; one request for each."""
        found = [
            server_entry(item) for number in _numbers(ids) if (item := await self._item(number))
        ]
        return [entry for entry in found if entry is not None]

    async def changes(self, known: Known) -> AsyncIterator[Changes]:
        """Yield what has changed since `known`; the last batch has a cursor.

        Known entries that have changed are in the `entries` of a batch as well as in its `marks`.
        """
        cursor = Cursor.parsed(known.cursor)
        if cursor is not None and cursor.id and cursor.window >= known.window:
            rest = await self._pages.page({"after_entry_id": cursor.id - 1}, 1)
            newest = await self._pages.newest_change(cursor.before_newest)
            if await self._is_restored(cursor, newest):
                yield Changes(is_restored=True)
            elif rest.items and not cursor.is_before(newest.now):
                new: set[int] = set()
                if newest.entry and newest.changed >= cursor.since:
                    async for items in self._pages.all({"changed_after": cursor.since}):
                        new.update(number for number in ids_of(items) if number > cursor.id)
                        some = _changes(items, known, cursor.oldest)
                        yield some._replace(total=newest.total)
                if len(new) >= rest.total - (entry_number(rest.items[0]) == cursor.id):
                    turn = cursor.turn
                    async for items, next_turn in self._again(known.again, cursor):
                        turn = next_turn
                        yield _changes(items, known, cursor.oldest)
                    end = cursor.next(max(new, default=cursor.id), newest)
                    yield Changes(cursor=end._replace(turn=turn).text())
                    return
        async for changes in self._everything(known):
            yield changes

    async def _is_restored(self, cursor: Cursor, newest: NewestChange) -> bool:
        """Return whether the entry that was changed last then, was so earlier by now."""
        is_same = (newest.entry, newest.changed) == (cursor.entry, cursor.changed)
        if is_same or not cursor.entry or cursor.is_before(newest.now):
            return False
        item = await self._item(cursor.entry)
        changed = None if item is None else seconds(item.text("changed_at"))
        return changed is not None and changed < cursor.changed

    async def _again(self, number: int, cursor: Cursor) -> AsyncIterator[tuple[list[Json], int]]:
        """Yield so many of the newest entries, then others of the window, with the next turn."""
        at = 0
        for before in (0, cursor.turn):
            at, left = min(at, before or at), number
            while left > 0 and (not at or at > cursor.oldest):
                position = {"before_entry_id": at} if at else {}
                page = await self._pages.page({**position, "direction": "desc"}, min(left, PAGE))
                at, left = min(ids_of(page.items), default=0), left - len(page.items)
                yield page.items, at if at > cursor.oldest else 0
                if not at:
                    return

    async def _everything(self, known: Known) -> AsyncIterator[Changes]:
        """Yield the newest entries, all known ones, and what is unread or starred."""
        newest = await self._pages.newest_change(0)
        oldest_known = min(_numbers(known.ids), default=None)
        total = newest.total if known.ids else min(newest.total, known.window)
        count, greatest, at, oldest = 0, 0, None, 0
        async for items in self._pages.all({}, newest_first=True):
            ids = sorted(ids_of(items), reverse=True)
            left, count = known.window - count, count + len(ids)
            if not oldest and left <= len(ids):
                oldest = ids[left - 1] if left > 0 else ids[0] + 1
            greatest, at = max(greatest, ids[0]), ids[-1]
            some = _changes(items, known, oldest)
            yield some._replace(total=total)
            if oldest and (oldest_known is None or at <= oldest_known):
                break
        else:
            at = None
        if at is not None:
            for marked in ({"status": "unread"}, {"status": "read", "starred": "true"}):
                async for items in self._pages.all(marked, newest_first=True, before=at):
                    yield _changes(items, known)._replace(total=total)
        yield Changes(
            cursor=Cursor(oldest=oldest, window=known.window).next(greatest, newest).text()
        )

    async def _item(self, number: int) -> Json | None:
        """Return an entry, None if the server does not have it."""
        try:
            return await self._get(f"/v1/entries/{number}")
        except FetchError as error:
            if error.failure is not Failure.MISSING:
                raise
            return None

    # -- marks -------------------------------------------------------------------------------

    async def push(self, mark: Mark, value: bool, ids: Sequence[EntryId]) -> None:
        """Give a mark to entries, or take it away; entries that are gone are passed over."""
        numbers = _numbers(ids)
        if not numbers:
            return
        if mark is Mark.STARRED and not await self._sets_stars():
            await self._toggle_stars(value, numbers)
            return
        changed = {"starred": value} if mark is Mark.STARRED else {"status": _status(value)}
        for begin in range(0, len(numbers), BATCH):
            sent = {"entry_ids": numbers[begin : begin + BATCH], **changed}
            try:
                await self._do("PUT", "/v1/entries", sent)
            except FetchError as error:
                if _NOTHING_UPDATED not in error.reason:
                    raise

    async def _toggle_stars(self, value: bool, numbers: list[int]) -> None:
        """Star entries, or take their stars, on a server that can only toggle stars.

        Each is read just before, and all that were toggled once more afterwards, since somebody
        else may have toggled one at the same time.
        """
        for _ in range(STAR_ROUNDS):
            different = []
            for number in numbers:
                item = await self._item(number)
                if item is not None and item.flag("starred") != value:
                    different.append(number)
                    await self._toggle_star(number)
            if not different:
                return
            numbers = different
        reason = f"the server did not keep the stars of {len(numbers)} entries"
        raise FetchError(Failure.BROKEN, reason)

    async def _toggle_star(self, number: int) -> None:
        try:
            await self._do("PUT", f"/v1/entries/{number}/bookmark")
        except FetchError as error:
            if _NOTHING_UPDATED not in error.reason:
                raise

    async def _sets_stars(self) -> bool:
        version = re.match(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})", await self._version())
        return version is not None and tuple(map(int, version.groups())) >= SETS_STARS

    async def _version(self) -> str:
        """Return the version, "" if the server is so old that it does not tell."""
        try:
            return self._api.shown((await self._get("/v1/version")).text("version"))[:20]
        except FetchError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return ""

    # -- feeds -------------------------------------------------------------------------------

    async def feeds(self) -> list[ServerFeed]:
        """Return all subscriptions."""
        items = (await self._get("/v1/feeds")).objects()
        found = [feed for item in items if (feed := server_feed(item, self._api.shown))]
        if items and not found:
            # Not the same as no subscription.
            raise FetchError(Failure.BROKEN, "the server's answer describes no feed")
        return found

    async def add_feed(self, url: str, category: str = "", title: str = "") -> ServerFeed:
        """Subscribe to a feed; return the subscription, also if there was one already.

        The server fetches the feed at once, and may follow it to another address.
        """
        existing = await self._subscription(url)
        if existing is not None:
            return existing
        sent: dict[str, object] = {"feed_url": url}
        if category:
            sent["category_id"] = await self._category(category)
        try:
            reply = await self._api.call("/v1/feeds", body=json_body(sent))
        except FetchError as error:
            # Another client may have been quicker.
            refused = error.failure is Failure.STATUS
            existing = await self._subscription(url) if refused else None
            if existing is None:
                raise
            return existing
        path = f"/v1/feeds/{self._api.decoded(reply).number('feed_id')}"
        if title:
            await self._do("PUT", path, {"title": title})
        return self._feed(await self._get(path))

    async def change_feed(
        self, feed: ServerFeed, *, title: str | None = None, categories: Sequence[str] | None = None
    ) -> ServerFeed:
        """Change the title or the category of a subscription; return it as it is then.

        Miniflux files a feed under one category: the first of those given, or the one that it uses
        by default.
        """
        sent: dict[str, object] = {}
        if title is not None:
            sent["title"] = title
        if categories is not None:
            sent["category_id"] = await self._category(categories[0] if categories else "")
        path = f"/v1/feeds/{feed.id}"
        reply = await self._api.call(path, method="PUT", body=json_body(sent))
        return self._feed(self._api.decoded(reply))

    async def remove_feed(self, feed: ServerFeed) -> None:
        """Unsubscribe from a feed; nothing happens if it is not subscribed to."""
        try:
            await self._do("DELETE", f"/v1/feeds/{feed.id}")
        except FetchError as error:
            if error.failure is not Failure.MISSING:
                raise

    async def fetch_feed(self, feed: ServerFeed) -> None:
        """Let the server fetch a feed now; `feeds` says how that went."""
        try:
            await self._do("PUT", f"/v1/feeds/{feed.id}/refresh")
        except FetchError as error:
            if not error.status:
                raise

    def _feed(self, item: Json) -> ServerFeed:
        feed = server_feed(item, self._api.shown)
        if feed is None:
            raise FetchError(Failure.BROKEN, "the server's answer describes no feed")
        return feed

    async def _subscription(self, url: str) -> ServerFeed | None:
        """Return the subscription to an address, None if there is none."""
        key = feed_key(url)
        return next((feed for feed in await self.feeds() if feed_key(feed.url) == key), None)

    async def _category(self, title: str) -> int:
        """Return the id of a category, which is created if missing; "" is the default one."""
        found = (await self._get("/v1/categories")).objects()
        ids = {item.text("title"): item.number("id") for item in found}
        if not title and ids:
            return ids[min(ids)]
        if title in ids:
            return ids[title]
        reply = await self._api.call("/v1/categories", body=json_body({"title": title}))
        return self._api.decoded(reply).number("id")

    async def _do(self, method: str, path: str, sent: object = None) -> None:
        """Send what has no answer but that it is done."""
        body = None if sent is None else json_body(sent)
        reply = await self._api.call(path, method=method, body=body)
        if reply.status != HTTPStatus.NO_CONTENT:
            # A page to log in to a network says 200 to everything.
            self._api.decoded(reply)

    async def _get(self, path: str) -> Json:
        return self._api.decoded(await self._api.call(path))


def _changes(items: Iterable[Json], known: Known, oldest: int = 0) -> Changes:
    """Return entries and marks; of unknown entries before the oldest, unread and starred ones."""
    found = [entry for item in items if (entry := server_entry(item)) is not None]
    marks = {entry.id: entry.marks for entry in found if entry.id in known.ids}
    wanted = [
        entry
        for entry in found
        if entry.id in marks or int(entry.id) >= oldest or entry.marks != ServerMarks(read=True)
    ]
    return Changes(wanted, marks)


def _numbers(ids: Iterable[EntryId]) -> list[int]:
    """Return ids as the server wants them; what cannot be one of its ids is passed over."""
    return [int(each) for each in ids if each.isascii() and each.isdecimal() and len(each) < 20]


def _status(read: bool) -> str:
    return "read" if read else "unread"
