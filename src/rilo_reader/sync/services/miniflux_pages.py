"""Read the entries of a Miniflux in pages, whatever comes, goes or changes meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import NamedTuple

from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.sync.services.api import Api, Json, server_time
from rilo_reader.sync.services.miniflux_values import NewestChange, entry_number, seconds

TOO_LARGE_AT_MOST = 10
"""Entries in a row that are larger than any reply may be, and are passed over."""

COME_MEANWHILE = 1_000
"""Entries that may come, or be changed, while a list is read."""

MOST_ENTRIES = 1_000_000
"""Entries of a list."""

EntryQuery = Mapping[str, str | int]
"""Parameters of `GET /v1/entries`."""


class EntryPage(NamedTuple):
    """Entries of a reply.

    Attributes:
        items: the entries, in the order asked for.
        total: how many there are that answer the query.
        now: the server's time, in seconds since 1970; 0 if unknown.
        size: how many were asked for at last.
    """

    items: list[Json]
    total: int
    now: int
    size: int

    @property
    def change(self) -> NewestChange:
        """The first entry as the one that was changed last."""
        if not self.items:
            return NewestChange(now=self.now)
        first = self.items[0]
        changed = max(seconds(first.text("changed_at")) or 0, 0)
        return NewestChange(entry_number(first) or 0, changed, self.now, self.total)


class EntryPages:
    """The entries of a user.

    Args:
        api: the server.
        size: entries of a request.
    """

    def __init__(self, api: Api, size: int) -> None:
        self._api = api
        self._size = size

    async def page(self, query: EntryQuery, size: int) -> EntryPage:
        """Return the first entries that answer a query, by default those with the least ids.

        Fewer are asked for if the reply would be too large. Entries that are too large all by
        themselves are passed over, and not counted.

        Raises:
            FetchError: there is no such reply.
        """
        passed = 0
        while True:
            sent = {"order": "id", "direction": "asc", **query, "limit": size, "offset": passed}
            try:
                reply = await self._api.call("/v1/entries", sent.items())
            except FetchError as error:
                if error.failure is not Failure.TOO_LARGE or passed == TOO_LARGE_AT_MOST:
                    raise
                passed += size == 1
                size = max(size // 2, 1)
            else:
                found = self._api.decoded(reply)
                total = max(found.number("total") - passed, 0)
                return EntryPage(found.objects("entries"), total, server_time(reply), size)

    async def newest_change(self, since: int) -> NewestChange:
        """Return the entry that was changed last, if any was changed after `since`."""
        query: EntryQuery = {"changed_after": since, "order": "changed_at", "direction": "desc"}
        return (await self.page(query, 1)).change

    async def all(
        self, query: EntryQuery, *, newest_first: bool = False, before: int | None = None
    ) -> AsyncIterator[list[Json]]:
        """Yield all entries that answer a query, in pages, in the order of their ids.

        Args:
            query: the query.
            newest_first: the order.
            before: only those with a less id, with `newest_first`.

        Raises:
            FetchError: a page cannot be had; BROKEN if there would be no end.
        """
        bound, direction = "after_entry_id", "asc"
        if newest_first:
            bound, direction = "before_entry_id", "desc"
        at, size, left = before, self._size, 0
        while True:
            position = {} if at is None else {bound: at}
            page = await self.page({**query, **position, "direction": direction}, size)
            ids = ids_of(page.items)
            if page.items and not ids:
                raise FetchError(Failure.BROKEN, "the server sends entries without ids")
            if not ids:
                return
            if at == before:
                left = min(page.total + COME_MEANWHILE, MOST_ENTRIES)
            left -= len(page.items)
            if left < 0:
                reason = "the server's list of entries has no end: it sends more than it said"
                raise FetchError(Failure.BROKEN, reason)
            yield page.items
            if len(page.items) >= page.total:
                return
            end = min(ids) if newest_first else max(ids)
            if at is not None and (end >= at if newest_first else end <= at):
                reason = "the server sends the same entries again and again"
                raise FetchError(Failure.BROKEN, reason)
            at, size = end, min(page.size * 2, self._size)


def ids_of(items: Iterable[Json]) -> list[int]:
    """Return the ids of entries; those without one are passed over."""
    found = map(entry_number, items)
    return [number for number in found if number is not None]
