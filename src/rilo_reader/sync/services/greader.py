"""`GoogleReader`: a server with the Google Reader API, which many servers have.

    unread, starred, newest = ids                    # lists of ids alone, complete
    marks = of known entries in any of these
    entries = contents of unknown entries in any of these
    marks += of known entries that were unread or starred and are in none, if contents come

The API shows neither guids nor what has changed since a moment that means the same to all
servers, so sets of ids are compared.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from urllib.parse import urlsplit

from rilo_reader.fetch.addresses import without_login
from rilo_reader.fetch.values import ApiClient, Failure, FetchError
from rilo_reader.sync.services.greader_login import NAME, GreaderLogin
from rilo_reader.sync.services.greader_streams import (
    DEFAULT_LIMITS,
    READ,
    STARRED,
    Stream,
    StreamLimits,
    entry_ids,
)
from rilo_reader.sync.services.greader_values import (
    LABEL,
    long_id,
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

BATCH = 250
"""Entries of a call. PHP reads at most 1,000 fields of a form."""
ASKED = 1_000
"""Entries that no list shows and that are asked for in one sync."""
ROUNDS = 3
"""How often marks are sent until the server has them."""
_NOTHING_FOUND = "no items returned"
"""What Miniflux says with status 400 if it has none of the entries that are asked for."""
_TAGS = {Mark.READ: READ, Mark.STARRED: STARRED}
_EDIT = "/subscription/edit"
# Shared, since each sync lists all entries: ten thousand new objects set the garbage collector off.
_MARKS = {(read, star): ServerMarks(read, star) for read in (False, True) for star in (False, True)}


class GoogleReader:
    """A `Service` with the Google Reader API: FreshRSS, Miniflux, BazQux, The Old Reader.

    Args:
        client: sends the requests.
        account: the account.
        password: its password for the API.
        limits: limits of lists of ids.
    """

    def __init__(
        self,
        client: ApiClient,
        account: Account,
        password: str,
        limits: StreamLimits = DEFAULT_LIMITS,
    ) -> None:
        self._account = account
        self._login = GreaderLogin(client, account, password)
        self._limits = limits

    async def check(self) -> str:
        """Log in; return what the server is."""
        info = await self._login.get("/user-info")
        host = urlsplit(self._account.url).hostname or self._account.url
        name = info.text("userName") or info.text("userEmail") or self._account.user
        return f"{NAME} of {host}, as {self._login.shown(name)}"

    async def feeds(self) -> list[ServerFeed]:
        """Return all subscriptions."""
        reply = await self._login.get("/subscription/list")
        return list(filter(None, map(server_feed, reply.objects("subscriptions"))))

    async def entries(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        """Return those of a few entries that the server still has."""
        found: list[ServerEntry] = []
        for batch in _batches(ids):
            found += await self._contents(batch)
        return found

    async def changes(self, known: Known) -> AsyncIterator[Changes]:
        """Yield marks of known entries, entries that are not known, and a cursor.

        Changed contents of known entries do not show in this API.
        """
        # The newest entries come last: those are there now, so they are read if they were not
        # unread before, and have not merely been deleted in between.
        unread = set(await entry_ids(self._login, Stream.UNREAD, self._limits))
        starred = set(await entry_ids(self._login, Stream.STARRED, self._limits))
        newest: list[EntryId] = []
        if known.window > 0:
            newest = await entry_ids(self._login, Stream.ALL, self._limits, known.window)
        listed = {*newest, *unread, *starred}
        here = listed & known.ids
        marks = {each: _MARKS[each not in unread, each in starred] for each in here}
        if marks:
            yield Changes(marks=marks)
        wanted = _newest_first(listed - known.ids)
        async with aclosing(self._ahead(wanted)) as batches:
            async for batch in batches:
                entries = [_as_listed(each, unread, starred) for each in batch]
                yield Changes(entries=entries, total=len(wanted))
        watched = known.ids if known.watched is None else known.watched
        asked, cursor = _asked(watched - listed, known.cursor)
        async with aclosing(self._ahead(asked)) as batches:
            async for entries in batches:
                listed_as = [_as_listed(each, unread, starred) for each in entries]
                yield Changes(marks={each.id: each.marks for each in listed_as})
        yield Changes(cursor=cursor)

    async def push(self, mark: Mark, value: bool, ids: Sequence[EntryId]) -> None:
        """Give a mark to entries, or take it away.

        The mark is sent only for entries that do not have it so, and looked for afterwards, since
        Miniflux before 2.3 toggles.
        """
        pending = list(dict.fromkeys(ids))
        for attempt in range(ROUNDS + 1):
            pending = await self._lacking(mark, value, pending)
            if attempt and pending:
                # Entries that no list shows: hidden ones, and those that the server has forgotten.
                found = await self.entries(pending)
                pending = [each.id for each in found if _has(each.marks, mark) is not value]
            if not pending:
                return
            if attempt < ROUNDS:
                for batch in _batches(pending):
                    form = [("a" if value else "r", _TAGS[mark]), *_items(batch)]
                    await self._login.post("/edit-tag", form)
        done = mark if value else f"not {mark}"
        reason = f"the server does not keep {len(pending):,} entries as {done}"
        raise FetchError(Failure.BROKEN, reason)

    async def add_feed(self, url: str, category: str = "", title: str = "") -> ServerFeed:
        """Subscribe to a feed; return the subscription, also if there was one already."""
        there = _with_url(await self.feeds(), url)
        if there is not None:
            return there
        try:
            reply = await self._login.ask("/subscription/quickadd", [("quickadd", url)])
            feed_id, reason = reply.text("streamId"), reply.text("error")
        except FetchError as error:
            if error.status not in (400, 500):
                raise
            # Miniflux says so of a feed that is subscribed to under another address.
            feed_id, reason = "", error.reason
        feeds = await self.feeds()
        feed = next((each for each in feeds if each.id == feed_id), None) or _with_url(feeds, url)
        if feed is None:
            # FreshRSS repeats the address as it was sent, login and all.
            message = self._login.shown(reason) or "it found no feed there"
            reason = f"the server did not subscribe to {without_login(url)}: {message}"
            raise FetchError(Failure.STATUS, reason)
        categories = (category,) if category else None
        return await self.change_feed(feed, title=title or None, categories=categories)

    async def change_feed(
        self, feed: ServerFeed, *, title: str | None = None, categories: Sequence[str] | None = None
    ) -> ServerFeed:
        """Change the title or the categories of a subscription; return it as it is then.

        Servers whose feeds have exactly one category may keep the old one rather than none.
        """
        edits = [[("t", title)]] if title and title != feed.title else []
        if categories is not None:
            # Where a feed has one category, taking the old one away after giving the new one would
            # leave none.
            edits.append([("r", LABEL + old) for old in feed.categories if old not in categories])
            edits.append([("a", LABEL + new) for new in categories if new not in feed.categories])
        edits = [edit for edit in edits if edit]
        if not edits:
            return feed
        for edit in edits:
            await self._login.post(_EDIT, [("ac", "edit"), ("s", feed.id), *edit])
        changed = next((each for each in await self.feeds() if each.id == feed.id), None)
        if changed is None:
            reason = f"the server has no subscription to {feed.url} any more"
            raise FetchError(Failure.MISSING, reason)
        return changed

    async def remove_feed(self, feed: ServerFeed) -> None:
        """Unsubscribe from a feed; nothing happens if it is not subscribed to."""
        try:
            await self._login.post(_EDIT, [("ac", "unsubscribe"), ("s", feed.id)])
        except FetchError as error:
            if error.status not in (400, 404, 500):
                raise
            if any(each.id == feed.id for each in await self.feeds()):
                raise

    async def fetch_feed(self, feed: ServerFeed) -> None:
        """Do nothing: no server can be asked for it by this API."""

    async def _ahead(self, ids: Sequence[EntryId]) -> AsyncGenerator[list[ServerEntry], None]:
        """Yield entries in batches; the next one is on its way while one is read and used."""
        tasks: deque[asyncio.Task[list[ServerEntry]]] = deque()
        try:
            for batch in _batches(ids):
                tasks.append(asyncio.create_task(self._contents(batch)))
                if len(tasks) > 1:
                    yield await tasks.popleft()
            if tasks:
                yield await tasks.popleft()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _contents(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        """Return those of a batch of entries that the server has."""
        try:
            reply = await self._login.ask("/stream/items/contents", _items(ids))
        except FetchError as error:
            if _NOTHING_FOUND in error.reason:
                return []
            if error.failure is not Failure.TOO_LARGE:
                raise
            if len(ids) == 1:
                return []  # it would be in the way of all others
            half = len(ids) // 2
            return [*await self._contents(ids[:half]), *await self._contents(ids[half:])]
        wanted = set(ids)
        found: dict[EntryId, ServerEntry] = {}
        for item in reply.objects("items"):
            entry = server_entry(item)
            if entry is not None and entry.id in wanted:
                found[entry.id] = entry
        return list(found.values())

    async def _lacking(self, mark: Mark, value: bool, ids: Sequence[EntryId]) -> list[EntryId]:
        """Return those of these entries that do not seem to have a mark as it should be."""
        stream = Stream.UNREAD if mark is Mark.READ else Stream.STARRED
        listed = set(await entry_ids(self._login, stream, self._limits))
        with_mark = value if mark is Mark.STARRED else not value
        return [each for each in ids if (each in listed) is not with_mark]


def _asked(missing: AbstractSet[EntryId], cursor: str) -> tuple[list[EntryId], str]:
    """Return which of the missing entries to ask for now, and the cursor for the next time.

    They take turns, from new to old: those that the server has forgotten are missing every time.
    """
    ordered = _newest_first(missing)
    if len(ordered) <= ASKED:
        return ordered, "0"
    last = int(cursor) if cursor.isdecimal() and cursor.isascii() else 0
    older = [each for each in ordered if int(each) < last]
    asked = [*older, *ordered][:ASKED]
    return asked, asked[-1]


def _as_listed(
    entry: ServerEntry, unread: AbstractSet[EntryId], starred: AbstractSet[EntryId]
) -> ServerEntry:
    """Return an entry with the marks that its contents have and the lists confirm.

    FreshRSS puts the tags of a feed beside its own, so a feed could mark its entries. What has
    come after the list of unread ones is not in it, and unread by its contents.
    """
    read, is_starred = entry.marks.read, entry.marks.starred
    marks = ServerMarks(read and entry.id not in unread, is_starred and entry.id in starred)
    return entry._replace(marks=marks)


def _has(marks: ServerMarks, mark: Mark) -> bool:
    return marks.read if mark is Mark.READ else marks.starred


def _newest_first(ids: Iterable[EntryId]) -> list[EntryId]:
    return sorted(ids, key=int, reverse=True)


def _batches(ids: Sequence[EntryId]) -> list[Sequence[EntryId]]:
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


def _items(ids: Iterable[EntryId]) -> list[tuple[str, str]]:
    return [("i", long_id(each)) for each in ids]


def _with_url(feeds: Iterable[ServerFeed], url: str) -> ServerFeed | None:
    return next((feed for feed in feeds if feed.url == url), None)
