"""What is known of the devices that share a folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rilo_reader.store.gestures import Aside, Device, SegmentMark, StampedAnew
from rilo_reader.store.journals import Journals
from rilo_reader.sync.segments import SegmentFile

_BLOCK = 1 << 20


class DeviceStatus(NamedTuple):
    """A device whose journal is in the folder."""

    device: Device  # its id and name; the name is the id as long as nothing of it was read
    is_this: bool
    # the time of its newest gesture that is here, in milliseconds since 1970; 0 if none is, and for
    # the device that asks
    heard: int
    segments: int
    size: int
    read: int  # lines that are here
    waiting: int  # lines that are not here yet
    modified: int  # the time of modification of its newest file, in nanoseconds


class Status(NamedTuple):
    """How the sync stands."""

    folder: Path | None  # the folder that is shared, or None if sync is off
    device: Device
    waiting: int = 0  # gestures that are not in the journal yet
    # all devices whose journals are in the folder, this one first
    devices: tuple[DeviceStatus, ...] = ()
    aside: tuple[Aside, ...] = ()  # lines that could not be applied
    problem: str = ""  # why the folder cannot be used, and what to do; "" if it can
    # when this device's clock was right again after it had been ahead, or None
    stamped_anew: StampedAnew | None = None
    # what was done here is dated up to then, in milliseconds since 1970, if that is more than a day
    # ahead of the clock; else 0
    ahead: int = 0

    @property
    def old(self) -> list[Device]:
        """Devices that have the name of another one, of which more was heard, or of this one.

        A copy of a home, or a backup that was restored, leaves them behind.
        """
        by_age = sorted(self.devices, key=lambda one: (one.is_this, one.heard, one.modified))
        newest = {each.device.name: each.device for each in by_age}.values()
        return [each.device for each in self.devices if each.device not in newest]

    def name_of(self, aside: Aside) -> str:
        """The name of the device whose lines were put aside."""
        folder = aside.path.partition("/")[0]
        names = (each.device.name for each in self.devices if each.device.id == folder)
        return next(names, folder)

    @property
    def size(self) -> int:
        """Bytes of all journals."""
        return sum(each.size for each in self.devices)


def device_statuses(state: Journals, segments: Iterable[SegmentFile]) -> tuple[DeviceStatus, ...]:
    """The devices of segments, this one first, then those heard last.

    Raises:
        OSError: a segment cannot be read.
    """
    this, marks = state.device(), state.segments()
    seen = {each.device.id: each for each in state.devices()}
    folders: dict[str, list[SegmentFile]] = {}
    for segment in segments:
        folders.setdefault(segment.device, []).append(segment)
    found = []
    for folder, own in folders.items():
        is_this = folder == this.id
        known = seen.get(folder)
        device = this if is_this else known.device if known else Device(folder, folder)
        read, waiting = _lines(own, marks)
        heard = known.when if known and not is_this else 0
        size = sum(segment.size for segment in own)
        modified = max(segment.modified for segment in own)
        found.append(DeviceStatus(device, is_this, heard, len(own), size, read, waiting, modified))
    found.sort(key=lambda each: (not each.is_this, -each.heard, each.device))
    return tuple(found)


def _lines(segments: Sequence[SegmentFile], marks: Mapping[str, SegmentMark]) -> tuple[int, int]:
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
