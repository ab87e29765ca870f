"""Gestures: what the user did with articles, as it is kept, undone and carried to other devices.

A gesture gives values to fields of articles. For each field of each article the value with the
greatest stamp wins, on every device alike; of two with the same stamp, the greater text.
"""

from typing import NamedTuple, NewType

from rilo_reader.article import ArticleId
from rilo_reader.store.ids import Ids

Stamp = NewType("Stamp", int)
"""A reading of a hybrid logical clock: milliseconds since 1970 in the upper 48 of 64 bits, a
counter in the lower 16.

Source: Kulkarni et al., "Logical Physical Clocks", 2014.
"""


def milliseconds(stamp: int) -> int:
    """The time of a stamp, in milliseconds since 1970."""
    return stamp >> 16


def stamp_at(time: int) -> Stamp:
    """The earliest stamp of a time in milliseconds since 1970."""
    return Stamp(time << 16)


AHEAD = 24 * 60 * 60 * 1000
"""Milliseconds by which a stamp may be ahead of a device's clock and still be followed."""

NO_STAMP = Stamp(0)
BEGINNING = Stamp(1)
"""The stamp of marks that are older than gestures: every gesture is newer."""

READ = "read"
STARRED = "starred"
POSITION = "position"
MOVED = "moved"
TAG = "tag:"
HIGHLIGHT = "highlight:"
NOTE = "note:"
AGREED = "agreed:"
ANEW = "anew:"
"""Names of fields, and beginnings of names that end in a tag, in the id of a highlight, in an
account and a mark, or in a number.

The value of `read`, `starred` and `tag:NAME` is "1" or "0"; of `position` a number of visible
characters; of `moved` the article's new id; of `highlight:ID` a JSON object, of `note:ID` a text.
An empty text means that there is none, or none any more. `agreed:ACCOUNT:MARK` is "1" or "0" as
the mark was when a library and an account at a feed service agreed on it last. `anew:NUMBER` is "1"
where a path has another article than before, whose marks are those of `PATH//NUMBER`.
"""


class GestureId(NamedTuple):
    """What names a gesture everywhere: the device that made it, and its stamp."""

    device: str
    stamp: Stamp


class Assignment(NamedTuple):
    """One value, given to one field of articles.

    Attributes:
        field: the name of the field.
        value: the value as text.
        ids: the articles.
    """

    field: str
    value: str
    ids: Ids


class Gesture(NamedTuple):
    """Something the user did.

    Attributes:
        id: the device and the time.
        assignments: what it set; only of articles that really changed.
        undoes: the gesture that it takes back, or None.
        in_history: whether the history lists it; what is only remembered, it does not.
    """

    id: GestureId
    assignments: tuple[Assignment, ...]
    undoes: GestureId | None = None
    in_history: bool = True

    @property
    def articles(self) -> set[ArticleId]:
        """All articles that it changed."""
        return {article for assignment in self.assignments for article in assignment.ids}


class Device(NamedTuple):
    """A machine that takes part, or a home directory on it.

    Attributes:
        id: a slug of the machine's name and random hex digits; permanent.
        name: what the user calls it.
    """

    id: str
    name: str


class DeviceSeen(NamedTuple):
    """When something of a device was last heard.

    Attributes:
        device: the device.
        when: the time of its newest gesture that is here, in milliseconds since 1970.
    """

    device: Device
    when: int


class SegmentMark(NamedTuple):
    """How far a segment of a journal was read or written.

    Attributes:
        path: the file, relative to the folder of journals, with forward slashes.
        size: bytes from its beginning.
        hash: the SHA-256 of these bytes, in hex.
        modified: the file's time of modification in nanoseconds when its bytes had this hash; 0 if
            it is unknown.
    """

    path: str
    size: int
    hash: str
    modified: int = 0


class Aside(NamedTuple):
    """Lines of a segment that could not be applied.

    Attributes:
        path: the segment, as in `SegmentMark`.
        kind: why: `ahead`, `field`, `version`, `fault` or `unreadable`.
        lines: how many.
        due: when to try again, in milliseconds since 1970; 0 for no such time.
        detail: the unknown field, or what is wrong with the first of the lines.
    """

    path: str
    kind: str
    lines: int
    due: int = 0
    detail: str = ""


class StampedAnew(NamedTuple):
    """Stamps that were ahead of the clock, and were given anew once it was right.

    Attributes:
        when: it was, in milliseconds since 1970.
        stamps: how many.
        after: the greatest stamp that was not ahead; greater ones of before mean nothing more.
        is_in_journal: whether this device's journal has the new ones, and no others.
    """

    when: int
    stamps: int
    after: Stamp
    is_in_journal: bool = False

    @property
    def sentence(self) -> str:
        """What to tell the user."""
        changes = "1 change was" if self.stamps == 1 else f"{self.stamps:,} changes were"
        return f"This device's clock had been ahead: {changes} dated anew."


class MergeResult(NamedTuple):
    """What a merge did.

    Attributes:
        changed: how many articles have other marks now.
    """

    changed: int
