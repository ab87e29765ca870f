"""The door: Library and open_library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.rows import Faulty, Progress, Row, Skipped, Snippet, Window
from rilo_reader.paths import Paths
from rilo_reader.search.query import Query
from rilo_reader.store.state import Change, Marks, Session


class Library:
    """A folder of articles: listed, found, read and marked through this one door.

    Safe to call from several threads. Reading never changes the user's files. The index is read
    here and written only by `reconcile`, `update` and `watch`, which take the writer's lock while
    they write and leave it at once; when another process holds it they wait for it.
    """

    folder: Path
    drafts: bool
    notices: tuple[str, ...]
    """What happened on opening that the user should know (a damaged state file set aside, …)."""

    # -- find ---------------------------------------------------------------------------------

    def window(self, query: Query, offset: int = 0, limit: int = 50) -> Window:
        """Rows `offset` … `offset + limit` of the results, and the exact total.

        Sorted as the query says; equal dates keep one order that never changes between calls.
        """
        raise NotImplementedError

    def count(self, query: Query) -> int:
        """The exact number of articles that match."""
        raise NotImplementedError

    def place(self, query: Query, article: ArticleId) -> int | None:
        """The index of an article among the results, or None where it does not match."""
        raise NotImplementedError

    def row(self, article: ArticleId) -> Row | None:
        """The row of one article, None where the index does not know it."""
        raise NotImplementedError

    def find(self, name: str) -> ArticleId | None:
        """The article of an id, of a path relative to the library, or of a file's path."""
        raise NotImplementedError

    def ids(self, query: Query) -> Iterator[ArticleId]:
        """Every matching article, in order (for marking all shown as read)."""
        raise NotImplementedError

    def snippet(self, row: Row, query: Query, length: int = 120) -> Snippet | None:
        """The text around the first hit; None where the body holds none or the file is gone."""
        raise NotImplementedError

    def reload(self) -> bool:
        """See what other processes committed; True when the results may have changed."""
        raise NotImplementedError

    # -- read ---------------------------------------------------------------------------------

    def article(self, article: ArticleId) -> Article:
        """Read the article's file, now.

        Raises:
            LibraryError: the file is gone or cannot be read.
        """
        raise NotImplementedError

    def file(self, article: ArticleId) -> Path:
        """The article's file.

        Raises:
            LibraryError: the index does not know the article.
        """
        raise NotImplementedError

    # -- mark ---------------------------------------------------------------------------------

    def marks(self, articles: Sequence[ArticleId]) -> dict[ArticleId, Marks]:
        """The marks of these articles."""
        raise NotImplementedError

    def set_read(self, articles: Sequence[ArticleId], read: bool) -> Change:
        """Mark as read or unread; on the disk when it returns."""
        raise NotImplementedError

    def set_starred(self, articles: Sequence[ArticleId], starred: bool) -> Change:
        """Star or unstar; on the disk when it returns."""
        raise NotImplementedError

    def set_tags(self, article: ArticleId, tags: Sequence[str]) -> Change:
        """Replace the user's own tags of an article; on the disk when it returns."""
        raise NotImplementedError

    def undo(self, change: Change) -> None:
        """Put every article of a change back to the marks it had before."""
        raise NotImplementedError

    def remember(self, article: ArticleId, position: int) -> None:
        """Keep how far an article was read, and that it was opened now."""
        raise NotImplementedError

    def session(self) -> Session:
        """Where the reader was when this library was last closed."""
        raise NotImplementedError

    def keep_session(self, session: Session) -> None:
        """Remember where the reader is."""
        raise NotImplementedError

    # -- follow the folder ------------------------------------------------------------------------

    def reconcile(self, *, rebuild: bool = False) -> Iterator[Progress]:
        """Make the index equal to the folder; reads only files whose path, size or mtime changed.

        Yields progress after every batch; `committed` says that new results can be seen after
        `reload`. Stopping the iteration early leaves a valid index that the next call completes.
        """
        raise NotImplementedError

    def update(self, paths: Sequence[str]) -> Progress:
        """Bring the index up to date for these files only (paths relative to the library)."""
        raise NotImplementedError

    def watch(self, stop: Callable[[], bool]) -> Iterator[Progress]:
        """Follow the folder until `stop` says so; yields after each batch of changes."""
        raise NotImplementedError

    def skipped(self) -> Iterator[Skipped]:
        """The files that were left out, and why (lists the folder; slow)."""
        raise NotImplementedError

    def faulty(self) -> Iterator[Faulty]:
        """The articles whose files have faults, duplicate identities among them."""
        raise NotImplementedError

    def close(self) -> None:
        """Let everything go; a backup of the state is made where it changed."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_library(folder: Path, paths: Paths, *, drafts: bool = False) -> Library:
    """Open a folder at once with what its index has; `reconcile` brings the index up to date.

    The index lives under `paths.cache`, the state under `paths.state`, one of each per library.

    Raises:
        LibraryError: the folder does not exist or cannot be listed.
    """
    raise NotImplementedError
