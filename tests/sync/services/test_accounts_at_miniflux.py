"""Accounts at a real Miniflux, by both of its APIs; its version toggles marks and stars."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rilo_reader.feeds.progress import State
from rilo_reader.sync.services.account import Api
from rilo_reader.sync.services.service import Mark, ServerMarks
from rilo_reader.workers import WorkerPool
from tests.support.miniflux_server import MinifluxUser
from tests.support.servers import Server, serving
from tests.sync.services.miniflux_devices import APIS, Devices, fill, numbers, there

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
