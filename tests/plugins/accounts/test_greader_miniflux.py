"""The Google Reader API of a real Miniflux, whose version toggles marks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

import pytest

from rilo_reader.article import Enclosure
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import ApiReply, ApiRequest, FetchLimits
from rilo_reader.plugins.accounts.greader import DEFAULT_LIMITS, GoogleReader, StreamLimits
from rilo_reader.plugins.accounts.service import (
    Account,
    Api,
    EntryId,
    KnownEntries,
    ServerEntry,
    ServerMark,
    ServerMarks,
)
from tests.support.miniflux_server import MinifluxUser, items, rss
from tests.support.servers import serving

pytestmark = pytest.mark.service

LIMITS = FetchLimits(silence_seconds=20, total_seconds=60)


class Client:
    """An HTTP client that lets something happen before a call."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self.before_call: Callable[[str], object] = lambda url: None

    async def call_api(self, request: ApiRequest) -> ApiReply:
        self.before_call(request.url)
        return await self._client.call_api(request)


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with HttpClient(LIMITS, proxies={}) as client:
        yield Client(client)


def reader(
    client: Client, user: MinifluxUser, limits: StreamLimits = DEFAULT_LIMITS
) -> GoogleReader:
    account = Account("test", Api.GREADER, user.url, user.name)
    return GoogleReader(client, account, user.password, limits)


def seeded(user: MinifluxUser, count: int) -> list[int]:
    """Entries of a feed; their numbers from new to old."""
    with serving() as web:
        feed = user.add_feed(web.page("/feed.xml", rss("Seeded", [])))
    user.seed(feed, count)
    return user.ids()[::-1]


def ids(numbers: Iterable[int]) -> frozenset[EntryId]:
    return frozenset(EntryId(str(number)) for number in numbers)


async def synced(
    service: GoogleReader, known: KnownEntries
) -> tuple[dict[int, ServerEntry], dict[int, ServerMarks]]:
    entries: dict[int, ServerEntry] = {}
    marks: dict[int, ServerMarks] = {}
    async for changes in service.iter_changes(known):
        entries.update({int(entry.id): entry for entry in changes.entries})
        marks.update({int(each): found for each, found in changes.marks.items()})
    return entries, marks


def there(user: MinifluxUser) -> dict[int, ServerMarks]:
    """The marks by Miniflux's own API."""
    return {
        entry["id"]: ServerMarks(entry["status"] == "read", entry["starred"])
        for entry in user.entries()
    }


async def test_feeds_and_entries_are_there_with_their_marks(
    client: Client, miniflux: MinifluxUser
) -> None:
    more = '<enclosure url="https://example.org/a.mp3" type="audio/mpeg" length="9"/>'
    with serving() as web:
        url = web.page("/feed.xml", rss("News & more", items(3), more))
        feed = miniflux.add_feed(url)
    numbers = miniflux.ids()
    miniflux.set_read(numbers[:1])
    miniflux.toggle_star(numbers[1:2])
    service = reader(client, miniflux)
    assert (await service.check_login()).endswith(f"as {miniflux.name}")
    [found] = await service.list_feeds()
    assert (found.id, found.url, found.title) == (f"feed/{feed}", url, "News & more")
    assert (found.categories, found.site) == (("All",), "https://example.org/")
    entries, marks = await synced(service, KnownEntries())
    assert marks == {}
    assert {number: entry.marks for number, entry in entries.items()} == there(miniflux)
    first = next(entry for entry in entries.values() if entry.entry.title == "Item 0")
    assert first.feed == f"feed/{feed}"
    assert first.entry.url == "https://example.org/0"
    assert first.entry.content == "<p>Some text. 0</p>"
    assert first.entry.tags == ()
    # Miniflux 2.2 leaves them out.
    enclosure = Enclosure("https://example.org/a.mp3", "audio/mpeg")
    assert set(first.entry.enclosures) <= {enclosure}
    assert str(first.entry.date) == "2026-01-01 00:00:00+00:00"


async def test_a_bare_edit_does_toggle(client: Client, miniflux: MinifluxUser) -> None:
    """If this fails, the tests above prove nothing more: a newer Miniflux does not toggle."""
    [number] = seeded(miniflux, 1)
    service = reader(client, miniflux)
    edits: list[str] = []

    def read_elsewhere(url: str) -> None:
        if "/edit-tag" in url:
            edits.append(url)
            if len(edits) == 1:
                miniflux.set_read([number])

    client.before_call = read_elsewhere
    await service.push_mark(ServerMark.READ, True, list(ids([number])))
    assert there(miniflux)[number].read
    assert len(edits) == 2, "read elsewhere, toggled to unread, and read again"


async def test_no_entry_is_missed_when_others_are_read_between_two_pages(
    client: Client, miniflux: MinifluxUser
) -> None:
    numbers = seeded(miniflux, 20)
    pages: list[str] = []

    def read_elsewhere(url: str) -> None:
        if "/ids" in url:
            pages.append(url)
            if len(pages) == 2:
                miniflux.set_read(numbers[2:5])

    client.before_call = read_elsewhere
    service = reader(client, miniflux, StreamLimits(page=6))
    _, marks = await synced(service, KnownEntries("0", ids(numbers)))
    assert {number for number, found in marks.items() if found.read} == set(numbers[2:5])
    assert any("&c=5" in url for url in pages), "continuations are positions here"


async def test_a_feed_is_added_changed_and_removed(client: Client, miniflux: MinifluxUser) -> None:
    with serving() as web:
        url = web.page("/feed.xml", rss("Its title", items(2)))
        service = reader(client, miniflux)
        feed = await service.add_feed(url, "News", "Mine")
        assert (feed.url, feed.title, feed.categories) == (url, "Mine", ("News",))
        assert await service.add_feed(url) == feed
        moved = await service.change_feed(feed, title="Ours", categories=["World & more"])
        assert (moved.title, moved.categories) == ("Ours", ("World & more",))
        assert (await service.change_feed(moved, categories=[])).categories == ("World & more",)
        await service.remove_feed(feed)
        await service.remove_feed(feed)
        assert await service.list_feeds() == []
