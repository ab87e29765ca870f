"""Accounts at a real Miniflux, by both of its APIs; its version toggles marks and stars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.feeds.progress import State
from rilo_reader.sync.services.service import Api, Mark
from rilo_reader.workers import WorkerPool
from tests.support.miniflux_server import MinifluxUser
from tests.support.servers import Server, serving
from tests.sync.services.devices import Device
from tests.sync.services.miniflux_devices import Devices, fill, numbers, there

pytestmark = [pytest.mark.service, pytest.mark.slow]


@pytest.fixture
def web() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def make_device(tmp_path: Path, pool: WorkerPool, miniflux: MinifluxUser) -> Iterator[Devices]:
    devices = Devices(tmp_path, pool, miniflux)
    yield devices
    for each in devices.made:
        each.close()


def rewrite(user: MinifluxUser, *titles: str) -> None:
    """Let the authors of entries change them; the server has taken it over."""
    ids = numbers(user)
    listed = ", ".join(str(ids[each]) for each in titles)
    user.server.sql(f"update entries set content = '<p>Other words.' where id in ({listed})")


def rewritten(device: Device) -> set[str]:
    """The articles that have the new text."""
    texts = [text for text in device.files().values() if "Other words." in text]
    return {text.partition('title = "')[2].partition('"')[0] for text in texts}


def test_what_authors_change_comes_from_the_newest_at_once_and_from_others_in_turns(
    make_device: Devices, miniflux: MinifluxUser, web: Server
) -> None:
    fill(miniflux, web, feeds=5, entries=90)
    laptop, desktop = make_device(Api.MINIFLUX), make_device(Api.MINIFLUX)
    titles = [title for title, _ in sorted(numbers(miniflux).items(), key=lambda each: each[1])]
    for device in (laptop, desktop):
        device.sync_ok()
        device.sync_ok()
    desktop.mark(Mark.STARRED, True, titles[0])
    desktop.sync_ok()
    oldest, middle, newest = titles[1], titles[200], titles[-1]
    rewrite(miniflux, oldest, middle, newest)
    seen = []
    for _ in range(5):
        end = laptop.sync_ok()
        assert end.new == ()
        seen.append(rewritten(laptop))
    assert newest in seen[0]
    assert seen[-1] == {oldest, middle, newest}
    assert laptop.sync_ok().updated == ()
    # Whoever insists has it all at once.
    assert desktop.sync(force=True).state is State.SAVED
    assert rewritten(desktop) == seen[-1]
    assert desktop.marks() == laptop.marks() == there(miniflux)


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
