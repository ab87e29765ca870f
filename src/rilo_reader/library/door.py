"""The door: Library and open_library."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from rilo_reader.library.finding import Finding
from rilo_reader.library.marking import told
from rilo_reader.library.rows import Faulty, LibraryError, Progress, Skipped
from rilo_reader.paths import Paths

if TYPE_CHECKING:
    from rilo_reader.library.follow import Follower

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
        from rilo_reader.search.index import open_index
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
        with told():
            if rebuild:
                self._start_anew()
            yield from self._mended(lambda: self._follower().reconcile())

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
            yield from self._mended(lambda: watch(self.folder, self._follower(wait=1.0), stop))

    def _follower(self, wait: float | None = None) -> Follower:
        from rilo_reader.library.follow import Follower

        patience = WRITER_WAIT if wait is None else wait
        return Follower(self.folder, self._index, drafts=self.drafts, wait=patience)

    def _mended(self, follow: Callable[[], Iterator[Progress]]) -> Iterator[Progress]:
        """Follow the folder; once more, with an empty index, where the index was broken."""
        from rilo_reader.search.errors import IndexDamaged

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
        with told():
            for path, faults in self._index.faulty():
                yield Faulty(path, faults)

    def damage(self) -> str:
        """What is broken in the files of the index, "" where nothing is; reads all of them.

        A file that rotted may give wrong answers long before it gives an error.
        """
        return self._index.damage()

    def backup(self) -> None:
        """Back the marks up where they changed; `notices` grows where they were damaged."""
        with told():
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
