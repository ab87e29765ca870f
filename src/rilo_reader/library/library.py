"""`Library`: the one door to a folder of articles, their marks and their index.

It opens them, and reads articles. Queries are asked of `library.search`, marks and gestures of
`library.state`; `library.follower` keeps the index up to date.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from rilo_reader.article import Article, ArticleId
from rilo_reader.dialects.sites import Sites
from rilo_reader.errors import LibraryError
from rilo_reader.index.index import SearchIndex
from rilo_reader.library.rows import ReadingLimits, Row
from rilo_reader.library.search import ArticleSearch, StateFlags
from rilo_reader.paths import Paths, expand_path, index_directory, library_name, marks_file
from rilo_reader.query.tree import Query
from rilo_reader.store.folder import (
    UnreadableError,
    file_of,
    find_outside_articles,
    path_within,
    read_article,
)
from rilo_reader.store.state import open_state

if TYPE_CHECKING:
    from rilo_reader.annotations.highlight import Highlight
    from rilo_reader.library.follower import FolderFollower
    from rilo_reader.library.git_dates import GitDates
    from rilo_reader.library.remote import RemoteArticles
    from rilo_reader.library.snippets import Snippet


class SharedArchive(Protocol):
    """Articles and highlights that a library shares with others."""

    def open_older_articles(self, library: Library) -> RemoteArticles | None:
        """Open what has more articles than the library; None if all are here.

        Called by verbs that read; a reader that is open is told by a controller. Raises
        LibraryError if that cannot be known.
        """
        ...

    def read_highlights(
        self, article: ArticleId | None, limit: int
    ) -> Mapping[ArticleId, Sequence[Highlight]]:
        """Return what others highlighted in an article, or in all.

        Each with who did it, cleaned and bounded; the newest `limit` at most, or all for -1.
        Called in any thread, for each article that is opened. May raise CollectingError.
        """
        ...


class ArchivePlugin(Protocol):
    """A plugin whose libraries may share articles."""

    def shared_archive(self, folder: Path, paths: Paths) -> SharedArchive | None:
        """Return what the library in a folder shares with others; None if it shares nothing."""
        ...


class Library:
    """A folder of articles: search, read and mark them, and keep their index up to date.

    Safe to use from several threads. The user's files are never changed. Only `reconcile`,
    `update` and `watch` write the index; they hold the writer's lock while they write, and wait
    while another process holds it.

    What its parts raise is a LibraryError.
    """

    def __init__(
        self,
        folder: Path,
        paths: Paths,
        *,
        with_drafts: bool,
        fills_itself: bool,
        limits: ReadingLimits,
    ) -> None:
        """Open the index and the marks; see `open_library`."""
        self.folder = folder  # absolute
        self.index_directory = index_directory(folder, paths, with_drafts=with_drafts)
        self.state_file = marks_file(folder, paths)
        self.with_drafts = with_drafts  # whether they are shown
        self.dialects = limits.dialects  # those that are set, by folder
        self._fills_itself = fills_itself
        self._limits, self._git_cache = limits, paths.cache / "git" / f"{library_name(folder)}.json"
        self._arrival_notice = bring_marks(folder, paths)
        self.state = open_state(self.state_file)  # marks, gestures, session
        self.state.register_library(folder)
        flags = StateFlags(self.state, limits.many_read)
        self.index = SearchIndex(self.index_directory, refill=self._refill, flags=flags)
        self.search = ArticleSearch(self.index, flags, self.state)
        self._sites_snapshot: object = None  # the snapshot for which `sites` were made
        self._sites = Sites(folder)
        self._hidden_snapshot: object = None  # the snapshot for which `hide_outside` looked
        self.remote_articles: RemoteArticles | None = None  # where older articles are, if any are

    @cached_property
    def git_dates(self) -> GitDates:
        """When git says that files were added."""
        from rilo_reader.library.git_dates import GitDates  # the reader's child asks it

        return GitDates(self.folder, self._git_cache, self._limits.git_seconds)

    @cached_property
    def follower(self) -> FolderFollower:
        """Keeps the index up to date."""
        from rilo_reader.library.folder_sync import FolderSync  # the reader's child does it
        from rilo_reader.library.follower import FolderFollower

        where = self.folder, self.index, self.state, self.with_drafts
        return FolderFollower(FolderSync(*where, self.git_dates, self._limits))

    def _refill(self) -> None:
        if self._fills_itself:
            for _ in self.follower.reconcile():
                pass

    # -- read ---------------------------------------------------------------------------------

    @property
    def sites(self) -> Sites:
        """The sites of the articles, as they are at the newest commit."""
        if self._sites_snapshot is not self.index.snapshot:
            self._sites_snapshot = self.index.snapshot
            self._sites = Sites(self.folder, self.dialects)
        return self._sites

    def article(self, article: ArticleId, path: str = "") -> Article:
        """Read the article from its file.

        Its `path` is looked up unless it was found in the index a moment ago.

        Raises:
            LibraryError: the file is gone or cannot be read, or the server that has it is away.
        """
        is_here = path or self.remote_articles is None or self.search.find_hit(article) is not None
        if not is_here and self.remote_articles is not None:
            fetched = self.remote_articles.fetch_article(article)
            if fetched is not None:
                return fetched
        path = path or self._path_of(article)
        try:
            day_first = self.index.read_date_order  # as in its row
            found = read_article(self.folder, path, site=self.sites.of(path), day_first=day_first)
        except UnreadableError as error:
            raise LibraryError(f"{path} cannot be read: {error.reason}") from error
        # Only the index knows what git says, and which pages have no date.
        if not found.dated and (hit := self.search.find_hit(article)) is not None:
            found = found._replace(date=hit.date, date_only=hit.date_only)
        # Its id in the index is its path if another file has the same identity.
        return found if found.id == article else found._replace(id=article)

    def file(self, article: ArticleId) -> Path:
        """The article's file.

        Raises:
            LibraryError: the article is not in the index.
        """
        return file_of(self.folder, self._path_of(article))

    def _path_of(self, article: ArticleId) -> str:
        path = self.search.find_path(article)
        if not path:
            raise LibraryError("This article is no longer in the library.")
        return path

    def highlights(self, article: ArticleId) -> tuple[Highlight, ...]:
        """Return what the user has highlighted in an article, the first made first."""
        from rilo_reader.annotations.highlight import from_fields

        return from_fields(self.state.annotations.read(article))

    def hide_outside(self) -> None:
        """Hide from searches what a link leads to out of the library.

        The folder is listed again only once the index has changed.

        Raises:
            LibraryError: the folder cannot be listed.
        """
        if self._hidden_snapshot is not self.index.snapshot:
            snapshot = self.index.snapshot
            try:
                paths = find_outside_articles(self.folder)
            except UnreadableError as error:
                raise LibraryError(str(error)) from error
            hits = filter(None, map(self.search.find_hit_at, paths))
            self.search.hide_articles([hit.id for hit in hits])
            self._hidden_snapshot = snapshot

    def snippet(self, row: Row, query: Query, length: int = 120) -> Snippet | None:
        """The text around the first hit, None if the body is empty or the file is gone."""
        from rilo_reader.library.snippets import make_snippet  # no launch shows one

        try:
            article = self.article(row.id, row.path)
        except LibraryError:
            return None
        return make_snippet(article, query, length)

    def find(self, name: str) -> ArticleId | None:
        """The article with an id, a path relative to the library, or the path of a file."""
        hit = self.search.find_hit(ArticleId(name)) or self.search.find_hit_at(name)
        if hit is None:
            path = path_within(self.folder, expand_path(name).absolute())
            hit = self.search.find_hit_at(path) if path else None
        return hit.id if hit is not None else None

    # -- condition ----------------------------------------------------------------------------

    @property
    def notices(self) -> tuple[str, ...]:
        """Messages for the user about index and marks (a damaged file was renamed, …)."""
        return tuple(filter(None, (self._arrival_notice, *self.state.notices, self.index.notice)))

    def close(self, *, largest_backup: int | None = None) -> None:
        """Back up the marks if they changed, and close everything.

        No backup is made of more bytes of marks than `largest_backup`, for which the user would
        wait.

        Raises:
            LibraryError: the backup failed; everything is closed nevertheless.
        """
        try:
            if largest_backup is None or self.state.size <= largest_backup:
                self.state.backup()
        finally:
            self.state.close()
            self.index.close()
            if self.remote_articles is not None:
                self.remote_articles.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def bring_marks(folder: Path, paths: Paths) -> str:
    """Copy marks and records of a library that was known at another path, if it has none here.

    Return a reason for the user why that is in doubt or failed, else "".
    """
    if os.path.exists(marks_file(folder, paths)):  # noqa: PTH110  # False if it is hidden
        return ""
    from rilo_reader.library.moved_library import adopt_former  # only once

    try:
        return adopt_former(folder, paths)
    except PermissionError:
        return ""  # whatever opens the marks says so


def open_library(
    folder: Path,
    paths: Paths,
    *,
    drafts: bool = False,
    fills_itself: bool = False,
    limits: ReadingLimits | None = None,
) -> Library:
    """Open a folder with its index as it is; `reconcile` brings the index up to date.

    The index is under `paths.cache` and the marks under `paths.state`. `drafts` is whether to
    show drafts, `fills_itself` whether a damaged index is rebuilt before it is queried again; else
    it stays empty until `reconcile` is called.

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
    limits = limits or ReadingLimits()
    return Library(path, paths, with_drafts=drafts, fills_itself=fills_itself, limits=limits)
