"""`Library`: the one door to a folder of articles, their marks and their index.

It puts together `search` (queries), `insight` (timeline, facets, suggestions), `following` (the
index follows the folder) and the state of `store`. Errors of `store` and `index` become
LibraryError.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.flags import ArticleFlags
from rilo_reader.library.following import FolderFollower
from rilo_reader.library.history import History
from rilo_reader.library.insight import Insight
from rilo_reader.library.search import ArticleSearch
from rilo_reader.library.values import (
    Faulty,
    Hidden,
    LibraryError,
    Progress,
    Row,
    Skipped,
    Snippet,
    SyncLimits,
    Window,
    translate_errors,
)
from rilo_reader.paths import Paths
from rilo_reader.query.tree import Query
from rilo_reader.store.gestures import NO_MARKS, Change, Marks, Session


class Library:
    """A folder of articles: search, read and mark them, and keep their index up to date.

    Safe to use from several threads. The user's files are never changed. Only `reconcile`,
    `update` and `watch` write the index; they hold the writer's lock while they write, and wait
    while another process holds it.

    Attributes:
        folder: the library's folder, absolute.
        drafts: whether drafts are shown.
        history: what was done with articles: undo, highlights, notes.
        index_directory: the directory of the index, which may be deleted at any time.
        state_file: the file of the marks.
    """

    def __init__(
        self, places: Places, *, drafts: bool, fills_itself: bool, limits: SyncLimits
    ) -> None:
        """Open the index and the marks; see `open_library`."""
        from rilo_reader.index.index import open_index
        from rilo_reader.store.state import open_state

        self.folder, self.index_directory, self.state_file = places
        self.drafts = drafts
        self._fills_itself = fills_itself
        self._index = open_index(self.index_directory)
        self._state = open_state(self.state_file)
        self._arrival = self._arrive()
        self.history = History(self._state)
        flags = ArticleFlags(self._state, self.history, limits.many_read)
        self._search = ArticleSearch(self._index, flags, self._state, self._refill)
        self._follower = FolderFollower(
            self.folder, self._index, drafts=drafts, limits=limits, state=self._state
        )

    def _arrive(self) -> str:
        """Note where the library is; a sentence if it was known elsewhere."""
        from rilo_reader.store.database import StateError

        try:
            if self._state.open_for(self.folder):
                from rilo_reader.library.moved_library import find_known

                known = find_known(self.folder, self.index_directory.parent, self.state_file)
                if known is not None:
                    self._state.copy_from(known.marks, self.folder)
                    return known.sentence
        except StateError as error:
            return str(error)
        return ""

    def _refill(self) -> None:
        if self._fills_itself:
            for _ in self.reconcile():
                pass

    # -- find ---------------------------------------------------------------------------------

    def window(
        self,
        query: Query,
        offset: int = 0,
        limit: int = 50,
        *,
        fold: bool = False,
        quick: bool = False,
    ) -> Window:
        """Return rows `offset` … `offset + limit` of the results, and their total.

        The order is that of the query, and stable between calls for equal dates.

        Args:
            query: the query.
            offset: index of the first row.
            limit: number of rows at most.
            fold: whether duplicates are folded into one row; the total then counts rows.
            quick: return the same rows sooner, for a user who is typing, with numbers that may not
                be exact: how many results are folded further down (`Window.is_whole`, which takes
                a second query), and the total of a query for a state (`Window.is_counted`, which
                takes up to 15 ms for a million articles).
        """
        return self._search.window(query, offset, limit, fold=fold, quick=quick)

    def count(self, query: Query) -> int:
        """The exact number of articles that match."""
        return self._search.count(query)

    def place(
        self, query: Query, article: ArticleId, *, fold: bool = False, quick: bool = False
    ) -> int | None:
        """The index of an article in the results, None if it does not match.

        With `fold`, the index of the row that it is folded into; `quick` as for `window`.
        """
        return self._search.place(query, article, fold=fold, quick=quick)

    def ids(self, query: Query) -> Iterator[ArticleId]:
        """All matching articles, in order."""
        return self._search.ids(query)

    def row(self, article: ArticleId) -> Row | None:
        """The row of one article, None if it is not in the index."""
        hit = self._search.hit(article)
        return self._search.rows((hit,))[0] if hit is not None else None

    def find(self, name: str) -> ArticleId | None:
        """The article with an id, a path relative to the library, or the path of a file."""
        from rilo_reader.store.folder import path_of

        ask = self._search.ask
        hit = self._search.hit(ArticleId(name)) or ask(lambda index: index.by_path(name))
        if hit is None:
            path = path_of(self.folder, Path(name).expanduser().absolute())
            hit = ask(lambda index: index.by_path(path)) if path else None
        return hit.id if hit is not None else None

    @property
    def insight(self) -> Insight:
        """Timeline, facets, completion, and related articles."""
        return Insight(self._search)

    def mute(self, mutes: Sequence[Query]) -> None:
        """Hide articles that match any of these queries, from all results and counts."""
        self._search.mute(mutes)

    def hidden(self, query: Query, mutes: Sequence[Query] | None = None) -> Hidden:
        """Count the muted results of a query, in all and by mute.

        Args:
            query: the query.
            mutes: the mutes to count, None for those in effect.
        """
        return self._search.hidden(query, mutes)

    def reload(self) -> bool:
        """Load what other processes committed; True if results may have changed."""
        return self._search.ask(lambda index: index.reload())

    def prepare(self, quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles, if many are read.

        Args:
            quiet: called every few milliseconds, and returns whether to go on. Queries for unread
                articles meanwhile take precedence. If it raises, the next call continues.
        """
        flags = self._search.flags
        if flags.are_many:
            self._search.ask(lambda index: index.prepare(flags, quiet))

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        """Read what the first queries need into the system's page cache.

        Args:
            wanted: called about every millisecond, and returns whether to go on.
        """
        self._search.ask(lambda index: index.read_ahead(wanted))

    # -- read ---------------------------------------------------------------------------------

    @property
    def is_vault(self) -> bool:
        """Whether the folder is an Obsidian vault, whose comments are not shown."""
        return (self.folder / ".obsidian").is_dir()

    def article(self, article: ArticleId, path: str = "") -> Article:
        """Read the article from its file.

        Args:
            article: its id.
            path: its file, if that was found in the index a moment ago; else it is looked up.

        Raises:
            LibraryError: the file is gone or cannot be read.
        """
        from rilo_reader.store.folder import Unreadable, read

        path = path or self._path(article)
        try:
            found = read(self.folder, path)
        except Unreadable as error:
            raise LibraryError(f"{path} cannot be read: {error.reason}") from error
        # Its id in the index is its path if another file has the same identity.
        return found if found.id == article else found._replace(id=article)

    def file(self, article: ArticleId) -> Path:
        """The article's file.

        Raises:
            LibraryError: the article is not in the index.
        """
        from rilo_reader.store.folder import file_of

        return file_of(self.folder, self._path(article))

    def _path(self, article: ArticleId) -> str:
        hit = self._search.hit(article)
        if hit is None:
            raise LibraryError("This article is not in the library any more.")
        return hit.path

    def snippet(self, row: Row, query: Query, length: int = 120) -> Snippet | None:
        """The text around the first hit, None if the body is empty or the file is gone."""
        from rilo_reader.library.snippets import snippet

        try:
            article = self.article(row.id)
        except LibraryError:
            return None
        return snippet(article, query, length)

    # -- marks, session, history of searches -------------------------------------------------------

    def marks(self, articles: Sequence[ArticleId]) -> dict[ArticleId, Marks]:
        """The marks of each of these articles."""
        with translate_errors():
            marks = self._state.marks(articles)
        return {article: marks.get(article, NO_MARKS) for article in articles}

    def set_read(
        self, articles: Iterable[ArticleId], read: bool, *, in_history: bool = True
    ) -> Change:
        """Mark as read or unread; on disk on return.

        Args:
            articles: the articles.
            read: whether they are read.
            in_history: whether it is a gesture that can be undone; else it is only remembered.
        """
        with translate_errors():
            return self._state.set_read(articles, read, in_history=in_history)

    def set_starred(self, articles: Iterable[ArticleId], starred: bool) -> Change:
        """Star or unstar; on disk on return."""
        with translate_errors():
            return self._state.set_starred(articles, starred)

    def set_tags(self, article: ArticleId, tags: Sequence[str]) -> Change:
        """Replace the user's tags of an article; on disk on return."""
        with translate_errors():
            return self._state.set_tags(article, tags)

    def remember(self, article: ArticleId, position: int) -> None:
        """Store how far an article was read, and that it was opened now."""
        with translate_errors():
            self._state.remember(article, position, datetime.now(UTC))

    def session(self) -> Session:
        """What was open when this library was last closed."""
        with translate_errors():
            return self._state.session()

    def keep_session(self, session: Session) -> None:
        """Store what is open, for the next start."""
        with translate_errors():
            self._state.keep_session(session)

    def searches(self) -> list[str]:
        """The history of searches, newest first."""
        with translate_errors():
            return self._state.searches.newest()

    def remember_search(self, query: str) -> None:
        """Add a search to the history."""
        with translate_errors():
            self._state.searches.remember(query)

    def forget_searches(self) -> None:
        """Clear the history of searches, also in the backup."""
        with translate_errors():
            self._state.searches.forget()

    # -- follow the folder ------------------------------------------------------------------------

    def reconcile(self, *, rebuild: bool = False) -> Iterator[Progress]:
        """Bring the index up to date; reads only files whose path, size or mtime changed.

        Yields progress; new results can be seen after a report with `committed`. The index is
        valid if the iteration is stopped early, and the next call completes it.

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
            LibraryError: the folder is gone.
        """
        return self._follower.reconcile(rebuild=rebuild)

    def update(self, paths: Sequence[str]) -> Progress:
        """Bring the index up to date for these paths only.

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
        """
        return self._follower.update(paths)

    def watch(self, stop: Callable[[], bool]) -> Iterator[Progress]:
        """Reconcile, then follow the folder until `stop()`; yields after each change."""
        return self._follower.watch(stop)

    def skipped(self) -> Iterator[Skipped]:
        """The files that are not in the index, and why (slow: reads the whole folder)."""
        return self._follower.skipped()

    def left_out(self) -> dict[str, int]:
        """Numbers of files that are not articles, by kind, largest first (lists the folder)."""
        return self._follower.left_out()

    def faulty(self) -> Iterator[Faulty]:
        """The articles whose files have faults, such as an identity that another file has."""
        return self._follower.faulty()

    # -- condition ----------------------------------------------------------------------------

    @property
    def notices(self) -> tuple[str, ...]:
        """Messages for the user about index and marks (a damaged file was renamed, …)."""
        return tuple(filter(None, (self._arrival, *self._state.notices, self.index_notice)))

    @property
    def index_notice(self) -> str:
        """A message for the user about the index, or ""."""
        return self._index.notice

    def damage(self) -> str:
        """Verify all files of the index; return what is damaged, or "".

        A damaged file may give wrong results long before it raises an error.
        """
        return self._index.damage()

    def backup(self) -> None:
        """Back up the marks if they changed; `notices` tells if they were damaged."""
        with translate_errors():
            self._state.backup()

    def close(self, *, largest_backup: int | None = None) -> None:
        """Back up the marks if they changed, and close everything.

        Args:
            largest_backup: bytes of marks above which no backup is made, so that the user does
                not wait for it; None for no limit.

        Raises:
            LibraryError: the backup failed; everything is closed nevertheless.
        """
        try:
            if largest_backup is None or self._state.size <= largest_backup:
                self.backup()
        finally:
            self._state.close()
            self._index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Places(NamedTuple):
    """Where a library is: its folder of articles, the directory of its index, the file of marks."""

    folder: Path
    index_directory: Path
    state_file: Path


def open_library(
    folder: Path,
    paths: Paths,
    *,
    drafts: bool = False,
    fills_itself: bool = False,
    limits: SyncLimits | None = None,
) -> Library:
    """Open a folder with its index as it is; `reconcile` brings the index up to date.

    The index is under `paths.cache` and the marks under `paths.state`. A library has two indexes,
    with and without drafts.

    Args:
        folder: the folder of articles.
        paths: the directories of index and marks.
        drafts: whether to show drafts.
        fills_itself: whether a damaged index is rebuilt before it is queried again; else it stays
            empty until `reconcile` is called.
        limits: delays and sizes, None for the usual ones.

    Raises:
        LibraryError: the folder does not exist or cannot be listed.
    """
    path = folder.expanduser().resolve()
    try:
        with os.scandir(path) as entries:
            next(entries, None)
    except OSError as error:
        reason = error.strerror or "it cannot be listed"
        raise LibraryError(f"The folder {folder} cannot be opened: {reason}.") from error
    name = library_name(path)
    index = paths.cache / "index" / (f"{name}-drafts" if drafts else name)
    places = Places(path, index, marks_file(path, paths))
    limits = limits or SyncLimits()
    return Library(places, drafts=drafts, fills_itself=fills_itself, limits=limits)


def marks_file(folder: Path, paths: Paths) -> Path:
    """The path of the marks of a library."""
    return paths.state / f"{library_name(folder.expanduser().resolve())}.db"


def library_name(folder: Path) -> str:
    """The unique, readable name of a folder's index and marks."""
    path = os.fsencode(folder)
    # Two checksums of 32 bits suffice for one user's libraries; hashlib adds 3 ms to every launch.
    sums = f"{zlib.crc32(path):08x}{zlib.crc32(path[::-1]):08x}"
    words = re.sub(r"[^A-Za-z0-9-]+", "-", folder.name)[:40].strip("-")
    return f"{words}-{sums}".strip("-")
