"""What a reader does with articles, as values: marks, changes of marks, and the session."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Literal, NamedTuple

from rilo_reader.article import ArticleId

Flag = Literal["read", "starred"]
"""A mark that an article either has or has not."""


class Marks(NamedTuple):
    """What the reader did with one article.

    Attributes:
        read: whether it counts as read.
        starred: whether it has a star.
        tags: the user's own tags, sorted.
        position: how far it was read: the number of visible characters above the top line,
            which stays true whatever the width.
        opened: when it was last opened (UTC), or None.
    """

    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()
    position: int = 0
    opened: datetime | None = None


NO_MARKS = Marks()


class Ids:
    """Article ids packed small, in order: a million of them take 3 to 25 MB."""

    __slots__ = ("_count", "_packs")
    _PACK = 20_000

    def __init__(self, ids: Iterable[ArticleId] = ()) -> None:
        self._count = 0
        self._packs: list[bytes] = []
        pending = iter(ids)
        while pack := list(islice(pending, self._PACK)):
            self._count += len(pack)
            self._packs.append(zlib.compress(json.dumps(pack).encode(), 1))

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ArticleId]:
        for pack in self.packs():
            yield from json.loads(pack)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash((self._count, *self._packs))

    def __repr__(self) -> str:
        return f"Ids({', '.join(islice(self, 3))}{', …' if self._count > 3 else ''})"

    def packs(self) -> Iterator[str]:
        """The ids in JSON lists of bounded length."""
        for pack in self._packs:
            yield zlib.decompress(pack).decode()


class Change(NamedTuple):
    """What one marking did, enough to take it back; false where it changed nothing.

    Taking it back touches this one mark only: what else happened to the articles since stays.

    Attributes:
        title: what was done, for the user ("Marked 12 as read").
        mark: which mark it set.
        ids: the articles that it really changed.
        before: what the mark was for each of them.
    """

    title: str
    mark: Literal["read", "starred", "tags"]
    ids: Ids
    before: bool | tuple[str, ...]

    def __bool__(self) -> bool:
        return len(self.ids) > 0


class Session(NamedTuple):
    """Where the reader was when a library was last closed.

    Attributes:
        article: the article that was open, or None.
        query: the text in the search box.
    """

    article: ArticleId | None = None
    query: str = ""
