"""Devices with folders of their own, and what carries files between them."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

from rilo_reader.sync.segments import JOURNALS
from rilo_reader.sync.sync import Sync, SyncReport
from tests.support.fake_journal_state import FakeJournalState

NOON = 1_790_000_000_000
"""A time in September 2026, in milliseconds since 1970."""

HOUR = 3_600_000


class Machine:
    """A device with its own clock and its own copy of the shared folder."""

    def __init__(self, home: Path, name: str, *, sealed_from: int = 1 << 20) -> None:
        self.home = home / name
        self.time = NOON
        self.state = FakeJournalState(name, self.now)
        self.folder = self.home / "library" / ".rilo"
        self.sealed_from = sealed_from
        self.sync = self._sync()

    def _sync(self) -> Sync:
        lock = self.home / "lock"
        return Sync(self.state, lock, self.now, wait=0.0, sealed_from=self.sealed_from)

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
        return self.journals / self.state.device().id

    def last_segment(self) -> Path:
        return max(self.own.glob("[0-9]*.log"))

    def clone(self, name: str) -> Machine:
        """A machine whose home is a copy of this one's."""
        twin = Machine(self.home.parent, name, sealed_from=self.sealed_from)
        twin.time = self.time
        twin.state = copy.copy(self.state)
        twin.state.__dict__ = copy.deepcopy(
            {key: value for key, value in vars(self.state).items() if key != "_now"}
        ) | {"_now": twin.now}
        shutil.copytree(self.folder, twin.folder)
        twin.state.set_sync_folder(twin.folder)
        twin.sync = twin._sync()
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
