"""State: read, starred, tags, position and last opened by ArticleId, in a durable SQLite file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rilo_reader.article import ArticleId


@dataclass(frozen=True, slots=True)
class Marks:
    """What the reader did with one article.

    Attributes:
        read: whether it counts as read.
        starred: whether it has a star.
        tags: the user's own tags, sorted.
        position: how far it was read: the number of visible characters above the top line,
            which stays true whatever the width.
        opened: when it was last opened, or None.
    """

    read: bool = False
    starred: bool = False
    tags: tuple[str, ...] = ()
    position: int = 0
    opened: datetime | None = None


NO_MARKS = Marks()


@dataclass(frozen=True, slots=True)
class Change:
    """What one marking did, enough to take it back.

    Attributes:
        title: what was done, for the user ("Marked 12 as read").
        before: the marks of every article that it changed, as they were.
    """

    title: str
    before: tuple[tuple[ArticleId, Marks], ...]


@dataclass(frozen=True, slots=True)
class Session:
    """Where the reader was when a library was last closed.

    Attributes:
        article: the article that was open, or None.
        query: the text in the search box.
    """

    article: ArticleId | None = None
    query: str = ""
