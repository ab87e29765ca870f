"""A clock that was ahead and is right again: what was done then is stamped anew, and travels."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.store.marks import AHEAD, READ, STARRED
from tests.plugins.devices.clocks import Days
from tests.plugins.devices.machines import HOUR, Both, Machine, meet

DAY = 24 * HOUR
A, B, C, D = (f"https://example.org/{name}" for name in "abcd")


@pytest.fixture
def both(laptop: Machine, desktop: Machine, on: None) -> Both:
    """Two devices that have met, and have done something."""
    laptop.state.give(READ, "1", A)
    desktop.state.give(READ, "1", B)
    meet(laptop, desktop)
    return laptop, desktop


def is_dated_ahead(machine: Machine) -> bool:
    """Whether anything that is here, or in the folder, is dated in the future."""
    now = datetime.fromtimestamp(machine.time / 1000, UTC)
    lines = b"".join(file.read_bytes() for file in machine.journals.rglob("*.log")).splitlines()
    stamps = [int(line[:16], 16) for line in lines if not line.startswith(b"rilo-marks")]
    stamps += [stamp for stamp, _ in machine.state.winners.values()]
    # Within a millisecond stamps are counted.
    is_ahead = any(stamp >> 16 > machine.time + 1 for stamp in stamps)
    return is_ahead or any(entry.time > now for entry in machine.state.history.read())


@pytest.mark.parametrize("days", [3, 400])
def test_what_was_done_by_a_clock_that_was_ahead_travels_once_it_is_right(
    both: Both, days: int
) -> None:
    laptop, desktop = both
    laptop.time += days * DAY
    laptop.state.give(STARRED, "1", A, B)
    laptop.state.set_read([ArticleId(C)], True, in_history=False)
    meet(laptop, desktop)
    assert desktop.state.value(A, STARRED) == ""
    assert [aside.kind for aside in desktop.state.journals.quarantine.read()] == ["ahead"]
    files = set(laptop.own.iterdir())

    laptop.time -= days * DAY
    laptop.state.give(STARRED, "0", B)
    laptop.state.give(STARRED, "1", D)
    report = laptop.now_ok()
    assert not report.is_renewed
    assert report.clock_correction is not None
    assert report.clock_correction.stamp_count == 4
    meet(laptop, desktop)
    assert [desktop.state.value(each, STARRED) for each in (A, B, D)] == ["1", "0", "1"]
    assert desktop.state.value(C, READ) == "1"
    assert desktop.state.journals.quarantine.read() == []
    assert not is_dated_ahead(laptop)
    assert not is_dated_ahead(desktop)
    titles = ["Starred 1", "Removed the star from 1", "Starred 2"]
    for machine in both:
        assert [entry.title for entry in machine.state.history.read()[:3]] == titles
    # Programs that copy what is newer bring nothing back.
    assert files <= set(laptop.own.iterdir())
    status = laptop.sync.read_status()
    assert status.clock_correction is not None
    assert (status.clock_correction.stamp_count, status.greatest_future_stamp) == (4, 0)

    # The true clock goes on, also past the day that was dated.
    for machine in both:
        machine.time += (days + 1) * DAY
    laptop.state.give(STARRED, "0", A)
    meet(laptop, desktop)
    assert laptop.state.winners == desktop.state.winners
    assert desktop.state.value(A, STARRED) == "0"
    assert laptop.state.undo_last() is not None
    meet(laptop, desktop)
    assert desktop.state.value(A, STARRED) == "1"


def test_without_sync_nothing_stays_in_the_future_either(laptop: Machine) -> None:
    laptop.state.give(READ, "1", A)
    laptop.time += 30 * DAY
    laptop.state.give(STARRED, "1", A)
    undone = laptop.state.undo_last()
    laptop.time -= 30 * DAY
    assert undone is not None
    assert laptop.state.journals.clock.restamp_future() is not None
    now = datetime.fromtimestamp(laptop.time / 1000, UTC)
    assert all(entry.time <= now for entry in laptop.state.history.read())
    assert laptop.state.redo_last() is not None  # it knows what the undo took back
    assert laptop.state.value(A, STARRED) == "1"


def test_a_clock_that_is_behind_is_not_believed(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(STARRED, "1", A)
    meet(laptop, desktop)
    before = laptop.state.winners
    laptop.time -= 365 * DAY
    assert laptop.now_ok().clock_correction is None
    assert laptop.state.winners == before


def test_where_both_were_ahead_the_user_says_that_the_clock_is_right(both: Both) -> None:
    laptop, desktop = both
    for machine in both:
        machine.time += 5 * DAY
        machine.state.give(STARRED, "1", C)
    meet(laptop, desktop)
    for machine in both:
        machine.time -= 5 * DAY
        # Another device was heard later than now: is the clock behind?
        assert machine.now_ok().clock_correction is None
        assert machine.sync.read_status().greatest_future_stamp > machine.time + AHEAD
        assert machine.on().clock_correction is not None
    laptop.state.give(STARRED, "0", C)
    meet(laptop, desktop)
    meet(laptop, desktop)
    assert laptop.state.winners == desktop.state.winners
    assert not is_dated_ahead(laptop)
    assert not is_dated_ahead(desktop)


@pytest.mark.parametrize("is_off", [False, True])
def test_a_device_that_was_stopped_or_off_before_it_wrote_them_does_so_later(
    both: Both, is_off: bool
) -> None:
    laptop, desktop = both
    laptop.time += 3 * DAY
    laptop.state.give(STARRED, "1", A)
    meet(laptop, desktop)
    if is_off:
        laptop.sync.turn_off()
    laptop.time -= 3 * DAY
    assert laptop.state.journals.clock.restamp_future() is not None
    if is_off:
        laptop.on()
    else:
        away = laptop.folder.rename(laptop.home / "away")
        assert laptop.sync.sync_now().problem
        away.rename(laptop.folder)
    meet(laptop, desktop)
    assert desktop.state.value(A, STARRED) == "1"
    assert not is_dated_ahead(laptop)


def test_what_another_device_has_applied_meanwhile_is_the_same_on_all(
    both: Both, tmp_path: Path
) -> None:
    """Its clock is ahead too, so it has what a third one puts aside."""
    laptop, desktop = both
    phone = Machine(tmp_path, "phone")
    phone.on()
    desktop.time += 3 * DAY
    laptop.time += 3 * DAY
    laptop.state.give(STARRED, "1", A)
    meet(laptop, desktop)
    laptop.time -= 3 * DAY
    assert laptop.now_ok().clock_correction is not None
    laptop.state.give(STARRED, "0", A)
    meet(laptop, desktop, phone)
    for machine in (laptop, desktop, phone):
        machine.time = desktop.time
    meet(laptop, desktop, phone)
    meet(laptop, desktop, phone)
    assert laptop.state.winners == desktop.state.winners == phone.state.winners
    phone.close()


def test_a_segment_that_comes_back_from_a_copy_is_put_aside(both: Both) -> None:
    laptop, desktop = both
    laptop.time += 3 * DAY
    laptop.state.give(STARRED, "1", A)
    meet(laptop, desktop)
    old = shutil.copytree(laptop.own, laptop.home / "copy")
    laptop.time -= 3 * DAY
    laptop.now_ok()
    shutil.copytree(old, laptop.own, dirs_exist_ok=True)
    assert laptop.now_ok().is_renewed
    laptop.state.give(STARRED, "0", A)
    meet(laptop, desktop)
    assert laptop.state.value(A, STARRED) == desktop.state.value(A, STARRED) == "0"


@pytest.mark.slow
@pytest.mark.parametrize("lies", ["beside it", "under an id that was left", "on a stick"])
def test_a_line_that_was_dated_anew_is_void_wherever_it_lies(both: Both, lies: str) -> None:
    laptop, desktop = both
    laptop.time += 3 * DAY
    laptop.state.give(STARRED, "1", A, B)
    laptop.now_ok()
    last = laptop.last_segment()
    copy = desktop.journals / last.parent.name / f"{last.stem}.sync-conflict-20260921.log"
    shutil.copytree(laptop.own, laptop.home / "stick")
    if lies == "beside it":
        shutil.copy(last, copy)
    elif lies == "under an id that was left":
        last.write_bytes(last.read_bytes() + b"0000000000000001\tread=1\tx\n")  # by another one
        assert laptop.now_ok().is_renewed
    laptop.time -= 3 * DAY
    assert laptop.now_ok().clock_correction is not None
    laptop.time += HOUR
    laptop.state.give(STARRED, "0", A)
    meet(laptop, desktop)
    if lies == "on a stick":
        shutil.copytree(laptop.home / "stick", desktop.journals / "stick-0a1b2c3d")
    for day in (0, 1, 1, 1, 1, 1, 400):
        for machine in both:
            machine.time += day * DAY
        meet(laptop, desktop)
        for machine in both:
            assert [machine.state.value(each, STARRED) for each in (A, B)] == ["0", "1"], day
            assert not [
                one for one in machine.state.journals.quarantine.read() if one.kind == "ahead"
            ]
    laptop.state.give(STARRED, "0", B)
    meet(laptop, desktop)
    assert laptop.state.winners == desktop.state.winners


def test_who_reads_the_void_line_first_is_told_later(both: Both) -> None:
    """What was passed over because of it counts again, also from one's own journal."""
    laptop, desktop = both
    laptop.time += 3 * DAY
    laptop.state.give(STARRED, "1", A, B)
    laptop.now_ok()
    shutil.copytree(laptop.own, desktop.journals / laptop.own.name, dirs_exist_ok=True)
    laptop.time -= 3 * DAY
    laptop.now_ok()
    desktop.time += DAY
    desktop.state.give(STARRED, "1", A)
    desktop.time += HOUR
    desktop.state.give(STARRED, "0", A)
    desktop.now_ok()
    desktop.time += 2 * DAY  # now the date of the line has come
    desktop.now_ok()
    assert desktop.state.value(A, STARRED) == "1"
    laptop.time = desktop.time
    meet(laptop, desktop)
    meet(laptop, desktop)
    assert laptop.state.winners == desktop.state.winners
    assert desktop.state.value(A, STARRED) == "0"
    assert desktop.state.value(B, STARRED) == "1"
    titles = [entry.title for entry in desktop.state.history.read()]
    assert titles.count("Starred 2") == 1


def test_no_stamp_that_was_dated_anew_is_given_again(laptop: Machine) -> None:
    laptop.state.give(READ, "1", A)
    laptop.time += 3 * DAY
    laptop.state.give(STARRED, "1", A)
    laptop.time -= 3 * DAY
    assert laptop.state.journals.clock.restamp_future() is not None
    laptop.time += 3 * DAY
    laptop.state.give(STARRED, "0", A)
    stamp, value = laptop.state.winners[A, STARRED]
    assert value == "0"
    assert stamp not in laptop.state.journals.clock.read_restamps()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 7])
def test_nothing_changes_that_nobody_changed(tmp_path: Path, seed: int) -> None:
    """`tools.judge.interleavings` plays more."""
    days = Days(tmp_path, seed)
    try:
        days.play()
    finally:
        days.close()
