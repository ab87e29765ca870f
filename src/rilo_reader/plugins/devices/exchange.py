"""Write this device's gestures into its own journal, and apply what is new in those of others.

Where this device's journal is not as it was left, another device uses it too. Lines of others that
cannot be applied now are noted with their reason, and read again when that is gone: when the clock
has come near enough, or when a newer version of the program knows the field.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from rilo_reader.article import Fault
from rilo_reader.plugins.devices.compaction import open_winning_lines
from rilo_reader.plugins.devices.journal import (
    JournalLine,
    SegmentHeader,
    encode_header,
    join_gestures,
)
from rilo_reader.plugins.devices.segments import (
    Chunk,
    SegmentFile,
    append_gestures,
    has_hash,
    is_unchanged,
    number_of,
    read_header,
    read_segment,
    replace_segment,
    segment_path,
    write_snapshot,
)
from rilo_reader.store.folder import describe_error
from rilo_reader.store.gestures import Device, Gesture
from rilo_reader.store.journal_tables import QuarantinedLines, SegmentMark
from rilo_reader.store.journals import Journals
from rilo_reader.store.marks import AHEAD, DATED, find_fault, is_known, to_milliseconds
from rilo_reader.text import clean_line

_BATCH = 1_000
_TRIES = 3


class ExchangeOutcome(NamedTuple):
    """The result of writing gestures into the journal."""

    gestures: int = 0  # number of those that were written
    is_renewed: bool = False  # this device has a new id: its journal was not as it had left it
    has_sealed: bool = False  # a segment was sealed, so that a compaction may be worth its time


class Outbox:
    """The journal of this device, in the folder of all journals, which exists."""

    def __init__(self, journals: Journals, folder: Path, sealed_from: int) -> None:
        """Segments are sealed from `sealed_from` bytes on."""
        self._journals = journals
        self._folder = folder
        self._sealed_from = sealed_from

    def own_segments(self) -> list[SegmentMark]:
        """This device's own segments as they were noted, oldest first."""
        own = self._journals.devices.ensure_own().id
        marks = self._journals.segments.read()
        paths = sorted(path for path in marks if path.startswith(f"{own}/") and number_of(path) > 0)
        return [marks[path] for path in paths]

    def write_gestures(self, segments: Sequence[SegmentFile]) -> ExchangeOutcome:
        """Write all gestures that are not written yet; segments are those of all devices now.

        Raises OSError: the journal cannot be written; what is not written waits.
        """
        renewed = not self.is_as_left(segments)
        if renewed:
            self._journals.devices.renew_own()
        self._restart_journal(segments)
        if self.own_segments():
            self._rewrite_replaced(segments)
        count = 0
        for _ in range(_TRIES):
            if not self.own_segments():
                self.begin_journal(unwritten=False)
            number = self.next_number()
            appended = self._append_unwritten()
            if appended is not None:
                return ExchangeOutcome(count + appended, renewed, self.next_number() > number)
            renewed = True
            self._journals.devices.renew_own()
        return ExchangeOutcome(count, renewed)

    def begin_journal(self, *, unwritten: bool = True) -> None:
        """Write all winners as a snapshot, with which a journal begins.

        `unwritten` adds those of gestures that will be written next.

        Raises OSError: the journal cannot be written.
        """
        winners = self._journals.iter_snapshot(with_unwritten=unwritten)
        self._journals.merge_gestures((), self.write_snapshot(winners))

    def write_snapshot(self, gestures: Iterable[Gesture]) -> list[SegmentMark]:
        """Write winners into segments, see `segments.write_snapshot`."""
        header, number = self._make_header()._replace(snapshot=True), self.next_number()
        return write_snapshot(self._folder, header, number, gestures, self._sealed_from)

    def _rewrite_replaced(self, segments: Sequence[SegmentFile]) -> None:
        """Write winners that devices whose clock was ahead have given new stamps since.

        They were applied here, so they are to win everywhere or nowhere.
        """
        marks = self._journals.segments.read()
        headers = [read_header(segment) for segment in segments if segment.path not in marks]
        valid = [header for header in headers if isinstance(header, SegmentHeader)]
        if after := [header.after for header in valid if header.after is not None]:
            winners = (one for one in self._journals.iter_snapshot() if one.id.stamp > min(after))
            self._write_winners(winners)
        if any(self._is_replaced(segment, marks) for segment in segments):
            self._rewrite_deleted(segments)

    def _is_replaced(self, segment: SegmentFile, marks: Mapping[str, SegmentMark]) -> bool:
        """Return whether a segment of another device has lost lines that were read in it."""
        mark = marks.get(segment.path)
        if mark is None or segment.device == self._journals.devices.ensure_own().id:
            return False
        with suppress(OSError):
            return not is_unchanged(segment, mark) and not has_hash(segment, mark)
        return False

    def _rewrite_deleted(self, segments: Sequence[SegmentFile]) -> None:
        """Write what was applied here and is in no segment any more.

        The home and the folder of a device came from a backup: no other device writes it again.
        """
        with open_winning_lines(self._journals.clock.read_restamps()) as latest:
            latest.add_winners(self._journals.iter_snapshot(with_unwritten=False))
            for segment in segments:
                with suppress(OSError):
                    latest.add_segments([segment], rewritten=False)
            self._write_winners(latest.iter_gestures(self._journals.devices.ensure_own().id))

    def _write_winners(self, winners: Iterator[Gesture]) -> None:
        if (first := next(winners, None)) is not None:
            self._journals.merge_gestures((), self.write_snapshot(chain((first,), winners)))

    def _restart_journal(self, segments: Sequence[SegmentFile]) -> None:
        """After a correction of stamps, empty the segments that have them, and write all winners.

        They are not deleted, since programs that copy what is newer would bring them back.
        """
        correction = self._journals.clock.read_correction()
        if correction is None or correction.is_in_journal:
            return
        paths = {mark.path for mark in self.own_segments()}
        header = encode_header(self._make_header())
        for segment in segments:
            if segment.path in paths and any(
                line.stamp > correction.last_good_stamp
                for chunk in read_segment(segment, None)
                for line in chunk.lines
            ):
                mark = replace_segment(self._folder, segment.path, header)
                self._journals.merge_gestures((), [mark])
        self.begin_journal(unwritten=False)
        self._journals.clock.save_correction(correction._replace(is_in_journal=True))

    def next_number(self) -> int:
        """The number of this device's next segment."""
        own = self.own_segments()
        return number_of(own[-1].path) + 1 if own else 1

    def _make_header(self) -> SegmentHeader:
        device, correction = (
            self._journals.devices.ensure_own(),
            self._journals.clock.read_correction(),
        )
        after = correction.last_good_stamp if correction else None
        return SegmentHeader(device.id, device.name, after=after)

    def _append_unwritten(self) -> int | None:
        """Append what is not written yet; None if the segment is another device's too."""
        count = 0
        while gestures := self._journals.read_unwritten(_BATCH):
            own = self.own_segments()
            last = own[-1] if own else None
            written = append_gestures(
                self._folder, self._make_header(), last, gestures, self._sealed_from
            )
            if written is None or written.mark is None or written.last is None:
                return None
            if written.too_long:
                aside = QuarantinedLines(written.mark.path, "fault", written.too_long, 0, _TOO_LONG)
                self._journals.quarantine.replace(written.mark.path, (aside,))
            self._journals.record_written(written.last, written.mark)
            count += written.gestures
        return count

    def is_as_left(self, segments: Sequence[SegmentFile]) -> bool:
        """Return whether this device's own journal is as it left it.

        Its last segment may be longer if there is something to write, which may have been written
        and not recorded; `append_gestures` compares that.

        Raises OSError: a segment cannot be read.
        """
        own = self.own_segments()
        there = {segment.path: segment for segment in segments}
        device, following = self._journals.devices.ensure_own().id, self.next_number()
        if not own:
            # A copy of this home, made before it wrote anything, may have begun.
            return all(segment.device != device for segment in segments)
        more = segment_path(device, following) in there
        for mark in own:
            segment = there.get(mark.path)
            if segment is None or segment.size < mark.size:
                return False
            if is_unchanged(segment, mark):
                continue
            if not has_hash(segment, mark):
                return False
            if segment.size == mark.size:
                self._journals.merge_gestures((), (mark._replace(modified=segment.modified),))
            elif mark is own[-1]:
                more = True
            else:
                return False
        if more and not self._journals.read_unwritten(1):
            return False
        return all(one.device != device or number_of(one.path) <= following for one in segments)


_TOO_LONG = "It is too long to be synced, so it stays on this device."


# -- what is new in the journals of others --------------------------------------------------------

_BATCH_IDS = 50_000
_BATCH_GESTURES = 10_000
_FIELDS_NAMED = 20


class Merger:
    """Applies segments to the marks, many in one transaction."""

    def __init__(self, journals: Journals, now: int, seconds: float = math.inf) -> None:
        """`now` is in milliseconds since 1970; `seconds` later at most a megabyte more is read."""
        self.changed_count = 0  # articles with other marks, each time that they changed
        self.line_count = 0  # lines that were applied
        self.is_whole = True
        self._until = monotonic() + seconds
        self._is_late = False
        self._journals = journals
        self._now = now
        self._own_device = journals.devices.ensure_own().id
        self._restamped = journals.clock.read_restamps()
        self._gestures: list[Gesture] = []
        self._ids = 0
        self._history = True
        self._marks: dict[str, SegmentMark] = {}
        self._cleared_paths: list[str] = []
        self._seen: dict[Device, int] = {}

    def merge_segments(self, segments: Iterable[SegmentFile], *, again: bool = False) -> None:
        """Apply what is new in these segments, or all that is in them once more."""
        marks = {} if again else self._journals.segments.read()
        quarantined: dict[str, list[QuarantinedLines]] = defaultdict(list)
        for aside in self._journals.quarantine.read():
            quarantined[aside.path].append(aside)
        for segment in segments:
            mark, asides = marks.get(segment.path), quarantined[segment.path]
            if any(self._is_due(aside) for aside in asides):
                mark = None
            elif is_unchanged(segment, mark):
                continue
            if self._is_late:
                self.is_whole = False
                break
            self._merge_segment(segment, mark, asides)
        self._write_batch()
        for device, when in self._seen.items():
            self._journals.devices.record_seen(device, when)

    def _is_due(self, aside: QuarantinedLines) -> bool:
        """Return whether the reason for which lines were quarantined may be gone."""
        if aside.kind == "field":
            return any(map(is_known, aside.detail.split("\t")))
        return 0 < aside.retry_at <= self._now

    def _merge_segment(
        self, segment: SegmentFile, mark: SegmentMark | None, before: Sequence[QuarantinedLines]
    ) -> None:
        asides = _QuarantinedOfSegment(segment.path, before)
        chunk: Chunk | None = None
        try:
            for chunk in read_segment(segment, mark):
                lines = self._sift_chunk(segment, chunk, asides)
                # Quarantined lines are recorded before the segment counts as read.
                if asides.all_entries != list(before) and asides.all_entries:
                    self._journals.quarantine.replace(segment.path, asides.all_entries)
                self._add_chunk(segment, chunk, lines)
                if any(line.field.startswith(DATED) for line in lines):
                    self._write_batch()
                    self._restamped = self._journals.clock.read_restamps()
                self._is_late = monotonic() >= self._until
                if self._is_late:
                    self.is_whole = chunk.mark is None or chunk.mark.size >= segment.size
                    break
            if chunk is None and before:  # it is cut within its header, and may come back as it was
                self._journals.segments.forget([segment.path])
                return
        except OSError as error:
            asides.add_lines("unreadable", 1, detail=describe_error(error))
            if asides.all_entries != list(before):
                self._journals.quarantine.replace(segment.path, asides.all_entries)
        if before and not asides.all_entries:
            self._cleared_paths.append(segment.path)

    def _sift_chunk(
        self, segment: SegmentFile, chunk: Chunk, asides: _QuarantinedOfSegment
    ) -> list[JournalLine]:
        """Return the lines of a chunk that can be applied; add the others to `asides`."""
        if chunk.start == 0:
            asides.clear_entries()
        if isinstance(chunk.header, Fault):
            asides.add_lines("fault", 1, detail=chunk.header.reason)
            return []
        if chunk.mark is None:
            asides.add_lines("version", 1, detail=str(chunk.header.version))
            return []
        if chunk.header.device == self._own_device != segment.device:
            asides.add_lines("fault", len(chunk.lines), detail="They claim to be from this device.")
            return []
        for fault in chunk.faults:
            asides.add_lines("fault", 1, detail=f"Line {fault.line}: {fault.reason}")
        kept: list[JournalLine] = []
        for each in chunk.lines:
            line = each
            if (counts := self._restamped.get(each.stamp)) is not None:
                line = each._replace(stamp=counts)
            time = to_milliseconds(line.stamp)
            if time > self._now + AHEAD:
                asides.add_lines("ahead", 1, due=time - AHEAD)
            elif not line.field:
                kept.append(line)
            elif not is_known(line.field):
                asides.add_lines("field", 1, detail=line.field)
            elif reason := find_fault(line.field, line.value):
                asides.add_lines("fault", 1, detail=reason)
            else:
                kept.append(line)
        return kept

    def _add_chunk(self, segment: SegmentFile, chunk: Chunk, lines: list[JournalLine]) -> None:
        if chunk.mark is None or isinstance(chunk.header, Fault):
            return
        header = chunk.header
        # The folder is the device. Lines of others in it change marks, but no name and no history.
        is_its_own = header.device == segment.device != self._own_device
        if is_its_own:
            device = Device(header.device, clean_line(header.name) or header.device)
            newest = max((to_milliseconds(line.stamp) for line in lines), default=0)
            self._seen[device] = max(newest, self._seen.get(device, 0))
        history = is_its_own and not header.snapshot
        if self._history != history:
            self._write_batch()
            self._history = history
        self.line_count += len(lines)
        for gesture in join_gestures(lines, segment.device):
            self._gestures.append(gesture)
            self._ids += sum(len(assignment.ids) for assignment in gesture.assignments)
            if self._ids >= _BATCH_IDS or len(self._gestures) >= _BATCH_GESTURES:
                self._write_batch()
        self._marks[chunk.mark.path] = chunk.mark

    def _write_batch(self) -> None:
        if self._gestures or self._marks:
            marks = list(self._marks.values())
            self.changed_count += self._journals.merge_gestures(
                self._gestures, marks, with_history=self._history
            )
        for path in self._cleared_paths:
            self._journals.quarantine.replace(path, ())
        self._gestures, self._ids, self._marks, self._cleared_paths = [], 0, {}, []


class _QuarantinedOfSegment:
    """The quarantined lines of one segment: one value for each reason."""

    def __init__(self, path: str, known: Iterable[QuarantinedLines]) -> None:
        # What could not be read or was of another version is tried again in any case.
        lasting = ("ahead", "field", "fault")
        self._path = path
        self._by_kind = {aside.kind: aside for aside in known if aside.kind in lasting}

    @property
    def all_entries(self) -> list[QuarantinedLines]:
        return list(self._by_kind.values())

    def clear_entries(self) -> None:
        self._by_kind.clear()

    def add_lines(self, kind: str, lines: int, *, due: int = 0, detail: str = "") -> None:
        aside = self._by_kind.get(kind)
        if aside is None:
            self._by_kind[kind] = QuarantinedLines(self._path, kind, lines, due, detail)
            return
        due = min(aside.retry_at, due)
        aside = aside._replace(line_count=aside.line_count + lines, retry_at=due)
        if kind == "field":
            names = {*aside.detail.split("\t"), detail}
            aside = aside._replace(detail="\t".join(sorted(names)[:_FIELDS_NAMED]))
        self._by_kind[kind] = aside
