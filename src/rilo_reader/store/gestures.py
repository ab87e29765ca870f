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
    """What names a gesture everywhere: the device that made it, and its stamp."""

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
    by: str = ""  # who did it, if not the user by hand: "Rule Football", "Assistant"

    @property
    def articles(self) -> set[ArticleId]:
        """All articles that it changed."""
        return {article for assignment in self.assignments for article in assignment.ids}


class Device(NamedTuple):
    """A machine that takes part, or a home directory on it."""

    id: str  # a slug of the machine's name and random hex digits; permanent
    name: str


_COMPRESSED_FROM = 200
"""Bytes of JSON from which on compressing is worth its time."""


class Ids:
    """An immutable sequence of article ids; a million take 3 to 25 MB, since many are compressed.

    A million sequences of one id each are as usual, so up to FEW are kept as they are.
    """

    __slots__ = ("_few", "_packs")
    PACK = 20_000
    FEW = 8

    def __init__(self, ids: Iterable[ArticleId] = ()) -> None:
        pending = iter(ids)
        self._few = tuple(islice(pending, self.FEW + 1))
        self._packs: tuple[tuple[int, bytes], ...] = ()
        if len(self._few) > self.FEW:
            pending, self._few = chain(self._few, pending), ()
            packs = iter(lambda: list(islice(pending, self.PACK)), [])
            self._packs = tuple((len(pack), _packed(pack)) for pack in packs)

    @classmethod
    def of_stored(cls, stored: Iterable[tuple[int, bytes]]) -> Self:
        """The ids that `stored` had."""
        ids = cls()
        ids._packs = tuple(stored)
        return ids

    @property
    def stored(self) -> tuple[tuple[int, bytes], ...]:
        """The ids as bytes, at most PACK together, each with their number."""
        return ((len(self._few), _packed(self._few)),) if self._few else self._packs

    def __len__(self) -> int:
        return len(self._few) or sum(count for count, _ in self._packs)

    def __iter__(self) -> Iterator[ArticleId]:
        yield from self._few
        for _, pack in self._packs:
            try:
                yield from json.loads(_unpacked(pack))
            except (ValueError, zlib.error) as error:
                raise DamagedError("a list of articles in it cannot be read") from error

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(len(self))

    def __repr__(self) -> str:
        return f"Ids({', '.join(islice(self, 3))}{', …' if len(self) > 3 else ''})"

    def packs(self) -> Iterator[str]:
        """The ids as JSON arrays of texts."""
        return (_unpacked(pack).decode() for _, pack in self.stored)


def _packed(ids: Sequence[ArticleId]) -> bytes:
    data = json.dumps(ids).encode()
    return data if len(data) < _COMPRESSED_FROM else zlib.compress(data, 1)


def _unpacked(pack: bytes) -> bytes:
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


class Given(NamedTuple):
    """A value that is given to a field of articles."""

    field: str
    value: str
    ids: Ids
    at: int  # the stamp
    before: str | None = None  # the value of an annotation before; None for other fields
