"""What disks, clocks, copies and other processes do to journals, with marks in real files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rilo_reader.store.marks import READ, STARRED
from tests.plugins.devices.machines import HOUR, NOON, Machine, carry

DAY = 24 * HOUR


pytestmark = pytest.mark.usefixtures("on")


@pytest.fixture
def sealed_from() -> int:
    return 300


def article(number: int) -> str:
    return f"https://example.org/{number:03}"


def in_segments(machine: Machine) -> list[Path]:
    """Give twenty marks; the sealed segments that they are in, of equal size."""
    for number in range(20):
        machine.time += 1
        machine.state.give(READ, "1", article(number))
        machine.now_ok()
    return sorted(machine.own.iterdir())[1:-1]


def test_segments_that_were_swapped_are_read_anew(laptop: Machine, desktop: Machine) -> None:
    first, second, *_ = in_segments(laptop)
    assert first.stat().st_size == second.stat().st_size
    there = desktop.journals / laptop.own.name
    there.mkdir()
    shutil.copy(first, there / first.name)
    desktop.now_ok()
    shutil.copyfile(second, there / first.name)
    shutil.copyfile(first, there / second.name)
    desktop.now_ok()
    seen = {key for key, (_, value) in desktop.state.winners.items() if value == "1"}
    assert len(seen) == (first.read_bytes() + second.read_bytes()).count(b"read=1")
    carry(laptop, desktop)
    desktop.now_ok()
    assert desktop.state.winners == laptop.state.winners


def test_a_segment_that_is_missing_in_the_middle_comes_later(
    laptop: Machine, desktop: Machine
) -> None:
    missing = in_segments(laptop)[1]
    carry(laptop, desktop)
    there = desktop.journals / laptop.own.name / missing.name
    there.unlink()
    desktop.now_ok()
    without = len(laptop.state.winners) - missing.read_bytes().count(b"read=1")
    assert len(desktop.state.winners) == without
    shutil.copy(missing, there)
    desktop.now_ok()
    assert desktop.state.winners == laptop.state.winners


def test_a_clock_that_jumps_never_makes_the_earlier_the_later(
    laptop: Machine, desktop: Machine
) -> None:
    """A day ahead, a year behind, and back; whoever saw a mark and changes it wins."""
    machines = [laptop, desktop]
    for number, jump in enumerate((0, 20 * HOUR, -365 * DAY, HOUR, -HOUR, 0, -9 * 365 * DAY)):
        one, other = machines[number % 2], machines[(number + 1) % 2]
        one.time = NOON + jump
        assert one.state.give(STARRED, str((number + 1) % 2), article(1)) is not None
        one.now_ok()
        carry(one, other)
        other.time = NOON
        other.now_ok()
        assert other.state.value(article(1), STARRED) == str((number + 1) % 2)
        assert other.state.winners == one.state.winners


@pytest.mark.slow
def test_two_readers_of_one_home_write_each_gesture_once(laptop: Machine, desktop: Machine) -> None:
    program = """
import sys, time
from pathlib import Path
from rilo_reader.store.gestures import Assignment
from rilo_reader.store.gestures import Ids
from rilo_reader.store.state import open_state
from rilo_reader.plugins.devices.sync import JournalSync
home = Path(sys.argv[1])
state = open_state(home / "marks.db")
sync = JournalSync(state.journals, home / "lock", lambda: time.time_ns() // 1_000_000, wait=20.0)
for number in range(15):
    state.apply_assignments([Assignment("read", "1", Ids([f"{sys.argv[2]}-{number}"]))])
    report = sync.sync_now()
    assert report.problem == "", report
    assert not report.is_renewed
assert not state.notices
state.close()
"""
    own = laptop.state.journals.devices.ensure_own()
    running = [
        subprocess.Popen([sys.executable, "-c", program, laptop.home, name]) for name in ("a", "b")
    ]
    assert [process.wait() for process in running] == [0, 0]
    assert laptop.state.journals.devices.ensure_own() == own
    lines = b"".join(file.read_bytes() for file in laptop.own.glob("*.log")).splitlines()
    written = [line.rpartition(b"\t")[2].decode() for line in lines if b"read=1" in line]
    assert sorted(written) == sorted(f"{name}-{n}" for name in "ab" for n in range(15))
    desktop.time = laptop.time = NOON + 9 * 365 * DAY  # after what the processes' clock says
    carry(laptop, desktop)
    desktop.now_ok()
    assert desktop.state.winners == laptop.state.winners


def test_former_ids_of_a_device_are_not_listed(laptop: Machine) -> None:
    """It takes a new id each time that its journal is gone; what comes back is another's."""
    for number in range(3):
        own = laptop.own
        away = own.rename(laptop.home / own.name)
        laptop.state.give(READ, "1", article(number))
        assert laptop.now_ok().is_renewed
        shutil.copytree(away, own)
        laptop.now_ok()
        assert len(laptop.sync.read_status().devices) == 2
        shutil.rmtree(own)
    (only,) = laptop.sync.read_status().devices
    assert (only.device, only.is_this) == (laptop.state.journals.devices.ensure_own(), True)


@contextmanager
def as_plain_user() -> Iterator[None]:
    """Be a user to whom permissions apply, as they do not to root."""
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_a_folder_that_is_read_only_is_read_and_gestures_wait() -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        laptop, desktop = Machine(home, "laptop"), Machine(home, "desktop")
        for machine in (laptop, desktop):
            machine.on()
            machine.now_ok()
        desktop.state.give(STARRED, "1", article(1))
        desktop.now_ok()
        carry(desktop, laptop)
        laptop.state.give(READ, "1", article(2))
        for path in (home, *home.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        # Its lock is not in the shared folder.
        laptop.home.chmod(0o777)
        for path in (*laptop.home.glob("lock*"), *laptop.home.glob("marks.db*")):
            path.chmod(0o666)
        before = {file: file.read_bytes() for file in laptop.folder.rglob("*.log")}
        with as_plain_user():
            report = laptop.sync.sync_now()
        assert "permissions" in report.problem
        assert (report.changed_count, laptop.sync.read_status().waiting) == (1, 1)
        assert before == {file: file.read_bytes() for file in laptop.folder.rglob("*.log")}
        for path in (home, *home.rglob("*")):
            path.chmod(0o755)
        assert laptop.now_ok().written_count == 1
