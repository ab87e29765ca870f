"""Accounts at a real Miniflux, by both of its APIs; its version toggles marks and stars."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.feeds.progress import State
from rilo_reader.fetch.client import HttpClient
from rilo_reader.sync.services.account import Account, Api
from rilo_reader.sync.services.opening import open_service
from rilo_reader.sync.services.secrets import Secret
from rilo_reader.sync.services.service import Mark, ServerMarks, Service
from rilo_reader.workers import WorkerPool
from tests.support.fake_service import FakeServer
from tests.support.miniflux_server import MinifluxUser, items, rss
from tests.support.servers import Server, serving
from tests.sync.services.devices import Device

pytestmark = [pytest.mark.service, pytest.mark.slow]

APIS = [Api.MINIFLUX, Api.GREADER]


@pytest.fixture
def web() -> Iterator[Server]:
    with serving() as server:
        yield server


class Devices:
    """Makes devices of a user of the server."""

    def __init__(self, home: Path, pool: WorkerPool, user: MinifluxUser) -> None:
        self._home = home
        self._pool = pool
        self._user = user
        self.made: list[Device] = []

    def __call__(self, api: Api) -> Device:
        home = self._home / f"device{len(self.made)}"
        device = Device(home, self._pool, FakeServer())
        user = self._user
        account = Account("home", api, user.url, user.name if api is Api.GREADER else "")
        secret = Secret(user.password if api is Api.GREADER else user.key)

        def connect(client: HttpClient) -> Service:
            return open_service(account, secret, client)

        device.account, device.api = account, connect
        self.made.append(device)
        return device


@pytest.fixture
def make_device(tmp_path: Path, pool: WorkerPool, miniflux: MinifluxUser) -> Iterator[Devices]:
    devices = Devices(tmp_path, pool, miniflux)
    yield devices
    for each in devices.made:
        each.close()


def fill(user: MinifluxUser, web: Server, feeds: int, entries: int) -> None:
    """Subscribe to feeds; titles of entries are unlike those of any other."""
    pages = [
        web.page(f"/{feed}.xml", rss(f"Feed {feed}", titled(feed, entries)))
        for feed in range(feeds)
    ]
    user.add_feeds(pages)


def titled(feed: int, entries: int) -> list[dict[str, str]]:
    return [
        each | {"title": f"F{feed} {each['title']}", "link": f"{each['link']}-{feed}"}
        for each in items(entries)
    ]


def there(user: MinifluxUser) -> dict[str, ServerMarks]:
    """The marks on the server, by title."""
    return {
        each["title"]: ServerMarks(each["status"] == "read", each["starred"])
        for each in user.entries()
    }


def numbers(user: MinifluxUser) -> dict[str, int]:
    return {each["title"]: each["id"] for each in user.entries()}


@pytest.mark.parametrize("api", APIS)
def test_all_comes_and_marks_go_both_ways(
    make_device: Devices, miniflux: MinifluxUser, web: Server, api: Api
) -> None:
    fill(miniflux, web, feeds=4, entries=60)
    device = make_device(api)
    end = device.sync_ok()
    assert (end.state, len(end.new)) == (State.SAVED, 240)
    ids, titles = numbers(miniflux), sorted(there(miniflux))
    assert sorted(device.articles()) == titles
    device.mark(Mark.READ, True, *titles[:50])
    device.mark(Mark.STARRED, True, *titles[40:60])
    # At the same time on the phone: some the same, some others.
    miniflux.set_read([ids[each] for each in titles[30:100]])
    miniflux.toggle_star([ids[each] for each in titles[50:70]])
    assert device.sync_ok().reason == "40 marks sent, 60 received"
    assert device.marks() == there(miniflux)
    assert device.marks()[titles[55]] == ServerMarks(read=True, starred=True)
    device.mark(Mark.READ, False, *titles[:10])
    device.mark(Mark.STARRED, False, *titles[40:45])
    miniflux.set_read([ids[each] for each in titles[90:100]], read=False)
    miniflux.toggle_star([ids[each] for each in titles[65:70]])
    assert device.sync_ok().reason == "15 marks sent, 15 received"
    assert device.marks() == there(miniflux)
    end = device.sync_ok()
    assert (end.state, end.reason) == (State.UNCHANGED, "")


def test_both_apis_and_ones_own_feeds_have_one_identity(
    make_device: Devices, miniflux: MinifluxUser, web: Server
) -> None:
    fill(miniflux, web, feeds=1, entries=30)
    by_both = make_device(Api.MINIFLUX)
    by_both.sync_ok()
    files = by_both.files()
    other = make_device(Api.GREADER)
    by_both.account, by_both.api = other.account._replace(name="again"), other.api
    end = by_both.sync_ok()
    assert (end.new, end.updated) == ((), ())
    assert by_both.files() == files


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_done_at_random_all_sides_end_up_equal(
    make_device: Devices, miniflux: MinifluxUser, web: Server, seed: int
) -> None:
    """Two devices, one by each API, and a phone; marks, new entries and syncs in any order."""
    chance = random.Random(seed)
    fill(miniflux, web, feeds=2, entries=12)
    devices = [make_device(api) for api in APIS]
    for device in devices:
        device.sync_ok()
    for step in range(40):
        device = chance.choice(devices)
        titles = chance.sample(sorted(device.articles()), 4)
        action = chance.choice(["mark", "mark", "star", "phone", "phone star", "sync", "publish"])
        if action in ("mark", "star"):
            mark = Mark.READ if action == "mark" else Mark.STARRED
            device.mark(mark, chance.random() < 0.6, *titles)
        elif action == "phone":
            ids = numbers(miniflux)
            miniflux.set_read([ids[each] for each in titles], read=chance.random() < 0.6)
        elif action == "phone star":
            ids = numbers(miniflux)
            miniflux.toggle_star([ids[each] for each in titles])
        elif action == "sync":
            device.sync_ok()
        else:
            web.page("/0.xml", rss("Feed 0", titled(0, 13 + step)))
            miniflux.fetch(miniflux.call("GET", "feeds")[0]["id"])
    for device in (*devices, *devices):
        device.sync_ok()
    marks = there(miniflux)
    for device in devices:
        assert device.marks() == marks
        assert device.sync_ok().reason == ""
