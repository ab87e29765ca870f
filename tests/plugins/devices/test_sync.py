"""Two devices and a folder: what one does is seen on the other, and nothing is lost or doubled."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.plugins.devices.sync import SyncReport, describe_problem
from rilo_reader.store.journal_tables import QuarantinedLines
from rilo_reader.store.marks import HIGHLIGHT, MOVED, NOTE, READ, STARRED
from rilo_reader.store.sqlite import hold_lock
from tests.plugins.devices.machines import (
    HOUR,
    NOON,
    Both,
    Machine,
    carry,
    carry_all,
    clone,
    line,
    meet,
    ok,
    put,
)
from tests.support.costs import MOST, measure_growth
from tests.support.for_each import for_each

A, B, C = "https://example.org/a", "notes/b.md", "三"
PHONE = "rilo-marks 1\tphone-1\tSomebody"


def files_of(machine: Machine) -> dict[str, bytes]:
    found = sorted(file for file in machine.folder.rglob("*") if file.is_file())
    return {str(file.relative_to(machine.folder)): file.read_bytes() for file in found}


def phone_wrote(machine: Machine, *lines: str) -> Path:
    """Let the first segment of a phone be in the folder of a machine; return it."""
    return put(machine.journals / "phone-1", "00000001.log", "phone-1", *lines)


# -- on and off -----------------------------------------------------------------------------------


def test_without_being_turned_on_nothing_is_written(laptop: Machine) -> None:
    laptop.state.give(READ, "1", A)
    assert laptop.sync.sync_now() == SyncReport()
    assert not laptop.folder.exists()
    assert laptop.sync.read_status().folder is None


def test_turning_on_writes_what_was_there_before(laptop: Machine, desktop: Machine) -> None:
    laptop.state.had_before_gestures(READ, "1", A, B)
    starred = laptop.state.give(STARRED, "1", B)
    assert laptop.on().written_count == 1
    assert sorted(file.name for file in laptop.own.iterdir()) == ["00000001.log", "00000002.log"]
    desktop.on()
    carry(laptop, desktop)
    assert desktop.now_ok().read_count == 2  # what is a gesture is not in the snapshot too
    assert desktop.state.winners == laptop.state.winners
    # What the snapshot has is no history.
    assert starred is not None
    assert [entry.id for entry in desktop.state.history.read()] == [starred.id]


def test_turning_off_and_on_again_carries_what_was_done_meanwhile(both: Both) -> None:
    laptop, desktop = both
    name = laptop.state.journals.devices.ensure_own()
    laptop.sync.turn_off()
    laptop.state.give(READ, "1", A)
    assert laptop.sync.sync_now() == SyncReport()
    laptop.on()
    assert laptop.state.journals.devices.ensure_own() == name
    before = files_of(laptop)
    laptop.on()
    assert files_of(laptop) == before
    meet(laptop, desktop)
    assert desktop.state.value(A, READ) == "1"


def test_another_folder_gets_a_snapshot_of_its_own(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    laptop.now_ok()
    laptop.folder = laptop.home / "stick"
    desktop.folder = desktop.home / "stick"
    name = laptop.state.journals.devices.ensure_own()
    assert not laptop.on().is_renewed
    assert laptop.state.journals.devices.ensure_own() == name
    desktop.on()
    meet(laptop, desktop)
    assert desktop.state.value(A, READ) == "1"


# -- gestures arrive ------------------------------------------------------------------------------


def test_a_gesture_arrives_and_so_does_its_undo(both: Both) -> None:
    laptop, desktop = both
    gesture = laptop.state.give(READ, "1", A, B, C)
    meet(laptop, desktop)
    assert [desktop.state.value(one, READ) for one in (A, B, C)] == ["1", "1", "1"]
    assert gesture is not None
    assert [entry.id for entry in desktop.state.history.read()] == [gesture.id]

    undo = desktop.state.undo(gesture.id)
    assert undo is not None
    meet(laptop, desktop)
    assert [laptop.state.value(one, READ) for one in (A, B, C)] == ["0", "0", "0"]
    assert laptop.state.history.read()[0].undoes == gesture.id


def test_what_was_noted_here_stays_where_the_highlight_is_undone_there(both: Both) -> None:
    laptop, desktop = both
    gesture = laptop.state.give(f"{HIGHLIGHT}0a", "{}", A, B)
    meet(laptop, desktop)
    laptop.state.give(f"{NOTE}0a", "Mine", A)
    meet(laptop, desktop)
    assert gesture is not None
    undone = desktop.state.undo(gesture.id)
    meet(laptop, desktop)
    assert desktop.state.winners == laptop.state.winners
    assert [laptop.state.value(one, f"{HIGHLIGHT}0a") for one in (A, B)] == ["{}", ""]
    assert undone is not None
    laptop.state.undo(undone.id)
    meet(laptop, desktop)
    assert desktop.state.winners == laptop.state.winners
    assert [laptop.state.value(one, f"{HIGHLIGHT}0a") for one in (A, B)] == ["{}", "{}"]


@pytest.mark.slow
def test_what_is_only_remembered_is_in_no_history(both: Both) -> None:
    laptop, desktop = both
    laptop.state.set_read([ArticleId(A)], True, in_history=False)
    laptop.now_ok()
    segment = laptop.last_segment()
    whole = segment.read_bytes()
    there = desktop.journals / laptop.own.name / segment.name
    for cut in range(len(whole) + 1):  # it may arrive in parts
        there.write_bytes(whole[:cut])
        desktop.now_ok()
        assert desktop.state.history.read() == []
    assert desktop.state.value(A, READ) == "1"
    shutil.copy(there, there.with_name("00000002 (1).log"))
    desktop.now_ok()
    assert desktop.state.history.read() == []
    assert desktop.state.journals.quarantine.read() == []

    starred = laptop.state.give(STARRED, "1", A)
    assert starred is not None
    meet(laptop, desktop)
    assert [entry.id for entry in desktop.state.history.read()] == [starred.id]


def test_fields_that_no_history_shows_have_one_line(laptop: Machine) -> None:
    laptop.on()
    laptop.state.save_position(ArticleId(A), 40, datetime.fromtimestamp(NOON / 1000, UTC))
    laptop.state.give(MOVED, C, B)
    laptop.now_ok()
    _, *lines = laptop.last_segment().read_text(encoding="utf-8").splitlines()
    assert [each.split("\t", 1)[1] for each in lines] == [f"position=40\t{A}", f"moved={C}\t{B}"]


def test_with_nothing_new_no_file_is_opened(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    for file in desktop.journals.rglob("*.log"):
        os.utime(file, ns=(1, 1))
    # What was only copied is read once more, and then left.
    assert desktop.now_ok() == SyncReport()
    writes = desktop.state.writes
    for file in desktop.journals.rglob("*.log"):
        stamp = file.stat()
        # What would be read is replaced, as nobody does it: with the same size at the same time.
        file.write_bytes(b"?" * stamp.st_size)
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert desktop.now_ok() == SyncReport()
    assert desktop.state.writes == writes


small_segments = pytest.mark.parametrize("sealed_from", [500])


@small_segments
def test_segments_are_sealed(laptop: Machine) -> None:
    laptop.on()
    for number in range(30):
        laptop.time += 1
        laptop.state.give(READ, "1", f"https://example.org/{number}")
        laptop.now_ok()
    files = sorted(laptop.own.iterdir())
    assert len(files) > 3
    assert all(500 <= file.stat().st_size < 600 for file in files[1:-1])
    before = [file.read_bytes() for file in files[:-1]]
    laptop.state.give(READ, "0", "https://example.org/0")
    laptop.now_ok()
    assert [file.read_bytes() for file in files[:-1]] == before


def test_two_readers_of_one_home_do_not_write_at_once(laptop: Machine) -> None:
    laptop.on()
    with hold_lock(laptop.home / "lock", 0.0):
        report = laptop.sync.sync_now()
    assert "Another rilo-reader is syncing" in report.problem
    laptop.now_ok()


# -- what may happen to files ---------------------------------------------------------------------


@pytest.mark.slow
def test_half_a_line_waits_for_the_rest(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    laptop.state.give(READ, "1", B)
    laptop.now_ok()
    whole = laptop.last_segment().read_bytes()
    there = desktop.journals / laptop.own.name / laptop.last_segment().name
    for cut in range(len(whole) + 1):
        there.write_bytes(whole[:cut])
        desktop.now_ok()
        seen = [desktop.state.value(one, READ) for one in (A, B)]
        lines = whole[:cut].count(b"\n")
        assert seen == [["", ""], ["", ""], ["1", ""], ["1", "1"]][lines]


def test_a_segment_that_changed_before_the_end_is_read_anew(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    there = desktop.journals / laptop.own.name / laptop.last_segment().name
    header = there.read_bytes().splitlines(keepends=True)[0]
    late = f"{(NOON + 5) << 16:016x}"
    there.write_bytes(header + f"{late}\tstarred=1\t{B}\n".encode())
    desktop.now_ok()
    assert desktop.state.value(B, STARRED) == "1"
    assert desktop.state.value(A, READ) == "1"


def test_a_segment_that_is_cut_short_or_gone_takes_nothing_away(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    there = desktop.journals / laptop.own.name / laptop.last_segment().name
    there.write_bytes(there.read_bytes()[:30])
    desktop.now_ok()
    there.unlink()
    desktop.now_ok()
    assert desktop.state.value(A, READ) == "1"
    assert all(
        laptop.own.name not in path or laptop.last_segment().name not in path
        for path in desktop.state.journals.segments.read()
    )
    meet(laptop, desktop)
    assert desktop.state.winners == laptop.state.winners


CONFLICT_NAMES = [
    "00000002.sync-conflict-20260921-143000-ABCDEFG.log",
    "00000002 (conflicted copy 2026-09-21 143000).log",
    "00000002 (Ann's conflicted copy 2026-09-21).log",
    "00000002_conflict-20260921-143000.log",
    "00000002 (1).log",
]


@pytest.mark.parametrize("name", CONFLICT_NAMES)
def test_a_copy_that_programs_make_of_a_conflict_is_read_too(both: Both, name: str) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    laptop.now_ok()
    folder = desktop.journals / laptop.own.name
    shutil.copy(laptop.last_segment(), folder / name)
    desktop.now_ok()
    assert desktop.state.value(A, READ) == "1"
    # Also in the folder of whoever reads it, where it is left.
    own = desktop.state.journals.devices.ensure_own()
    copy = put(desktop.own, name, own.id, line(f"starred=1\t{B}"))
    desktop.now_ok()
    assert desktop.state.value(B, STARRED) == "1"
    assert desktop.state.journals.devices.ensure_own() == own
    assert copy.exists()
    meet(laptop, desktop)
    assert desktop.state.winners == laptop.state.winners


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_markers_that_git_leaves_are_passed_over_and_line_ends_of_windows_are_read(
    both: Both, end: str
) -> None:
    _, desktop = both
    theirs, other = line(f"read=1\t{A}"), line(f"read=1\t{B}")
    text = ("<<<<<<< HEAD", PHONE, theirs, "=======", PHONE, other, ">>>>>>> other", "")
    phone_wrote(desktop).write_text(end.join(text), newline="")
    desktop.now_ok()
    assert (desktop.state.value(A, READ), desktop.state.value(B, READ)) == ("1", "1")
    assert desktop.state.journals.quarantine.read() == []


def test_files_that_are_being_copied_and_other_files_are_left_alone(both: Both) -> None:
    laptop, desktop = both
    folder = desktop.journals / laptop.own.name
    for name in (".syncthing.00000009.log.tmp", ".00000009.log", "notes.txt", "00000009.log.part"):
        (folder / name).write_bytes(b"?\n")
    (desktop.journals / "README.log").write_bytes(b"?\n")
    (folder / "folder.log").mkdir()
    desktop.now_ok()
    assert desktop.state.journals.quarantine.read() == []


def test_what_is_damaged_is_said_and_the_rest_is_read(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    there = desktop.journals / laptop.own.name / "00000009.log"
    stamp = f"{(NOON + 5) << 16:016x}"
    there.write_bytes(
        b"rilo-marks 1\tlaptop-9\tLaptop\n\xff\x00\x1b[31m\n"
        + f"{stamp}\tread=maybe\t{B}\n{stamp}\tread=1\t{C}\n".encode()
    )
    empty = desktop.journals / laptop.own.name / "00000010.log"
    empty.write_bytes(b"\x00" * 100_000 + b"\n")
    desktop.now_ok()
    assert desktop.state.value(C, READ) == "1"
    assert desktop.state.value(B, READ) == ""
    first, second = desktop.state.journals.quarantine.read()
    assert (first.kind, first.line_count) == ("fault", 2)
    assert "Line 2" in first.detail
    assert "rilo-marks" in second.detail
    before = desktop.state.writes
    desktop.now_ok()
    assert desktop.state.writes == before
    there.unlink()
    empty.unlink()
    desktop.now_ok()
    assert desktop.state.journals.quarantine.read() == []


@pytest.mark.slow
def test_a_line_longer_than_any_is_passed_over(both: Both) -> None:
    _, desktop = both
    file = phone_wrote(desktop, line("read=1\t") + "x" * (9 << 20), line(f"read=1\t{A}"))
    with file.open("ab") as out:
        out.write(b"y" * (9 << 20))
    desktop.now_ok()
    assert desktop.state.values() == {(A, READ): "1"}
    assert [(one.kind, one.line_count) for one in desktop.state.journals.quarantine.read()] == [
        ("fault", 1)
    ]
    assert desktop.state.journals.segments.read()["phone-1/00000001.log"].size > 9 << 20


# -- later versions, and clocks that lie ----------------------------------------------------------


def test_a_segment_of_a_later_version_is_said_and_left(both: Both) -> None:
    _, desktop = both
    phone_wrote(desktop).write_bytes(b"rilo-marks 2\t{}\n{}\n")
    desktop.now_ok()
    assert [(one.kind, one.detail) for one in desktop.state.journals.quarantine.read()] == [
        ("version", "2")
    ]
    # The program is newer: what it finds now is a version that it reads.
    phone_wrote(desktop, line(f"read=1\t{A}"))
    desktop.now_ok()
    assert desktop.state.value(A, READ) == "1"
    assert desktop.state.journals.quarantine.read() == []


def test_a_field_of_a_later_version_is_passed_over_and_said(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give_as_a_later_version("colour", "blue", A)
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    assert desktop.state.values() == {(A, READ): "1"}
    (aside,) = desktop.state.journals.quarantine.read()
    assert (aside.kind, aside.line_count, aside.detail) == ("field", 1, "colour")


def test_a_field_that_a_new_version_knows_is_read_then(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    path = f"{laptop.own.name}/{laptop.last_segment().name}"
    with closing(sqlite3.connect(desktop.home / "marks.db")) as raw, raw:
        raw.execute("DELETE FROM value")
    # As an older version left it, which did not know `read`.
    desktop.state.journals.quarantine.replace(
        path, [QuarantinedLines(path, "field", 1, 0, "colour\tread")]
    )
    desktop.now_ok()
    assert desktop.state.value(A, READ) == "1"
    assert desktop.state.journals.quarantine.read() == []


def test_a_line_a_year_ahead_waits_until_its_time(both: Both) -> None:
    laptop, desktop = both
    year = 365 * 24 * HOUR
    laptop.state.give(STARRED, "1", A)
    laptop.time += year
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    assert desktop.state.values() == {(A, STARRED): "1"}
    (aside,) = desktop.state.journals.quarantine.read()
    assert (aside.kind, aside.line_count) == ("ahead", 1)
    assert aside.retry_at == NOON + year - 24 * HOUR

    # What one does here does not jump ahead because of it.
    mine = desktop.state.give(STARRED, "0", A)
    assert mine is not None
    assert mine.id.stamp >> 16 < NOON + HOUR
    desktop.now_ok()

    desktop.time = aside.retry_at
    desktop.now_ok()
    assert desktop.state.value(A, READ) == "1"
    assert desktop.state.journals.quarantine.read() == []
    carry_all(laptop, desktop)
    laptop.now_ok()
    assert desktop.state.winners == laptop.state.winners


def test_a_file_that_waits_and_is_cut_waits_no_more_and_again_once_it_is_back(both: Both) -> None:
    laptop, desktop = both
    laptop.time += 48 * HOUR
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    there = desktop.journals / laptop.own.name / laptop.last_segment().name
    whole = there.read_bytes()
    there.write_bytes(whole[:9])
    desktop.time += 48 * HOUR
    desktop.now_ok()
    assert desktop.state.journals.quarantine.read() == []
    there.write_bytes(whole)
    desktop.now_ok()
    assert desktop.state.value(A, READ) == "1"


def test_lines_behind_those_that_wait_are_applied(both: Both) -> None:
    _, desktop = both
    ahead = NOON + 25 * HOUR
    file = phone_wrote(desktop, line(f"read=1\t{A}", ahead), line(f"read=1\t{B}"))
    desktop.now_ok()
    assert desktop.state.values() == {(B, READ): "1"}
    with file.open("a", encoding="utf-8") as out:
        out.write(line(f"read=1\t{C}\n", ahead))
    desktop.now_ok()
    assert [one.line_count for one in desktop.state.journals.quarantine.read()] == [2]
    desktop.time += 2 * HOUR
    desktop.now_ok()
    assert desktop.state.values() == {(one, READ): "1" for one in (A, B, C)}


# -- folders that cannot be written ---------------------------------------------------------------


def test_without_its_folder_gestures_wait(both: Both) -> None:
    laptop, desktop = both
    away = laptop.folder.with_name("away")
    laptop.folder.rename(away)
    laptop.state.give(READ, "1", A)
    report = laptop.sync.sync_now()
    assert "does not exist" in report.problem
    assert str(laptop.journals) in report.problem
    status = laptop.sync.read_status()
    assert (status.waiting, status.problem) == (1, report.problem)
    laptop.folder.mkdir()  # where a stick is mounted
    assert "does not exist" in laptop.sync.sync_now().problem
    laptop.folder.rmdir()  # nothing was written into it
    away.rename(laptop.folder)
    assert laptop.now_ok().written_count == 1
    meet(laptop, desktop)
    assert desktop.state.value(A, READ) == "1"


@pytest.mark.skipif(os.name != "posix", reason="limits of processes")
def test_where_only_a_part_can_be_written_gestures_wait(both: Both) -> None:
    import resource

    laptop, desktop = both
    many = [f"https://example.org/{number}" for number in range(2000)]
    laptop.state.give(READ, "1", *many)
    laptop.now_ok()
    laptop.state.give(READ, "1", B, C)
    size = laptop.last_segment().stat().st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, limits[1]))
    try:
        report = laptop.sync.sync_now()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "will be sent later" in report.problem
    assert laptop.sync.read_status().waiting == 1
    assert laptop.last_segment().stat().st_size == size + 10
    carry(laptop, desktop)
    desktop.now_ok()
    assert desktop.state.values() == {(one, READ): "1" for one in many}
    assert laptop.now_ok() == SyncReport(written_count=1)
    meet(laptop, desktop)
    assert desktop.state.winners == laptop.state.winners


@for_each(
    "code, advice",
    [
        (errno.ENOSPC, "Free some space"),
        (errno.EDQUOT, "Free some space"),
        (errno.EROFS, "Change its permissions"),
        (errno.EACCES, "Change its permissions"),
        (errno.ENOENT, "Connect its disk"),
        (errno.EIO, "Input/output error."),
    ],
)
def test_a_problem_says_what_to_do(code: int, advice: str) -> None:
    problem = describe_problem(OSError(code, os.strerror(code), "/stick/x.log"), Path("/stick"))
    assert advice in problem
    assert "/stick" in problem
    assert "will be sent later" in problem


def test_a_file_in_place_of_the_folder_is_said(laptop: Machine) -> None:
    laptop.folder.parent.mkdir(parents=True)
    laptop.folder.write_text("mine")
    report = laptop.sync.turn_on(laptop.folder)
    assert str(laptop.folder) in report.problem
    assert laptop.folder.read_text() == "mine"
    assert laptop.state.journals.sync_folder() is None


def test_a_lock_that_cannot_be_made_is_said(laptop: Machine) -> None:
    (laptop.home / "lock").mkdir(parents=True)
    assert str(laptop.home / "lock") in laptop.sync.turn_on(laptop.folder).problem


# -- stopped in between ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("is_new", [False, True], ids=["appended", "new segment"])
def test_what_was_written_and_not_noted_is_not_written_twice(laptop: Machine, is_new: bool) -> None:
    laptop.on()
    laptop.state.give(READ, "1", A)
    before = b""
    if not is_new:
        laptop.now_ok()
        before = laptop.last_segment().read_bytes()
        laptop.state.give(READ, "1", B, C)
    twin = clone(laptop, "twin")
    twin.now_ok()
    written, name = twin.last_segment(), laptop.state.journals.devices.ensure_own()
    whole = written.read_bytes()
    for cut in range(len(before), len(whole) + 1):
        stopped = clone(laptop, f"stopped-{cut}")
        (stopped.own / written.name).write_bytes(whole[:cut])
        assert stopped.now_ok().written_count == 1
        assert stopped.last_segment().read_bytes() == whole
        assert stopped.state.journals.devices.ensure_own() == name


# -- homes that were copied -----------------------------------------------------------------------


@pytest.mark.parametrize("is_used", [True, False])
def test_a_copied_home_takes_a_new_id_and_nothing_is_lost(both: Both, is_used: bool) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    laptop.now_ok()
    twin = clone(laptop, "twin")
    name = laptop.state.journals.devices.ensure_own()
    assert twin.state.journals.devices.ensure_own() == name

    laptop.state.give(READ, "1", B)
    laptop.now_ok()
    twin.time += 1
    if is_used:
        twin.state.give(STARRED, "1", C)
    carry(laptop, twin)
    assert twin.now_ok().is_renewed
    assert twin.state.journals.devices.ensure_own() != name
    assert twin.state.value(B, READ) == "1"
    meet(laptop, twin, desktop)
    assert laptop.state.journals.devices.ensure_own() == name
    assert laptop.state.winners == twin.state.winners == desktop.state.winners
    assert laptop.state.value(C, STARRED) == ("1" if is_used else "")


def test_a_home_that_was_copied_before_sync_was_on_overwrites_nothing(
    laptop: Machine, desktop: Machine, tmp_path: Path
) -> None:
    twin = Machine(tmp_path, "twin")
    laptop.state.journals.devices.ensure_own()
    twin.state.take_over(laptop.state)
    laptop.state.give(READ, "1", A)
    twin.time += 1
    twin.state.give(READ, "1", B)
    laptop.on()
    for file in laptop.own.glob("00000001.log"):  # the other has not arrived yet
        there = twin.journals / laptop.own.name / file.name
        there.parent.mkdir(parents=True)
        shutil.copy(file, there)
    before = laptop.own / "00000001.log"
    content = before.read_bytes()
    assert twin.on().is_renewed
    assert (twin.journals / laptop.own.name / before.name).read_bytes() == content
    desktop.on()
    meet(laptop, twin, desktop)
    assert laptop.state.winners == twin.state.winners == desktop.state.winners
    assert len(desktop.state.winners) == 2


def test_a_snapshot_overwrites_nothing(both: Both) -> None:
    laptop, _ = both
    laptop.sync.turn_off()
    foreign = laptop.own / "00000002.log"
    foreign.write_bytes(f"rilo-marks 1\t{laptop.own.name}\tOther\n{NOON:015x}0\t".encode())
    content = foreign.read_bytes()
    laptop.state.give(READ, "1", A)
    laptop.on()
    assert foreign.read_bytes() == content


def test_both_copies_wrote_and_one_file_won(both: Both) -> None:
    laptop, desktop = both
    twin = clone(laptop, "twin")
    laptop.state.give(READ, "1", A)
    twin.time += 1
    twin.state.give(READ, "1", B)
    laptop.now_ok()
    twin.now_ok()
    # The program that copies lets the laptop's file win, and keeps the other beside it.
    loser = twin.last_segment()
    conflict = f"{loser.stem}.sync-conflict-20260921-143000-ABCDEFG.log"
    content = loser.read_bytes()
    loser.write_bytes(laptop.last_segment().read_bytes())
    for machine in (laptop, twin):
        (machine.journals / loser.parent.name / conflict).write_bytes(content)
    assert twin.now_ok().is_renewed
    meet(laptop, twin, desktop)
    assert laptop.state.winners == twin.state.winners == desktop.state.winners
    assert len(laptop.state.winners) == 2


def test_a_journal_that_is_gone_begins_again_with_everything(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    laptop.now_ok()
    shutil.rmtree(laptop.own)
    laptop.state.give(READ, "1", B)
    assert laptop.now_ok().is_renewed
    meet(laptop, desktop)
    assert desktop.state.winners == laptop.state.winners
    assert len(desktop.state.winners) == 2


def test_what_is_missing_in_a_backup_of_home_and_folder_comes_back_from_the_others(
    both: Both,
) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    backup = clone(laptop, "backup")
    laptop.state.give(READ, "1", B)
    laptop.state.give(STARRED, "1", A)
    meet(laptop, desktop)
    backup.time += HOUR
    backup.state.give(READ, "1", C)
    backup.now_ok()
    carry(backup, desktop)  # it is newer than the file that has more
    desktop.now_ok()
    (written,) = [file for file in desktop.own.glob("*.log") if B in file.read_text()]
    assert READ + "=1" not in written.read_text().replace(f"{READ}=1\t{B}", "")  # no more than that
    meet(backup, desktop)
    assert backup.state.winners == desktop.state.winners
    assert backup.state.value(B, READ) == backup.state.value(A, STARRED) == "1"
    size = desktop.sync.read_status().size
    carry(laptop, desktop)  # and the other file again
    meet(desktop)
    assert desktop.state.winners == backup.state.winners
    carry(backup, desktop)
    meet(desktop)
    assert desktop.sync.read_status().size <= size + 100  # nothing is said a second time


def test_what_was_done_under_an_id_of_before_is_undone_here(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    laptop.now_ok()
    stale = laptop.last_segment().read_bytes()
    laptop.time += 1
    laptop.state.give(STARRED, "1", A)
    laptop.now_ok()
    laptop.last_segment().write_bytes(stale)  # a copy of before came over it
    assert laptop.now_ok().is_renewed
    assert laptop.state.undo_last() is not None
    assert laptop.state.undo_last() is not None
    assert laptop.state.undo_last() is None
    assert laptop.state.redo_last() is not None
    meet(laptop, desktop)
    for machine in both:
        assert machine.state.value(A, STARRED) == "0"
        assert machine.state.value(A, READ) == "1"


def test_what_a_copy_of_this_home_did_is_not_undone_here(both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    laptop.now_ok()
    twin = clone(laptop, "twin")
    laptop.state.give(READ, "1", B)
    laptop.now_ok()
    carry(laptop, twin)
    assert twin.now_ok().is_renewed
    twin.now_ok()
    assert twin.state.undo_last() is not None
    assert twin.state.undo_last() is None
    meet(laptop, twin, desktop)
    for machine in (*both, twin):
        assert machine.state.value(A, READ) == "0"
        assert machine.state.value(B, READ) == "1"


# -- devices --------------------------------------------------------------------------------------


def test_the_status_says_which_devices_there_are(both: Both) -> None:
    laptop, desktop = both
    laptop.time += HOUR
    laptop.state.give(READ, "1", A)
    laptop.now_ok()
    carry(laptop, desktop)
    waiting = desktop.sync.read_status()
    assert [one.waiting for one in waiting.devices] == [0, 1]
    desktop.now_ok()
    desktop.state.give(READ, "0", A)
    status = desktop.sync.read_status()
    this, other = status.devices
    assert (this.device, this.is_this) == (desktop.state.journals.devices.ensure_own(), True)
    assert (other.device, other.is_this) == (laptop.state.journals.devices.ensure_own(), False)
    assert other.last_heard == laptop.time
    assert (other.read, other.waiting, other.segments) == (1, 0, 2)
    assert status.waiting == 1
    assert status.size == sum(file.stat().st_size for file in desktop.journals.rglob("*.log"))
    assert (status.folder, status.problem, status.quarantined) == (desktop.folder, "", ())


def test_a_retired_device_is_forgotten_and_its_lines_stay(tmp_path: Path, both: Both) -> None:
    laptop, desktop = both
    laptop.state.give(READ, "1", A)
    laptop.state.give_as_a_later_version("colour", "blue", A)  # of a later version
    laptop.now_ok()
    carry(laptop, desktop)
    old = laptop.state.journals.devices.ensure_own()
    ok(desktop.sync.forget_device(old.id))
    assert not (desktop.journals / old.id).exists()
    assert [one.device for one in desktop.sync.read_status().devices] == [
        desktop.state.journals.devices.ensure_own()
    ]
    assert desktop.state.value(A, READ) == "1"

    phone = Machine(tmp_path, "phone")
    phone.on()
    carry(desktop, phone)
    phone.now_ok()
    assert phone.state.value(A, READ) == "1"
    assert [one.kind for one in phone.state.journals.quarantine.read()] == ["field"]

    # It was not retired after all.
    shutil.rmtree(laptop.own)
    laptop.state.give(READ, "1", B)
    laptop.now_ok()
    meet(laptop, desktop, phone)
    assert desktop.state.value(B, READ) == phone.state.value(B, READ) == "1"


def test_lines_that_wait_for_their_time_wait_after_the_device_is_forgotten(both: Both) -> None:
    laptop, desktop = both
    laptop.time += 48 * HOUR
    laptop.state.give(READ, "1", A)
    meet(laptop, desktop)
    ok(desktop.sync.forget_device(laptop.state.journals.devices.ensure_own().id))
    assert desktop.state.value(A, READ) == ""
    desktop.time += 25 * HOUR
    desktop.now_ok()
    assert desktop.state.value(A, READ) == "1"
    assert desktop.state.journals.quarantine.read() == []


def test_what_cannot_be_forgotten_is_said(both: Both) -> None:
    laptop, desktop = both
    assert "no device" in desktop.sync.forget_device("phone-9").problem
    assert (
        "the current device"
        in desktop.sync.forget_device(desktop.state.journals.devices.ensure_own().id).problem
    )
    later = desktop.journals / laptop.own.name / "00000009.log"
    later.parent.mkdir(exist_ok=True)
    later.write_bytes(b"rilo-marks 2\n")
    assert (
        "newer version"
        in desktop.sync.forget_device(laptop.state.journals.devices.ensure_own().id).problem
    )
    assert later.exists()
    desktop.sync.turn_off()
    assert (
        "off" in desktop.sync.forget_device(laptop.state.journals.devices.ensure_own().id).problem
    )


# -- syncing rewrites what is superseded ----------------------------------------------------------


@pytest.mark.slow
@small_segments
def test_compaction_keeps_what_counts_and_others_that_read_before_and_after_agree(
    laptop: Machine, tmp_path: Path
) -> None:
    laptop.on()
    with closing(Machine(tmp_path, "reader")) as desktop:
        desktop.on()
        for number in range(40):
            laptop.time += 1
            laptop.state.give(READ, str(number % 2), f"https://example.org/{number % 5}")
            laptop.state.give_as_a_later_version("colour", str(number), A)
            assert not laptop.now_ok().is_renewed
            if number == 15:
                carry(laptop, desktop)
                desktop.now_ok()
        assert len(list(laptop.own.iterdir())) < 6
        shutil.rmtree(desktop.journals / laptop.own.name)
        carry(laptop, desktop)
        desktop.now_ok()
        winners = laptop.state.winners.items()
        assert desktop.state.winners == {key: won for key, won in winners if key[1] != "colour"}
        assert [one.kind for one in desktop.state.journals.quarantine.read()] != []


@pytest.mark.slow
@small_segments
def test_a_journal_shrinks_by_itself_when_a_segment_is_sealed(laptop: Machine) -> None:
    laptop.on()
    sizes = []
    for number in range(200):
        laptop.time += 1
        laptop.state.give(READ, str(number % 2), A)
        assert not laptop.now_ok().is_renewed
        sizes.append(sum(file.stat().st_size for file in laptop.own.iterdir()))
    assert max(sizes) < 3_000 < 200 * len(f"{NOON << 16:016x}\tread=1\t{A}\n")


@pytest.mark.parametrize("sealed_from", [1])
def test_compaction_keeps_every_move(laptop: Machine) -> None:
    laptop.on()
    for number, target in enumerate([B, C, B, C, B, C]):
        laptop.time += 1
        laptop.state.give("moved", target, A)
        laptop.state.give(READ, str(number % 2), A)
        laptop.now_ok()
    assert len(list(laptop.own.iterdir())) < 12  # syncing compacts, here with each segment
    journal = b"".join(file.read_bytes() for file in laptop.own.iterdir()).decode()
    assert f"moved={B}\t{A}\n" in journal
    assert f"moved={C}\t{A}\n" in journal


@pytest.mark.slow
def test_twice_as_many_devices_cost_twice_as_much(laptop: Machine) -> None:
    laptop.on()
    lines: dict[str, list[str]] = defaultdict(list)

    def prepare(count: int) -> Callable[[], object]:
        for number in range(count):
            its = lines[f"phone-{number}"]
            its.append(line(f"read={len(its) % 2}\thttps://example.org/{number}", NOON + len(its)))
            put(laptop.journals / f"phone-{number}", "00000001.log", f"phone-{number}", *its)
        return laptop.now_ok

    growth = measure_growth(prepare, 10)
    assert laptop.state.value("https://example.org/39", "read") == "0"
    assert growth <= MOST
