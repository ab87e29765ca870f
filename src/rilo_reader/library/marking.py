"""The part of the door that marks articles and remembers where the reader was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rilo_reader.article import ArticleId
from rilo_reader.library.rows import LibraryBusy, LibraryError
from rilo_reader.store.marks import NO_MARKS, Change, Marks, Session

if TYPE_CHECKING:
    from rilo_reader.store.state import State


@contextmanager
def told() -> Iterator[None]:
    """Turn what the rooms below raise for the user into the one error of the door."""
    from rilo_reader.index.directory import IndexBusy, SearchIndexError
    from rilo_reader.store.state import StateError

    try:
        yield
    except IndexBusy as busy:
        raise LibraryBusy(str(busy)) from busy
    except (SearchIndexError, StateError) as error:
        raise LibraryError(str(error)) from error


class Marking:
    """What a library keeps about its articles that is in no file of theirs."""

    def __init__(self, state: State) -> None:
        """`state` is open, and closed by the library."""
        self._state = state

    def marks(self, articles: Sequence[ArticleId]) -> dict[ArticleId, Marks]:
        """The marks of these articles, of each one."""
        with told():
            known = self._state.marks(articles)
        return {article: known.get(article, NO_MARKS) for article in articles}

    def own_tags(self) -> Mapping[str, int]:
        """The user's own tags, sorted, and how many articles have each."""
        with told():
            return self._state.all_tags()

    def set_read(self, articles: Iterable[ArticleId], read: bool) -> Change:
        """Mark as read or unread; on the disk when it returns."""
        with told():
            return self._state.set_read(articles, read)

    def set_starred(self, articles: Iterable[ArticleId], starred: bool) -> Change:
        """Star or unstar; on the disk when it returns."""
        with told():
            return self._state.set_starred(articles, starred)

    def set_tags(self, article: ArticleId, tags: Sequence[str]) -> Change:
        """Replace the user's own tags of an article; on the disk when it returns."""
        with told():
            return self._state.set_tags(article, tags)

    def undo(self, change: Change) -> None:
        """Take a change back; other marks set since stay."""
        with told():
            self._state.undo(change)

    def remember(self, article: ArticleId, position: int) -> None:
        """Keep how far an article was read, and that it was opened now."""
        with told():
            self._state.remember(article, position, datetime.now(UTC))

    def session(self) -> Session:
        """Where the reader was when this library was last closed."""
        with told():
            return self._state.session()

    def keep_session(self, session: Session) -> None:
        """Remember where the reader is."""
        with told():
            self._state.keep_session(session)

    def searches(self) -> list[str]:
        """The searches of before, newest first."""
        with told():
            return self._state.searches()

    def remember_search(self, query: str) -> None:
        """Keep a search for later."""
        with told():
            self._state.remember_search(query)

    def forget_searches(self) -> None:
        """Forget every search, also in the backup."""
        with told():
            self._state.forget_searches()
