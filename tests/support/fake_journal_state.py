"""Marks in memory, with what the journals need of a state; the greatest stamp wins."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import (
    BEGINNING,
    POSITION,
    Aside,
    Assignment,
    Device,
    DeviceSeen,
    Gesture,
    GestureId,
    MergeResult,
    SegmentMark,
    Stamp,
    StampedAnew,
)
from rilo_reader.store.ids import Ids
from rilo_reader.sync.journal_state import JournalState

Key = tuple[str, str]
"""An article and a field of it."""

_names = count(1)


class FakeJournalState(JournalState):
    """A state in memory.

    Attributes:
        winners: the stamp and value of each field of each article.
        history: the gestures that are known and listed, of all devices.
        merges: how often `merge` was called.
    """

    def __init__(self, name: str, now: Callable[[], int]) -> None:
        """`now` is the time in milliseconds since 1970."""
        self.winners: dict[Key, tuple[int, str]] = {}
        self.history: dict[GestureId, Gesture] = {}
        self.merges = 0
        self._unlisted: set[GestureId] = set()
        self._now = now
        self._device = Device(f"{name}-{next(_names):08x}", name)
        self._last = 0
        self._outbox: list[Gesture] = []
        self._segments: dict[str, SegmentMark] = {}
        self._folder: Path | None = None
        self._seen: dict[str, DeviceSeen] = {}
        self._aside: dict[str, tuple[Aside, ...]] = {}

    @property
    def journals(self) -> JournalState:
        """What journals need of it: itself."""
        return self

    # -- what a reader does ---------------------------------------------------------------------

    def take_over(self, other: FakeJournalState) -> None:
        """Become a copy of another one, but for the clock."""
        now = self._now
        vars(self).update(copy.deepcopy({**vars(other), "_now": None}))
        self._now = now

    def value(self, article: str, field: str) -> str:
        """The value of a field, "" if it has none."""
        return self.winners.get((article, field), (0, ""))[1]

    def values(self) -> dict[Key, str]:
        """The values of all fields."""
        return {key: value for key, (_, value) in self.winners.items()}

    def had_before_gestures(self, field: str, value: str, *articles: str) -> None:
        """Set marks that are older than all gestures."""
        for article in articles:
            self.winners[article, field] = BEGINNING, value

    def give(self, field: str, value: str, *articles: str, in_history: bool = True) -> Gesture:
        """Make a gesture of one assignment."""
        ids = Ids(map(ArticleId, articles))
        return self._make((Assignment(field, value, ids),), None, in_history=in_history)

    def undo(self, name: GestureId) -> Gesture | None:
        """Take back the flags that a gesture set and that nothing has changed since."""
        gesture, taken = self.history[name], []
        for field, value, ids in gesture.assignments:
            mine = (gesture.id.stamp, value)
            kept = Ids(one for one in ids if self.winners.get((one, field)) == mine)
            if kept and field != POSITION:
                taken.append(Assignment(field, "0" if value == "1" else "1", kept))
        return self._make(tuple(taken), gesture.id) if taken else None

    def _make(
        self,
        assignments: tuple[Assignment, ...],
        undoes: GestureId | None,
        *,
        in_history: bool = True,
    ) -> Gesture:
        stamp = Stamp(max(self._now() << 16, self._last + 1))
        gesture = Gesture(GestureId(self._device.id, stamp), assignments, undoes, in_history)
        self._apply(gesture)
        if in_history:
            self.history[gesture.id] = gesture
        self._outbox.append(gesture)
        return gesture

    def _apply(self, gesture: Gesture) -> set[ArticleId]:
        changed: set[ArticleId] = set()
        self._last = max(self._last, gesture.id.stamp)
        for field, value, ids in gesture.assignments:
            for article in ids:
                new = (gesture.id.stamp, value)
                if new > self.winners.get((article, field), (0, "")):
                    self.winners[article, field] = new
                    changed.add(article)
        return changed

    # -- JournalState ---------------------------------------------------------------------------

    def device(self) -> Device:
        return self._device

    def renew_device(self) -> Device:
        self._device = Device(f"{self._device.name}-{next(_names):08x}", self._device.name)
        own = self._device.id
        self._outbox = [one._replace(id=one.id._replace(device=own)) for one in self._outbox]
        return self._device

    def name_device(self, name: str) -> Device:
        self._device = self._device._replace(name=name)
        return self._device

    def unwritten(self, limit: int) -> Sequence[Gesture]:
        return self._outbox[:limit]

    def unwritten_count(self) -> int:
        return len(self._outbox)

    def note_written(self, last: GestureId, mark: SegmentMark) -> None:
        self._outbox = [one for one in self._outbox if one.id.stamp > last.stamp]
        self._segments[mark.path] = mark

    def snapshot(self, *, unwritten: bool = True) -> Iterator[Gesture]:
        groups: dict[tuple[int, str, str], list[ArticleId]] = defaultdict(list)
        waiting = set() if unwritten else {one.id.stamp for one in self.unwritten(1_000_000)}
        for (article, field), (stamp, value) in sorted(self.winners.items()):
            if stamp in waiting:
                continue
            groups[stamp, field, value].append(ArticleId(article))
        for (stamp, field, value), ids in sorted(groups.items()):
            name = GestureId(self._device.id, Stamp(stamp))
            yield Gesture(name, (Assignment(field, value, Ids(ids)),))

    def merge(
        self, gestures: Iterable[Gesture], marks: Sequence[SegmentMark], *, history: bool = True
    ) -> MergeResult:
        self.merges += 1
        changed: set[ArticleId] = set()
        for gesture in gestures:
            changed |= self._apply(gesture)
            if not gesture.in_history:
                self._unlisted.add(gesture.id)
            if history and gesture.id not in self._unlisted:
                known = self.history.get(gesture.id, gesture)
                added = [one for one in gesture.assignments if one not in known.assignments]
                assignments = (*known.assignments, *added)
                self.history[gesture.id] = known._replace(assignments=assignments)
        self._segments.update((mark.path, mark) for mark in marks)
        return MergeResult(len(changed))

    def segments(self) -> Mapping[str, SegmentMark]:
        return dict(self._segments)

    def forget_segments(self, paths: Iterable[str]) -> None:
        for path in list(paths):
            self._segments.pop(path, None)
            self._aside.pop(path, None)

    def sync_folder(self) -> Path | None:
        return self._folder

    def set_sync_folder(self, folder: Path | None) -> None:
        self._folder = folder

    def set_device_seen(self, device: Device, when: int) -> None:
        known = self._seen.get(device.id)
        self._seen[device.id] = DeviceSeen(device, max(when, known.when if known else 0))

    def devices(self) -> Sequence[DeviceSeen]:
        return list(self._seen.values())

    def forget_device(self, device_id: str) -> None:
        self._seen.pop(device_id, None)

    def set_aside(self, path: str, asides: Sequence[Aside]) -> None:
        self._aside[path] = tuple(asides)

    def aside(self) -> Sequence[Aside]:
        return [aside for path in sorted(self._aside) for aside in self._aside[path]]

    # Its clock may go back, and its stamps stay: what that does is tried with marks in files.

    def ahead(self) -> Stamp | None:
        return None

    def return_to_clock(self, *, is_right: bool = False) -> StampedAnew | None:
        return None

    def stamped_anew(self) -> StampedAnew | None:
        return None

    def keep_stamped_anew(self, done: StampedAnew) -> None:
        raise AssertionError("nothing is stamped anew")
