"""The part of the door that finds and reads articles."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.mutes import ArticleFlags
from rilo_reader.library.values import (
    Faulty,
    Hidden,
    LibraryBusy,
    LibraryError,
    Progress,
    Row,
    Skipped,
    Snippet,
    Window,
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


# The part of the door that marks articles and remembers where the reader was.


@contextmanager
def translate_errors() -> Iterator[None]:
    """Turn what the rooms below raise for the user into the one error of the door."""
    from rilo_reader.index.directory import IndexBusy, SearchIndexError
    from rilo_reader.store.database import StateError

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
        with translate_errors():
            known = self._state.marks(articles)
        return {article: known.get(article, NO_MARKS) for article in articles}

    def own_tags(self) -> Mapping[str, int]:
        """The user's own tags, sorted, and how many articles have each."""
        with translate_errors():
            return self._state.all_tags()

    def set_read(self, articles: Iterable[ArticleId], read: bool) -> Change:
        """Mark as read or unread; on the disk when it returns."""
        with translate_errors():
            return self._state.set_read(articles, read)

    def set_starred(self, articles: Iterable[ArticleId], starred: bool) -> Change:
        """Star or unstar; on the disk when it returns."""
        with translate_errors():
            return self._state.set_starred(articles, starred)

    def set_tags(self, article: ArticleId, tags: Sequence[str]) -> Change:
        """Replace the user's own tags of an article; on the disk when it returns."""
        with translate_errors():
            return self._state.set_tags(article, tags)

    def undo(self, change: Change) -> None:
        """Take a change back; other marks set since stay."""
        with translate_errors():
            self._state.undo(change)

    def remember(self, article: ArticleId, position: int) -> None:
        """Keep how far an article was read, and that it was opened now."""
        with translate_errors():
            self._state.remember(article, position, datetime.now(UTC))

    def session(self) -> Session:
        """Where the reader was when this library was last closed."""
        with translate_errors():
            return self._state.session()

    def keep_session(self, session: Session) -> None:
        """Remember where the reader is."""
        with translate_errors():
            self._state.keep_session(session)

    def searches(self) -> list[str]:
        """The searches of before, newest first."""
        with translate_errors():
            return self._state.searches()

    def remember_search(self, query: str) -> None:
        """Keep a search for later."""
        with translate_errors():
            self._state.remember_search(query)

    def forget_searches(self) -> None:
        """Forget every search, also in the backup."""
        with translate_errors():
            self._state.forget_searches()


# The part of the door that finds and reads articles.


Answer = TypeVar("Answer")


class Finding(Marking):
    """Articles of a folder: found by a query or a name, and read.

    Attributes:
        folder: the library's folder, absolute.
        marked: the marks, as queries ask for them.
    """

    def __init__(self, folder: Path, index: SearchIndex, state: State) -> None:
        """`index` and `state` are open, and closed by the library."""
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
        """Rows `offset` … `offset + limit` of the results, and the exact total.

        Sorted as the query says; equal dates keep one order that never changes between calls.
        With `fold` the articles that tell one story are one row, and the total counts rows. With
        `quick` too the rows are the same, but how many are folded further down may not be known
        yet (`Window.is_whole`): for whoever types, since knowing it asks the query twice. Nor may
        the total be, where a state is asked for (`Window.is_counted`): `count` takes up to 15 ms
        in a million, the rows a few.
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
        return Window(hits.total, hits.offset, rows, hits.left_out, hits.is_whole, hits.is_counted)

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
        with translate_errors():
            yield from self._index.ids(self.visible(query), marked=self.marked)

    def snippet(self, row: Row, query: Query, length: int = 120) -> Snippet | None:
        """The text around the first hit; None where the body holds none or the file is gone."""
        from rilo_reader.library.snippets import snippet

        try:
            article = self.article(row.id)
        except LibraryError:
            return None
        return snippet(article, query, length)

    def prepare(self, quiet: Callable[[], bool]) -> None:
        """Have ready what the first question for unread articles needs, where many are read.

        Args:
            quiet: whether to go on, asked every few milliseconds; whoever asks for unread articles
                meanwhile comes first all the same. What it raises ends it; another call goes on.
        """
        if self.marked.are_many:
            self.ask(lambda index: index.prepare(self.marked, quiet))

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        """Read what the first queries need into the system's page cache.

        Args:
            wanted: whether to go on, asked about every millisecond.
        """
        self.ask(lambda index: index.read_ahead(wanted))

    def reload(self) -> bool:
        """See what other processes committed; True when the results may have changed."""
        return self.ask(lambda index: index.reload())

    @property
    def insight(self) -> Insight:
        """Timeline, facets, completion and likeness."""
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
        from rilo_reader.index.directory import IndexDamaged

        with translate_errors():
            try:
                return question(self._index)
            except IndexDamaged:
                if self._index.mend():
                    self._fill()
                return question(self._index)

    def _fill(self) -> None:
        """Bring an index that began anew up to date, where nobody else does."""

    def rows(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        """What the index says of articles, together with their marks."""
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


# The door: Library and open_library.


WRITER_WAIT = 10.0
"""Seconds that a question waits for another process to finish writing the index."""


class Library(Finding):
    """A folder of articles: listed, found, read and marked through this one door.

    Safe to call from several threads. Reading never changes the user's files. The index is read
    here and written only by `reconcile`, `update` and `watch`, which take the writer's lock while
    they write and leave it at once; when another process holds it they wait for it.

    Attributes:
        folder: the library's folder, absolute.
        drafts: whether drafts are shown.
        fills_itself: whether an index that turns out to be damaged is built again before it is
            asked again; else it is empty until somebody reconciles.
        index_directory: where its index lives; may be deleted at any time.
        state_file: where its marks live.
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
        """Open the two files; see open_library."""
        self.drafts = drafts
        self.fills_itself = fills_itself
        self.index_directory = index_directory
        self.state_file = state_file
        from rilo_reader.index.index import open_index
        from rilo_reader.store.state import open_state

        super().__init__(folder, open_index(index_directory), open_state(state_file))

    @property
    def is_vault(self) -> bool:
        """Whether the folder is a vault of Obsidian, whose comments are for its writer alone."""
        return (self.folder / ".obsidian").is_dir()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of the two files (a damaged one set aside, ...)."""
        return tuple(filter(None, (*self._state.notices, self.index_notice)))

    @property
    def index_notice(self) -> str:
        """What the user should know of the index, "" where that is nothing."""
        return self._index.notice

    # -- follow the folder ------------------------------------------------------------------------

    def reconcile(self, *, rebuild: bool = False) -> Iterator[Progress]:
        """Make the index equal to the folder; reads only files whose path, size or mtime changed.

        Yields progress now and then; `committed` says that there are new results to be seen.
        Stopping the iteration early leaves a valid index that the next call completes.

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
            LibraryError: the folder is gone.
        """
        with translate_errors():
            if rebuild:
                self._start_anew()
            yield from self._mended(lambda: self._follower().reconcile())

    def update(self, paths: Sequence[str]) -> Progress:
        """Bring the index up to date for these files only (paths relative to the library).

        Raises:
            LibraryBusy: another process is writing the index and did not finish in time.
        """
        with translate_errors():
            return self._follower().update(paths)

    def watch(self, stop: Callable[[], bool]) -> Iterator[Progress]:
        """Reconcile, then follow the folder until `stop` says so; yields after each change."""
        from rilo_reader.library.watch import watch

        with translate_errors():
            yield from self._mended(lambda: watch(self.folder, self._follower(wait=1.0), stop))

    def _follower(self, wait: float | None = None) -> Follower:
        from rilo_reader.library.sync import Follower

        patience = WRITER_WAIT if wait is None else wait
        return Follower(self.folder, self._index, drafts=self.drafts, wait=patience)

    def _mended(self, follow: Callable[[], Iterator[Progress]]) -> Iterator[Progress]:
        """Follow the folder; once more, with an empty index, where the index was broken."""
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

    def left_out(self) -> dict[str, int]:
        """How many files are no articles, by kind, the most first (lists the folder)."""
        from collections import Counter, deque

        from rilo_reader.library.left_out import in_short
        from rilo_reader.store.folder import scan

        others: Counter[str] = Counter()
        deque(scan(self.folder, others=others), maxlen=0)
        return in_short(others)

    def faulty(self) -> Iterator[Faulty]:
        """The articles whose files have faults, duplicate identities among them."""
        with translate_errors():
            for path, faults in self._index.faulty():
                yield Faulty(path, faults)

    def damage(self) -> str:
        """What is broken in the files of the index, "" where nothing is; reads all of them.

        A file that rotted may give wrong answers long before it gives an error.
        """
        return self._index.damage()

    def backup(self) -> None:
        """Back the marks up where they changed; `notices` grows where they were damaged."""
        with translate_errors():
            self._state.backup()

    def close(self, *, largest_backup: int | None = None) -> None:
        """Let everything go; a backup of the state is made where it changed.

        Args:
            largest_backup: bytes of a state that is backed up; a larger one takes longer than
                whoever leaves is to wait. None for any.

        Raises:
            LibraryError: the backup could not be made; everything is let go all the same.
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
    """Open a folder at once with what its index has; `reconcile` brings the index up to date.

    The index lives under `paths.cache`, the state under `paths.state`, one of each per library;
    with drafts and without are two indexes of one library. `fills_itself`: see Library.

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
    state = paths.state / f"{name}.db"
    return Library(whole, index, state, drafts=drafts, fills_itself=fills_itself)


def library_name(folder: Path) -> str:
    """What the index and the marks of a folder are called: for people, and for no other folder."""
    path = os.fsencode(folder)
    # Two sums of 32 bits tell a person's libraries apart; hashlib costs 3 ms of each launch.
    sums = f"{zlib.crc32(path):08x}{zlib.crc32(path[::-1]):08x}"
    words = re.sub(r"[^A-Za-z0-9-]+", "-", folder.name)[:40].strip("-")
    return f"{words}-{sums}".strip("-")


# What a library knows about its results: over time, by source and tag, by likeness.


class Insight:
    """The part of the door that thinks along; `library.insight`.

    Every method answers from the index and raises LibraryError where that cannot be read.
    """

    def __init__(self, library: Finding) -> None:
        self._library = library

    def timeline(self, query: Query) -> Timeline:
        """How many results there are for each day, month or year from the first to the last."""
        library = self._library
        visible = library.visible(query)
        return library.ask(lambda index: index.timeline(visible, marked=library.marked))

    def facets(self, query: Query, limit: int = 20) -> Facets:
        """The results by source, tag, author, language and year, the most frequent first."""
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
        """Words of the library, or values of a field, that begin so, the most frequent first.

        With each stands how many articles a search for it finds now. The user's own tags are
        among the values of TAG. Where it is not `wanted` any more it ends with what it has.
        """
        from rilo_reader.index.stats import Value, continues
        from rilo_reader.query.tokens import tokens

        library = self._library
        found = library.ask(lambda index: index.suggest(start, field, limit))
        texts = dict.fromkeys(value.text for value in found)
        if field is Field.TAG:
            begun = tokens(start)
            own = [tag for tag in library.own_tags() if continues(begun, tokens(tag))]
            texts.update(dict.fromkeys(own))
        counted = [
            Value(text, library.count(Query(Words(field, parts))))
            for text in texts
            if wanted() and (parts := tokens(text))
        ]
        counted.sort(key=lambda value: (-value.hits, value.text))
        return [value for value in counted if value.hits][:limit]

    def did_you_mean(self, query: Query) -> Query | None:
        """A query with results that is spelt nearly so, for one that has none."""
        meant = self._library.ask(lambda index: index.did_you_mean(query))
        return meant if meant is not None and self._library.count(meant) else None

    def related(self, article: Article, limit: int = 8) -> tuple[Row, ...]:
        """Articles about the same, the nearest first, itself left out."""
        library = self._library
        return self._seen(library.ask(lambda index: index.related(article, limit)))

    def copies(self, article: ArticleId) -> tuple[Row, ...]:
        """The same story in other files, newest first, itself left out."""
        library = self._library
        return self._seen(library.ask(lambda index: index.copies(article)))

    def _seen(self, hits: Sequence[Hit]) -> tuple[Row, ...]:
        """The rows of those that are not muted."""
        library = self._library
        if library.visible(Query()) != Query():
            hits = [hit for hit in hits if library.place(Query(), hit.id) is not None]
        return library.rows(hits)
