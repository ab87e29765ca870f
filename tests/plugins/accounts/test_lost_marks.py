"""Where the marks of a library are lost, nothing that was agreed is taken from the server."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from rilo_reader.feeds.progress import Phase
from rilo_reader.plugins.accounts.account_sync import JOINED_NOTE
from rilo_reader.plugins.accounts.service import ServerMark, ServerMarks
from tests.plugins.accounts.conftest import MakeDevice
from tests.plugins.accounts.devices import Device, Shared
from tests.plugins.accounts.fake_service import FakeServer, FakeService, Steps
from tests.support.lost_marks import LOSSES, UNUSABLE

READ, STARRED = ServerMarks(read=True), ServerMarks(starred=True)


def lose(device: Device, how: str) -> None:
    """Lose the marks of a device, in the way of `LOSSES`."""
    device.state.close()
    LOSSES[how](device.marks_file)
    device.open_marks()


def in_agreement(device: Device, server: FakeServer) -> dict[str, ServerMarks]:
    """Let a device and a server have marks, after a backup of the device's was made."""
    one, *_ = server.with_feed("One", "Two", "Three", "Four")
    device.sync_ok()
    device.mark(ServerMark.STARRED, True, "Four")
    device.sync_ok()
    device.state.backup()
    device.mark(ServerMark.STARRED, True, "One", "Two")
    device.mark(ServerMark.READ, True, "Two", "Three")
    server.mark(ServerMark.READ, True, one)
    device.sync_ok()
    assert device.marks() == server.marks()
    return server.marks()


@pytest.mark.slow
@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("how", LOSSES)
def test_lost_marks_take_nothing_from_the_server(
    make_device: MakeDevice, server: FakeServer, how: str, lists: bool
) -> None:
    device = make_device(lists=lists)
    before = in_agreement(device, server)
    lose(device, how)
    calls = len(server.calls)
    end = device.sync()
    assert server.marks() == before
    assert not [call for call in server.calls[calls:] if call.startswith("push")]
    if how in UNUSABLE:
        assert (end.state, end.failure, end.reason) == (
            Phase.FAILED,
            "disk",
            device.state.notices[-1],
        )
        return
    # Older marks know what was agreed then, so only what is new has to be joined.
    assert ("both sides" in end.reason) == (how == "removed")
    assert device.marks() == before
    # From then on these marks are what was agreed.
    device.mark(ServerMark.STARRED, False, "One")
    server.mark(ServerMark.STARRED, False, *list(server.data.entries)[1:2])
    assert device.sync_ok().reason == "1 mark sent, 1 received"
    assert device.marks() == server.marks() == before | {"One": READ, "Two": READ}
    assert device.sync_ok().reason == ""


def test_marks_of_a_backup_that_has_all_that_was_agreed_are_those_of_before(
    device: Device, server: FakeServer
) -> None:
    before = in_agreement(device, server)
    device.mark(ServerMark.STARRED, False, "One")
    device.state.backup()
    lose(device, "garbage, with a backup")
    assert device.sync_ok().reason == "1 mark sent"
    assert device.marks() == server.marks() == before | {"One": READ}


@pytest.mark.slow
@pytest.mark.parametrize("at", range(0, 40, 3))
def test_lost_marks_are_joined_also_after_interruptions(
    device: Device, server: FakeServer, at: int
) -> None:
    before = in_agreement(device, server)
    lose(device, "removed")
    steps = Steps(at, InterruptedError("stop"))
    device.step, device.service = steps, FakeService(server, step=steps)
    device.sync()
    device.step, device.service = (lambda _: None), FakeService(server)
    device.sync_ok()
    assert device.marks() == server.marks() == before


def test_marks_that_are_lost_during_a_sync_take_nothing_from_the_server(
    device: Device, server: FakeServer
) -> None:
    before = in_agreement(device, server)

    def lose_them(name: str) -> None:
        if name == "changes, done":
            LOSSES["removed"](device.marks_file)

    device.service = FakeService(server, step=lose_them)
    assert device.sync().state is Phase.FAILED
    assert server.marks() == before
    device.service = FakeService(server)
    device.sync_ok()
    assert device.marks() == server.marks() == before


@pytest.mark.slow
def test_marks_of_another_machine_take_nothing_from_the_server(
    make_device: MakeDevice, server: FakeServer
) -> None:
    """As after somebody copied only them, newer ones."""
    laptop = make_device()
    before = in_agreement(laptop, server)
    other = FakeServer()
    desktop = make_device(at=other)
    desktop.now += timedelta(days=1)
    other.with_feed("One")
    desktop.sync_ok()
    desktop.mark(ServerMark.READ, True, "One")
    desktop.sync_ok()
    laptop.close()
    desktop.close()
    LOSSES["removed"](laptop.marks_file)
    desktop.marks_file.rename(laptop.marks_file)
    laptop.open_marks()
    laptop.sync_ok()
    assert laptop.marks() == server.marks() == before


def test_offline_or_in_a_dry_run_nothing_waits_of_marks_that_were_lost(
    device: Device, server: FakeServer
) -> None:
    before = in_agreement(device, server)
    lose(device, "removed")
    entries = device.entries()
    assert device.sync(dry_run=True).reason == ""
    assert device.entries() == entries
    device.service = FakeService(server, step=Steps(0))
    assert device.sync().reason == "Home.example.org could not be reached."
    device.service = FakeService(server)
    assert JOINED_NOTE in device.sync_ok().reason
    assert device.marks() == server.marks() == before


# -- with a folder of journals --------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("lists", [False, True])
@pytest.mark.parametrize("how", sorted({*LOSSES} - {*UNUSABLE}))
def test_lost_marks_that_travel_take_nothing_from_the_server(
    tmp_path: Path, make_device: MakeDevice, server: FakeServer, how: str, lists: bool
) -> None:
    devices = [make_device(lists=lists) for _ in range(2)]
    shared = Shared(tmp_path / "shared", *devices)
    before = in_agreement(devices[0], server)
    for number in (0, 1, 0):
        shared.exchange(number)
        devices[number].sync_ok()
    lose(devices[0], how)
    devices[0].sync_ok()
    assert server.marks() == before
    shared = Shared(tmp_path / "shared", *devices)
    for number in (0, 1, 0, 1):
        shared.exchange(number)
        devices[number].sync_ok()
    assert devices[0].marks() == devices[1].marks() == server.marks() == before


@pytest.mark.slow
def test_what_another_device_agreed_on_takes_nothing_where_its_marks_never_came(
    tmp_path: Path, make_device: MakeDevice, server: FakeServer
) -> None:
    server.with_feed("One", "Two")
    laptop, desktop, tablet = devices = [make_device() for _ in range(3)]
    for each in devices:
        each.sync_ok()
    shared = Shared(tmp_path / "shared", laptop, desktop)
    laptop.mark(ServerMark.STARRED, True, "One")
    laptop.mark(ServerMark.READ, True, "Two")
    shared.exchange(0)
    shared.exchange(1)
    desktop.sync_ok()
    shared.exchange(1)
    # The laptop's journal, in which the marks are, is not here yet.
    [own] = list((tmp_path / "shared").rglob(f"{laptop.state.journals.devices.ensure_own().id}*"))
    away = own.rename(tmp_path / "away")
    joined = Shared(tmp_path / "shared", tablet)
    joined.exchange(0)
    tablet.sync_ok()
    expected = {"One": STARRED, "Two": READ}
    assert tablet.marks() == server.marks() == expected
    away.rename(own)
    joined.exchange(0)
    tablet.sync_ok()
    assert tablet.marks() == server.marks() == expected
