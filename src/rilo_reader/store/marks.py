"""Values of the reader's state: marks of articles, changes of marks, and the session."""

from datetime import datetime
from typing import Literal, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.store.gestures import GestureId
from rilo_reader.store.ids import Ids

__all__ = ["NO_MARKS", "Change", "Flag", "Ids", "Marks", "Session"]

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


class Change(NamedTuple):
    """A change of one mark, with what it takes to undo it; false if nothing changed.

    Undoing restores this mark only; other changes since then are kept.

    Attributes:
        title: a description for the user ("Marked 12 as read").
        mark: the mark that was set.
        ids: the articles whose mark really changed.
        before: the previous value, equal for all of them.
        gesture: the gesture that changed it, None if nothing changed.
    """

    title: str
    mark: Literal["read", "starred", "tags"]
    ids: Ids
    before: bool | tuple[str, ...]
    gesture: GestureId | None = None

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
