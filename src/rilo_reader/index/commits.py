"""`Commits`: follows the commits of one index directory, and replaces a damaged index."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.errors import IndexDamaged
from rilo_reader.index import schema as fields
from rilo_reader.index.cache import QueryCache
from rilo_reader.index.directory import open_home
from rilo_reader.index.snapshot import Recent, Snapshot
from rilo_reader.index.tantivy_files import META, as_damage

if TYPE_CHECKING:
    import tantivy

    from rilo_reader.index.snapshot import Limits


class Commits:
    """The newest commit of an index.

    Attributes:
        engine: tantivy's index.
        cache: what earlier queries found.
        is_fresh: whether the index was created empty.
        notice: a message for the user about opening it, or "".
    """

    engine: tantivy.Index
    cache: QueryCache
    is_fresh: bool
    notice: str

    def __init__(self, directory: Path, limits: Limits) -> None:
        self._directory = directory
        self._limits = limits
        self.open()

    @property
    def snapshot(self) -> Snapshot:
        """The newest commit that was loaded."""
        return self.cache.commit

    def open(self, *, thorough: bool = False) -> None:
        """Open the directory again; with `thorough`, verify all files first."""
        opened = open_home(self._directory, thorough=thorough)
        self.engine = opened.engine
        self.is_fresh = opened.is_fresh
        self.notice = opened.notice
        self._home = opened.home
        self._seen = self._identity()
        self.cache = QueryCache(self._home, self._newest())

    def is_lost(self) -> bool:
        """Whether the directory was deleted."""
        return self._home is not None and self._identity() is None

    def reload(self) -> bool:
        """See `SearchIndex.reload`."""
        if self.is_lost():
            self.open()
            return True
        if self._identity() == self._seen:
            return False
        try:
            self.refresh()
        except IndexDamaged:
            self.mend()
        return True

    def refresh(self) -> None:
        """Load the newest commit."""
        # Noted first, so that a commit in between is seen by the next reload.
        self._seen = self._identity()
        with as_damage("read"):
            self.engine.reload()
            self.cache.commit = self._newest()

    def mend(self) -> bool:
        """See `SearchIndex.mend`."""
        self.open(thorough=True)
        return self.is_fresh

    def damage(self) -> str:
        """See `SearchIndex.damage`."""
        from rilo_reader.index.directory import check_files

        if self._home is None:
            return ""
        try:
            check_files(self._home, self._home / META)
        except IndexDamaged as error:
            return str(error)
        return ""

    def check_changed(self) -> None:
        """Verify the files that changed since they were noted; raise IndexDamaged if one is."""
        from rilo_reader.index.directory import check_changed

        if self._home is not None:
            check_changed(self._home, self._home / META)

    def note_files(self) -> None:
        """Note the files of the newest commit as intact."""
        from rilo_reader.index.directory import note_files

        if self._home is not None:
            note_files(self._home, self._home / META)

    def read_ahead(self, wanted: Callable[[], bool]) -> None:
        """See `SearchIndex.read_ahead`."""
        from rilo_reader.index.directory import files_of, read_ahead

        # Errors are reported by the queries themselves.
        with suppress(OSError, IndexDamaged):
            if self._home is not None:
                names = files_of((self._home / META).read_bytes())
                read_ahead(self._home, names, wanted)

    def _identity(self) -> tuple[int, int, int] | None:
        """A value that changes with each commit; None if the index is deleted or in memory."""
        if self._home is None:
            return None
        try:
            status = (self._home / META).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size

    def _newest(self) -> Snapshot:
        searcher, schema = self.engine.searcher(), self.engine.schema
        # Writers give prefix terms to all articles or to none. This counts deleted articles too;
        # an exact count would add 8 ms to each launch with a million articles.
        marked = searcher.doc_freq(fields.STARTS, fields.MARKED)
        with_starts = marked >= searcher.num_docs > 0
        recent = Recent(searcher, self._limits.newest)
        return Snapshot(searcher, schema, with_starts, recent, self._limits)
