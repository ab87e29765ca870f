"""The part of the door that finds and reads articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from rilo_reader.article import Article, ArticleId
from rilo_reader.library.marked import Marked
from rilo_reader.library.marking import Marking, told
from rilo_reader.library.rows import Hidden, LibraryError, Row, Snippet, Window
from rilo_reader.query.tree import And, Node, Not, Or, Query
from rilo_reader.store.state import NO_MARKS

if TYPE_CHECKING:
    from rilo_reader.index.index import SearchIndex
    from rilo_reader.index.schema import Hit
    from rilo_reader.library.insight import Insight
    from rilo_reader.store.state import State

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
        self.marked = Marked(state)
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

    def prepare(self, quiet: Callable[[], bool]) -> None:
        """Have ready what the first question for unread articles needs, where many are read.

        Args:
            quiet: whether to go on, asked every few milliseconds; whoever asks for unread articles
                meanwhile comes first all the same. What it raises ends it; another call goes on.
        """
        if self.marked.are_many:
            self.ask(lambda index: index.prepare(self.marked, quiet))

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        """Let the system read what the first questions need from the disk, as far as it is new.

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
        from rilo_reader.index.directory import IndexDamaged

        with told():
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
