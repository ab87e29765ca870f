"""Servers whose lists never end: what comes is bounded, whatever they say, and it is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from rilo_reader.feeds.progress import State
from rilo_reader.sync.services.account_sync import SyncLimits
from rilo_reader.sync.services.greader import GoogleReader
from rilo_reader.sync.services.miniflux import COME_MEANWHILE, Miniflux
from rilo_reader.sync.services.service import Account, Api, Mark
from rilo_reader.workers import WorkerPool
from tests.support.fake_service import FakeServer, FakeService
from tests.support.freshrss_server import freshrss
from tests.support.servers import Asked, Page, Server, serving
from tests.sync.services.devices import Device

GREATEST = str(10**15)


@pytest.fixture
def device(tmp_path: Path, pool: WorkerPool) -> Iterator[Device]:
    device = Device(tmp_path, pool, FakeServer())
    device.limits = SyncLimits(more=300)
    yield device
    device.close()


def endless(server: Server, total: Callable[[int], int]) -> None:
    """Let a Miniflux have entries without end; `total` says of a page how many it claims."""
    pages = count()

    def answer(asked: Asked) -> Page:
        path = urlsplit(asked.path)
        query = parse_qs(path.query)
        if path.path == "/v1/feeds":
            return replies([{"id": 1, "feed_url": "https://a.example/feed", "title": "A"}])
        if path.path != "/v1/entries":
            return replies(entry(int(path.path.rpartition("/")[2])))
        size, at = int(query["limit"][0]), int(query.get("before_entry_id", [GREATEST])[0])
        entries = [entry(at - 1 - number) for number in range(size)]
        return replies({"total": total(next(pages)), "entries": entries})

    server.answer(answer)


def entry(number: int) -> dict[str, object]:
    return {
        "id": number,
        "feed_id": 1,
        "status": "unread",
        "starred": False,
        "title": f"Entry {number}",
        "url": f"https://a.example/{number}",
        "published_at": "2026-01-02T03:04:05Z",
        "changed_at": "2026-01-02T03:04:05Z",
        "content": "<p>Text",
    }


def replies(value: object) -> Page:
    return Page(json.dumps(value).encode())


def miniflux(device: Device, server: Server, window: int) -> None:
    device.account = Account("home", Api.MINIFLUX, server.url(), window=window)
    device.api = lambda client: Miniflux(client, device.account, "key", 100)


def told() -> str:
    return "the server has more, which the next refresh brings"


@pytest.mark.slow
@pytest.mark.parametrize("window", [100, 600])
def test_a_miniflux_without_end_brings_a_window_and_a_bounded_rest(
    device: Device, window: int
) -> None:
    with serving() as server:
        endless(server, lambda _: 10**9)
        miniflux(device, server, window)
        end = device.sync()
        assert (end.state, end.reason) == (State.SAVED, told())
        assert len(device.files()) == len(end.new) == window + 300
        # The next one goes on.
        device.sync_ok()
        assert len(device.files()) == 2 * (window + 300)


@pytest.mark.slow
def test_a_miniflux_that_sends_more_than_it_said_is_stopped(device: Device) -> None:
    with serving() as server:
        # Of one page it is asked before, for the newest change.
        endless(server, lambda page: 300 + 200 * page)
        miniflux(device, server, 1_000_000)
        end = device.sync()
    assert (end.state, end.failure) == (State.FAILED, "broken")
    assert end.reason.startswith("The server's list of entries has no end: it sends more than it")
    assert len(device.files()) == 500 + COME_MEANWHILE


@pytest.mark.slow
def test_a_google_reader_with_many_unread_brings_a_bounded_rest(device: Device) -> None:
    with freshrss() as server:
        feed = server.add_feed("https://a.example/feed", "A")
        for number in range(900):
            server.add_entry(feed, f"N{number}")
        device.account = server.account(window=100)
        device.api = lambda client: GoogleReader(client, device.account, server.password)
        assert device.sync_ok().reason == told()
        assert len(device.files()) == 500  # two batches
        assert device.sync_ok().reason == ""
        assert len(device.files()) == 900


@pytest.mark.parametrize("lists", [False, True])
def test_what_is_left_comes_with_the_next_refreshes(device: Device, lists: bool) -> None:
    server = FakeServer()
    device.service = FakeService(server, lists=lists)
    device.account = device.account._replace(window=2)
    device.limits = SyncLimits(more=4)
    feed = server.subscribe("https://a.example/feed", "A")
    entries = server.publish(feed, *(f"N{number}" for number in range(14)))
    server.mark(Mark.STARRED, True, *entries)
    assert device.sync_ok().reason == f"6 marks received; {told()}"
    came = next(iter(device.articles()))
    device.mark(Mark.READ, True, came)
    assert device.sync_ok().reason == f"1 mark sent, 6 received; {told()}"
    assert device.sync_ok().reason == "2 marks received"
    assert device.marks() == server.marks()
    assert len(device.files()) == 14
    assert device.sync_ok().reason == ""


def test_a_disk_that_is_nearly_full_is_left_its_rest(device: Device) -> None:
    server = FakeServer()
    device.service = FakeService(server)
    server.publish(server.subscribe("https://a.example/feed", "A"), "One")
    device.limits = SyncLimits(reserve=1 << 62)
    end = device.sync()
    assert (end.state, end.failure) == (State.FAILED, "disk")
    assert end.reason.startswith(f"The disk of {device.folder} has only ")
    assert not device.files()
    device.limits = SyncLimits()
    device.sync_ok()
    assert len(device.files()) == 1
    # Marks need no room to speak of.
    device.limits = SyncLimits(reserve=1 << 62)
    device.mark(Mark.READ, True, "One")
    assert device.sync_ok().reason == "1 mark sent"
