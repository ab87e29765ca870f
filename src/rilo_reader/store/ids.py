"""`Ids`: many article ids in little memory."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from itertools import islice

from rilo_reader.article import ArticleId

_COMPRESSED_FROM = 200
"""Bytes of JSON from which on compressing is worth its time."""


class Ids:
    """An immutable, compressed sequence of article ids; a million take 3 to 25 MB."""

    __slots__ = ("_count", "_packs")
    PACK = 20_000
    """Number of ids that are compressed together."""

    def __init__(self, ids: Iterable[ArticleId] = ()) -> None:
        packs = []
        pending = iter(ids)
        while pack := list(islice(pending, self.PACK)):
            packs.append((len(pack), _packed(json.dumps(pack).encode())))
        self._packs = tuple(packs)
        self._count = sum(count for count, _ in packs)

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
        for pack in self.packs():
            yield from json.loads(pack)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self._count)

    def __repr__(self) -> str:
        return f"Ids({', '.join(islice(self, 3))}{', …' if self._count > 3 else ''})"

    def packs(self) -> Iterator[str]:
        """The ids as JSON arrays of at most 20,000."""
        for _, pack in self._packs:
            yield (pack if pack.startswith(b"[") else zlib.decompress(pack)).decode()

    def stored(self) -> tuple[tuple[int, bytes], ...]:
        """The ids as bytes to store, at most 20,000 at a time, each with their number."""
        return self._packs


def _packed(data: bytes) -> bytes:
    return data if len(data) < _COMPRESSED_FROM else zlib.compress(data, 1)
