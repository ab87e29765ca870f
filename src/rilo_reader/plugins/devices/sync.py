"""`JournalSync`: carry the gestures of a library between devices, through a folder that they share.

    sync_now:
        write what is not written yet into this device's journal
        apply what is new in the others
        forget what was noted of segments that are gone

Nothing is lost where the folder cannot be used: gestures wait in the state. With nothing new, only
the sizes and times of files are looked at.
"""

from __future__ import annotations

import errno
import math
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from rilo_reader.files import flush_folder
from rilo_reader.paths import Paths
from rilo_reader.plugins.devices.carried_file import FileChange
from rilo_reader.plugins.devices.carrier import Carrier
from rilo_reader.plugins.devices.compaction import WinningLines, open_winning_lines
from rilo_reader.plugins.devices.exchange import ExchangeOutcome, Merger, Outbox
from rilo_reader.plugins.devices.segments import (
    JOURNALS,
    SEALED_FROM_BYTES,
    SegmentFile,
    list_segments,
    segment_path,
)
from rilo_reader.store.clock_repair import ClockCorrection
from rilo_reader.store.folder import describe_error
from rilo_reader.store.gestures import Device
from rilo_reader.store.journal_tables import QuarantinedLines, SegmentMark
from rilo_reader.store.journals import Journals
from rilo_reader.store.marks import to_milliseconds, wall_clock
from rilo_reader.store.sqlite import hold_lock, result_code
from rilo_reader.store.state import State, open_state


class SyncReport(NamedTuple):
    """The result of a sync."""

    written_count: int = 0  # gestures that were written into this device's journal
    read_count: int = 0  # lines of other devices that were applied
    changed_count: int = 0  # articles whose marks they changed
    is_renewed: bool = False  # whether this device has a new id, since another one used its journal
    problem: str = ""  # what went wrong and what to do, or "". Whatever is not carried waits.
    # stamps that were corrected, since the clock had been ahead and is right again
    clock_correction: ClockCorrection | None = None
    is_whole: bool = True  # False if the time was over before all was read
    # changes made here are dated up to then, in milliseconds since 1970, if that is more than a day
    # ahead of the clock; else 0
    greatest_future_stamp: int = 0
    file_changes: tuple[FileChange, ...] = ()  # feeds and settings


_LAST_FOLDER = "last folder"


class JournalSync:
    """The journals of one library."""

    def __init__(
        self,
        journals: Journals,
        lock: Path,
        now: Callable[[], int],
        *,
        wait: float = 10.0,
        sealed_from: int = SEALED_FROM_BYTES,
    ) -> None:
        """Use a lock between processes, outside the shared folder; wait at most `wait` s for it.

        `now` is the time in milliseconds since 1970; segments are sealed from so many bytes on.
        """
        self.carrier: Carrier | None = None  # of what travels besides marks
        self.journals = journals
        self._lock = lock
        self._now = now
        self._wait = wait
        self._sealed_from = sealed_from

    # -- on and off -----------------------------------------------------------------------------

    @property
    def folder(self) -> Path | None:
        """The folder that is shared, or None if sync is off."""
        return self.journals.sync_folder()

    @property
    def last_folder(self) -> Path | None:
        """The folder that is shared, or was before sync was turned off."""
        last = self.journals.read_memo(_LAST_FOLDER)
        return self.folder or (Path(last) if last else None)

    def turn_on(self, folder: Path, name: str = "") -> SyncReport:
        """Begin to share a folder, which is created if it is missing.

        All marks are written as a snapshot, and what other devices left there is applied. If sync
        is on already, the clock is trusted, since the user was told to check it. `name` is the new
        name of this device, unless it is "".
        """
        return self._run_exclusively(folder, lambda: self._start_sharing(folder, name))

    def _start_sharing(self, folder: Path, name: str) -> SyncReport:
        is_renamed = name not in ("", self.journals.devices.ensure_own().name)
        if is_renamed:
            self.journals.devices.rename_own(name)
        shared = folder / JOURNALS
        shared.mkdir(parents=True, exist_ok=True)
        segments = list_segments(shared)
        outbox = Outbox(self.journals, shared, self._sealed_from)
        renewed = False
        if not outbox.is_as_left(segments):
            # Another folder, unless something there has this device's id.
            own = self.journals.devices.ensure_own().id
            renewed = any(segment.device == own for segment in segments)
            if renewed:
                self.journals.devices.renew_own()
            self.journals.segments.forget(self.journals.segments.read())
        elif outbox.own_segments() and (is_renamed or self.journals.sync_folder() is None):
            # What was done meanwhile may have left the history without being written; and a
            # name stands at the beginning of a segment.
            outbox.begin_journal()
        is_on = self.journals.sync_folder() == folder
        self.journals.set_sync_folder(folder)
        correction = self.journals.clock.restamp_future(is_right=is_on)
        report = self._sync_folder(folder)
        return report._replace(is_renewed=renewed or report.is_renewed, clock_correction=correction)

    def turn_off(self) -> None:
        """Stop sharing; the folder stays, as do all marks here."""
        if (folder := self.folder) is not None:
            self.journals.set_memo(_LAST_FOLDER, str(folder))
        self.journals.set_sync_folder(None)

    # -- sync -----------------------------------------------------------------------------------

    def sync_now(self, seconds: float = math.inf) -> SyncReport:
        """Write what is not written yet, and apply what is new; nothing if sync is off.

        Once in a megabyte, when a segment was sealed, this device's journal is compacted.

        After `seconds` at most a megabyte of other journals is read; the rest is next time.
        """
        folder = self.journals.sync_folder()
        if folder is None:
            return SyncReport()
        return self._run_exclusively(folder, lambda: self._sync_folder(folder, seconds))

    def _run_exclusively(self, folder: Path, job: Callable[[], SyncReport]) -> SyncReport:
        """Run a job on a folder while no other process does; the report has what goes wrong."""
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            with hold_lock(self._lock, self._wait):
                return job()
        except sqlite3.OperationalError as error:
            problem = describe_problem(OSError(errno.EIO, str(error), str(self._lock)), folder)
            if result_code(error) == sqlite3.SQLITE_BUSY:
                problem = f"Another rilo-reader is syncing {folder} right now. "
                problem += "Try again when it is done."
            return SyncReport(problem=problem)
        except OSError as error:
            return SyncReport(problem=describe_problem(error, folder))

    def _sync_folder(self, folder: Path, seconds: float = math.inf) -> SyncReport:
        correction = self.journals.clock.restamp_future()
        if self.carrier is not None:
            self.carrier.send_changes()
        shared = folder / JOURNALS
        segments = list_segments(shared)
        outbox = Outbox(self.journals, shared, self._sealed_from)
        problem, outcome = "", ExchangeOutcome()
        try:
            outcome = outbox.write_gestures(segments)
            if outcome.gestures or outcome.is_renewed:
                segments = list_segments(shared)
        except OSError as error:
            # Others can be read where nothing can be written.
            problem = describe_problem(error, folder)
        own = {mark.path for mark in outbox.own_segments()}
        if problem:
            # Half of what was to be written may be there; it is completed another time.
            unfinished = {
                *own,
                segment_path(self.journals.devices.ensure_own().id, outbox.next_number()),
            }
            segments = [segment for segment in segments if segment.path not in unfinished]
        merger = Merger(self.journals, self._now(), seconds)
        merger.merge_segments(segments)
        if self.journals.clock.must_read_again():
            # Also the own journal: what it says may count now, having been passed over before.
            Merger(self.journals, self._now()).merge_segments(segments, again=True)
            self.journals.clock.record_read_again()
        recorded = {*self.journals.segments.read()}
        recorded |= {aside.path for aside in self.journals.quarantine.read()}
        if gone := recorded - {segment.path for segment in segments} - own:
            self.journals.segments.forget(sorted(gone))
        if outcome.has_sealed:
            self._compact_own(folder)
        file_changes: tuple[FileChange, ...] = ()
        # Half of what others did may not be what they wanted.
        if self.carrier is not None and not problem and merger.is_whole:
            file_changes, sends = self.carrier.take_changes()
            if sends:
                more = outbox.write_gestures(list_segments(shared)).gestures
                outcome = outcome._replace(gestures=outcome.gestures + more)
        return SyncReport(
            outcome.gestures,
            merger.line_count,
            merger.changed_count,
            outcome.is_renewed,
            problem,
            correction,
            merger.is_whole,
            to_milliseconds(self.journals.clock.greatest_future_stamp() or 0),
            file_changes,
        )

    # -- rewrite --------------------------------------------------------------------------------

    def _compact_own(self, folder: Path) -> None:
        """Rewrite this device's sealed segments if over half of their lines are superseded."""
        shared = folder / JOURNALS
        marks = Outbox(self.journals, shared, self._sealed_from).own_segments()
        paths = {mark.path for mark in marks}
        own = [segment for segment in list_segments(shared) if segment.path in paths]
        with open_winning_lines(self.journals.clock.read_restamps()) as latest:
            fault = latest.add_segments(own[:-1]) or latest.add_segments(own[-1:], rewritten=False)
            if not fault and latest.is_mostly_superseded():
                self._rewrite_segments(folder, latest, own[:-1])

    def forget_device(self, device: str) -> SyncReport:
        """Take the lines of a retired device over into the own journal, and delete its folder."""
        folder = self.journals.sync_folder()
        if folder is None:
            return SyncReport(problem="Sync is off.")
        if device == self.journals.devices.ensure_own().id:
            return SyncReport(problem="This is the current device. To stop syncing: sync off")
        return self._run_exclusively(folder, lambda: self._adopt_device(folder, device))

    def _adopt_device(self, folder: Path, device: str) -> SyncReport:
        report = self._sync_folder(folder)
        if report.problem:
            return report
        shared = folder / JOURNALS
        theirs = [segment for segment in list_segments(shared) if segment.device == device]
        if not theirs:
            return report._replace(problem=f"There is no device {device}.")
        with open_winning_lines(self.journals.clock.read_restamps()) as latest:
            fault = latest.add_segments(theirs)
            if fault:
                return report._replace(problem=f"{device} was not forgotten: {fault}")
            self._rewrite_segments(folder, latest, theirs)
        self.journals.devices.forget(device)
        with suppress(OSError):
            theirs[0].file.parent.rmdir()
            flush_folder(shared)
        return report

    def _rewrite_segments(
        self, folder: Path, latest: WinningLines, old: Sequence[SegmentFile]
    ) -> None:
        """Write the lines that count into a snapshot, then delete the old."""
        shared = folder / JOURNALS
        gestures = latest.iter_gestures(self.journals.devices.ensure_own().id)
        outbox = Outbox(self.journals, shared, self._sealed_from)
        # Read as those of other devices are, so that quarantined lines are recorded.
        new = {mark.path for mark in outbox.write_snapshot(gestures)}
        merger = Merger(self.journals, self._now())
        merger.merge_segments(one for one in list_segments(shared) if one.path in new)
        # Stopped here, what is left of the old is read as another device's, and does no harm.
        self.journals.segments.forget([segment.path for segment in old])
        for segment in old:
            segment.file.unlink(missing_ok=True)
        flush_folder(shared)

    # -- status ---------------------------------------------------------------------------------

    def read_status(self) -> SyncStatus:
        """Return the status of the sync; reads all journals."""
        folder, device = self.journals.sync_folder(), self.journals.devices.ensure_own()
        if folder is None:
            return SyncStatus(None, device, last_folder=self.last_folder)
        devices: tuple[DeviceStatus, ...] = ()
        problem = ""
        try:
            devices = make_device_statuses(self.journals, list_segments(folder / JOURNALS))
        except OSError as error:
            problem = describe_problem(error, folder)
        has_feeds, travels, waits = None, list[str](), list[str]()
        if self.carrier is not None:
            travels, waits = self.carrier.describe_standing()
            waits += [*self.carrier.describe_gone(), *self.carrier.describe_refused()]
            if self.carrier.is_collecting_here():
                has_feeds = bool(self.carrier.has_feeds)
        return SyncStatus(
            folder,
            device,
            self.journals.unwritten_count(),
            devices,
            tuple(self.journals.quarantine.read()),
            problem,
            self.journals.clock.read_correction(),
            to_milliseconds(self.journals.clock.greatest_future_stamp() or 0),
            has_feeds,
            tuple(travels),
            tuple(waits),
        )


def make_sync(marks: State, carrier: Carrier, wait: float = 10.0) -> JournalSync:
    """Return the journals of a library; wait at most `wait` seconds for another process."""
    lock = marks.file.with_suffix(".sync.lock")
    sync = JournalSync(marks.journals, lock, wall_clock, wait=wait)
    sync.carrier = carrier
    return sync


@contextmanager
def open_sync(file: Path, paths: Paths) -> Iterator[tuple[State, JournalSync]]:
    """The marks in a file, by a connection of their own, and the journals of them.

    Raises LibraryError, also within the context: the marks cannot be read or written.
    """
    with closing(open_state(file)) as marks:
        yield marks, make_sync(marks, Carrier(marks, paths))


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_WRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_WAITS = "Your changes are kept and will be sent later."


def describe_problem(error: OSError, folder: Path) -> str:
    """Return what an error means for the sync of a folder, and what to do about it."""
    if error.errno in _FULL:
        return f"There is no space left for {folder}. {_WAITS} Free some space, then sync again."
    if error.errno in _NOT_WRITABLE:
        return (
            f"{error.filename or folder} cannot be written or read. {_WAITS} Change its "
            f"permissions, or name another folder: rilo-reader sync on --folder DIR"
        )
    if isinstance(error, FileNotFoundError):
        return (
            f"The folder {folder / JOURNALS} does not exist. {_WAITS} Connect its disk, or create "
            f"it again: rilo-reader sync on --folder {quote(str(folder))}"
        )
    return f"{error.filename or folder}: {describe_error(error)} {_WAITS}"


# -- the devices that share a folder --------------------------------------------------------------

_BLOCK = 1 << 20


class DeviceStatus(NamedTuple):
    """A device whose journal is in the folder."""

    device: Device  # its id and name; the name is the id as long as nothing of it was read
    is_this: bool
    # the time of its newest gesture that is here, in milliseconds since 1970; 0 if none is, and for
    # the device that asks
    last_heard: int
    segments: int
    size: int
    read: int  # lines that are here
    waiting: int  # lines that are not here yet
    modified: int  # the time of modification of its newest file, in nanoseconds


class SyncStatus(NamedTuple):
    """The status of the sync."""

    folder: Path | None  # the folder that is shared, or None if sync is off
    device: Device
    waiting: int = 0  # gestures that are not in the journal yet
    # all devices whose journals are in the folder, this one first
    devices: tuple[DeviceStatus, ...] = ()
    quarantined: tuple[QuarantinedLines, ...] = ()  # lines that could not be applied
    problem: str = ""  # why the folder cannot be used, and what to do; "" if it can
    # when this device's clock was right again after it had been ahead, or None
    clock_correction: ClockCorrection | None = None
    # what was done here is dated up to then, in milliseconds since 1970, if that is more than a day
    # ahead of the clock; else 0
    greatest_future_stamp: int = 0
    has_feeds: bool | None = None  # whether feeds travel; None: they belong to another library
    # sentences: what travels besides marks, and what of it waits or was left out
    travel_notes: tuple[str, ...] = ()
    waiting_notes: tuple[str, ...] = ()
    last_folder: Path | None = None  # the folder before sync was turned off

    @property
    def outdated_devices(self) -> list[Device]:
        """Devices that have the name of another one, of which more was heard, or of this one.

        A copy of a home, or a backup that was restored, leaves them behind.
        """
        by_age = sorted(self.devices, key=lambda one: (one.is_this, one.last_heard, one.modified))
        newest = {each.device.name: each.device for each in by_age}.values()
        return [each.device for each in self.devices if each.device not in newest]

    def name_of(self, aside: QuarantinedLines) -> str:
        """Return the name of the device whose lines are quarantined."""
        folder = aside.path.partition("/")[0]
        names = (each.device.name for each in self.devices if each.device.id == folder)
        return next(names, folder)

    @property
    def size(self) -> int:
        """Bytes of all journals."""
        return sum(each.size for each in self.devices)


def make_device_statuses(
    journals: Journals, segments: Iterable[SegmentFile]
) -> tuple[DeviceStatus, ...]:
    """The devices of segments, this one first, then those heard last.

    Raises OSError: a segment cannot be read.
    """
    this, marks = journals.devices.ensure_own(), journals.segments.read()
    seen = {device.id: (device, time) for device, time in journals.devices.list_others()}
    folders: dict[str, list[SegmentFile]] = {}
    for segment in segments:
        folders.setdefault(segment.device, []).append(segment)
    found = []
    for folder, own in folders.items():
        is_this = folder == this.id
        device, heard = (this, 0) if is_this else seen.get(folder, (Device(folder, folder), 0))
        read, waiting = _count_lines(own, marks)
        size = sum(segment.size for segment in own)
        modified = max(segment.modified for segment in own)
        found.append(DeviceStatus(device, is_this, heard, len(own), size, read, waiting, modified))
    found.sort(key=lambda each: (not each.is_this, -each.last_heard, each.device))
    return tuple(found)


def _count_lines(
    segments: Sequence[SegmentFile], marks: Mapping[str, SegmentMark]
) -> tuple[int, int]:
    """The number of lines after the headers that were read, and that were not."""
    read = waiting = 0
    for segment in segments:
        mark = marks.get(segment.path)
        with segment.file.open("rb") as stream:
            rest, before, after = 0 if mark is None else mark.size, 0, 0
            while rest > 0 and (block := stream.read(min(rest, _BLOCK))):
                before += block.count(b"\n")
                rest -= len(block)
            while block := stream.read(_BLOCK):
                after += block.count(b"\n")
        read += max(0, before - 1)
        waiting += after if before else max(0, after - 1)
    return read, waiting
