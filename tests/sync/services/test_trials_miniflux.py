"""What goes wrong between a library and a real Miniflux, by both of its APIs.

Whatever happens: nothing is lost, nothing is marked that nobody marked, no article is doubled, and
the next sync goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from rilo_reader.feeds.progress import State
from rilo_reader.fetch.client import HttpClient
from rilo_reader.sync.services.accounts import open_service
from rilo_reader.sync.services.secrets import Secret
from rilo_reader.sync.services.service import Account, Api, Mark, ServerMarks, Service
from rilo_reader.workers import WorkerPool
from tests.support import between as wrong
from tests.support.between import Between, between
from tests.support.fake_service import FakeServer
from tests.support.lost_marks import LOSSES, UNUSABLE
from tests.support.miniflux_server import MinifluxUser, rss
from tests.support.servers import Page, Server, serving
from tests.sync.services.devices import Device
from tests.sync.services.miniflux_devices import fill, numbers, there, titled

pytestmark = [pytest.mark.service, pytest.mark.slow]

UNREAD, READ, STARRED = ServerMarks(), ServerMarks(read=True), ServerMarks(starred=True)

MakeDevice = Callable[[], Device]


@pytest.fixture(params=[Api.MINIFLUX, Api.GREADER])
def api(request: pytest.FixtureRequest) -> Api:
    found: Api = request.param
    return found


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
    tmp_path: Path, pool: WorkerPool, miniflux: MinifluxUser, way: Between, api: Api
) -> Iterator[MakeDevice]:
    made: list[Device] = []

    def make() -> Device:
        device = Device(tmp_path / f"device{len(made)}", pool, FakeServer())
        is_greader = api is Api.GREADER
        account = Account("home", api, way.url, miniflux.name if is_greader else "")
        secret = Secret(miniflux.password if is_greader else miniflux.key)

        def connect(client: HttpClient) -> Service:
            return open_service(account, secret, client)

        device.account, device.api = account, connect
        made.append(device)
        return device

    yield make
    for each in made:
        each.close()


@pytest.fixture
def device(make_device: MakeDevice) -> Device:
    return make_device()


def publish(user: MinifluxUser, web: Server, feed: int, entries: int, first: int = 0) -> None:
    """Let a feed have these entries, and the server fetch it."""
    web.page(f"/{feed}.xml", rss(f"Feed {feed}", titled(feed, first + entries)[first:]))
    user.fetch(user.call("GET", "feeds")[feed]["id"])


def read_there(user: MinifluxUser, *titles: str, read: bool = True) -> None:
    ids = numbers(user)
    user.set_read([ids[each] for each in titles], read)


def star_there(user: MinifluxUser, *titles: str) -> None:
    ids = numbers(user)
    user.toggle_star([ids[each] for each in titles])


def quiet(device: Device) -> None:
    """Sync once more: there is nothing left to do."""
    end = device.sync_ok()
    assert (end.state, end.reason, device.surprises) == (State.UNCHANGED, "", [])


# -- lost marks --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", LOSSES)
def test_lost_marks_are_not_taken_from_the_server(
    device: Device, miniflux: MinifluxUser, web: Server, how: str
) -> None:
    fill(miniflux, web, feeds=1, entries=8)
    device.sync_ok()
    device.state.backup()
    device.mark(Mark.READ, True, "F0 Item 1", "F0 Item 2", "F0 Item 3")
    device.mark(Mark.STARRED, True, "F0 Item 3", "F0 Item 4")
    assert device.sync_ok().reason == "5 marks sent"
    device.mark(Mark.READ, True, "F0 Item 0")
    before = there(miniflux)
    device.close()
    LOSSES[how](device.marks_file)
    device.open_marks()
    end = device.sync()
    assert there(miniflux) == before
    if how in UNUSABLE:
        assert (end.state, end.reason) == (State.FAILED, device.state.notices[-1])
        return
    assert end.reason.startswith("5 marks received")
    assert device.marks() == before
    quiet(device)


# -- a backup ------------------------------------------------------------------------------------


@pytest.mark.parametrize("since", [0, 1, 6])
@pytest.mark.parametrize("published", [0, 9])
def test_a_server_that_was_restored_from_a_backup(
    device: Device, miniflux: MinifluxUser, web: Server, tmp_path: Path, since: int, published: int
) -> None:
    """Entries that came since the backup, and those published after it, have the same ids."""
    # By the Google Reader API, older marks alone are like marks that somebody took away.
    is_noticed = bool(since) or device.account.api is Api.MINIFLUX
    fill(miniflux, web, feeds=1, entries=8)
    device.sync_ok()
    read_there(miniflux, "F0 Item 0")
    device.mark(Mark.READ, True, "F0 Item 1")
    device.sync_ok()
    miniflux.server.backup(tmp_path / "backup")
    time.sleep(1.1)  # the times of changes are compared by the second
    # Marks on both sides, and entries, that the backup does not have.
    if since:
        publish(miniflux, web, 0, since, first=8)
    read_there(miniflux, "F0 Item 2")
    star_there(miniflux, "F0 Item 3")
    device.mark(Mark.READ, True, "F0 Item 4")
    device.sync_ok()
    device.mark(Mark.STARRED, True, "F0 Item 5")
    device.sync_ok()
    device.mark(Mark.READ, True, "F0 Item 6")
    before, files = device.marks(), device.files()
    miniflux.server.restore(tmp_path / "backup")
    if published:
        publish(miniflux, web, 0, published, first=20)
    device.sync_ok()
    after = device.marks()
    if is_noticed:
        assert {title: after[title] for title in before} == before
    assert {path: text for path, text in device.files().items() if path in files} == files
    assert len(after) == 8 + since + published
    assert {title: after[title] for title in there(miniflux)} == there(miniflux)
    quiet(device)
    read_there(miniflux, "F0 Item 7")
    device.mark(Mark.STARRED, True, "F0 Item 0")
    assert device.sync_ok().reason == "1 mark sent, 1 received"
    assert {title: device.marks()[title] for title in there(miniflux)} == there(miniflux)


# -- clocks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-24, -1, 1, 24])
def test_the_clock_of_the_server_is_wrong_and_is_set_right(
    device: Device, miniflux: MinifluxUser, web: Server, way: Between, hours: int
) -> None:
    fill(miniflux, web, feeds=1, entries=8)
    shift = f"update entries set changed_at = changed_at + interval '{hours} hours' where user_id"
    for wrong_by in (hours, 0):
        way.clock = timedelta(hours=wrong_by)
        device.sync_ok()
        titles = [f"F0 Item {number}" for number in range(8)]
        read_there(miniflux, *titles[:2], read=bool(wrong_by))
        if wrong_by:
            miniflux.server.sql(f"{shift} = {miniflux.id}")
        device.mark(Mark.STARRED, bool(wrong_by), titles[2])
        device.sync_ok()
        assert device.marks() == there(miniflux)
        assert device.marks()[titles[0]] == (READ if wrong_by else UNREAD)
        quiet(device)


@pytest.mark.parametrize("days", [-400, -2, 2, 400])
def test_our_clock_is_wrong_and_is_set_right(
    device: Device, miniflux: MinifluxUser, web: Server, days: int
) -> None:
    fill(miniflux, web, feeds=1, entries=4)
    now, time = device.now, device.time
    for wrong_by in (days, 0):
        device.now = now + timedelta(days=wrong_by)
        device.time = time + wrong_by * 86_400_000
        device.sync_ok()
        device.mark(Mark.READ, bool(wrong_by), "F0 Item 0")
        star_there(miniflux, "F0 Item 1")
        device.sync_ok()
        assert device.marks() == there(miniflux)
        assert device.marks()["F0 Item 0"] == (READ if wrong_by else UNREAD)
        assert device.marks()["F0 Item 1"] == (STARRED if wrong_by else UNREAD)
        quiet(device)


# -- the way there -------------------------------------------------------------------------------

FAULTS = [
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
]


@pytest.mark.parametrize(("page", "is_carried_out"), FAULTS)
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
            device.mark(Mark.READ, here not in read, here)
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
        assert end.state is State.FAILED, (step, end)
        assert miniflux.key not in end.reason
        way.begin()
        if step % 3 == 0:
            end = device.sync(force=True)
            assert end.state is not State.FAILED, (step, end)
            expected = {each: ServerMarks(each in read, each in starred) for each in titles}
            assert device.marks() == there(miniflux) == expected, step
    else:
        pytest.fail("no sync got through")
    way.begin()
    device.sync_ok()
    expected = {each: ServerMarks(each in read, each in starred) for each in titles}
    assert device.marks() == there(miniflux) == expected
    quiet(device)


def test_a_busy_server_is_left_alone_as_long_as_it_says(
    device: Device, miniflux: MinifluxUser, web: Server, way: Between
) -> None:
    fill(miniflux, web, feeds=1, entries=2)
    way.begin(wrong.at(2, wrong.BUSY))
    assert device.sync().failure == "busy"
    way.begin()
    # The time that it says counts from now, which is not the clock of this test.
    record = device.record()
    assert record.retry_at is not None
    device.now = record.retry_at - timedelta(seconds=100)
    with device.records() as records:
        records.put_account(record._replace(last_try=device.now))
    assert (device.sync().state, way.calls) == (State.SKIPPED, 0)
    device.now = record.retry_at
    assert len(device.sync_ok().new) == 2


def test_a_password_that_was_changed_is_told_and_nothing_is_lost(
    device: Device, miniflux: MinifluxUser, web: Server
) -> None:
    fill(miniflux, web, feeds=1, entries=3)
    device.sync_ok()
    device.mark(Mark.READ, True, "F0 Item 0")
    change = "update {} set {} where user_id = {}".format
    server, user = miniflux.server, miniflux.id
    server.sql(change("api_keys", "token = token || 'x'", user))
    server.sql(
        change("integrations", "googlereader_password = crypt('other', gen_salt('bf', 4))", user)
    )
    for _ in range(2):
        end = device.sync()
        assert (end.state, end.failure) == (State.FAILED, "login"), end
        assert miniflux.key not in end.reason
    server.sql(change("api_keys", f"token = '{miniflux.key}'", user))
    password = miniflux.password
    server.sql(
        change(
            "integrations", f"googlereader_password = crypt('{password}', gen_salt('bf', 4))", user
        )
    )
    assert device.sync_ok().reason == "1 mark sent"
    assert device.marks() == there(miniflux)


# -- feeds and entries ---------------------------------------------------------------------------


def test_a_feed_that_is_removed_there_and_added_again(
    device: Device, miniflux: MinifluxUser, web: Server
) -> None:
    fill(miniflux, web, feeds=2, entries=5)
    device.sync_ok()
    device.mark(Mark.READ, True, "F0 Item 0", "F1 Item 0")
    star_there(miniflux, "F0 Item 1")
    device.sync_ok()
    files, marks = device.files(), device.marks()
    number = next(f["id"] for f in miniflux.call("GET", "feeds") if f["title"] == "Feed 0")
    miniflux.call("DELETE", f"feeds/{number}")
    device.sync_ok()
    device.mark(Mark.READ, True, "F0 Item 2")
    quiet(device)
    assert device.files() == files
    miniflux.add_feed(web.url("/0.xml"))
    end = device.sync_ok()
    assert (end.new, end.updated) == ((), ())
    assert device.files() == files
    marks["F0 Item 2"] = READ
    assert device.marks() == there(miniflux) == marks
    quiet(device)


def test_a_feed_has_another_address_there(
    device: Device, miniflux: MinifluxUser, web: Server
) -> None:
    fill(miniflux, web, feeds=1, entries=5)
    device.sync_ok()
    device.mark(Mark.READ, True, "F0 Item 0")
    device.sync_ok()
    files = device.files()
    web.page("/moved.xml", rss("Feed 0", titled(0, 7)))
    [feed] = miniflux.call("GET", "feeds")
    miniflux.call("PUT", f"feeds/{feed['id']}", {"feed_url": web.url("/moved.xml")})
    miniflux.fetch(feed["id"])
    end = device.sync_ok()
    assert (len(end.new), end.updated) == (2, ())
    assert {path: text for path, text in device.files().items() if path in files} == files
    assert {path.split("/")[0] for path in device.files()} == {path.split("/")[0] for path in files}
    assert device.marks() == there(miniflux)
    quiet(device)


def test_what_is_gone_there_stays_here_and_is_in_nobodys_way(
    device: Device, miniflux: MinifluxUser, web: Server
) -> None:
    fill(miniflux, web, feeds=1, entries=8)
    device.sync_ok()
    star_there(miniflux, "F0 Item 0")
    device.sync_ok()
    device.mark(Mark.READ, True, "F0 Item 1", "F0 Item 2")
    device.mark(Mark.STARRED, True, "F0 Item 1")
    device.mark(Mark.STARRED, False, "F0 Item 0")
    ids = numbers(miniflux)
    # All of those that are to be asked for or marked, and some more; then the newest as well.
    miniflux.delete_entries(ids[f"F0 Item {number}"] for number in (0, 1, 2, 3))
    files, marks = device.files(), device.marks()
    for gone in ([], ["F0 Item 7"], [f"F0 Item {number}" for number in (4, 5, 6)]):
        if gone:
            device.mark(Mark.READ, True, *gone)
            miniflux.delete_entries([ids[title] for title in gone])
            marks |= dict.fromkeys(gone, READ)
        device.sync_ok()
        quiet(device)
        assert (device.files(), device.marks()) == (files, marks)


@pytest.mark.parametrize("entries", [2_000])
def test_a_window_bounds_an_endless_archive_and_can_grow(
    device: Device, miniflux: MinifluxUser, web: Server, way: Between, entries: int
) -> None:
    feed = miniflux.add_feed(web.page("/0.xml", rss("Feed 0", [])))
    miniflux.seed(feed, entries)
    ids = miniflux.ids()
    old = ids[: entries // 2]
    miniflux.set_read(ids)
    miniflux.set_read(old[3:6], read=False)
    miniflux.toggle_star(old[8:10])
    ago = "changed_at = changed_at - interval '1 hour'"
    miniflux.server.sql(f"update entries set {ago} where user_id = {miniflux.id}")
    account, window = device.account, entries // 20
    wanted = {*old[3:6], *old[8:10], *ids[-window:]}

    def connected(window: int) -> None:
        given = account._replace(window=window)
        secret = Secret(miniflux.password if account.user else miniflux.key)
        device.account, device.api = given, lambda client: open_service(given, secret, client)

    connected(window)
    assert len(device.sync_ok().new) == len(wanted)
    assert set(map(int, device.entries())) == wanted
    way.begin()
    quiet(device)
    assert way.calls < 12
    # Of what is older, an entry that is starred later comes by the one API, and by the other too.
    miniflux.toggle_star(old[20:21])
    assert len(device.sync_ok().new) == 1
    connected(window * 2)
    assert len(device.sync_ok().new) == window
    assert set(map(int, device.entries())) == {*wanted, old[20], *ids[-2 * window :]}
    quiet(device)
    connected(window)
    quiet(device)
