"""Read which entries a stream of the Google Reader API has: all, unread or starred ones."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from rilo_reader.fetch.values import Failure, FetchError
from rilo_reader.sync.services.greader_login import GreaderLogin
from rilo_reader.sync.services.greader_values import entry_id
from rilo_reader.sync.services.service import EntryId

READ = "user/-/state/com.google/read"
STARRED = "user/-/state/com.google/starred"
READING_LIST = "user/-/state/com.google/reading-list"


class Stream(StrEnum):
    """What entries to list."""

    ALL = "all"
    UNREAD = "unread"
    STARRED = "starred"


_QUERIES = {
    Stream.ALL: (("s", READING_LIST),),
    Stream.UNREAD: (("s", READING_LIST), ("xt", READ)),
    Stream.STARRED: (("s", STARRED),),
}


class StreamLimits(NamedTuple):
    """Limits of a list.

    Attributes:
        page: entries to ask for at once; servers may send fewer.
        entries: entries of a list.
        pages: requests for a list.
        attempts: how often to begin anew because a list changes while it is read.
    """

    page: int = 10_000
    entries: int = 1_000_000
    pages: int = 1_000
    attempts: int = 4


DEFAULT_LIMITS = StreamLimits()


class _Page(NamedTuple):
    """A page of a list: ids as they were sent, and where the next one begins, or ""."""

    sent: list[object]
    continuation: str


async def entry_ids(
    login: GreaderLogin, stream: Stream, limits: StreamLimits, newest: int | None = None
) -> list[EntryId]:
    """Return the ids of all entries of a stream, or of its newest ones.

    Raises:
        FetchError: the list cannot be read completely.
    """
    for _ in range(limits.attempts):
        ids = await _read(login, stream, limits, newest)
        if ids is not None:
            return ids
    reason = "its list of entries changes all the time; it is asked again later"
    raise FetchError(Failure.BUSY, reason)


async def _read(
    login: GreaderLogin, stream: Stream, limits: StreamLimits, newest: int | None
) -> list[EntryId] | None:
    """Read all pages; return None if entries may be missing as the list has changed meanwhile."""
    most = limits.entries if newest is None else newest
    sent: list[object] = []
    continuation, seen = "", set[str]()
    while len(sent) < most:
        again = _with_last_again(sent, continuation) if sent else ""
        size = min(limits.page, most - len(sent) + bool(again))
        page = await _page(login, stream, size, again or continuation)
        if again:
            if page.sent[:1] != sent[-1:]:
                return None
            del page.sent[0]
        sent += page.sent
        if not page.continuation:
            break
        if page.continuation in seen or len(seen) >= limits.pages:
            raise FetchError(Failure.BROKEN, "the server's list of entries has no end")
        continuation = page.continuation
        seen.add(continuation)
    else:
        if newest is None:
            reason = f"the server has more than {most:,} {stream} entries"
            raise FetchError(Failure.TOO_LARGE, reason)
    return _read_ids(sent[:most])


def _with_last_again(sent: list[object], continuation: str) -> str:
    """Return the continuation of a page that begins with the last entry again; "" if unknown.

    It proves that no entry is missing between two pages. In Miniflux a continuation is a position,
    so whatever is removed before it moves what follows. In FreshRSS it is the last id, and the
    entry after it is lost if that one has been removed.
    """
    if continuation == str(len(sent)):
        return str(len(sent) - 1)
    return str(sent[-2]) if continuation == sent[-1] and len(sent) > 1 else ""


async def _page(login: GreaderLogin, stream: Stream, size: int, after: str) -> _Page:
    query = (*_QUERIES[stream], ("n", size), *((("c", after),) if after else ()))
    reply = await login.get("/stream/items/ids", query)
    value = reply.value if isinstance(reply.value, dict) else {}
    # What is not a whole list must not pass for one: what is missing in it would count as read.
    items = value.get("itemRefs", "")
    continuation = value.get("continuation") or ""
    if not (isinstance(items, list | None) and isinstance(continuation, str | int)):
        raise FetchError(Failure.BROKEN, "the server sent something that is not a list of entries")
    sent = [item.get("id") if isinstance(item, dict) else None for item in items or ()]
    return _Page(sent, str(continuation))


def _read_ids(sent: list[object]) -> list[EntryId]:
    ids = [entry_id(each) for each in sent]
    found = [each for each in ids if each is not None]
    if len(found) < len(ids):
        raise FetchError(Failure.BROKEN, "the server's list of entries has ids that cannot be read")
    return list(dict.fromkeys(found))
