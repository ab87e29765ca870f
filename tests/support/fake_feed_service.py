"""A feed service in memory whose feeds can be changed, and the records of its account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.sync.services.service import (
    Changes,
    EntryId,
    Known,
    Mark,
    ServerEntry,
    ServerFeed,
)

REFUSED = FetchError(Failure.STATUS, "The server answered 500.", status=500)
OFFLINE = FetchError(Failure.OFFLINE, "home.example.org could not be reached.")


class FakeFeedService:
    """A `Service` that has feeds, and no entries.

    Attributes:
        known: its subscriptions by id.
        error: raised by every call but those before it, or None.
        patience: the number of calls before `error`.
        calls: the names of the methods that were called.
    """

    def __init__(self, *feeds: ServerFeed) -> None:
        self.known = {each.id: each for each in feeds}
        self.error: FetchError | None = None
        self.patience = 0
        self.calls: list[str] = []

    def _called(self, name: str) -> None:
        if self.error is not None and self.patience <= len(self.calls):
            raise self.error
        self.calls.append(name)

    async def check(self) -> str:
        return "A fake"

    async def feeds(self) -> list[ServerFeed]:
        self._called("feeds")
        return list(self.known.values())

    async def entries(self, ids: Sequence[EntryId]) -> list[ServerEntry]:
        return []

    async def changes(self, known: Known) -> AsyncIterator[Changes]:
        yield Changes(cursor="1")

    async def push(self, mark: Mark, value: bool, ids: Sequence[EntryId]) -> None:
        pass

    async def add_feed(self, url: str, category: str = "", title: str = "") -> ServerFeed:
        self._called("add_feed")
        for each in self.known.values():
            if each.url == url:
                return each
        if "broken" in url:
            raise FetchError(Failure.BROKEN, f"{url} is no feed, says the server.")
        number = str(max(map(int, self.known), default=0) + 1)
        added = ServerFeed(number, url, title or "Its own title", (category or "All",))
        self.known[number] = added
        return added

    async def change_feed(
        self, feed: ServerFeed, *, title: str | None = None, categories: Sequence[str] | None = None
    ) -> ServerFeed:
        self._called("change_feed")
        now = self.known[feed.id]
        if title is not None:
            now = now._replace(title=title)
        if categories is not None:
            now = now._replace(categories=tuple(categories))
        self.known[feed.id] = now
        return now

    async def remove_feed(self, feed: ServerFeed) -> None:
        self._called("remove_feed")
        self.known.pop(feed.id, None)
