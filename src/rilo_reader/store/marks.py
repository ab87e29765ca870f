"""Values of the reader's state: marks of articles, changes of marks, and the session."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Literal, NamedTuple

from rilo_reader.article import ArticleId

Flag = Literal["read", "starred"]
"""A mark that is either set or not."""


class Marks(NamedTuple):
    """The user's marks of one article.

    Attributes:
        read: whether it counts as read.
        starred: whether it has a star.
        tags: the user's own tags, sorted.
        position: how far it was read, as the number of visible characters above the top line,
            which does not depend on the width of the screen.
        opened: when it was last opened (UTC), or None.
    """

    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()
    position: int = 0
    opened: datetime | None = None


NO_MARKS = Marks()


class Ids:
    """An immutable, compressed sequence of article ids; a million take 3 to 25 MB."""

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
        """The ids as JSON arrays of at most 20,000."""
        for pack in self._packs:
            yield zlib.decompress(pack).decode()


class Change(NamedTuple):
    """A change of one mark, with what it takes to undo it; false if nothing changed.

    Undoing restores this mark only; other changes since then are kept.

    Attributes:
        title: a description for the user ("Marked 12 as read").
        mark: the mark that was set.
        ids: the articles whose mark really changed.
        before: the previous value, equal for all of them.
    """

    title: str
    mark: Literal["read", "starred", "tags"]
    ids: Ids
    before: bool | tuple[str, ...]

    def __bool__(self) -> bool:
        return len(self.ids) > 0


class Session(NamedTuple):
    """What was open when a library was last closed.

    Attributes:
        article: the open article, or None.
        query: the text in the search box.
    """

    article: ArticleId | None = None
    query: str = ""
