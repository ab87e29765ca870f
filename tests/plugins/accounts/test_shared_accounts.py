"""Devices that share an account at a server, and a folder of journals: they do not fight."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from rilo_reader.feeds.progress import Phase
from rilo_reader.plugins.accounts.service import ServerMark, ServerMarks
from rilo_reader.workers import WorkerPool
from tests.plugins.accounts.conftest import MakeDevice
from tests.plugins.accounts.devices import Device, Shared
from tests.plugins.accounts.fake_service import OFFLINE, FakeServer, FakeService, Steps
from tests.support.examples import examples

UNREAD, READ, STARRED = ServerMarks(), ServerMarks(read=True), ServerMarks(starred=True)


@pytest.mark.slow
def test_devices_that_share_a_folder_and_an_account_do_not_fight(
    shared: Shared, server: FakeServer
) -> None:
    _, _, three, _ = server.with_feed("One", "Two", "Three", "Four")
    laptop, desktop = shared.devices
    for each in (laptop, desktop):
        each.service = FakeService(server, toggles=True)
        each.sync_ok()
    laptop.mark(ServerMark.READ, True, "One")
    desktop.mark(ServerMark.STARRED, True, "Two")
    server.mark(ServerMark.READ, True, three)
    shared.exchange(0)
    assert laptop.sync_ok().reason == "1 mark sent, 1 received"
    shared.exchange(0)
    shared.exchange(1)
    # What came by the folder is not pulled again.
    assert desktop.sync_ok().reason == "1 mark sent"
    shared.exchange(1)
    shared.exchange(0)
    assert laptop.sync_ok().reason == ""
    expected = {"One": READ, "Two": STARRED, "Three": READ, "Four": UNREAD}
    assert laptop.marks() == desktop.marks() == server.marks() == expected
    # Taken back here after it was sent there: the last gesture wins everywhere.
    desktop.mark(ServerMark.READ, False, "One")
    desktop.sync_ok()
    laptop.sync_ok()
    assert not server.marks()["One"].read
    for number in (1, 0, 1):
        shared.exchange(number)
    assert desktop.sync_ok().reason == laptop.sync_ok().reason == ""
    assert laptop.marks() == desktop.marks() == server.marks()
    assert not server.marks()["One"].read


def test_what_one_device_sent_and_took_back_is_not_received_by_the_other(
    shared: Shared, server: FakeServer
) -> None:
    server.with_feed("One")
    laptop, desktop = shared.synced()
    laptop.mark(ServerMark.READ, True, "One")
    laptop.sync_ok()
    laptop.mark(ServerMark.READ, False, "One")
    shared.exchange(0)
    shared.exchange(1)
    # For the desktop it was unread from the beginning, and is read on the server now.
    desktop.sync_ok()
    assert desktop.marks() == server.marks() == {"One": UNREAD}


def test_what_one_device_received_is_not_sent_by_the_other(
    shared: Shared, server: FakeServer
) -> None:
    [one] = server.with_feed("One")
    laptop, desktop = shared.synced()
    server.mark(ServerMark.READ, True, one)
    desktop.sync_ok()
    shared.exchange(1)
    server.mark(ServerMark.READ, False, one)
    shared.exchange(0)
    # For the laptop it was unread on the server from the beginning, and is read here now.
    laptop.sync_ok()
    assert laptop.marks() == server.marks() == {"One": UNREAD}


def test_an_account_is_the_same_on_devices_that_spell_its_address_otherwise(
    shared: Shared, server: FakeServer
) -> None:
    [one] = server.with_feed("One")
    laptop, desktop = shared.devices
    laptop.account = laptop.account._replace(url="http://Home.example.org/unread")
    shared.synced()
    # The desktop receives a star and its journal carries it; then the phone takes it away.
    server.mark(ServerMark.STARRED, True, one)
    desktop.sync_ok()
    shared.exchange(1)
    shared.exchange(0)
    server.mark(ServerMark.STARRED, False, one)
    assert laptop.sync_ok().reason == "1 mark received"
    assert laptop.marks() == server.marks() == {"One": UNREAD}


def test_what_one_device_agreed_on_counts_at_the_first_contact_of_another(
    shared: Shared, server: FakeServer
) -> None:
    server.with_feed("One")
    laptop, desktop = shared.devices
    laptop.sync_ok()
    laptop.mark(ServerMark.STARRED, True, "One")
    laptop.sync_ok()
    laptop.mark(ServerMark.STARRED, False, "One")
    shared.exchange(0)
    shared.exchange(1)
    assert desktop.sync_ok().reason == "1 mark sent"
    assert desktop.marks() == server.marks() == {"One": UNREAD}


@pytest.fixture
def alone(make_device: MakeDevice, tmp_path: Path) -> Shared:
    """One device with a folder of journals."""
    return Shared(tmp_path / "shared", make_device("laptop"))


def test_what_was_agreed_with_one_server_was_not_with_another(
    alone: Shared, server: FakeServer
) -> None:
    server.mark(ServerMark.READ, True, *server.with_feed("One"))
    [device] = alone.devices
    assert device.sync_ok().reason == "1 mark received"
    other = FakeServer()
    other.with_feed("One")
    url = "https://work.example.org/"
    device.account = device.account._replace(name="work", url=url)
    device.service = FakeService(other)
    assert device.sync_ok().reason == "1 mark sent"
    assert other.marks() == server.marks() == {"One": READ}


@pytest.mark.parametrize("stops", [False, True])
def test_a_server_that_was_restored_has_agreed_on_nothing_with_any_device(
    alone: Shared, server: FakeServer, stops: bool
) -> None:
    server.with_feed("One")
    saved = server.backup()
    server.publish(server.data.feeds["1"], "Two")
    [laptop] = alone.synced()
    laptop.mark(ServerMark.READ, True, "One")
    laptop.sync_ok()
    server.restore(saved)
    if stops:
        # It finds out that the server was restored, and no more.
        laptop.service = FakeService(server, step=Steps(4, OFFLINE))
        assert laptop.sync().state is Phase.FAILED
        assert laptop.entries() == {}
        laptop.service = FakeService(server)
    # That it was agreed to be read must not be believed any more.
    assert laptop.sync_ok().reason == "1 mark sent"
    assert laptop.marks()["One"] == server.marks()["One"] == READ


def test_what_was_agreed_while_nothing_was_shared_counts_later(
    alone: Shared, server: FakeServer, tmp_path: Path
) -> None:
    one, _ = server.with_feed("One", "Two")
    [laptop] = alone.synced()
    laptop.mark(ServerMark.READ, True, "One")
    laptop.sync_ok()
    alone.exchange(0)
    alone.journals[0].turn_off()
    server.mark(ServerMark.READ, False, one)
    laptop.sync_ok()
    laptop.mark(ServerMark.STARRED, True, "Two")
    laptop.sync_ok()
    assert not alone.journals[0].turn_on(tmp_path / "shared").problem
    alone.exchange(0)
    laptop.mark(ServerMark.READ, True, "One")
    assert laptop.sync_ok().reason == "1 mark sent"
    assert laptop.marks() == server.marks() == {"One": READ, "Two": STARRED}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("travels", "lists"),
    [
        (False, True),
        (True, False),
        pytest.param(False, False, marks=pytest.mark.slow),
        pytest.param(True, True, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("way", ["feed added again", "other ids", "both ids", "forgotten before"])
def test_entries_that_come_again_under_other_ids_get_the_marks_that_are_here(
    tmp_path: Path,
    make_device: MakeDevice,
    server: FakeServer,
    way: str,
    travels: bool,
    lists: bool,
) -> None:
    device = make_device(lists=lists)
    if travels:
        Shared(tmp_path / "shared", device)
    ids = server.with_feed("One", "Two")
    feed, other = server.data.feeds["1"], server.subscribe("https://b.example/feed", "B")
    server.publish(other, "X", "Y", "Z")
    device.sync_ok()
    device.mark(ServerMark.STARRED, True, "One")
    device.mark(ServerMark.READ, True, "Two")
    device.sync_ok()
    if way == "forgotten before":
        server.forget(ids)
        device.mark(ServerMark.READ, True, "One")
        device.mark(ServerMark.STARRED, True, "Two")
        device.sync_ok()
    before = device.marks()
    if way == "feed added again":
        server.unsubscribe(feed)
        device.sync_ok()
        feed = server.subscribe(feed.url, feed.title)
    elif way == "other ids":
        server.forget(ids)
    [one, _] = server.publish(feed, "One", "Two")
    for _ in range(3):
        device.sync_ok()
        assert device.marks() == server.marks() == before
    server.mark(ServerMark.STARRED, False, one)
    for _ in range(3):
        device.sync_ok()
        expected = before | {"One": before["One"]._replace(starred=False)}
        assert device.marks() == server.marks() == expected
    assert len({each.marks for each in server.data.entries.values() if each.feed == feed.id}) == 2


_steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("mark"), st.integers(0, 2), st.integers(0, 2), st.sampled_from(ServerMark)
        ),
        st.tuples(st.just("sync"), st.integers(0, 1)),
        st.tuples(st.just("exchange"), st.integers(0, 1)),
    ),
    max_size=12,
)


@pytest.mark.slow
@given(_steps)
@examples(40, suppress=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_where_all_end_up_equal(
    tmp_path: Path,
    pool: WorkerPool,
    steps: list[tuple[str, int] | tuple[str, int, int, ServerMark]],
) -> None:
    with TemporaryDirectory(dir=tmp_path) as name:
        server = FakeServer()
        server.with_feed("N0", "N1", "N2")
        devices = [Device(Path(name) / each, pool, server) for each in ("laptop", "desktop")]
        shared = Shared(Path(name) / "shared", *devices)
        for number, device in enumerate(devices):
            device.service = FakeService(server, toggles=True, lists=bool(number))
            device.sync_ok()
        for step in steps:
            if step[0] == "sync":
                devices[step[1]].sync_ok()
            elif step[0] == "exchange":
                shared.exchange(step[1])
            else:
                _, where, entry, mark = step  # type: ignore[misc]
                toggle(server if where == 2 else devices[where], f"N{entry}", mark)
        for number in (0, 1, 0, 1):
            shared.exchange(number)
            devices[number].sync_ok()
            shared.exchange(number)
        assert devices[0].marks() == devices[1].marks() == server.marks()
        for device in devices:
            assert device.sync_ok().reason == ""
            device.close()


def toggle(side: Device | FakeServer, title: str, mark: ServerMark) -> None:
    value = not side.marks()[title].has_mark(mark)
    if isinstance(side, Device):
        side.mark(mark, value, title)
    else:
        ids = {each.entry.title: each.id for each in side.data.entries.values()}
        side.mark(mark, value, ids[title])
