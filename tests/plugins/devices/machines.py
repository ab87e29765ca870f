"""Devices with folders of their own, and what carries files between them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection

from rilo_reader.article import ArticleId
from rilo_reader.plugins.devices.segments import JOURNALS, SEALED_FROM_BYTES
from rilo_reader.plugins.devices.sync import JournalSync, SyncReport
from rilo_reader.store import gesture_actions, gesture_table
from rilo_reader.store.database import Database
from rilo_reader.store.gestures import Assignment, Gesture, GestureId, Ids, StampedAssignment
from rilo_reader.store.marks import BEGINNING, GestureContext
from rilo_reader.store.sqlite import copy_file, run_renewal
from rilo_reader.store.state import State
from rilo_reader.store.state_schema import STATE
from rilo_reader.store.value_table import count_write

NOON = 1_790_000_000_000
"""A time in September 2026, in milliseconds since 1970."""

HOUR = 3_600_000


class RealState(State):
    """Marks in a real file, with the names that tests use."""

    def __init__(self, file: Path, now: Callable[[], int]) -> None:
        """`now` is the time in milliseconds since 1970."""
        super().__init__(Database(file, STATE), GestureContext(now))
        self._file = file

    def give(
        self, field: str, value: str, *articles: str, in_history: bool = True
    ) -> Gesture | None:
        """Make a gesture of one assignment; None if it changes nothing."""
        return self.apply_assignments(
            [Assignment(field, value, Ids(map(ArticleId, articles)))], in_history=in_history
        )

    def give_as_a_later_version(self, field: str, value: str, article: str) -> None:
        """Make a gesture of a field that is not known here."""

        def do(on: Connection) -> None:
            now = gesture_actions.read_gesture_start(on, self._context)
            part = StampedAssignment(field, value, Ids([ArticleId(article)]), now.stamp)
            gesture_table.insert_gesture(on, GestureId(now.device, now.stamp), [part])
            count_write(on, now.stamp)

        self._write(do)

    def had_before_gestures(self, field: str, value: str, *articles: str) -> None:
        """Set marks that are older than all gestures."""
        assignment = Assignment(field, value, Ids(map(ArticleId, articles)))
        self.journals.merge_gestures(
            [Gesture(GestureId("", BEGINNING), (assignment,))], [], with_history=False
        )

    def take_over(self, other: RealState) -> None:
        """Become a copy of another one, but for the clock."""
        self._database._disconnect()
        self._file.unlink()
        copy_file(other._file, self._file, lambda copy: run_renewal(copy, STATE))
        self.register_library(Path("/library"))

    @property
    def winners(self) -> dict[tuple[str, str], tuple[int, str]]:
        """The stamp and value of each field of each article."""
        return {
            (article, assignment.field): (gesture.id.stamp, assignment.value)
            for gesture in self.journals.iter_snapshot()
            for assignment in gesture.assignments
            for article in assignment.ids
        }

    def values(self) -> dict[tuple[str, str], str]:
        """The values of all fields."""
        return {key: value for key, (_, value) in self.winners.items()}

    def value(self, article: str, field: str) -> str:
        """The value of a field, "" if it has none."""
        return self.winners.get((article, field), (0, ""))[1]

    @property
    def writes(self) -> int:
        """How often anything was written."""
        found = self._read(lambda on: on.execute("SELECT writes FROM clock").fetchone())
        return int(found[0])


class Machine:
    """A device with its own clock and its own copy of the shared folder."""

    def __init__(self, home: Path, name: str, *, sealed_from: int = SEALED_FROM_BYTES) -> None:
        self.home = home / name
        self.home.mkdir()
        self.time = NOON
        self.state = RealState(self.home / "marks.db", self.now)
        self.folder = self.home / "library" / ".rilo"
        self.sealed_from = sealed_from
        self.sync = self._sync()

    def close(self) -> None:
        self.state.close()

    def _sync(self) -> JournalSync:
        lock = self.home / "lock"
        return JournalSync(
            self.state.journals, lock, self.now, wait=0.0, sealed_from=self.sealed_from
        )

    def now(self) -> int:
        return self.time

    def on(self) -> SyncReport:
        """Turn sync on; it works."""
        return ok(self.sync.turn_on(self.folder))

    def now_ok(self) -> SyncReport:
        """Sync; it works."""
        return ok(self.sync.sync_now())

    @property
    def journals(self) -> Path:
        return self.folder / JOURNALS

    @property
    def own(self) -> Path:
        """The folder of its own journal."""
        return self.journals / self.state.journals.devices.ensure_own().id

    def last_segment(self) -> Path:
        return max(self.own.glob("[0-9]*.log"))


Both = tuple[Machine, Machine]


def clone(machine: Machine, name: str) -> Machine:
    """A machine whose home is a copy of another one's."""
    twin = Machine(machine.home.parent, name, sealed_from=machine.sealed_from)
    twin.time = machine.time
    twin.state.take_over(machine.state)
    shutil.copytree(machine.folder, twin.folder)
    twin.state.journals.set_sync_folder(twin.folder)
    return twin


def ok(report: SyncReport) -> SyncReport:
    assert report.problem == ""
    return report


def carry(source: Machine, target: Machine) -> None:
    """Copy one's own journal to another machine, as programs that copy folders do."""
    shutil.copytree(source.own, target.journals / source.own.name, dirs_exist_ok=True)


def carry_all(*machines: Machine) -> None:
    """Every file that is anywhere is everywhere; each journal as its device has it."""
    for source in machines:
        for target in machines:
            if source is not target:
                for folder in source.journals.iterdir():
                    there = target.journals / folder.name
                    if folder == source.own or not there.exists():
                        shutil.copytree(folder, there, dirs_exist_ok=True)


def meet(*machines: Machine) -> None:
    """All devices write, everything is carried, and all read."""
    for machine in machines:
        machine.now_ok()
    carry_all(*machines)
    for machine in machines:
        machine.now_ok()


def put(folder: Path, name: str, device: str, *lines: str) -> Path:
    """A file of a journal that anybody may write."""
    folder.mkdir(exist_ok=True)
    file = folder / name
    header = f"rilo-marks 1\t{device}\tSomebody"
    file.write_text("\n".join((header, *lines, "")), encoding="utf-8")
    return file


def line(text: str, time: int = NOON) -> str:
    """A line of a journal, at a time in milliseconds since 1970."""
    return f"{time << 16:016x}\t{text}"
