"""What others can put into the folder that is shared: links, dates, numbers, names of others."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.store.marks import READ, STARRED
from tests.plugins.devices.machines import HOUR, NOON, Machine, carry, ok, put

A, B = "https://example.org/a", "https://example.org/b"
STAMP = f"{(NOON + HOUR) << 16:016x}"
IN_2300 = int(datetime(2300, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000_000

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="links and dates of POSIX"),
    pytest.mark.usefixtures("on"),
]


@pytest.mark.parametrize("date", [IN_2300, -IN_2300 // 2])
def test_dates_of_files_that_no_database_keeps_are_bounded(
    laptop: Machine, desktop: Machine, date: int
) -> None:
    for number in range(2):
        desktop.state.give(READ, str(1 - number), A)
        desktop.now_ok()
        carry(desktop, laptop)
        for file in laptop.journals.rglob("*.log"):
            os.utime(file, ns=(date, date))
        laptop.state.give(STARRED, str(1 - number), B)
        assert not laptop.now_ok().is_renewed
        assert laptop.state.value(A, READ) == str(1 - number)
    ok(laptop.sync.forget_device(desktop.own.name))
    assert laptop.sync.read_status().problem == ""


@pytest.mark.parametrize("is_snapshot", [False, True])
@pytest.mark.parametrize("target", ["nowhere", "there", "pipe"])
def test_nothing_is_written_through_a_link(
    laptop: Machine, tmp_path: Path, target: str, is_snapshot: bool
) -> None:
    outside, own = tmp_path / target, laptop.own
    if is_snapshot:
        laptop.sync.turn_off()
    if target == "pipe":
        os.mkfifo(own / "00000002.log")
    else:
        (own / "00000002.log").symlink_to(outside)
    if target == "there":
        outside.write_bytes(b"")
    laptop.state.give(READ, "1", A)
    if is_snapshot:
        laptop.on()
    else:
        assert laptop.now_ok().written_count == 1
        assert laptop.own != own
        assert not laptop.now_ok().is_renewed
    assert target != "nowhere" or not os.path.lexists(outside)
    assert target != "there" or outside.read_bytes() == b""


def test_what_is_no_journal_ends_no_list(laptop: Machine, desktop: Machine, tmp_path: Path) -> None:
    desktop.state.give(READ, "1", A)
    desktop.now_ok()
    carry(desktop, laptop)
    theirs, *_ = sorted((laptop.journals / desktop.own.name).glob("0*.log"))
    # All of these are listed before it: in the folder of journals, and in that of a device.
    (laptop.journals / ".stfolder").mkdir()
    (laptop.journals / "! a file").write_text("no folder")
    (laptop.journals / "! a link").symlink_to(tmp_path, target_is_directory=True)
    (theirs.parent / ".00000000.log.tmp").write_text("half a copy")
    (theirs.parent / "! notes.txt").write_text("no segment")
    (theirs.parent / "!.log").mkdir()
    (theirs.parent / "!!.log").symlink_to(theirs)
    laptop.now_ok()
    assert laptop.state.value(A, READ) == "1"


def test_a_device_whose_folder_is_a_link_is_none(laptop: Machine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    put(outside, "00000001.log", "phone", f"{STAMP}\tread=1\t{A}")
    (laptop.journals / "phone").symlink_to(outside)
    place = laptop.own
    own = place.rename(tmp_path / "own")
    place.symlink_to(own)
    laptop.state.give(READ, "1", B)
    assert laptop.now_ok().is_renewed
    assert laptop.state.value(A, READ) == ""
    assert [file.name for file in own.iterdir()] == ["00000001.log"]


def test_a_folder_of_journals_that_is_a_link_is_said(laptop: Machine, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    laptop.journals.rename(outside)
    laptop.journals.symlink_to(outside)
    before = sorted(outside.rglob("*"))
    laptop.state.give(READ, "1", A)
    assert "link" in laptop.sync.sync_now().problem
    assert sorted(outside.rglob("*")) == before


def test_a_number_that_no_device_gets_to_is_a_copy_like_any_other(laptop: Machine) -> None:
    own = laptop.own
    put(own, "99999999.log", own.name, f"{STAMP}\tread=1\t{A}")
    for value in "10":
        laptop.state.give(STARRED, value, B)
        assert not laptop.now_ok().is_renewed
    assert laptop.own == own
    assert laptop.state.value(A, READ) == "1"
    assert sorted(file.name for file in own.iterdir())[:2] == ["00000001.log", "00000002.log"]


def test_nobody_gives_this_device_a_name_or_a_gesture(laptop: Machine) -> None:
    own = laptop.state.journals.devices.ensure_own()
    put(laptop.journals / "evil-1", "00000001.log", own.id, f"{STAMP}\tread=1\t{A}")
    put(laptop.own, "00000002 (1).log", own.id, f"{STAMP}\tstarred=1\t{A}")
    mine = laptop.state.give(READ, "1", B)
    laptop.now_ok()
    assert laptop.state.journals.devices.ensure_own() == own
    assert laptop.state.value(A, READ) == ""
    [aside] = laptop.state.journals.quarantine.read()
    assert (aside.path, aside.kind, aside.line_count) == ("evil-1/00000001.log", "fault", 1)
    assert "this device" in aside.detail
    # A copy of a conflict may be its own, so its marks count; it is no step of undo.
    assert laptop.state.value(A, STARRED) == "1"
    assert mine is not None
    assert [entry.id for entry in laptop.state.history.read()] == [mine.id]


def test_the_folder_is_the_device(laptop: Machine) -> None:
    put(laptop.journals / "phone-1", "00000001.log", "phone-1", f"{STAMP}\tread=1\t{A}")
    laptop.now_ok()
    put(laptop.journals / "evil-1", "00000001.log", "phone-1", f"{STAMP}\tread=1\t{B}")
    laptop.now_ok()
    names = [each.device.name for each in laptop.sync.read_status().devices]
    assert names[1:] == ["Somebody", "evil-1"]
    assert laptop.state.value(B, READ) == "1"
    assert [entry.id.device for entry in laptop.state.history.read()] == ["phone-1"]


@pytest.mark.slow
def test_a_sync_whose_time_is_over_goes_on_where_it_was(laptop: Machine) -> None:
    lines = [f"{STAMP}\tread=1\t{number:0100}" for number in range(20_000)]
    put(laptop.journals / "phone-1", "00000001.log", "phone-1", *lines)
    put(laptop.journals / "phone-2", "00000001.log", "phone-2", f"{STAMP}\tread=1\t{B}")
    steps = []
    while True:
        report = ok(laptop.sync.sync_now(0.0))
        steps.append(report.read_count)
        if report.is_whole:
            break
    assert sum(steps) == 20_001
    assert len(steps) >= 4
    assert max(steps) < 12_000
    assert laptop.state.value(B, READ) == "1"
    assert ok(laptop.sync.sync_now()).read_count == 0
