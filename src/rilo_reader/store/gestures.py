"""Gestures: what the user did with articles, as it is kept, undone and carried to other devices.

A gesture gives values to fields of articles. For each field of each article the value with the
greatest stamp wins, on every device alike; of two with the same stamp, the greater text.
"""

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Literal, NamedTuple, Self

from rilo_reader.article import ArticleId
from rilo_reader.store.marks import Stamp
from rilo_reader.store.sqlite import DamagedError


class GestureId(NamedTuple):
    """The name of a gesture on all devices: the device that made it, and its stamp."""

    device: str
    stamp: Stamp


class Assignment(NamedTuple):
    """One value, given to one field of articles."""

    field: str
    value: str
    ids: "Ids"


class Gesture(NamedTuple):
    """Something the user did."""

    id: GestureId  # the device and the time
    assignments: tuple[Assignment, ...]
    undoes: GestureId | None = None  # None: it takes none back
    in_history: bool = True  # whether the history lists it; what is only remembered, it does not
    actor: str = ""  # who did it, if not the user by hand: "Rule Football", "Assistant"

    @property
    def article_ids(self) -> set[ArticleId]:
        """All articles that it changed."""
        return {article for assignment in self.assignments for article in assignment.ids}


class Device(NamedTuple):
    """A machine that takes part, or a home directory on it."""

    id: str  # a slug of the machine's name and random hex digits; permanent
    name: str


_COMPRESS_FROM_BYTES = 200
"""Bytes of JSON from which on compressing is worth its time."""


class Ids:
    """An immutable sequence of article ids; a million take 3 to 25 MB, since many are compressed.

    A million sequences of one id each are as usual, so up to FEW are kept as they are.
    """

    __slots__ = ("_packs", "_unpacked")
    PACK = 20_000
    FEW = 8

    def __init__(self, ids: Iterable[ArticleId] = ()) -> None:
        pending = iter(ids)
        self._unpacked = tuple(islice(pending, self.FEW + 1))
        self._packs: tuple[tuple[int, bytes], ...] = ()
        if len(self._unpacked) > self.FEW:
            pending, self._unpacked = chain(self._unpacked, pending), ()
            packs = iter(lambda: list(islice(pending, self.PACK)), [])
            self._packs = tuple((len(pack), _pack_ids(pack)) for pack in packs)

    @classmethod
    def from_packs(cls, packs: Iterable[tuple[int, bytes]]) -> Self:
        """The ids that `packs` had."""
        ids = cls()
        ids._packs = tuple(packs)
        return ids

    @property
    def packs(self) -> tuple[tuple[int, bytes], ...]:
        """The ids as bytes, at most PACK together, each with their number."""
        if self._unpacked:
            return ((len(self._unpacked), _pack_ids(self._unpacked)),)
        return self._packs

    def __len__(self) -> int:
        return len(self._unpacked) or sum(count for count, _ in self._packs)

    def __iter__(self) -> Iterator[ArticleId]:
        yield from self._unpacked
        for _, pack in self._packs:
            try:
                yield from json.loads(_unpack_ids(pack))
            except (ValueError, zlib.error) as error:
                raise DamagedError("a list of articles in it cannot be read") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(len(self))

    def __repr__(self) -> str:
        return f"Ids({', '.join(islice(self, 3))}{', …' if len(self) > 3 else ''})"

    def iter_json(self) -> Iterator[str]:
        """The ids as JSON arrays of texts."""
        return (_unpack_ids(pack).decode() for _, pack in self.packs)


def _pack_ids(ids: Sequence[ArticleId]) -> bytes:
    data = json.dumps(ids).encode()
    return data if len(data) < _COMPRESS_FROM_BYTES else zlib.compress(data, 1)


def _unpack_ids(pack: bytes) -> bytes:
    return pack if pack.startswith(b"[") else zlib.decompress(pack)


class Change(NamedTuple):
    """A change of one mark, with what it takes to undo it; false if nothing changed.

    Undoing restores this mark only; other changes since then are kept.
    """

    title: str  # a description for the user ("Marked 12 as read")
    mark: Literal["read", "starred", "tags"]
    ids: Ids  # the articles whose mark really changed
    before: bool | tuple[str, ...]  # the previous value, equal for all of them
    gesture: GestureId | None = None  # the gesture that changed it, None if nothing changed

    def __bool__(self) -> bool:
        return len(self.ids) > 0


class StampedAssignment(NamedTuple):
    """A value that is given to a field of articles."""

    field: str
    value: str
    ids: Ids
    stamp: int  # the stamp
    value_before: str | None = None  # the value of an annotation before; None for other fields
