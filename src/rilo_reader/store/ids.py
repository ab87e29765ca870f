"""`Ids`: many article ids in little memory."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

from rilo_reader.article import ArticleId
from rilo_reader.store.sqlite import DamagedError

_COMPRESSED_FROM = 200
"""Bytes of JSON from which on compressing is worth its time."""


class Ids:
    """An immutable sequence of article ids; a million take 3 to 25 MB, since many are compressed.

    A million sequences of one id each are as usual, so few are kept as they are.
    """

    __slots__ = ("_count", "_few", "_packs")
    PACK = 20_000
    """Number of ids that are compressed together."""
    FEW = 8
    """Number of ids up to which they are kept as they are."""

    def __init__(self, ids: Iterable[ArticleId] = ()) -> None:
        pending = iter(ids)
        few = tuple(islice(pending, self.FEW + 1))
        self._packs: tuple[tuple[int, bytes], ...] = ()
        self._count = len(few)
        self._few = few
        if len(few) > self.FEW:
            packs = []
            pending = chain(few, pending)
            while pack := list(islice(pending, self.PACK)):
                packs.append((len(pack), _packed(pack)))
            self._packs = tuple(packs)
            self._count = sum(count for count, _ in packs)
            self._few = ()

    @classmethod
    def of_stored(cls, stored: Iterable[tuple[int, bytes]]) -> Ids:
        """The ids that `stored` returned."""
        ids = cls()
        ids._packs = tuple(stored)
        ids._count = sum(count for count, _ in ids._packs)
        return ids

    def __len__(self) -> int:
        return self._count

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
        return hash(self._count)

    def __repr__(self) -> str:
        return f"Ids({', '.join(islice(self, 3))}{', …' if self._count > 3 else ''})"

    def packs(self) -> Iterator[str]:
        """The ids as JSON arrays of at most 20,000."""
        for _, pack in self.stored():
            yield _unpacked(pack).decode()

    def stored(self) -> tuple[tuple[int, bytes], ...]:
        """The ids as bytes to store, at most 20,000 at a time, each with their number."""
        return ((self._count, _packed(self._few)),) if self._few else self._packs


def _packed(ids: Sequence[ArticleId]) -> bytes:
    data = json.dumps(ids).encode()
    return data if len(data) < _COMPRESSED_FROM else zlib.compress(data, 1)


def _unpacked(pack: bytes) -> bytes:
    return pack if pack.startswith(b"[") else zlib.decompress(pack)
