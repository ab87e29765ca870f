"""The follower of marks: it syncs by itself, and says what came of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from threading import Thread

import pytest

from rilo_reader.article import ArticleId
from rilo_reader.plugins.devices.follower import LookPauses, SyncFollower, SyncResult
from rilo_reader.plugins.devices.sync import JournalSync
from tests.plugins.devices.machines import Machine, carry
from tests.support.terminal import LIMIT

NEVER = 3_600.0
QUICK = LookPauses(marks=0.01, journals=0.05)
"""Journals are looked at so often that no watch is needed."""
WATCHED = LookPauses(marks=NEVER, journals=NEVER)
"""Only what wakes the follower makes it look again."""
A, B = ArticleId("a"), ArticleId("b")


class Followed:
    """The reports of a follower that runs in a thread."""

    def __init__(self, machine: Machine, pauses: LookPauses) -> None:
        sync = JournalSync(machine.state.journals, machine.home / "lock", machine.now, wait=LIMIT)
        self.follower = SyncFollower(machine.state, sync, machine.state.revision, pauses)
        self._reports: SimpleQueue[SyncResult] = SimpleQueue()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for report in self.follower.iter_syncs():
            self._reports.put(report)

    def next(self) -> SyncResult:
        return self._reports.get(timeout=LIMIT)

    def until_problem(self, wanted: str) -> None:
        """Wait for a sync whose problem has these words, or that has none if they are none."""
        while True:
            problem = self.next().report.problem
            if bool(problem) == bool(wanted) and wanted in problem:
                return

    def until(self, number: int) -> None:
        """Wait for a sync that changed so many articles."""
        while self.next().report.changed_count != number:
            pass

    def stop(self) -> None:
        self.follower.stop()
        self._thread.join(LIMIT)
        assert not self._thread.is_alive()


@contextmanager
def followed(machine: Machine, pauses: LookPauses = QUICK) -> Iterator[Followed]:
    following = Followed(machine, pauses)
    try:
        yield following
    finally:
        following.stop()


@pytest.mark.usefixtures("on")
def test_a_gesture_is_in_the_journal_without_being_asked_for(
    laptop: Machine, desktop: Machine
) -> None:
    with followed(laptop) as following:
        laptop.state.give("starred", "1", A)
        while laptop.state.journals.unwritten_count():
            following.next()
    carry(laptop, desktop)
    assert desktop.now_ok().changed_count == 1


@pytest.mark.slow
@pytest.mark.usefixtures("on")
def test_what_arrives_is_said_once_a_file_changes(laptop: Machine, desktop: Machine) -> None:
    with followed(laptop, WATCHED._replace(marks=0.05)) as following:
        following.next()
        desktop.state.give("starred", "1", A, B)
        desktop.now_ok()
        carry(desktop, laptop)
        following.until(2)
    assert laptop.state.value(A, "starred") == "1"


@pytest.mark.usefixtures("on")
def test_a_folder_that_is_gone_is_said_and_used_again_once_it_is_there(
    laptop: Machine, desktop: Machine
) -> None:
    away = laptop.home / "away"
    with followed(laptop) as following:
        following.until_problem("")
        laptop.folder.rename(away)
        following.until_problem("does not exist")
        laptop.state.give("read", "1", A)
        following.until_problem("does not exist")
        away.rename(laptop.folder)
        following.until_problem("")
        desktop.state.give("read", "1", B)
        desktop.now_ok()
        carry(desktop, laptop)
        following.until(1)
    carry(laptop, desktop)
    desktop.now_ok()
    assert desktop.state.value(A, "read") == "1"


@pytest.mark.usefixtures("on")
def test_a_folder_that_was_replaced_is_watched_anew(laptop: Machine, desktop: Machine) -> None:
    with followed(laptop) as following:
        following.until_problem("")
        copy = laptop.home / "copy"
        shutil.copytree(laptop.folder, copy)
        laptop.folder.rename(laptop.home / "old")
        copy.rename(laptop.folder)
        desktop.state.give("read", "1", B)
        desktop.now_ok()
        carry(desktop, laptop)
        following.until(1)


def test_sync_that_is_turned_on_meanwhile_is_noticed(laptop: Machine) -> None:
    with followed(laptop) as following:
        laptop.on()
        following.until_problem("")
        assert following.follower.is_on


def test_the_end_writes_what_was_done_last(laptop: Machine) -> None:
    laptop.on()
    following = Followed(laptop, WATCHED)
    following.next()
    laptop.state.give("position", "70", A)
    assert laptop.state.journals.unwritten_count() == 1
    following.stop()
    assert laptop.state.journals.unwritten_count() == 0


@pytest.mark.usefixtures("on")
def test_lines_that_are_set_aside_are_said(laptop: Machine, desktop: Machine) -> None:
    desktop.time += 365 * 24 * 3_600_000
    desktop.state.give("read", "1", A)
    desktop.now_ok()
    carry(desktop, laptop)
    with followed(laptop) as following:
        [aside] = following.next().quarantined
        assert aside.kind == "ahead"
