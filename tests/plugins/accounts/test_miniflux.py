"""A real Miniflux by its own API: what is there is found, what is pushed is there."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

import pytest

from rilo_reader.article import Enclosure
from rilo_reader.fetch.client import HttpClient
from rilo_reader.fetch.messages import (
    ApiClient,
    ApiReply,
    ApiRequest,
    Failure,
    FetchError,
    FetchLimits,
)
from rilo_reader.plugins.accounts.miniflux import Miniflux, SyncCursor
from rilo_reader.plugins.accounts.service import (
    Account,
    Api,
    Changes,
    EntryId,
    KnownEntries,
    ServerEntry,
    ServerMark,
    ServerMarks,
    Service,
)
from tests.support.miniflux_server import MinifluxUser, items, rss
from tests.support.servers import serving

pytestmark = pytest.mark.service

Watcher = Callable[[ApiRequest], None]
Push = Callable[..., Awaitable[None]]


class WatchedClient:
    """A client that lets a test act on the server before requests, and shift its clock."""

    def __init__(self, client: ApiClient) -> None:
        self._client = client
        self.requests: list[tuple[str, str]] = []  # the method and the path of each
        self.before: Watcher = lambda request: None
        self.shift = timedelta()  # added to the Date of replies

    async def call_api(self, request: ApiRequest) -> ApiReply:
        self.requests.append((request.method, request.url.split("/v1/")[1]))
        await asyncio.to_thread(self.before, request)
        reply = await self._client.call_api(request)
        date = format_datetime(datetime.now(UTC) + self.shift, usegmt=True)
        return reply._replace(headers={**reply.headers, "date": date})


class Mirror:
    """What a client knows after it has applied the changes of a user's server."""

    def __init__(self, user: MinifluxUser, service: Service, client: WatchedClient) -> None:
        self.user, self.service, self.client = user, service, client
        self.window = 10_000
        self.cursor = ""
        self.marks: dict[EntryId, ServerMarks] = {}
        self.entries: dict[EntryId, ServerEntry] = {}

    async def sync(self) -> list[Changes]:
        batches: list[Changes] = []
        known = KnownEntries(self.cursor, frozenset(self.entries), self.window)
        async for changes in self.service.iter_changes(known):
            assert changes.marks.keys() <= known.ids
            for entry in changes.entries:
                self.entries[entry.id] = entry
                self.marks[entry.id] = entry.marks
            self.marks.update(changes.marks)
            batches.append(changes)
        assert [bool(batch.cursor) for batch in batches] == [False] * (len(batches) - 1) + [True]
        self.cursor = batches[-1].cursor
        return batches

    async def is_equal(self, ids: Iterable[int] | None = None) -> bool:
        """Whether it knows these entries, or all, and no others, with the marks of the server."""
        entries = await asyncio.to_thread(self.user.entries)
        wanted = None if ids is None else set(ids)
        there = {
            entry["id"]: (entry["status"] == "read", entry["starred"])
            for entry in entries
            if wanted is None or entry["id"] in wanted
        }
        return {int(each): tuple(marks) for each, marks in self.marks.items()} == there


@asynccontextmanager
async def connected(
    user: MinifluxUser, page: int = 250, limits: FetchLimits | None = None
) -> AsyncIterator[Mirror]:
    async with HttpClient(limits or FetchLimits(), proxies={}) as client:
        watched = WatchedClient(client)
        account = Account("home", Api.MINIFLUX, user.url)
        yield Mirror(user, Miniflux(watched, account, user.key, page), watched)


@pytest.fixture
def feed(miniflux: MinifluxUser) -> int:
    """A feed of the user, with 30 entries."""
    with serving() as feeds:
        return miniflux.add_feed(feeds.page("/a.xml", rss("A", items(30))))


@pytest.fixture
async def mirror(miniflux: MinifluxUser, feed: int) -> AsyncIterator[Mirror]:
    """A client that has synced once, and reads pages of seven entries."""
    async with connected(miniflux, page=7) as mirror:
        await mirror.sync()
        yield mirror


@pytest.fixture
def push(mirror: Mirror) -> Push:
    """Gives both marks, or one, to entries by number; or takes them away."""

    async def push(value: bool, ids: Sequence[int], *marks: ServerMark) -> None:
        for mark in marks or ServerMark:
            await mirror.service.push_mark(mark, value, named(ids))

    return push


def named(ids: Sequence[int]) -> list[EntryId]:
    return [EntryId(str(number)) for number in ids]


# -- logging in ------------------------------------------------------------------------------


async def test_a_key_or_a_password_logs_in(miniflux: MinifluxUser) -> None:
    async with HttpClient(FetchLimits(), proxies={}) as client:
        for user, secret in (("", miniflux.key + "\n"), (miniflux.name, miniflux.password)):
            account = Account("home", Api.MINIFLUX, miniflux.url + "/v1/", user)
            found = await Miniflux(client, account, secret).check_login()
            assert found.startswith("Miniflux 2.")
            assert found.endswith(f", as {miniflux.name}")
            copied = account._replace(url=miniflux.url + "/login")
            assert await Miniflux(client, copied, secret).check_login() == found
            with pytest.raises(FetchError) as caught:
                await Miniflux(client, account, "wrong-secret").check_login()
            assert caught.value.failure is Failure.LOGIN
            assert "wrong-secret" not in caught.value.reason


async def test_another_server_is_named(miniflux: MinifluxUser) -> None:
    with serving() as other:
        account = Account("home", Api.MINIFLUX, other.url())
        async with HttpClient(FetchLimits(), proxies={}) as client:
            with pytest.raises(FetchError, match="there is no Miniflux at http://127"):
                await Miniflux(client, account, "a-key").check_login()


# -- entries ---------------------------------------------------------------------------------


async def test_an_entry_is_as_if_we_had_fetched_the_feed(miniflux: MinifluxUser) -> None:
    more = (
        "<author>Jo &lt;jo@example.org&gt;</author><category>One</category><category>Two</category>"
        '<enclosure url="https://example.org/a.mp3" type="audio/mpeg" length="42"/>'
        "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'>"
        "&lt;p&gt;See &lt;a href='/b'&gt;b&lt;/a&gt;&lt;/p&gt;</content:encoded>"
    )
    with serving() as feeds:
        url = feeds.page("/a.xml", rss("A", items(1), more))
        # Dates come in the user's zone.
        miniflux.server.call("PUT", f"users/{miniflux.id}", {"timezone": "Asia/Tokyo"})
        await asyncio.to_thread(miniflux.add_feed, url)
    async with connected(miniflux) as mirror:
        [feed] = await mirror.service.list_feeds()
        await mirror.sync()
    [found] = mirror.entries.values()
    assert (feed.url, feed.title, feed.site) == (url, "A", "https://example.org/")
    assert found.feed == feed.id
    assert found.guid_hash == hashlib.sha256(b"guid-0").hexdigest()
    entry = found.entry
    assert (entry.url, entry.title) == ("https://example.org/0", "Item 0")
    assert entry.date == datetime(2026, 1, 1, tzinfo=UTC)
    assert entry.authors == ("Jo",)
    assert entry.tags == ("One", "Two")
    assert "https://example.org/b" in entry.content
    assert entry.base == entry.url
    assert entry.enclosures == (Enclosure("https://example.org/a.mp3", "audio/mpeg", 42),)


async def test_first_contact_has_a_window_and_all_unread_and_starred(
    miniflux: MinifluxUser, feed: int
) -> None:
    ids = miniflux.ids()
    miniflux.set_read(ids)
    miniflux.set_read(ids[2:5], read=False)
    miniflux.toggle_star(ids[4:7])
    async with connected(miniflux, page=4) as mirror:
        mirror.window = 10
        # All have changed just now, but what is older, read and not starred still does not come.
        for _ in range(2):
            await mirror.sync()
            assert await mirror.is_equal([*ids[2:7], *ids[-10:]])
        miniflux.set_read(ids[:1], read=False)
        await mirror.sync()
        assert await mirror.is_equal([ids[0], *ids[2:7], *ids[-10:]])
        for window in (20, 10):
            mirror.window = window
            await mirror.sync()
            assert await mirror.is_equal([ids[0], *ids[2:7], *ids[-20:]])


def an_hour_ago(user: MinifluxUser) -> None:
    """Let all entries have been changed an hour before they were."""
    user.server.sql(
        f"update entries set changed_at = changed_at - interval '1 hour' where user_id = {user.id}"
    )


async def test_later_only_what_changed_travels(
    mirror: Mirror, miniflux: MinifluxUser, feed: int
) -> None:
    ids = miniflux.ids()
    # Longer ago than the overlap.
    an_hour_ago(miniflux)
    cursor = json.loads(mirror.cursor)
    ago = {"since": cursor["since"] - 3000, "changed": cursor["changed"] - 3600}
    mirror.cursor = json.dumps({**cursor, **ago})
    mirror.client.requests.clear()
    assert await mirror.sync() == [Changes(cursor=mirror.cursor)]
    assert len(mirror.client.requests) == 2
    miniflux.seed(feed, 6)
    miniflux.set_read(ids[5:10])
    miniflux.toggle_star(ids[9:11])
    batches = await mirror.sync()
    changed = {entry.id for batch in batches for entry in batch.entries}
    assert changed == set(named([*ids[5:11], *miniflux.ids()[30:]]))
    assert await mirror.is_equal()


async def test_what_changes_in_the_same_second_is_found(
    mirror: Mirror, miniflux: MinifluxUser
) -> None:
    for number in miniflux.ids()[:8]:
        await mirror.sync()
        await asyncio.to_thread(miniflux.set_read, [number])
    await mirror.sync()
    assert await mirror.is_equal()


async def test_what_was_marked_all_at_once_comes_once_more_and_then_no_more(
    mirror: Mirror, miniflux: MinifluxUser
) -> None:
    ids = miniflux.ids()
    miniflux.set_read(ids)
    for minutes in (0, 2):
        mirror.client.shift = timedelta(minutes=minutes)
        came = {entry.id for batch in await mirror.sync() for entry in batch.entries}
        assert came == set(named(ids))
    for minutes in (2, 60):
        mirror.client.shift = timedelta(minutes=minutes)
        assert await mirror.sync() == [Changes(cursor=mirror.cursor)]


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_clock_that_was_wrong_hides_nothing(
    miniflux: MinifluxUser, feed: int, hours: int
) -> None:
    """The clock of the server is set right, back or forward, after a sync."""
    ids = miniflux.ids()
    shift = f"interval '{-hours} hours'"
    ours = f"where user_id = {miniflux.id}"
    async with connected(miniflux, page=7) as mirror:
        mirror.client.shift = timedelta(hours=-hours)
        miniflux.server.sql(f"update entries set changed_at = changed_at + {shift} {ours}")
        await mirror.sync()
        mirror.client.shift = timedelta()
        miniflux.set_read(ids[3:6])
        await mirror.sync()
        assert await mirror.is_equal()
        miniflux.toggle_star(ids[4:8])
        miniflux.seed(feed, 3)
        await mirror.sync()
        assert await mirror.is_equal()


async def test_a_clock_that_went_back_long_ago_is_noticed_by_what_is_new(
    mirror: Mirror, miniflux: MinifluxUser, feed: int
) -> None:
    miniflux.seed(feed, 3)
    miniflux.set_read(miniflux.ids()[:3])
    an_hour_ago(miniflux)
    await mirror.sync()
    assert await mirror.is_equal()


async def test_ids_that_start_anew_lose_no_new_entry(miniflux: MinifluxUser, feed: int) -> None:
    """As after a backup was restored: the greatest id is less than the one that we know."""
    miniflux.server.sql(f"update entries set id = id + 1000000 where user_id = {miniflux.id}")
    async with connected(miniflux) as mirror:
        await mirror.sync()
        miniflux.delete_entries(miniflux.ids()[-10:])
        miniflux.server.sql(f"update entries set id = id - 1000000 where user_id = {miniflux.id}")
        miniflux.seed(feed, 5)
        await mirror.sync()
        assert set(named(miniflux.ids())) <= mirror.entries.keys()


async def test_nothing_is_said_of_deleted_and_removed_entries(
    mirror: Mirror, miniflux: MinifluxUser
) -> None:
    ids = miniflux.ids()
    before = dict(mirror.marks)
    miniflux.delete_entries(ids[:2])
    miniflux.server.sql(
        "update entries set status = 'removed', changed_at = now() "
        f"where id in ({ids[3]}, {ids[-1]})"
    )
    await mirror.sync()
    assert mirror.marks == before
    gone = [*ids[:2], ids[3]]
    asked = [*named([*gone, ids[5]]), EntryId("x"), EntryId("9" * 18)]
    assert [entry.id for entry in await mirror.service.fetch_entries(asked)] == named([ids[5]])
    again = Mirror(miniflux, mirror.service, mirror.client)
    await again.sync()
    assert again.entries.keys() == before.keys() - set(named([*gone, ids[-1]]))


async def test_pages_that_are_too_large_are_asked_for_in_parts(
    miniflux: MinifluxUser, feed: int
) -> None:
    ids = miniflux.ids()
    large = f"{ids[0]}, {ids[20]}, {ids[28]}, {ids[29]}"
    miniflux.server.sql(
        "update entries set content = repeat('x', 90000), changed_at = now() + interval '1 second'"
        f" where id in ({large})"
    )
    async with connected(miniflux, limits=FetchLimits(max_bytes=50_000)) as mirror:
        await mirror.sync()
        # Four entries are larger than any reply may be; the others do not miss them.
        assert mirror.entries.keys() == set(named([*ids[1:20], *ids[21:28]]))
        await mirror.sync()
        miniflux.seed(feed, 3)
        await mirror.sync()
        assert mirror.entries.keys() == set(named([*ids[1:20], *ids[21:28], *miniflux.ids()[-3:]]))


class Happenings:
    """What happens on a server at random: marks, new and deleted entries; between syncs, time."""

    def __init__(self, feed: int, mirror: Mirror, random: Random) -> None:
        self._user, self._feed, self._mirror, self._random = mirror.user, feed, mirror, random
        self._added = 0
        self.deleted: set[int] = set()

    def happen(self, request: ApiRequest) -> None:
        """Let something happen before about every third request."""
        if self._random.random() > 0.3:
            return
        user, ids = self._user, self._user.ids()
        some = self._random.sample(ids, min(len(ids), self._random.randint(1, 6)))
        match self._random.choice("rrruussnnnd"):
            case "r" | "u" as kind:
                user.set_read(some, kind == "r")
            case "s":
                user.toggle_star(some)
            case "n":
                user.seed(self._feed, 3, first=self._added + 1)
                self._added += 3
            case _:
                user.delete_entries(some)
                self.deleted.update(some)

    def set_clock(self, hours: int) -> None:
        """Go on as if the server's clock had been set, or as if hours had passed, since a sync."""
        self._user.server.sql(
            f"update entries set changed_at = changed_at - interval '{hours} hours' "
            f"where user_id = {self._user.id}"
        )
        cursor = SyncCursor.from_text(self._mirror.cursor)
        if cursor is not None:
            since, now = cursor.since - 3600 * hours, cursor.now - 3600 * hours
            self._mirror.cursor = cursor._replace(since=since, now=now).to_text()


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_between_requests_a_quiet_sync_makes_both_equal(
    miniflux: MinifluxUser, feed: int, seed: int
) -> None:
    random = Random(seed)
    async with connected(miniflux, page=random.randint(2, 9)) as mirror:
        happenings = Happenings(feed, mirror, random)
        for _ in range(8):
            mirror.client.before = happenings.happen
            await mirror.sync()
            mirror.client.before = lambda request: None
            if random.random() < 0.7:
                happenings.set_clock(random.choice([-2, -1, 1, 1]))
        await mirror.sync()
    # What is deleted on the server stays here.
    for number in named(sorted(happenings.deleted)):
        mirror.marks.pop(number, None)
    assert await mirror.is_equal()


# -- marks -----------------------------------------------------------------------------------


def read_and_starred(user: MinifluxUser) -> tuple[list[int], list[int]]:
    entries = user.entries()
    return (
        [entry["id"] for entry in entries if entry["status"] == "read"],
        [entry["id"] for entry in entries if entry["starred"]],
    )


async def test_marks_are_pushed_and_pushing_twice_changes_nothing(
    mirror: Mirror, push: Push, miniflux: MinifluxUser
) -> None:
    ids = miniflux.ids()
    for _ in range(2):
        await push(True, ids[:6], ServerMark.READ)
        await push(True, ids[4:8], ServerMark.STARRED)
        assert read_and_starred(miniflux) == (ids[:6], ids[4:8])
    for _ in range(2):
        await push(False, ids[:3], ServerMark.READ)
        await push(False, ids[:6], ServerMark.STARRED)
        assert read_and_starred(miniflux) == (ids[3:6], ids[6:8])
    mirror.client.requests.clear()
    await push(True, [], ServerMark.READ)
    assert mirror.client.requests == []


async def test_marks_of_deleted_entries_are_passed_over_and_those_of_others_not_touched(
    push: Push, miniflux: MinifluxUser
) -> None:
    ids = miniflux.ids()
    other = miniflux.server.new_user()
    async with connected(other) as mirror:
        for mark in ServerMark:
            await mirror.service.push_mark(mark, True, named(ids))
    assert read_and_starred(miniflux) == ([], [])
    miniflux.delete_entries(ids[:5])
    await push(True, ids[:5])
    await push(True, ids[:7])
    assert read_and_starred(miniflux) == (ids[5:7], ids[5:7])


async def test_a_star_that_somebody_toggles_at_the_same_time(
    mirror: Mirror, push: Push, miniflux: MinifluxUser
) -> None:
    ids, times = miniflux.ids(), [1]

    def toggle_too(request: ApiRequest) -> None:
        if request.method == "PUT" and times:
            times.pop()
            miniflux.toggle_star(ids[:1])

    mirror.client.before = toggle_too
    await push(True, ids[:2], ServerMark.STARRED)
    assert read_and_starred(miniflux) == ([], ids[:2])
    times = [1] * 100
    with pytest.raises(FetchError, match="did not keep the stars of 1 entries"):
        await push(False, ids[:1], ServerMark.STARRED)
    mirror.client.before = lambda request: None
    await push(False, ids[:2], ServerMark.STARRED)
    assert read_and_starred(miniflux) == ([], [])


# -- feeds -----------------------------------------------------------------------------------


async def test_feeds_are_added_renamed_moved_and_removed(miniflux: MinifluxUser) -> None:
    with serving() as feeds:
        url = feeds.page("/a.xml", rss("A", items(2)))
        other = feeds.page("/b.xml", rss("B", items(2)))
        async with connected(miniflux) as mirror:
            service = mirror.service
            added = await service.add_feed(url, "News", "Mine")
            assert (added.url, added.title, added.categories) == (url, "Mine", ("News",))
            assert await service.add_feed(url, "Other") == added
            second = await service.add_feed(other)
            assert (second.title, second.categories) == ("B", ("All",))
            assert set(await service.list_feeds()) == {added, second}
            renamed = await service.change_feed(added, title="Yours")
            assert renamed == added._replace(title="Yours")
            moved = await service.change_feed(renamed, categories=["Sport", "News"])
            assert moved == renamed._replace(categories=("Sport",))
            back = await service.change_feed(moved, title="Mine", categories=["News"])
            assert back == added
            assert (await service.change_feed(back, categories=[])).categories == ("All",)
            titles = [category["title"] for category in miniflux.call("GET", "categories")]
            assert sorted(titles) == ["All", "News", "Sport"]
            await service.remove_feed(added)
            await service.remove_feed(added)
            assert await service.list_feeds() == [second]


async def test_a_feed_that_cannot_be_added_says_why(miniflux: MinifluxUser) -> None:
    with serving() as feeds:
        url = feeds.page("/page.html", b"<html><p>no feed")
        async with connected(miniflux) as mirror:
            service = mirror.service
            with pytest.raises(FetchError) as caught:
                await service.add_feed(url)
            assert caught.value.failure is Failure.STATUS
            assert "feed" in caught.value.reason.partition(":")[2]
            with pytest.raises(FetchError):
                await service.change_feed(
                    (await service.add_feed(feeds.page("/b.xml", rss("B", [])))), title=""
                )
