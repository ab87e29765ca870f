"""What the journals need of the state of a library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from rilo_reader.store.gestures import (
    Aside,
    Device,
    DeviceSeen,
    Gesture,
    GestureId,
    MergeResult,
    SegmentMark,
    Stamp,
    StampedAnew,
)


class JournalState(Protocol):
    """The marks of a library, what was noted of journals, and who this device is.

    Each method is one durable transaction.
    """

    def device(self) -> Device:
        """This device; made at the first use."""

    def renew_device(self) -> Device:
        """Take a new id, since another device uses this one.

        The gestures that are not written yet get it too.
        """

    def name_device(self, name: str) -> Device:
        """Give this device a name, which it keeps when it takes another id."""

    def unwritten(self, limit: int) -> Sequence[Gesture]:
        """This device's gestures that are not in a journal yet, positions too, oldest first."""

    def unwritten_count(self) -> int:
        """How many gestures are not in a journal yet."""

    def note_written(self, last: GestureId, mark: SegmentMark) -> None:
        """Note that all gestures up to this one are in a journal, and how long its segment is."""

    def snapshot(self, *, unwritten: bool = True) -> Iterator[Gesture]:
        """All winners by stamp, the oldest first, each gesture of a bounded number of articles.

        `unwritten` is whether values are among them that `unwritten` has too.
        """

    def merge(
        self, gestures: Iterable[Gesture], marks: Sequence[SegmentMark], *, history: bool = True
    ) -> MergeResult:
        """Apply gestures, the greatest stamp winning, and note how far segments were read.

        A gesture may come in parts and more than once.
        """

    def segments(self) -> Mapping[str, SegmentMark]:
        """What was noted of segments, this device's own among them, by path."""

    def forget_segments(self, paths: Iterable[str]) -> None:
        """Forget what was noted of segments, and of lines of theirs put aside."""

    def sync_folder(self) -> Path | None:
        """The folder that is shared; None if sync is off."""

    def set_sync_folder(self, folder: Path | None) -> None:
        """Set the folder that is shared; None turns sync off."""

    def set_device_seen(self, device: Device, when: int) -> None:
        """Note a device's name, and the time of its newest gesture if it is later than known."""

    def devices(self) -> Sequence[DeviceSeen]:
        """The devices whose journals were read."""

    def forget_device(self, device_id: str) -> None:
        """Leave a device out of `devices`."""

    def ahead(self) -> Stamp | None:
        """The greatest stamp here, if it is more than a day ahead of the clock."""

    def return_to_clock(self, *, is_right: bool = False) -> StampedAnew | None:
        """Give stamps that are ahead anew if the clock can be believed; None if none is.

        This device's gestures among them count as not written.
        """

    def stamped_anew(self) -> StampedAnew | None:
        """When `return_to_clock` last did so, None if not for long."""

    def keep_stamped_anew(self, done: StampedAnew) -> None:
        """Store what `stamped_anew` returns."""

    def set_aside(self, path: str, asides: Sequence[Aside]) -> None:
        """Replace what was noted of lines of a segment that could not be applied."""

    def aside(self) -> Sequence[Aside]:
        """All lines that could not be applied."""
