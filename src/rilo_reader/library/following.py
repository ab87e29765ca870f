"""`FolderFollower`: keeps the index of a folder up to date, and says what of it is not indexed.

`sync` compares and writes, `watch` waits for changes; here a damaged index is replaced and the
work done once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from rilo_reader.errors import IndexDamaged
from rilo_reader.index.tantivy_files import as_damage
from rilo_reader.library.values import Faulty, Progress, Skipped, SyncLimits

if TYPE_CHECKING:
    from rilo_reader.index.index import SearchIndex
    from rilo_reader.library.sync import FolderSync
    from rilo_reader.store.state import State

WATCH_WAIT = 1.0
"""Seconds to wait for another writer while a folder is watched, which tries again anyway."""


class FolderFollower:
    """Follows one folder with one index; `Library` documents the methods.

    Args:
        folder: absolute.
        index: its index, open.
        drafts: whether drafts are articles.
        limits: delays and sizes of batches.
        state: keeps which articles have other ids now.
    """

    def __init__(
        self, folder: Path, index: SearchIndex, *, drafts: bool, limits: SyncLimits, state: State
    ) -> None:
        self._folder = folder
        self._index = index
        self._drafts = drafts
        self._limits = limits
        self._state = state

    def reconcile(self, *, rebuild: bool = False, check: bool = True) -> Iterator[Progress]:
        """See `Library.reconcile`."""
        if not check and self._index.is_kept_current():
            self._index.reload()
            return
        if rebuild:
            self._start_anew()
        yield from self._mended(lambda: self._follower().reconcile())

    def update(self, paths: Sequence[str]) -> Progress:
        """See `Library.update`."""
        with as_damage("written"):
            return self._follower().update(paths)

    def watch(self, stop: Event) -> Iterator[Progress]:
        """See `Library.watch`."""
        from rilo_reader.library.watch import watch

        follower = self._follower(self._limits._replace(writer_wait=WATCH_WAIT))
        yield from self._mended(lambda: watch(self._folder, follower, stop))

    def _follower(self, limits: SyncLimits | None = None) -> FolderSync:
        from rilo_reader.library.sync import FolderSync

        return FolderSync(
            self._folder,
            self._index,
            drafts=self._drafts,
            limits=limits or self._limits,
            state=self._state,
        )

    def _mended(self, follow: Callable[[], Iterator[Progress]]) -> Iterator[Progress]:
        """Run `follow`; if the index is damaged, once more with an empty one."""
        try:
            with as_damage("written"):
                yield from follow()
        except IndexDamaged:
            if not self._index.mend():
                raise
            with as_damage("written"):
                yield from follow()

    def _start_anew(self) -> None:
        from shutil import rmtree

        rmtree(self._index.directory, ignore_errors=True)
        self._index.reopen()

    # -- what is not indexed, or with faults ---------------------------------------------------

    def skipped(self) -> Iterator[Skipped]:
        """See `Library.skipped`."""
        from rilo_reader.store.folder import Unreadable, read, scan

        left_out: list[Skipped] = []

        for entries in scan(self._folder, on_skip=lambda *why: left_out.append(Skipped(*why))):
            for entry in entries:
                try:
                    article = read(self._folder, entry.path)
                except Unreadable as error:
                    left_out.append(Skipped(entry.path, error.reason))
                    continue
                if article.draft and not self._drafts:
                    left_out.append(Skipped(entry.path, "a draft (drafts = true shows it)"))
            yield from left_out
            left_out.clear()
        yield from left_out

    def left_out(self) -> dict[str, int]:
        """See `Library.left_out`."""
        from collections import Counter, deque

        from rilo_reader.library.left_out import in_short
        from rilo_reader.store.folder import scan

        others: Counter[str] = Counter()
        deque(scan(self._folder, others=others), maxlen=0)
        return in_short(others)

    def faulty(self) -> Iterator[Faulty]:
        """See `Library.faulty`."""
        with as_damage("read"):
            for path, faults in self._index.snapshot.faulty():
                yield Faulty(path, faults)
