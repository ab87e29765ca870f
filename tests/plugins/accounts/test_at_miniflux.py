"""Libraries with accounts at a real Miniflux, by each of its APIs; its version toggles marks.

Whatever happens: nothing is lost, nothing is marked that nobody marked, no article is doubled, and
the next sync goes on. The judges `tools.judge.interleavings` and `tools.judge.killed_sync` do more.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tools.judge.killed_sync import FEEDS, FIRST_ENTRIES, prove

from rilo_reader.feeds.progress import Phase
from rilo_reader.plugins.accounts.service import Api, ServerMark, ServerMarks
from rilo_reader.workers import WorkerPool
from tests.plugins.accounts.devices import Device
from tests.plugins.accounts.interleavings import Interleaving
from tests.plugins.accounts.miniflux_devices import (
    ALL_APIS,
    APIS,
    Devices,
    fill,
    numbers,
    there,
    titled,
)
from tests.support import between as wrong
from tests.support.between import Between, between
from tests.support.examples import sample, scale_rounds
from tests.support.miniflux_server import MinifluxServer, MinifluxUser, rss
from tests.support.servers import Page, Server, serving

pytestmark = [pytest.mark.service, pytest.mark.slow]


@pytest.fixture
def web() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def way(miniflux: MinifluxUser) -> Iterator[Between]:
    with between(miniflux.url) as found:
        yield found


@pytest.fixture
def make_device(
    tmp_path: Path, pool: WorkerPool, miniflux: MinifluxUser, way: Between
) -> Iterator[Devices]:
    devices = Devices(tmp_path, pool, miniflux, url=way.url)
    yield devices
    for each in devices.made:
        each.close()


@pytest.fixture(params=ALL_APIS)
def device(request: pytest.FixtureRequest, make_device: Devices) -> Device:
    return make_device(request.param)


def read_there(user: MinifluxUser, *titles: str) -> None:
    ids = numbers(user)
    user.set_read([ids[each] for each in titles])


def star_there(user: MinifluxUser, *titles: str) -> None:
    ids = numbers(user)
    user.toggle_star([ids[each] for each in titles])


def quiet(device: Device) -> None:
    """Sync once more: there is nothing left to do."""
    end = device.sync_ok()
    assert (end.state, end.reason, device.surprises) == (Phase.UNCHANGED, "", [])


@pytest.mark.parametrize("since", [0, 1, 6])
@pytest.mark.parametrize("published", [0, 9])
def test_a_server_that_was_restored_from_a_backup(
    device: Device, miniflux: MinifluxUser, web: Server, tmp_path: Path, since: int, published: int
) -> None:
    """Entries that came since the backup, and those published after it, have the same ids."""

    def publish(entries: int, first: int) -> None:
        web.page("/0.xml", rss("Feed 0", titled(0, first + entries)[first:]))
        miniflux.fetch(miniflux.call("GET", "feeds")[0]["id"])

    # By the Google Reader API, older marks alone are like marks that somebody took away.
    is_noticed = bool(since) or device.account.api is Api.MINIFLUX
    fill(miniflux, web, feeds=1, entries=8)
    device.sync_ok()
    read_there(miniflux, "F0 Item 0")
    device.mark(ServerMark.READ, True, "F0 Item 1")
    device.sync_ok()
    miniflux.server.backup(tmp_path / "backup")
    time.sleep(1.1)  # the times of changes are compared by the second
    # Marks on both sides, and entries, that the backup does not have.
    if since:
        publish(since, first=8)
    read_there(miniflux, "F0 Item 2")
    star_there(miniflux, "F0 Item 3")
    device.mark(ServerMark.READ, True, "F0 Item 4")
    device.sync_ok()
    device.mark(ServerMark.STARRED, True, "F0 Item 5")
    device.sync_ok()
    device.mark(ServerMark.READ, True, "F0 Item 6")
    before, files = device.marks(), device.files()
    miniflux.server.restore(tmp_path / "backup")
    if published:
        publish(published, first=20)
    device.sync_ok()
    after = device.marks()
    if is_noticed:
        assert {title: after[title] for title in before} == before
    assert {path: text for path, text in device.files().items() if path in files} == files
    assert len(after) == 8 + since + published
    assert {title: after[title] for title in there(miniflux)} == there(miniflux)
    quiet(device)
    read_there(miniflux, "F0 Item 7")
    device.mark(ServerMark.STARRED, True, "F0 Item 0")
    assert device.sync_ok().reason == "1 mark sent, 1 received"
    assert {title: device.marks()[title] for title in there(miniflux)} == there(miniflux)


@pytest.mark.parametrize(
    ("page", "is_carried_out"),
    [
        # What is sent in place of the reply, and whether the call is carried out.
        pytest.param(wrong.CUT, False, id="cut"),
        pytest.param(wrong.CUT, True, id="cut after"),
        pytest.param(wrong.BUSY, False, id="busy"),
        pytest.param(wrong.ERROR, False, id="error"),
        pytest.param(wrong.BAD_GATEWAY, True, id="bad gateway"),
        pytest.param(wrong.PORTAL, False, id="portal"),
        pytest.param(wrong.ENDLESS, False, id="endless"),
        pytest.param(wrong.ELSEWHERE, False, id="elsewhere"),
        pytest.param(wrong.LOGIN, False, id="login"),
    ],
)
def test_a_sync_goes_wrong_at_each_of_its_calls(
    device: Device,
    miniflux: MinifluxUser,
    web: Server,
    way: Between,
    page: Page,
    is_carried_out: bool,
) -> None:
    """From the first call on, then from the second, and so on, until a sync gets through."""
    fill(miniflux, web, feeds=2, entries=6)
    titles = [f"F{feed} Item {number}" for number in range(6) for feed in range(2)]
    read, starred = set[str](), set[str]()
    for step in range(0, 60, 3 if page is wrong.ENDLESS else 1):
        here, phone = titles[step % 12], titles[(step + 5) % 12]
        if here in device.articles():
            device.mark(ServerMark.READ, here not in read, here)
            read ^= {here}
        star_there(miniflux, phone)
        starred ^= {phone}
        if is_carried_out:
            way.begin(after=wrong.at(step, page))
        else:
            way.begin(wrong.at(step, page))
        end = device.sync(force=True)
        assert device.surprises == []
        if way.calls <= step:
            break
        # By Fever, a batch that fails is asked for in halves: one entry may be in its way.
        if device.account.api is not Api.FEVER or page is not wrong.ERROR:
            assert end.state is Phase.FAILED, (step, end)
        assert miniflux.key not in end.reason
        way.begin()
        if step % 3 == 0:
            end = device.sync(force=True)
            assert end.state is not Phase.FAILED, (step, end)
            expected = {each: ServerMarks(each in read, each in starred) for each in titles}
            assert device.marks() == there(miniflux) == expected, step
    else:
        pytest.fail("no sync got through")
    way.begin()
    device.sync_ok()
    expected = {each: ServerMarks(each in read, each in starred) for each in titles}
    assert device.marks() == there(miniflux) == expected
    quiet(device)


def test_what_is_gone_there_stays_here_and_is_in_nobodys_way(
    device: Device, miniflux: MinifluxUser, web: Server
) -> None:
    fill(miniflux, web, feeds=1, entries=8)
    device.sync_ok()
    star_there(miniflux, "F0 Item 0")
    device.sync_ok()
    device.mark(ServerMark.READ, True, "F0 Item 1", "F0 Item 2")
    device.mark(ServerMark.STARRED, True, "F0 Item 1")
    device.mark(ServerMark.STARRED, False, "F0 Item 0")
    ids = numbers(miniflux)
    # All of those that are to be asked for or marked, and some more; then the newest as well.
    miniflux.delete_entries(ids[f"F0 Item {number}"] for number in (0, 1, 2, 3))
    files, marks = device.files(), device.marks()
    for gone in ([], ["F0 Item 7"], [f"F0 Item {number}" for number in (4, 5, 6)]):
        if gone:
            device.mark(ServerMark.READ, True, *gone)
            miniflux.delete_entries([ids[title] for title in gone])
            marks |= dict.fromkeys(gone, ServerMarks(read=True))
        device.sync_ok()
        quiet(device)
        assert (device.files(), device.marks()) == (files, marks)


def test_what_authors_change_comes_from_the_newest_at_once_and_from_others_in_turns(
    make_device: Devices, miniflux: MinifluxUser, web: Server
) -> None:
    def rewritten(device: Device) -> set[str]:
        """The articles that have the new text."""
        texts = [text for text in device.files().values() if "Other words." in text]
        return {text.partition('title = "')[2].partition('"')[0] for text in texts}

    fill(miniflux, web, feeds=5, entries=90)
    laptop, desktop = make_device(Api.MINIFLUX), make_device(Api.MINIFLUX)
    ids = sorted((number, title) for title, number in numbers(miniflux).items())
    for device in (laptop, desktop):
        device.sync_ok()
        device.sync_ok()
    desktop.mark(ServerMark.STARRED, True, ids[0][1])
    desktop.sync_ok()
    changed = [ids[1], ids[200], ids[-1]]
    listed = ", ".join(str(number) for number, _ in changed)
    # The server has taken over what the authors changed.
    miniflux.server.sql(f"update entries set content = '<p>Other words.' where id in ({listed})")
    seen = []
    for _ in range(5):
        assert laptop.sync_ok().new == ()
        seen.append(rewritten(laptop))
    assert changed[-1][1] in seen[0]
    assert seen[-1] == {title for _, title in changed}
    assert laptop.sync_ok().updated == ()
    # Whoever insists has it all at once.
    assert desktop.sync(force=True).state is Phase.SAVED
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


@pytest.mark.parametrize(
    "apis", [APIS[:1] * 2, APIS[1:] * 2, APIS, [Api.FEVER] * 2, [Api.MINIFLUX, Api.FEVER]]
)
def test_whatever_is_done_at_random_all_sides_end_up_equal(
    tmp_path: Path, pool: WorkerPool, miniflux: MinifluxUser, web: Server, apis: Sequence[Api]
) -> None:
    for seed in range(scale_rounds(8, 3)):
        # The odd ones with a folder of journals that both devices share.
        work = tmp_path / f"seed{seed}"
        one = Interleaving(work, pool, miniflux, web, apis, seed, shares=seed % 2 == 1)
        one.play()
        one.close()


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL, to a group of processes")
@pytest.mark.parametrize("api", sample(ALL_APIS, 2))
def test_killed_syncs_end_as_undisturbed_ones(miniflux_server: MinifluxServer, api: Api) -> None:
    [*_, verdict] = prove(miniflux_server, api, kills=4, seed=7)
    assert verdict.differences == ()
    assert verdict.kills + verdict.late == 4
    assert verdict.entries >= FEEDS * FIRST_ENTRIES
