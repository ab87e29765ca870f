"""Files -> what the index needs of them; many of them in worker processes.

Reading, parsing and folding text is Python, and one process does it on one core while the index
works on another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from rilo_reader.article import ArticleId, Fault
from rilo_reader.index.writer import Prepared, prepared
from rilo_reader.store.fields import searchable_name
from rilo_reader.store.folder import FileEntry, Unreadable, read
from rilo_reader.workers import MOST_WORKERS, WorkerDiedError, WorkerPool, cores

if TYPE_CHECKING:
    from concurrent.futures import Future

DUPLICATE = "The same identity as "
"""How the fault of an article begins whose identity another file holds."""

MANY = 2_000
"""Files from which on workers are worth the tenth of a second that starting them takes."""

CHUNK = 100
_AHEAD = 8  # chunks for each worker that are under way or wait to be indexed


class ReadOptions(NamedTuple):
    """How files are read.

    Attributes:
        root: the library.
        drafts: whether drafts count as articles.
        with_starts: whether the index's writer wants the beginnings of words.
    """

    root: Path
    drafts: bool
    with_starts: bool

    def read(self, path: str, *, instead_of: str = "") -> Prepared | None:
        """One file's article, prepared; None where it is none.

        Args:
            path: the file.
            instead_of: the file that holds the identity which this one claims: then it goes by
                its path, with a fault that says so.
        """
        try:
            article = read(self.root, path)
        except Unreadable:
            return None
        if article.draft and not self.drafts:
            return None
        if instead_of:
            fault = Fault(0, f"{DUPLICATE}{instead_of}; this one goes by its path.")
            article = article._replace(id=ArticleId(path), faults=(*article.faults, fault))
        name = searchable_name(path)
        return prepared(article, with_starts=self.with_starts, name=name)

    def read_all(self, paths: Sequence[str]) -> list[Prepared | None]:
        """Each file's article, in order."""
        return [self.read(path) for path in paths]


class FileReader:
    """Reads files in order; where there are many of them and more than one core, in workers.

    Args:
        workers: how many processes; as many as are useful by default.
        many: files from which on workers are used.
        chunk: files that a worker reads at a time.
    """

    def __init__(self, workers: int | None = None, many: int = MANY, chunk: int = CHUNK) -> None:
        count = cores() if workers is None else workers
        self._workers = min(count, MOST_WORKERS) if count > 1 else 0
        self._many = many
        self._chunk = chunk
        self._pool: WorkerPool | None = None

    def expect(self, files: int) -> None:
        """Start the workers where so many files are to be read; they get ready meanwhile."""
        if self._pool is None and self._workers and files >= self._many:
            self._pool = WorkerPool(self._workers, preload=[__name__])
            self._pool.start()

    def read(
        self, options: ReadOptions, entries: Sequence[FileEntry]
    ) -> Iterator[tuple[FileEntry, Prepared | None]]:
        """Every file with its article, in order; None for a file that is no article."""
        self.expect(len(entries))
        if self._pool is None:
            for entry in entries:
                yield entry, options.read(entry.path)
            return
        under_way: deque[tuple[Sequence[FileEntry], Future[list[Prepared | None]]]] = deque()
        for start in range(0, len(entries), self._chunk):
            if len(under_way) == self._workers * _AHEAD:
                yield from _results(options, *under_way.popleft())
            chunk = entries[start : start + self._chunk]
            work = partial(options.read_all, [entry.path for entry in chunk])
            under_way.append((chunk, self._pool.submit(work)))
        while under_way:
            yield from _results(options, *under_way.popleft())

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _results(
    options: ReadOptions, chunk: Sequence[FileEntry], future: Future[list[Prepared | None]]
) -> Iterator[tuple[FileEntry, Prepared | None]]:
    try:
        found = future.result()
    except WorkerDiedError:  # somebody kills them: then it is done here
        found = options.read_all([entry.path for entry in chunk])
    yield from zip(chunk, found, strict=True)
