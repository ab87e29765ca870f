"""The door: Library and open_library."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.marked import Marked
from rilo_reader.library.marking import Marking, told
from rilo_reader.library.rows import (
    Faulty,
    Hidden,
    LibraryError,
    Progress,
    Row,
    Skipped,
    Snippet,
    Window,
)
from rilo_reader.paths import Paths
from rilo_reader.search.query import And, Node, Not, Or, Query
from rilo_reader.store.state import NO_MARKS

if TYPE_CHECKING:
    from rilo_reader.library.follow import Follower
    from rilo_reader.library.insight import Insight
    from rilo_reader.search.index import Hit, SearchIndex

Answer = TypeVar("Answer")

WRITER_WAIT = 10.0
"""Seconds that a question waits for another process to finish writing the index."""


class Library(Marking):
    """A folder of articles: listed, found, read and marked through this one door.

    Safe to call from several threads. Reading never changes the user's files. The index is read
    here and written only by `reconcile`, `update` and `watch`, which take the writer's lock while
    they write and leave it at once; when another process holds it they wait for it.

    Attributes:
        folder: the library's folder, absolute.
        drafts: whether drafts are shown.
        index_directory: where its index lives; may be deleted at any time.
        state_file: where its marks live.
    """

    def __init__(
        self, folder: Path, index_directory: Path, state_file: Path, *, drafts: bool
    ) -> None:
        """Open the two files; see open_library."""
        self.folder = folder
        self.drafts = drafts
        self.index_directory = index_directory
        self.state_file = state_file
        from rilo_reader.search.index import open_index
        from rilo_reader.store.state import open_state

        self._index = open_index(index_directory)
        super().__init__(open_state(state_file))
        self.marked = Marked(self._state)
        self._mutes: tuple[Query, ...] = ()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the two files (a damaged one set aside, ...)."""
        index = (self._index.notice,) if self._index.notice else ()
        return (*self._state.notices, *index)

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
        """Rows `offset` … `offset + limit` of the results, and the exact total.

        Sorted as the query says; equal dates keep one order that never changes between calls.
        With `fold` the articles that tell one story are one row, and the total counts rows. With
        `quick` too the rows are the same, but how many are folded further down may not be known
        yet (`Window.is_whole`): for whoever types, since knowing it asks the query twice.
        """
        visible = self.visible(query)
        hits = self.ask(
            lambda index: (
                index.glance(visible, offset, limit, marked=self.marked)
                if fold and quick
                else index.search(visible, offset, limit, marked=self.marked, fold=fold)
            )
        )
        rows = self.rows(hits.rows)
        if hits.left_out:
            rows = tuple(
                row._replace(copies=copies) if copies else row
                for row, copies in zip(rows, hits.copies, strict=True)
            )
        return Window(hits.total, hits.offset, rows, hits.left_out, hits.is_whole)

    def count(self, query: Query) -> int:
        """The exact number of articles that match."""
        return self._count(self.visible(query))

    def _count(self, query: Query) -> int:
        return self.ask(lambda index: index.count(query, marked=self.marked))

    def place(
        self, query: Query, article: ArticleId, *, fold: bool = False, quick: bool = False
    ) -> int | None:
        """The index of an article among the results, or None where it does not match.

        With `fold` the index of the row that it is folded into; `quick` as for `window`.
        """
        visible = self.visible(query)
        return self.ask(
            lambda index: (
                index.glance_place(visible, article, marked=self.marked)
                if fold and quick
                else index.place(visible, article, marked=self.marked, fold=fold)
            )
        )

    def row(self, article: ArticleId) -> Row | None:
        """The row of one article, None where the index does not know it."""
        hit = self._hit(article)
        return self.rows((hit,))[0] if hit is not None else None

    def find(self, name: str) -> ArticleId | None:
        """The article of an id, of a path relative to the library, or of a file's path."""
        from rilo_reader.store.folder import path_of

        hit = self._hit(ArticleId(name)) or self.ask(lambda index: index.by_path(name))
        if hit is None:
            path = path_of(self.folder, Path(name).expanduser().absolute())
            hit = self.ask(lambda index: index.by_path(path)) if path else None
        return hit.id if hit is not None else None

    def ids(self, query: Query) -> Iterator[ArticleId]:
        """Every matching article, in order (for marking all shown as read)."""
        with told():
            yield from self._index.ids(self.visible(query), marked=self.marked)

    def snippet(self, row: Row, query: Query, length: int = 120) -> Snippet | None:
        """The text around the first hit; None where the body holds none or the file is gone."""
        from rilo_reader.library.snippets import snippet

        try:
            article = self.article(row.id)
        except LibraryError:
            return None
        return snippet(article, query, length)

    def reload(self) -> bool:
        """See what other processes committed; True when the results may have changed."""
        return self.ask(lambda index: index.reload())

    @property
    def insight(self) -> Insight:
        """Timeline, facets, completion and likeness."""
        from rilo_reader.library.insight import Insight

        return Insight(self)

    # -- mute ---------------------------------------------------------------------------------

    def mute(self, mutes: Sequence[Query]) -> None:
        """Hide what matches any of these queries, from now on and in every count."""
        self._mutes = tuple(mutes)

    def visible(self, query: Query) -> Query:
        """A query without what is muted."""
        if not self._mutes:
            return query
        # Flat, so that marks asked for stay at the top, where the index answers them fast.
        parts = query.node.nodes if isinstance(query.node, And) else (query.node,)
        return query._replace(node=And((*parts, *(Not(mute.node) for mute in self._mutes))))

    def hidden(self, query: Query, mutes: Sequence[Query] | None = None) -> Hidden:
        """How many results of a query are muted, in all and by each mute.

        Args:
            query: what is asked.
            mutes: those that are meant, None for those that hold.
        """
        mutes = self._mutes if mutes is None else mutes

        def of(*nodes: Node) -> int:
            parts = query.node.nodes if isinstance(query.node, And) else (query.node,)
            return self._count(query._replace(node=And((*parts, Or(nodes)))))

        by_mute = tuple(of(mute.node) for mute in mutes)
        some = [mute.node for mute, hits in zip(mutes, by_mute, strict=True) if hits]
        return Hidden(of(*some) if len(some) > 1 else sum(by_mute), by_mute)

    # -- read ---------------------------------------------------------------------------------

    def article(self, article: ArticleId) -> Article:
        """Read the article's file, now.

        Raises:
            LibraryError: the file is gone or cannot be read.
        """
        from rilo_reader.store.folder import Unreadable, read

        path = self._path(article)
        try:
            found = read(self.folder, path)
        except Unreadable as error:
            raise LibraryError(f"{path} cannot be read: {error.reason}") from error
        # The index may know it by its path, where another file holds the identity it claims.
        return found if found.id == article else found._replace(id=article)

    def file(self, article: ArticleId) -> Path:
        """The article's file.

        Raises:
            LibraryError: the index does not know the article.
        """
        from rilo_reader.store.folder import file_of

        return file_of(self.folder, self._path(article))

    def _path(self, article: ArticleId) -> str:
        hit = self._hit(article)
        if hit is None:
            raise LibraryError("This article is not in the library any more.")
        return hit.path

    def _hit(self, article: ArticleId) -> Hit | None:
        return self.ask(lambda index: index.by_id(article))

    def ask(self, question: Callable[[SearchIndex], Answer]) -> Answer:
        """Ask the index; one that turns out to be damaged starts anew, and is asked again."""
        from rilo_reader.search.errors import IndexDamaged

        with told():
            try:
                return question(self._index)
            except IndexDamaged:
                self._index.reopen()
                return question(self._index)

    # -- follow the folder ------------------------------------------------------------------------

    def reconcile(self, *, rebuild: bool = False) -> Iterator[Progress]:
        """Make the index equal to the folder; reads only files whose path, size or mtime changed.

        Yields progress now and then; `committed` says that there are new results to be seen.
        Stopping the iteration early leaves a valid index that the next call completes.

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
            LibraryError: the folder is gone.
        """
        with told():
            if rebuild:
                self._start_anew()
            yield from self._follower().reconcile()

    def update(self, paths: Sequence[str]) -> Progress:
        """Bring the index up to date for these files only (paths relative to the library).

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
        """
        with told():
            return self._follower().update(paths)

    def watch(self, stop: Callable[[], bool]) -> Iterator[Progress]:
        """Reconcile, then follow the folder until `stop` says so; yields after each change."""
        from rilo_reader.library.watch import watch

        with told():
            yield from watch(self.folder, self._follower(wait=1.0), stop)

    def _follower(self, wait: float | None = None) -> Follower:
        from rilo_reader.library.follow import Follower

        patience = WRITER_WAIT if wait is None else wait
        return Follower(self.folder, self._index, drafts=self.drafts, wait=patience)

    def _start_anew(self) -> None:
        from shutil import rmtree

        rmtree(self.index_directory, ignore_errors=True)
        self._index.reopen()

    def skipped(self) -> Iterator[Skipped]:
        """The files that were left out, and why (lists the folder and reads it; slow)."""
        from rilo_reader.store.folder import Unreadable, read, scan

        left_out: list[Skipped] = []

        for entries in scan(self.folder, on_skip=lambda *why: left_out.append(Skipped(*why))):
            for entry in entries:
                try:
                    article = read(self.folder, entry.path)
                except Unreadable as error:
                    left_out.append(Skipped(entry.path, error.reason))
                    continue
                if article.draft and not self.drafts:
                    left_out.append(Skipped(entry.path, "a draft (drafts = true shows it)"))
            yield from left_out
            left_out.clear()
        yield from left_out

    def faulty(self) -> Iterator[Faulty]:
        """The articles whose files have faults, duplicate identities among them."""
        with told():
            for path, faults in self._index.faulty():
                yield Faulty(path, faults)

    def backup(self) -> None:
        """Back the marks up where they changed; `notices` grows where they were damaged."""
        with told():
            self._state.backup()

    def close(self) -> None:
        """Let everything go; a backup of the state is made where it changed.

        Raises:
            LibraryError: the backup could not be made; everything is let go all the same.
        """
        try:
            self.backup()
        finally:
            self._state.close()
            self._index.close()

    def rows(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        """What the index says of articles, together with their marks."""
        with told():
            marks = self._state.marks([hit.id for hit in hits])
        return tuple(
            Row(
                hit.id,
                hit.path,
                hit.title,
                hit.source,
                hit.date,
                hit.date_only,
                marks.get(hit.id, NO_MARKS),
                url=hit.url,
                authors=hit.authors,
                tags=hit.tags,
            )
            for hit in hits
        )

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

    The index lives under `paths.cache`, the state under `paths.state`, one of each per library;
    with drafts and without are two indexes of one library.

    Raises:
        LibraryError: the folder does not exist or cannot be listed.
    """
    whole = folder.expanduser().resolve()
    try:
        with os.scandir(whole) as entries:
            next(entries, None)
    except OSError as error:
        reason = error.strerror or "it cannot be listed"
        raise LibraryError(f"The folder {folder} cannot be opened: {reason}.") from error
    name = library_name(whole)
    index = paths.cache / "index" / (f"{name}-drafts" if drafts else name)
    return Library(whole, index, paths.state / f"{name}.db", drafts=drafts)


def library_name(folder: Path) -> str:
    """What the index and the marks of a folder are called: for people, and for no other folder."""
    path = os.fsencode(folder)
    # Two sums of 32 bits tell a person's libraries apart; hashlib costs 3 ms of each launch.
    sums = f"{zlib.crc32(path):08x}{zlib.crc32(path[::-1]):08x}"
    words = re.sub(r"[^A-Za-z0-9-]+", "-", folder.name)[:40].strip("-")
    return f"{words}-{sums}".strip("-")
