"""Two devices and another client at one server, by the Google Reader API: all end up equal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.fetch.client import HttpClient
from rilo_reader.sync.services.greader import GoogleReader, StreamLimits
from rilo_reader.sync.services.service import Mark, ServerMarks
from rilo_reader.workers import WorkerPool
from tests.support.fake_service import FakeServer
from tests.support.freshrss_server import FreshRss, freshrss
from tests.sync.services.devices import Device

ENTRIES = 8
WINDOW = 3
"""Of the newest entries, so that most of what is read is in no list."""


@pytest.fixture
def fresh() -> Iterator[FreshRss]:
    with freshrss() as server:
        feed = server.add_feed("https://example.org/feed.xml", "Example")
        for number in range(ENTRIES):
            server.add_entry(feed, f"N{number}")
        yield server


@pytest.fixture
def devices(tmp_path: Path, pool: WorkerPool, fresh: FreshRss) -> Iterator[list[Device]]:
    account = fresh.account(name="home", window=WINDOW)

    def service(client: HttpClient) -> GoogleReader:
        return GoogleReader(client, account, fresh.password, StreamLimits(page=3))

    made = [Device(tmp_path / name, pool, FakeServer()) for name in ("laptop", "desktop")]
    for device in made:
        device.account, device.api = account, service
    yield made
    for device in made:
        device.close()


def there(fresh: FreshRss) -> dict[str, ServerMarks]:
    """The marks on the server, by title."""
    return {each.title: ServerMarks(each.read, each.starred) for each in fresh.entries.values()}


def test_what_is_read_on_the_train_is_read_on_the_phone(
    devices: list[Device], fresh: FreshRss
) -> None:
    laptop, desktop = devices
    for device in devices:
        end = device.sync_ok()
        assert (len(end.new), end.reason) == (ENTRIES, "")
    laptop.mark(Mark.READ, True, "N0")
    laptop.mark(Mark.STARRED, True, "N1")
    fresh.mark(list(fresh.entries)[2], read=True)
    assert laptop.sync_ok().reason == "2 marks sent, 1 received"
    assert there(fresh)["N0"].read
    assert desktop.sync_ok().reason == "3 marks received"
    assert laptop.marks() == desktop.marks() == there(fresh)
    assert laptop.sync_ok().reason == desktop.sync_ok().reason == ""


def test_an_old_entry_goes_on_being_followed_once_it_is_in_no_list(
    devices: list[Device], fresh: FreshRss
) -> None:
    [laptop, _], oldest = devices, next(iter(fresh.entries))
    laptop.sync_ok()
    laptop.mark(Mark.READ, True, "N0")
    laptop.sync_ok()
    for is_read in (False, True):
        fresh.mark(oldest, read=is_read)
        assert laptop.sync_ok().reason == "1 mark received"
        assert laptop.marks()["N0"].read is is_read
