"""Devices with folders of their own, and what carries files between them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeAlias, TypeVar

from rilo_reader.article import ArticleId
from rilo_reader.store.database import Database
from rilo_reader.store.gestures import Assignment, Gesture
from rilo_reader.store.ids import Ids
from rilo_reader.store.rules import Rules
from rilo_reader.store.state import State
from rilo_reader.store.state_schema import STATE
from rilo_reader.sync.segments import JOURNALS, SEALED_FROM
from rilo_reader.sync.sync import Sync, SyncReport
from tests.support.fake_journal_state import FakeJournalState

NOON = 1_790_000_000_000
"""A time in September 2026, in milliseconds since 1970."""

HOUR = 3_600_000


class RealState(State):
    """Marks in a real file, with the names that tests use."""

    def give(self, field: str, value: str, *articles: str) -> Gesture | None:
        """Make a gesture of one assignment; None if it changes nothing."""
        return self.apply([Assignment(field, value, Ids(map(ArticleId, articles)))])

    @property
    def winners(self) -> dict[tuple[str, str], tuple[int, str]]:
        """The stamp and value of each field of each article."""
        return {
            (article, assignment.field): (gesture.id.stamp, assignment.value)
            for gesture in self.journals.snapshot()
            for assignment in gesture.assignments
            for article in assignment.ids
        }

    def value(self, article: str, field: str) -> str:
        """The value of a field, "" if it has none."""
        return self.winners.get((article, field), (0, ""))[1]


S = TypeVar("S", bound=FakeJournalState | RealState)


class Machine(Generic[S]):
    """A device with its own clock and its own copy of the shared folder."""

    def __init__(
        self,
        home: Path,
        name: str,
        make: Callable[[Path, Callable[[], int]], S],
        sealed_from: int,
    ) -> None:
        """`make` makes its marks, of its home and its clock."""
        self.home = home / name
        self.home.mkdir()
        self.time = NOON
        self.state = make(self.home, self.now)
        self.folder = self.home / "library" / ".rilo"
        self.sealed_from = sealed_from
        self.sync = self._sync()

    def close(self) -> None:
        if isinstance(self.state, RealState):
            self.state.close()

    def _sync(self) -> Sync:
        lock = self.home / "lock"
        return Sync(self.state.journals, lock, self.now, wait=0.0, sealed_from=self.sealed_from)

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
        return self.journals / self.state.journals.device().id

    def last_segment(self) -> Path:
        return max(self.own.glob("[0-9]*.log"))


FakeMachine: TypeAlias = Machine[FakeJournalState]


def fake_machine(home: Path, name: str, *, sealed_from: int = SEALED_FROM) -> FakeMachine:
    """A device whose marks are in memory."""
    return Machine(home, name, lambda home, now: FakeJournalState(home.name, now), sealed_from)


def real_machine(home: Path, name: str, *, sealed_from: int = SEALED_FROM) -> Machine[RealState]:
    """A device whose marks are in a file."""
    return Machine(
        home,
        name,
        lambda home, now: RealState(Database(home / "marks.db", STATE), Rules(now)),
        sealed_from,
    )


def clone(machine: FakeMachine, name: str) -> FakeMachine:
    """A machine whose home is a copy of another one's."""
    twin = fake_machine(machine.home.parent, name, sealed_from=machine.sealed_from)
    twin.time = machine.time
    twin.state.take_over(machine.state)
    shutil.copytree(machine.folder, twin.folder)
    twin.state.journals.set_sync_folder(twin.folder)
    return twin


def ok(report: SyncReport) -> SyncReport:
    assert report.problem == ""
    return report


def carry(source: Machine[Any], target: Machine[Any]) -> None:
    """Copy one's own journal to another machine, as programs that copy folders do."""
    shutil.copytree(source.own, target.journals / source.own.name, dirs_exist_ok=True)


def carry_all(*machines: Machine[Any]) -> None:
    """Every file that is anywhere is everywhere; each journal as its device has it."""
    for source in machines:
        for target in machines:
            if source is not target:
                for folder in source.journals.iterdir():
                    there = target.journals / folder.name
                    if folder == source.own or not there.exists():
                        shutil.copytree(folder, there, dirs_exist_ok=True)
