"""Synchronise the index with the folder: compare them, then read what differs and write it.

    difference = compare(folder, index)      paths, sizes and mtimes; reads no article
    remove what is gone, commit
    for each new or changed file:            read and prepared in worker processes
        resolve a duplicate identity, add to the writer
        commit now and then, report progress

The index is valid at any moment; a reconciliation that was stopped is completed by the next one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.errors import LibraryError
from rilo_reader.index.schema import file_key, file_stamp, folder_of, keys_of
from rilo_reader.library.batches import UNTRUSTED, Batches, Difference
from rilo_reader.library.left_out import in_short
from rilo_reader.library.reading import DUPLICATE, MANY, FileReader, ReadOptions
from rilo_reader.library.values import Progress, SyncLimits
from rilo_reader.store.folder import FileEntry, entry_of, scan

if TYPE_CHECKING:
    from rilo_reader.index.index import SearchIndex
    from rilo_reader.store.state import State


COMPARED = 2_000
"""Files that are looked up in the index at once."""


class FolderSync:
    """Keeps an index up to date with a folder; the only writer of the index."""

    def __init__(
        self, root: Path, index: SearchIndex, *, drafts: bool, limits: SyncLimits, state: State
    ) -> None:
        """`state` keeps which articles have other ids now."""
        self._root = root
        self._state = state
        self._index = index
        self._drafts = drafts
        self._limits = limits

    def reconcile(self) -> Iterator[Progress]:
        """Bring the index up to date; see `Library.reconcile`."""
        with FileReader() as reader:
            difference = yield from self._compare(reader)
            if difference:
                yield from self._apply(difference, reader)
            else:
                files = difference.files
                yield difference.with_files(Progress(files, files, finished=True))

    def update(self, paths: Iterable[str]) -> Progress:
        """Bring the index up to date for these paths only."""
        with FileReader() as reader:
            return list(self._apply(self._compare_files(paths), reader))[-1]

    def knows_folder(self, folder: str) -> bool:
        """Whether the index has articles in a folder or below it."""
        return any(_below(name, [folder]) for name in self._index.snapshot.folders())

    def index_is_lost(self) -> bool:
        """Whether the index was deleted; `reconcile` creates it again."""
        return self._index.is_lost()

    def kept_current(self) -> AbstractContextManager[None]:
        """Say to other processes, for a block, that the index has what the folder has."""
        return self._index.kept_current()

    # -- compare --------------------------------------------------------------------------------

    def _compare(self, reader: FileReader) -> Generator[Progress, None, Difference]:
        """List the folder and compare it with the index; reads no article.

        The reader is told how many files there will be, so that its workers can start meanwhile.
        """
        if not self._root.is_dir():
            raise LibraryError(f"The folder {self._root} is not there any more.")
        self._index.reload()
        difference = Difference()
        unread: list[str] = []
        others: Counter[str] = Counter()
        indexed = self._index.snapshot.folders()
        unseen = set(indexed)
        reported = self._limits.clock()

        def skip(path: str, reason: str) -> None:
            unread.append(path)

        known: list[FileEntry] = []
        folders: list[str] = []
        for entries in scan(self._root, on_skip=skip, others=others):
            folder = folder_of(entries[0].path)
            if folder in indexed:
                folders.append(folder)
                known += entries
            else:
                difference.new.extend(entries)
            difference.files += len(entries)
            reader.expect(len(difference.new) + len(difference.changed))
            if len(known) >= COMPARED:
                self._compare_folders(folders, known, difference)
                unseen.difference_update(folders)
                folders, known = [], []
            if self._limits.clock() - reported > self._limits.report_seconds:
                reported = self._limits.clock()
                yield Progress(difference.files, None)
        self._compare_folders(folders, known, difference)
        unseen.difference_update(folders)
        difference.gone_folders = [name for name in unseen if not _below(name, unread)]
        difference.left_out = in_short(others)
        return difference

    def _compare_folders(
        self, folders: Sequence[str], entries: Sequence[FileEntry], difference: Difference
    ) -> None:
        stamps = self._index.snapshot.folder_stamps(*folders)
        keys = keys_of(entry.path for entry in entries)
        now = keys_of(f"{entry.size}:{entry.mtime_ns}" for entry in entries)
        for entry, key, stamp in zip(entries, keys, now, strict=True):
            before = stamps.pop(key, None)
            if before != stamp:
                self._compare_file(entry, before, difference)
        if stamps:
            difference.gone.extend(stamps)
            difference.gone_from.update(map(folder_of, self._index.snapshot.paths(stamps)))

    def _compare_files(self, paths: Iterable[str]) -> Difference:
        self._index.reload()
        difference = Difference()
        for path in dict.fromkeys(paths):
            entry, stamp = entry_of(self._root, path), self._index.snapshot.stamp(path)
            if entry is not None:
                self._compare_file(entry, stamp, difference)
            elif stamp is not None:
                difference.gone.append(file_key(path))
                difference.gone_from.add(folder_of(path))
        difference.files = len(difference.changed) + len(difference.new) + len(difference.young)
        return difference

    def _compare_file(self, entry: FileEntry, stamp: int | None, difference: Difference) -> None:
        """Classify a file by its stamp in the index."""
        if stamp is None:
            difference.new.append(entry)
        elif stamp == UNTRUSTED:
            difference.young.append(entry)
        elif stamp != file_stamp(entry.size, entry.mtime_ns):
            difference.changed.append(entry)

    # -- apply ----------------------------------------------------------------------------------

    def _apply(self, difference: Difference, reader: FileReader) -> Iterator[Progress]:
        """Write a difference into the index, in batches that become visible one by one."""
        with Batches(self._index, difference, self._limits, self._state) as batches:
            removed = batches.remove()
            if batches.removed or difference.changed:
                self._retry_duplicates(difference)
            # Newest first, judging by paths, since the newest are looked at first.
            pending = difference.changed + difference.young + difference.new[::-1]
            total = len(pending)
            # For a large build ask the writer, which decides on the kind of index.
            starts = batches.with_starts() if len(pending) >= MANY else self._index.is_large
            options = ReadOptions(self._root, self._drafts, starts)
            for done, (entry, found) in enumerate(reader.read(options, pending), 1):
                ready = found
                if ready is not None and (holder := batches.holder(ready)) is not None:
                    ready = options.read(entry.path, instead_of=holder)
                if ready is None:
                    batches.leave_out(entry)
                else:
                    batches.add(ready, entry)
                if batches.is_due(done, total):
                    batches.commit()
                    yield batches.progress(done, total, committed=True)
                elif batches.is_time_to_report():
                    yield batches.progress(done, total)
            committed = batches.finish() or removed
            yield batches.progress(total, total, committed=committed, finished=True)

    def _retry_duplicates(self, difference: Difference) -> None:
        """Read articles again whose identity was taken by another file and may be free now."""
        included = {entry.path for entry in difference.changed + difference.young}
        for path, faults in self._index.snapshot.faulty():
            if path not in included and any(fault.reason.startswith(DUPLICATE) for fault in faults):
                entry = entry_of(self._root, path)
                if entry is not None:
                    difference.changed.append(entry)


def _below(folder: str, tops: Sequence[str]) -> bool:
    """Whether a folder is one of `tops` or below one."""
    return any(not top or folder == top or folder.startswith(top + "/") for top in tops)
