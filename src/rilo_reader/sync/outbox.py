"""Write this device's gestures into its own journal, and notice when that is not its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from rilo_reader.store.gestures import Aside, Gesture, SegmentMark, Stamp
from rilo_reader.store.journals import Journals
from rilo_reader.sync.journal import Header, encode_header
from rilo_reader.sync.segments import (
    SegmentFile,
    append,
    has_hash,
    header_of,
    is_unchanged,
    number_of,
    read_segment,
    replace,
    segment_path,
    write_snapshot,
)

_BATCH = 1_000
_TRIES = 3


class Outcome(NamedTuple):
    """What was written."""

    gestures: int = 0
    # whether this device has a new id, since its journal was not as it had left it
    renewed: bool = False
    sealed: bool = False  # whether a segment was sealed, so that a compaction may be worth its time


class Outbox:
    """The journal of this device.

    Args:
        state: where the gestures come from.
        journals: the folder of all journals, which exists.
        sealed_from: bytes from which on a segment is sealed.
    """

    def __init__(self, state: Journals, journals: Path, sealed_from: int) -> None:
        self._state = state
        self._journals = journals
        self._sealed_from = sealed_from

    def marks(self) -> list[SegmentMark]:
        """This device's own segments as they were noted, oldest first."""
        own = self._state.device().id
        marks = self._state.segments()
        return sorted(mark for mark in marks.values() if _is_own(mark.path, own))

    def write(self, segments: Sequence[SegmentFile]) -> Outcome:
        """Write all gestures that are not written yet.

        Args:
            segments: of all devices, as they are now.

        Raises:
            OSError: the journal cannot be written; what is not written waits.
        """
        renewed = not self.is_as_left(segments)
        if renewed:
            self._state.renew_device()
        self._begin_anew(segments)
        if self.marks():
            self._say_again(segments)
        count = 0
        for _ in range(_TRIES):
            if not self.marks():
                self.begin(unwritten=False)
            number = self.next_number()
            appended = self._append()
            if appended is not None:
                return Outcome(count + appended, renewed, self.next_number() > number)
            renewed = True
            self._state.renew_device()
        return Outcome(count, renewed)

    def begin(self, *, unwritten: bool = True) -> None:
        """Write all winners as a snapshot, with which a journal begins.

        Args:
            unwritten: whether also those that are in gestures which will be written next.

        Raises:
            OSError: the journal cannot be written.
        """
        self._state.merge((), self.write_snapshot(self._state.snapshot(unwritten=unwritten)))

    def write_snapshot(self, gestures: Iterable[Gesture]) -> list[SegmentMark]:
        """Write winners into segments, see `segments.write_snapshot`."""
        header, number = self._header()._replace(snapshot=True), self.next_number()
        return write_snapshot(self._journals, header, number, gestures, self._sealed_from)

    def _say_again(self, segments: Sequence[SegmentFile]) -> None:
        """Write what is known that devices whose clock was ahead have stamped anew since.

        It was applied here, so it is to win everywhere or nowhere.
        """
        marks = self._state.segments()
        headers = [header_of(segment) for segment in segments if segment.path not in marks]
        after = [one.after for one in headers if isinstance(one, Header) and one.after is not None]
        if after:
            winners = (one for one in self._state.snapshot() if one.id.stamp > min(after))
            if (first := next(winners, None)) is not None:
                self._state.merge((), self.write_snapshot(chain((first,), winners)))

    def _begin_anew(self, segments: Sequence[SegmentFile]) -> None:
        """Where stamps were given anew, empty the segments that have them, and write all winners.

        They are not deleted, since programs that copy what is newer would bring them back.
        """
        anew = self._state.stamped_anew()
        if anew is None or anew.is_in_journal:
            return
        marks, header = {mark.path for mark in self.marks()}, encode_header(self._header())
        for segment in segments:
            if segment.path in marks and _has_after(segment, anew.after):
                self._state.merge((), [replace(self._journals, segment.path, header)])
        self.begin(unwritten=False)
        self._state.keep_stamped_anew(anew._replace(is_in_journal=True))

    def next_number(self) -> int:
        """The number of this device's next segment."""
        own = self.marks()
        return number_of(own[-1].path) + 1 if own else 1

    def _header(self) -> Header:
        device, anew = self._state.device(), self._state.stamped_anew()
        return Header(device.id, device.name, after=anew.after if anew else None)

    def _append(self) -> int | None:
        """Append what is not written yet; None if the segment is another device's too."""
        count = 0
        while gestures := self._state.unwritten(_BATCH):
            own = self.marks()
            last = own[-1] if own else None
            written = append(self._journals, self._header(), last, gestures, self._sealed_from)
            if written is None or written.mark is None or written.last is None:
                return None
            if written.too_long:
                aside = Aside(written.mark.path, "fault", written.too_long, 0, _TOO_LONG)
                self._state.set_aside(written.mark.path, (aside,))
            self._state.note_written(written.last, written.mark)
            count += written.gestures
        return count

    def is_as_left(self, segments: Sequence[SegmentFile]) -> bool:
        """Whether this device finds its own journal as it left it.

        Its last segment may be longer if there is something to write, which may have been written
        and not noted; `append` compares that.

        Raises:
            OSError: a segment cannot be read.
        """
        own = self.marks()
        there = {segment.path: segment for segment in segments}
        device, following = self._state.device().id, self.next_number()
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
                self._state.merge((), (mark._replace(modified=segment.modified),))
            elif mark is own[-1]:
                more = True
            else:
                return False
        if more and not self._state.unwritten(1):
            return False
        return all(one.device != device or number_of(one.path) <= following for one in segments)


_TOO_LONG = "It is too long to travel, and stays on this device alone."


def _is_own(path: str, device: str) -> bool:
    return path.startswith(f"{device}/") and number_of(path) > 0


def _has_after(segment: SegmentFile, after: Stamp) -> bool:
    return any(line.stamp > after for chunk in read_segment(segment, None) for line in chunk.lines)
