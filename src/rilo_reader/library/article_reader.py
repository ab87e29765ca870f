"""Read article files and prepare them for the index, in worker processes if there are many.

Parsing and tokenizing are done in Python, so that one process is limited to one core, while the
index is written on another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple

from rilo_reader.article import NO_DATE, Article, ArticleId, Fault
from rilo_reader.dates import FIRST_YEAR, LAST_YEAR
from rilo_reader.dialects import named
from rilo_reader.dialects.sites import Site
from rilo_reader.index.schema import folder_of
from rilo_reader.index.writer import PreparedArticle, prepare_article
from rilo_reader.store.file_names import index_name, searchable_name
from rilo_reader.store.folder import FileEntry, UnreadableError, is_folder_page, read_article
from rilo_reader.workers import MOST_WORKERS, WorkerDiedError, WorkerPool, count_cores

DUPLICATE = "Its id is already used by "
"""Beginning of the fault of an article whose identity another file has."""

MANY = 2_000
"""Number of files from which on workers pay, which take a tenth of a second to start."""

CHUNK = 100
_AHEAD = 8  # chunks for each worker that are under way or wait to be indexed


DRAFT = "a draft (to show drafts, set drafts = true)"
SECTION = "a section page with neither text nor date"


def skip_reason(article: Article, *, with_drafts: bool) -> str:
    """Say why the article of a file is not shown; "" if it is."""
    if article.draft and not with_drafts:
        return DRAFT
    left_out = named(article.dialect).left_out
    if left_out and not left_out.isdisjoint(article.path.split("/")):
        return f"a file of {article.dialect} that is not an article"
    is_empty = not article.dated and not article.body.strip()
    return SECTION if is_empty and index_name(article.path) else ""


def fill_date(root: Path, article: Article, git_added: int) -> Article:
    """An article with the best date there is for it, where its file has none of its own.

    A section page has none. Else it is the second at which the file was `git_added` to git, or
    where that is 0, the time of its last modification.
    """
    if article.dated:
        return article
    if is_folder_page(root, article.path):
        return article._replace(date=NO_DATE, date_only=True)
    with suppress(OverflowError, OSError, ValueError):  # a commit may say anything
        moment = datetime.fromtimestamp(git_added, UTC)
        if git_added and FIRST_YEAR <= moment.year <= LAST_YEAR:
            return article._replace(date=moment)
    return article


class ReadOptions(NamedTuple):
    """Options for reading files."""

    root: Path  # the library
    with_drafts: bool  # whether drafts count as articles
    with_prefixes: bool  # whether the writer needs prefix terms (see `index.schema`)
    git_added: Mapping[str, int] = {}  # when files were added to git, by path (see `git_dates`)
    sites: Mapping[str, Site] = {}  # the sites of its folders, by folder, where there is one
    day_first: bool | None = None  # whether the day comes first in dates, None if that is open

    def narrow_to(self, paths: Sequence[str]) -> ReadOptions:
        """Those that a worker needs to read some files."""
        added = {path: self.git_added[path] for path in paths if path in self.git_added}
        folders = {folder_of(path) for path in paths} & self.sites.keys()
        return self._replace(git_added=added, sites={one: self.sites[one] for one in folders})

    def read_article(self, path: str, *, instead_of: str = "") -> PreparedArticle | None:
        """Read and prepare an article; None if the file is not an article.

        Where it is read `instead_of` another file with the same identity, its path becomes its
        identity, and a fault is added, unless both name the address of one original.
        """
        try:
            site = self.sites.get(folder_of(path))
            article = read_article(self.root, path, site=site, day_first=lambda: self.day_first)
        except UnreadableError:
            return None
        if skip_reason(article, with_drafts=self.with_drafts):
            return None
        article = fill_date(self.root, article, self.git_added.get(path, 0))
        if instead_of and not article.canonical:
            fault = Fault(0, f"{DUPLICATE}{instead_of}, so its path is used instead.")
            article = article._replace(faults=(*article.faults, fault))
        if instead_of:
            article = article._replace(id=ArticleId(path))
        name = searchable_name(path)
        return prepare_article(article, with_prefixes=self.with_prefixes, name=name)

    def read_all(self, paths: Sequence[str]) -> list[PreparedArticle | None]:
        """Read several files; the results are in the same order."""
        return [self.read_article(path) for path in paths]


class FileReader:
    """Reads files in order, in workers if there are `many` and more than one core."""

    def __init__(
        self, workers: int | None = None, min_files: int = MANY, chunk: int = CHUNK
    ) -> None:
        count = count_cores() if workers is None else workers
        self._workers = min(count, MOST_WORKERS) if count > 1 else 0
        self._many = min_files
        self._chunk = chunk
        self._pool: WorkerPool | None = None

    def start_early(self, file_count: int) -> None:
        """Start the workers early if there are so many files."""
        if self._pool is None and self._workers and file_count >= self._many:
            self._pool = WorkerPool(
                self._workers, preload=[__name__, "rilo_reader.render.shown_text"]
            )
            self._pool.start()

    def read_files(
        self, options: ReadOptions, entries: Sequence[FileEntry]
    ) -> Iterator[tuple[FileEntry, PreparedArticle | None]]:
        """Yield every file with its article, in order; None for a file that is not an article."""
        self.start_early(len(entries))
        if self._pool is None:
            for entry in entries:
                yield entry, options.read_article(entry.path)
            return
        under_way: deque[tuple[Sequence[FileEntry], Future[list[PreparedArticle | None]]]] = deque()
        for start in range(0, len(entries), self._chunk):
            if len(under_way) == self._workers * _AHEAD:
                yield from _collect_results(options, *under_way.popleft())
            chunk = entries[start : start + self._chunk]
            paths = [entry.path for entry in chunk]
            work = partial(options.narrow_to(paths).read_all, paths)
            under_way.append((chunk, self._pool.submit(work)))
        while under_way:
            yield from _collect_results(options, *under_way.popleft())

    def close(self) -> None:
        """End the workers."""
        if self._pool is not None:
            self._pool.close()


def _collect_results(
    options: ReadOptions, chunk: Sequence[FileEntry], future: Future[list[PreparedArticle | None]]
) -> Iterator[tuple[FileEntry, PreparedArticle | None]]:
    try:
        found = future.result()
    except WorkerDiedError:  # read the files in this process instead
        found = options.read_all([entry.path for entry in chunk])
    yield from zip(chunk, found, strict=True)
