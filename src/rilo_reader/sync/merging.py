"""Apply what is new in the journals of other devices.

Lines that cannot be applied now are noted with their reason, and read again when that is gone:
when the clock has come near enough, or when a newer version of the program knows the field.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from time import monotonic

from rilo_reader.article import Fault
from rilo_reader.store.folder import why
from rilo_reader.store.gestures import AHEAD, Aside, Device, Gesture, SegmentMark, milliseconds
from rilo_reader.store.journals import Journals
from rilo_reader.sync.journal import Line, fault_of, gestures_of, is_known
from rilo_reader.sync.segments import Chunk, SegmentFile, is_unchanged, read_segment
from rilo_reader.text import clean_line

_BATCH_IDS = 50_000
_BATCH_GESTURES = 10_000
_FIELDS_NAMED = 20


class Merger:
    """Applies segments to a state, many in one transaction."""

    def __init__(self, state: Journals, now: int, seconds: float = math.inf) -> None:
        """`now` is in milliseconds since 1970; `seconds` later at most a megabyte more is read."""
        self.changed = 0  # articles with other marks, each time that they changed
        self.lines = 0  # lines that were applied
        self.is_whole = True
        self._until = monotonic() + seconds
        self._is_late = False
        self._state = state
        self._now = now
        self._own = state.device().id
        self._gestures: list[Gesture] = []
        self._ids = 0
        self._history = True
        self._marks: dict[str, SegmentMark] = {}
        self._no_more_aside: list[str] = []
        self._seen: dict[Device, int] = {}

    def merge(self, segments: Iterable[SegmentFile]) -> None:
        """Apply what is new in these segments."""
        marks = self._state.segments()
        known: dict[str, list[Aside]] = defaultdict(list)
        for aside in self._state.aside():
            known[aside.path].append(aside)
        for segment in segments:
            mark, asides = marks.get(segment.path), known[segment.path]
            if any(self._is_due(aside) for aside in asides):
                mark = None
            elif is_unchanged(segment, mark):
                continue
            if self._is_late:
                self.is_whole = False
                break
            self._merge_segment(segment, mark, asides)
        self._flush()
        for device, when in self._seen.items():
            self._state.set_device_seen(device, when)

    def _is_due(self, aside: Aside) -> bool:
        """Whether the reason for which lines were put aside may be gone."""
        if aside.kind == "field":
            return any(map(is_known, aside.detail.split("\t")))
        return 0 < aside.due <= self._now

    def _merge_segment(
        self, segment: SegmentFile, mark: SegmentMark | None, before: Sequence[Aside]
    ) -> None:
        asides = _Asides(segment.path, before)
        chunk: Chunk | None = None
        try:
            for chunk in read_segment(segment, mark):
                lines = self._sift(segment, chunk, asides)
                # What is put aside is noted before the segment is noted as read.
                if asides.all != list(before) and asides.all:
                    self._state.set_aside(segment.path, asides.all)
                self._add(segment, chunk, lines)
                self._is_late = monotonic() >= self._until
                if self._is_late:
                    self.is_whole = chunk.mark is None or chunk.mark.size >= segment.size
                    break
            if chunk is None and before:  # it is cut within its header, and may come back as it was
                self._state.forget_segments([segment.path])
                return
        except OSError as error:
            asides.add("unreadable", 1, detail=why(error))
            if asides.all != list(before):
                self._state.set_aside(segment.path, asides.all)
        if before and not asides.all:
            self._no_more_aside.append(segment.path)

    def _sift(self, segment: SegmentFile, chunk: Chunk, asides: _Asides) -> list[Line]:
        """The lines of a chunk that can be applied; notes the others."""
        if chunk.start == 0:
            asides.clear()
        if isinstance(chunk.header, Fault):
            asides.add("fault", 1, detail=chunk.header.reason)
            return []
        if chunk.mark is None:
            asides.add("version", 1, detail=str(chunk.header.version))
            return []
        if chunk.header.device == self._own != segment.device:
            asides.add("fault", len(chunk.lines), detail="They claim to be of this device.")
            return []
        for fault in chunk.faults:
            asides.add("fault", 1, detail=f"Line {fault.line}: {fault.reason}")
        kept: list[Line] = []
        for line in chunk.lines:
            time = milliseconds(line.stamp)
            if time > self._now + AHEAD:
                asides.add("ahead", 1, due=time - AHEAD)
            elif not line.field:
                kept.append(line)
            elif not is_known(line.field):
                asides.add("field", 1, detail=line.field)
            elif reason := fault_of(line.field, line.value):
                asides.add("fault", 1, detail=reason)
            else:
                kept.append(line)
        return kept

    def _add(self, segment: SegmentFile, chunk: Chunk, lines: list[Line]) -> None:
        if chunk.mark is None or isinstance(chunk.header, Fault):
            return
        header = chunk.header
        # The folder is the device. What others put there changes marks, but no name and no history.
        is_its_own = header.device == segment.device != self._own
        if is_its_own:
            device = Device(header.device, clean_line(header.name) or header.device)
            newest = max((milliseconds(line.stamp) for line in lines), default=0)
            self._seen[device] = max(newest, self._seen.get(device, 0))
        history = is_its_own and not header.snapshot
        if self._history != history:
            self._flush()
            self._history = history
        self.lines += len(lines)
        for gesture in gestures_of(lines, segment.device):
            self._gestures.append(gesture)
            self._ids += sum(len(assignment.ids) for assignment in gesture.assignments)
            if self._ids >= _BATCH_IDS or len(self._gestures) >= _BATCH_GESTURES:
                self._flush()
        self._marks[chunk.mark.path] = chunk.mark

    def _flush(self) -> None:
        if self._gestures or self._marks:
            marks = list(self._marks.values())
            result = self._state.merge(self._gestures, marks, history=self._history)
            self.changed += result.changed
        for path in self._no_more_aside:
            self._state.set_aside(path, ())
        self._gestures, self._ids, self._marks, self._no_more_aside = [], 0, {}, []


class _Asides:
    """What is put aside of one segment: one value for each reason."""

    def __init__(self, path: str, known: Iterable[Aside]) -> None:
        # What could not be read or was of another version is tried again in any case.
        lasting = ("ahead", "field", "fault")
        self._path = path
        self._by_kind = {aside.kind: aside for aside in known if aside.kind in lasting}

    @property
    def all(self) -> list[Aside]:
        return list(self._by_kind.values())

    def clear(self) -> None:
        self._by_kind.clear()

    def add(self, kind: str, lines: int, *, due: int = 0, detail: str = "") -> None:
        aside = self._by_kind.get(kind)
        if aside is None:
            self._by_kind[kind] = Aside(self._path, kind, lines, due, detail)
            return
        aside = aside._replace(lines=aside.lines + lines, due=min(aside.due, due))
        if kind == "field":
            names = {*aside.detail.split("\t"), detail}
            aside = aside._replace(detail="\t".join(sorted(names)[:_FIELDS_NAMED]))
        self._by_kind[kind] = aside
