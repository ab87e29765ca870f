"""`Library`: one folder of articles with its marks and its index.

`Marking` is what it offers for marks, `Finding` adds searching and reading, and `Library` following
the folder. `library.insight` answers questions about results: timeline, facets, completion and
related articles. Errors of `store` and `index` become LibraryError.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.history import History
from rilo_reader.library.mutes import ArticleFlags
from rilo_reader.library.values import (
    Faulty,
    Hidden,
    LibraryError,
    Progress,
    Row,
    Skipped,
    Snippet,
    Window,
    translate_errors,
)
from rilo_reader.paths import Paths
from rilo_reader.query.tree import And, Field, Node, Not, Or, Query, Words
from rilo_reader.store.marks import NO_MARKS, Change, Marks, Session

if TYPE_CHECKING:
    from rilo_reader.index.index import SearchIndex
    from rilo_reader.index.schema import Hit
    from rilo_reader.index.stats import Facets, Timeline, Value
    from rilo_reader.library.sync import Follower
    from rilo_reader.store.state import State


# -- marks and history ----------------------------------------------------------------------------


class Marking:
    """Marks of articles, the session and the history of searches."""

    def __init__(self, state: State) -> None:
        """`state` is open; `Library.close` closes it."""
        self._state = state

    def marks(self, articles: Sequence[ArticleId]) -> dict[ArticleId, Marks]:
        """The marks of each of these articles."""
        with translate_errors():
            marks = self._state.marks(articles)
        return {article: marks.get(article, NO_MARKS) for article in articles}

    def own_tags(self) -> Mapping[str, int]:
        """The user's tags, sorted, each with its number of articles."""
        with translate_errors():
            return self._state.all_tags()

    def set_read(self, articles: Iterable[ArticleId], read: bool) -> Change:
        """Mark as read or unread; on disk on return."""
        with translate_errors():
            return self._state.set_read(articles, read)

    def set_starred(self, articles: Iterable[ArticleId], starred: bool) -> Change:
        """Star or unstar; on disk on return."""
        with translate_errors():
            return self._state.set_starred(articles, starred)

    def set_tags(self, article: ArticleId, tags: Sequence[str]) -> Change:
        """Replace the user's tags of an article; on disk on return."""
        with translate_errors():
            return self._state.set_tags(article, tags)

    def undo(self, change: Change) -> None:
        """Undo a change; other changes since then are kept."""
        with translate_errors():
            if change.gesture is not None:
                self._state.undo(change.gesture)

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
            return self._state.searches()

    def remember_search(self, query: str) -> None:
        """Add a search to the history."""
        with translate_errors():
            self._state.remember_search(query)

    def forget_searches(self) -> None:
        """Clear the history of searches, also in the backup."""
        with translate_errors():
            self._state.forget_searches()


# -- searching and reading ------------------------------------------------------------------------

Result = TypeVar("Result")


class Finding(Marking):
    """Search articles, look them up and read them.

    Attributes:
        folder: the library's folder, absolute.
        marked: the marks, as queries need them.
    """

    def __init__(self, folder: Path, index: SearchIndex, state: State) -> None:
        """`index` and `state` are open; `Library.close` closes them."""
        super().__init__(state)
        self.folder = folder
        self.marked = ArticleFlags(state)
        self._index = index
        self._mutes: tuple[Query, ...] = ()

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
        visible = self.visible(query)
        hits = self.ask(
            lambda index: (
                index.top_page(visible, offset, limit, marked=self.marked)
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
        return Window(hits.total, hits.offset, rows, hits.left_out, hits.is_whole, hits.is_counted)

    def count(self, query: Query) -> int:
        """The exact number of articles that match."""
        return self._count(self.visible(query))

    def _count(self, query: Query) -> int:
        return self.ask(lambda index: index.count(query, marked=self.marked))

    def place(
        self, query: Query, article: ArticleId, *, fold: bool = False, quick: bool = False
    ) -> int | None:
        """The index of an article in the results, None if it does not match.

        With `fold`, the index of the row that it is folded into; `quick` as for `window`.
        """
        visible = self.visible(query)
        return self.ask(
            lambda index: (
                index.top_place(visible, article, marked=self.marked)
                if fold and quick
                else index.place(visible, article, marked=self.marked, fold=fold)
            )
        )

    def row(self, article: ArticleId) -> Row | None:
        """The row of one article, None if it is not in the index."""
        hit = self._hit(article)
        return self.rows((hit,))[0] if hit is not None else None

    def find(self, name: str) -> ArticleId | None:
        """The article with an id, a path relative to the library, or the path of a file."""
        from rilo_reader.store.folder import path_of

        hit = self._hit(ArticleId(name)) or self.ask(lambda index: index.by_path(name))
        if hit is None:
            path = path_of(self.folder, Path(name).expanduser().absolute())
            hit = self.ask(lambda index: index.by_path(path)) if path else None
        return hit.id if hit is not None else None

    def ids(self, query: Query) -> Iterator[ArticleId]:
        """All matching articles, in order."""
        with translate_errors():
            yield from self._index.ids(self.visible(query), marked=self.marked)

    def snippet(self, row: Row, query: Query, length: int = 120) -> Snippet | None:
        """The text around the first hit, None if the body is empty or the file is gone."""
        from rilo_reader.library.snippets import snippet

        try:
            article = self.article(row.id)
        except LibraryError:
            return None
        return snippet(article, query, length)

    def prepare(self, quiet: Callable[[], bool]) -> None:
        """Prepare for the first query for unread articles, if many are read.

        Args:
            quiet: called every few milliseconds, and returns whether to go on. Queries for unread
                articles meanwhile take precedence. If it raises, the next call continues.
        """
        if self.marked.are_many:
            self.ask(lambda index: index.prepare(self.marked, quiet))

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        """Read what the first queries need into the system's page cache.

        Args:
            wanted: called about every millisecond, and returns whether to go on.
        """
        self.ask(lambda index: index.read_ahead(wanted))

    def reload(self) -> bool:
        """Load what other processes committed; True if results may have changed."""
        return self.ask(lambda index: index.reload())

    @property
    def insight(self) -> Insight:
        """Timeline, facets, completion, and related articles."""
        return Insight(self)

    # -- mute ---------------------------------------------------------------------------------

    def mute(self, mutes: Sequence[Query]) -> None:
        """Hide articles that match any of these queries, from all results and counts."""
        self._mutes = tuple(mutes)

    def visible(self, query: Query) -> Query:
        """The query with muted articles excluded."""
        if not self._mutes:
            return query
        # Flat, so that queries for marks stay at the top level, where the index is fast.
        parts = query.node.nodes if isinstance(query.node, And) else (query.node,)
        return query._replace(node=And((*parts, *(Not(mute.node) for mute in self._mutes))))

    def hidden(self, query: Query, mutes: Sequence[Query] | None = None) -> Hidden:
        """Count the muted results of a query, in all and by mute.

        Args:
            query: the query.
            mutes: the mutes to count, None for those in effect.
        """
        mutes = self._mutes if mutes is None else mutes

        def of(*nodes: Node) -> int:
            parts = query.node.nodes if isinstance(query.node, And) else (query.node,)
            return self._count(query._replace(node=And((*parts, Or(nodes)))))

        by_mute = tuple(of(mute.node) for mute in mutes)
        hiding = [mute.node for mute, hits in zip(mutes, by_mute, strict=True) if hits]
        return Hidden(of(*hiding) if len(hiding) > 1 else sum(by_mute), by_mute)

    # -- read ---------------------------------------------------------------------------------

    def article(self, article: ArticleId) -> Article:
        """Read the article from its file.

        Raises:
            LibraryError: the file is gone or cannot be read.
        """
        from rilo_reader.store.folder import Unreadable, read

        path = self._path(article)
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
        hit = self._hit(article)
        if hit is None:
            raise LibraryError("This article is not in the library any more.")
        return hit.path

    def _hit(self, article: ArticleId) -> Hit | None:
        return self.ask(lambda index: index.by_id(article))

    def ask(self, query: Callable[[SearchIndex], Result]) -> Result:
        """Return `query(index)`; a damaged index is rebuilt and queried again."""
        from rilo_reader.index.directory import IndexDamaged

        with translate_errors():
            try:
                return query(self._index)
            except IndexDamaged:
                if self._index.mend():
                    self._fill()
                return query(self._index)

    def _fill(self) -> None:
        """Fill a new, empty index, unless another process does."""

    def rows(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        """Rows of hits, with their marks."""
        with translate_errors():
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


# -- the library ----------------------------------------------------------------------------------

WRITER_WAIT = 10.0
"""Seconds to wait for another process that is writing the index."""


class Library(Finding):
    """A folder of articles: search, read and mark them, and keep their index up to date.

    Safe to use from several threads. The user's files are never changed. Only `reconcile`,
    `update` and `watch` write the index; they hold the writer's lock while they write, and wait
    while another process holds it.

    Attributes:
        folder: the library's folder, absolute.
        drafts: whether drafts are shown.
        fills_itself: whether a damaged index is rebuilt before it is queried again; else it stays
            empty until `reconcile` is called.
        index_directory: the directory of the index, which may be deleted at any time.
        state_file: the file of the marks.
    """

    def __init__(
        self,
        folder: Path,
        index_directory: Path,
        state_file: Path,
        *,
        drafts: bool,
        fills_itself: bool = False,
    ) -> None:
        """Open the index and the marks; see `open_library`."""
        self.drafts = drafts
        self.fills_itself = fills_itself
        self.index_directory = index_directory
        self.state_file = state_file
        from rilo_reader.index.index import open_index
        from rilo_reader.store.state import open_state

        super().__init__(folder, open_index(index_directory), open_state(state_file))

    @property
    def is_vault(self) -> bool:
        """Whether the folder is an Obsidian vault, whose comments are not shown."""
        return (self.folder / ".obsidian").is_dir()

    @property
    def history(self) -> History:
        """What was done with articles, and undo."""
        return History(self._state)

    @property
    def notices(self) -> tuple[str, ...]:
        """Messages for the user about index and marks (a damaged file was renamed, …)."""
        return tuple(filter(None, (*self._state.notices, self.index_notice)))

    @property
    def index_notice(self) -> str:
        """A message for the user about the index, or ""."""
        return self._index.notice

    # -- follow the folder ------------------------------------------------------------------------

    def reconcile(self, *, rebuild: bool = False) -> Iterator[Progress]:
        """Bring the index up to date; reads only files whose path, size or mtime changed.

        Yields progress; new results can be seen after a report with `committed`. The index is
        valid if the iteration is stopped early, and the next call completes it.

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
            LibraryError: the folder is gone.
        """
        with translate_errors():
            if rebuild:
                self._start_anew()
            yield from self._mended(lambda: self._follower().reconcile())

    def update(self, paths: Sequence[str]) -> Progress:
        """Bring the index up to date for these paths only.

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
        """
        with translate_errors():
            return self._follower().update(paths)

    def watch(self, stop: Callable[[], bool]) -> Iterator[Progress]:
        """Reconcile, then follow the folder until `stop()`; yields after each change."""
        from rilo_reader.library.watch import watch

        with translate_errors():
            yield from self._mended(lambda: watch(self.folder, self._follower(wait=1.0), stop))

    def _follower(self, wait: float | None = None) -> Follower:
        from rilo_reader.library.sync import Follower

        seconds = WRITER_WAIT if wait is None else wait
        return Follower(self.folder, self._index, drafts=self.drafts, wait=seconds)

    def _mended(self, follow: Callable[[], Iterator[Progress]]) -> Iterator[Progress]:
        """Run `follow`; if the index is damaged, once more with an empty one."""
        from rilo_reader.index.directory import IndexDamaged

        try:
            yield from follow()
        except IndexDamaged:
            if not self._index.mend():
                raise
            yield from follow()

    def _fill(self) -> None:
        if self.fills_itself:
            for _ in self.reconcile():
                pass

    def _start_anew(self) -> None:
        from shutil import rmtree

        rmtree(self.index_directory, ignore_errors=True)
        self._index.reopen()

    def skipped(self) -> Iterator[Skipped]:
        """The files that are not in the index, and why (slow: reads the whole folder)."""
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

    def left_out(self) -> dict[str, int]:
        """Numbers of files that are not articles, by kind, largest first (lists the folder)."""
        from collections import Counter, deque

        from rilo_reader.library.left_out import in_short
        from rilo_reader.store.folder import scan

        others: Counter[str] = Counter()
        deque(scan(self.folder, others=others), maxlen=0)
        return in_short(others)

    def faulty(self) -> Iterator[Faulty]:
        """The articles whose files have faults, such as an identity that another file has."""
        with translate_errors():
            for path, faults in self._index.faulty():
                yield Faulty(path, faults)

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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def open_library(
    folder: Path, paths: Paths, *, drafts: bool = False, fills_itself: bool = False
) -> Library:
    """Open a folder with its index as it is; `reconcile` brings the index up to date.

    The index is under `paths.cache` and the marks under `paths.state`. A library has two indexes,
    with and without drafts.

    Args:
        folder: the folder of articles.
        paths: the directories of index and marks.
        drafts: whether to show drafts.
        fills_itself: see `Library`.

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
    state = paths.state / f"{name}.db"
    return Library(path, index, state, drafts=drafts, fills_itself=fills_itself)


def library_name(folder: Path) -> str:
    """The unique, readable name of a folder's index and marks."""
    path = os.fsencode(folder)
    # Two checksums of 32 bits suffice for one user's libraries; hashlib adds 3 ms to every launch.
    sums = f"{zlib.crc32(path):08x}{zlib.crc32(path[::-1]):08x}"
    words = re.sub(r"[^A-Za-z0-9-]+", "-", folder.name)[:40].strip("-")
    return f"{words}-{sums}".strip("-")


# -- insight --------------------------------------------------------------------------------------


class Insight:
    """Statistics and suggestions from the index, as `library.insight`.

    Every method raises LibraryError if the index cannot be read.
    """

    def __init__(self, library: Finding) -> None:
        self._library = library

    def timeline(self, query: Query) -> Timeline:
        """Numbers of results by day, month or year, from the first to the last."""
        library = self._library
        visible = library.visible(query)
        return library.ask(lambda index: index.timeline(visible, marked=library.marked))

    def facets(self, query: Query, limit: int = 20) -> Facets:
        """Numbers of results by source, tag, author, language and year, largest first."""
        library = self._library
        visible = library.visible(query)
        return library.ask(lambda index: index.facets(visible, limit, marked=library.marked))

    def suggest(
        self,
        start: str,
        field: Field = Field.ANYWHERE,
        limit: int = 8,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Sequence[Value]:
        """Words of the library, or values of a field, that begin with `start`.

        Each has the number of articles that a search for it finds, largest first. The values of
        TAG include the user's tags. Stops early once `wanted()` is False.
        """
        from rilo_reader.index.stats import Value, continues
        from rilo_reader.query.tokens import tokens

        library = self._library
        found = library.ask(lambda index: index.suggest(start, field, limit))
        texts = dict.fromkeys(value.text for value in found)
        if field is Field.TAG:
            prefix = tokens(start)
            user_tags = [tag for tag in library.own_tags() if continues(prefix, tokens(tag))]
            texts.update(dict.fromkeys(user_tags))
        counted = [
            Value(text, library.count(Query(Words(field, parts))))
            for text in texts
            if wanted() and (parts := tokens(text))
        ]
        counted.sort(key=lambda value: (-value.hits, value.text))
        return [value for value in counted if value.hits][:limit]

    def did_you_mean(self, query: Query) -> Query | None:
        """A similarly spelt query that has results, for one that has none."""
        suggestion = self._library.ask(lambda index: index.did_you_mean(query))
        return suggestion if suggestion is not None and self._library.count(suggestion) else None

    def related(self, article: Article, limit: int = 8) -> tuple[Row, ...]:
        """Other articles on the same subject, the most similar first."""
        library = self._library
        return self._visible_rows(library.ask(lambda index: index.related(article, limit)))

    def copies(self, article: ArticleId) -> tuple[Row, ...]:
        """Duplicates of an article in other files, newest first."""
        library = self._library
        return self._visible_rows(library.ask(lambda index: index.copies(article)))

    def _visible_rows(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        """Rows of the hits that are not muted."""
        library = self._library
        if library.visible(Query()) != Query():
            hits = [hit for hit in hits if library.place(Query(), hit.id) is not None]
        return library.rows(hits)
