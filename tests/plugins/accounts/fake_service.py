"""A feed service in memory: its feeds, entries and marks, and what can go wrong with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count

from rilo_reader.entry import Entry
from rilo_reader.fetch.messages import Failure, FetchError
from rilo_reader.plugins.accounts.service import (
    Changes,
    EntryId,
    KnownEntries,
    ServerEntry,
    ServerFeed,
    ServerMark,
    ServerMarks,
)

NOON = datetime(2026, 3, 7, 12, tzinfo=UTC)
OFFLINE = FetchError(Failure.OFFLINE, "home.example.org could not be reached")
REFUSED = FetchError(Failure.STATUS, "The server answered 500.", status=500)
BATCH = 3
"""Entries in a batch of changes."""


def with_mark(marks: ServerMarks, mark: ServerMark, value: bool) -> ServerMarks:
    """Return marks with another value of one."""
    return marks._replace(**{mark.value: value})


@dataclass
class Database:
    """What the server has, of which backups can be made."""

    feeds: dict[str, ServerFeed] = field(default_factory=dict)
    entries: dict[EntryId, ServerEntry] = field(default_factory=dict)
    changed: dict[EntryId, int] = field(default_factory=dict)  # by `clock`
    next_id: int = 1
    clock: int = 0  # counts changes


class FakeServer:
    """A server, as somebody else uses it: publishes, reads on the phone, restores a backup."""

    def __init__(self, *feeds: ServerFeed, shows_guids: bool = True) -> None:
        self.data = Database({each.id: each for each in feeds})
        self.shows_guids = shows_guids  # whether it tells hashes of guids
        self.calls: list[str] = []  # of its API, as names, without those that raised `error`
        self.error: FetchError | None = None  # raised by every call but the first ones
        self.patience = 0  # the number of calls before `error`

    def with_feed(self, *titles: str) -> list[EntryId]:
        """Subscribe to https://a.example/feed, with entries of these titles."""
        return self.publish(self.subscribe("https://a.example/feed", "A"), *titles)

    def subscribe(self, url: str, title: str, *categories: str) -> ServerFeed:
        """Add a subscription."""
        number = str(max(map(int, self.data.feeds), default=0) + 1)
        feed = ServerFeed(number, url, title, categories)
        self.data.feeds[feed.id] = feed
        return feed

    def rename(self, feed: ServerFeed, title: str) -> None:
        self.data.feeds[feed.id] = self.data.feeds[feed.id]._replace(title=title)

    def unsubscribe(self, feed: ServerFeed) -> None:
        """Remove a subscription and its entries."""
        del self.data.feeds[feed.id]
        self.forget(each.id for each in list(self.data.entries.values()) if each.feed == feed.id)

    def publish(self, feed: ServerFeed, *titles: str) -> list[EntryId]:
        """Add entries with these titles, each with a guid of its feed and title."""
        return [self._add(feed, title) for title in titles]

    def _add(self, feed: ServerFeed, title: str) -> EntryId:
        number, host = self.data.next_id, feed.url.split("/")[2]
        self.data.next_id += 1
        entry = Entry(
            url=f"https://{host}/{title}",
            title=title,
            date=NOON - timedelta(days=30) + timedelta(minutes=number),
            content="<p>Some words.</p>",
        )
        guid = f"tag:{host},2026:{title}"
        hashed = sha256(guid.encode()).hexdigest() if self.shows_guids else ""
        name = EntryId(str(number))
        self.data.entries[name] = ServerEntry(name, feed.id, entry, hashed)
        self._touch(name)
        return name

    def edit(self, entry: EntryId, text: str) -> None:
        """Change the text of an entry."""
        old = self.data.entries[entry]
        changed = old.entry._replace(content=f"<p>{text}</p>")
        self.data.entries[entry] = old._replace(entry=changed)
        self._touch(entry)

    def mark(self, mark: ServerMark, value: bool, *entries: EntryId) -> None:
        """Mark entries, as on the phone."""
        for each in entries:
            old = self.data.entries[each]
            self.data.entries[each] = old._replace(marks=with_mark(old.marks, mark, value))
            self._touch(each)

    def marks(self) -> dict[str, ServerMarks]:
        """The marks of all entries, by title."""
        return {each.entry.title: each.marks for each in self.data.entries.values()}

    def forget(self, entries: Iterable[EntryId]) -> None:
        """Delete entries, as servers do with old ones."""
        for each in entries:
            del self.data.entries[each]

    def backup(self) -> Database:
        return deepcopy(self.data)

    def restore(self, saved: Database) -> None:
        self.data = deepcopy(saved)

    def _touch(self, entry: EntryId) -> None:
        self.data.clock += 1
        self.data.changed[entry] = self.data.clock


class FakeService:
    """The API of a `FakeServer` (a `Service`)."""

    def __init__(
        self,
        server: FakeServer,
        *,
        lists: bool = False,
        toggles: bool = False,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`lists` is whether it compares lists of ids as the Google Reader API demands.

        Otherwise it says what was changed since the cursor, as Miniflux does. `toggles` is whether
        a mark that an entry has already is taken away. `step` is called before and after each call;
        what it raises, the call raises.
        """
        self.server = server
        self.lists = lists
        self.toggles = toggles
        self.step = step

    async def check_login(self) -> str:
        return "A fake"

    async def list_feeds(self) -> list[ServerFeed]:
        self._begin("feeds")
        found = list(self.server.data.feeds.values())
        self.step("feeds, done")
        return found

    async def fetch_entries(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        self._begin("entries")
        found = [self.server.data.entries[each] for each in ids if each in self.server.data.entries]
        self.step("entries, done")
        return found

    async def iter_changes(self, known: KnownEntries) -> AsyncIterator[Changes]:
        self._begin("changes")
        data = self.server.data
        cursor = str(data.clock)
        since = int(known.cursor or 0)
        newest = sorted(data.entries, key=int, reverse=True)
        window = set(newest[: known.window])
        listed = [
            each
            for each in map(data.entries.__getitem__, newest)
            if each.id in window or not each.marks.read or each.marks.starred
        ]
        shown = {each.id for each in listed}
        wanted = known.ids | shown
        if self.lists:
            stated = listed
            missing = (known.ids if known.watched_ids is None else known.watched_ids) - shown
            stated += [data.entries[each] for each in missing if each in data.entries]
            marks = {each.id: each.marks for each in stated if each.id in known.ids}
            entries = [each for each in stated if each.id not in known.ids]
        else:
            stated = [
                each
                for each in data.entries.values()
                if data.changed[each.id] > since and each.id in wanted
            ]
            entries, marks = stated, {}
        yield Changes(marks=marks)
        for start in range(0, len(entries), BATCH):
            self.step("changes, more")
            yield Changes(entries=entries[start : start + BATCH], total=len(entries))
        self.step("changes, done")
        yield Changes(cursor=cursor)

    async def push_mark(self, mark: ServerMark, value: bool, ids: Sequence[EntryId]) -> None:
        self._begin(f"push {mark} {value} {len(ids)}")
        entries = self.server.data.entries
        if any(each not in entries for each in ids):
            raise FetchError(Failure.STATUS, "the server answers 500", status=500)
        for each in ids:
            has = entries[each].marks.has_mark(mark)
            self.server.mark(mark, value if has != value or not self.toggles else not value, each)
            self.step("push, one")

    async def add_feed(self, url: str, category: str = "", title: str = "") -> ServerFeed:
        self._begin("add_feed")
        for feed in self.server.data.feeds.values():
            if feed.url == url:
                return feed
        if "broken" in url:
            raise FetchError(Failure.BROKEN, f"{url} is no feed, says the server.")
        return self.server.subscribe(url, title or "Its own title", category or "All")

    async def change_feed(
        self, feed: ServerFeed, *, title: str | None = None, categories: Sequence[str] | None = None
    ) -> ServerFeed:
        self._begin("change_feed")
        if title is not None:
            self.server.rename(feed, title)
        if categories is not None:
            old = self.server.data.feeds[feed.id]
            self.server.data.feeds[feed.id] = old._replace(categories=tuple(categories))
        return self.server.data.feeds[feed.id]

    async def remove_feed(self, feed: ServerFeed) -> None:
        self._begin("remove_feed")
        if feed.id in self.server.data.feeds:
            self.server.unsubscribe(feed)

    async def fetch_feed(self, feed: ServerFeed) -> None:
        self._begin("fetch_feed")

    def _begin(self, name: str) -> None:
        error = self.server.error
        if error is not None and self.server.patience <= len(self.server.calls):
            raise error
        self.server.calls.append(name)
        self.step(name)


class Steps:
    """Counts steps, and raises an exception at one of them."""

    def __init__(self, at: int | None = None, error: Exception | None = None) -> None:
        """`at` is the number of the step, from 0; None for none."""
        self._numbers = count()
        self._at = at
        self._error = error or OFFLINE
        self.done: list[str] = []

    def __call__(self, name: str) -> None:
        """Do a step."""
        self.done.append(name)
        if next(self._numbers) == self._at:
            raise self._error
