"""The index follows the folder: compare the two, then read and write what differs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.ahead.readers import MANY, ReadersAhead
from rilo_reader.ahead.reading import DUPLICATE, Reading
from rilo_reader.library.batches import REPORT_SECONDS, UNTRUSTED, Batches, Difference
from rilo_reader.library.left_out import in_short
from rilo_reader.library.rows import LibraryError, Progress
from rilo_reader.search.document import file_key, file_stamp
from rilo_reader.store.folder import FileEntry, entry_of, scan

if TYPE_CHECKING:
    from rilo_reader.search.index import SearchIndex


class Follower:
    """Keeps one index equal to one folder; the only writer of indexes."""

    def __init__(self, root: Path, index: SearchIndex, *, drafts: bool, wait: float) -> None:
        """`wait` is for how many seconds to wait while another process writes."""
        self._root = root
        self._index = index
        self._drafts = drafts
        self._wait = wait

    def reconcile(self) -> Iterator[Progress]:
        """Make the index equal to the folder; see Library.reconcile."""
        with ReadersAhead() as readers:
            difference = yield from self._compare(readers)
            if difference:
                yield from self._apply(difference, readers)
            else:
                files = difference.files
                yield difference.with_files(Progress(files, files, finished=True))

    def update(self, paths: Iterable[str]) -> Progress:
        """Make the index right for these files only."""
        with ReadersAhead() as readers:
            return list(self._apply(self._compare_files(paths), readers))[-1]

    def knows_folder(self, folder: str) -> bool:
        """Whether the index holds articles of a folder or of one below it."""
        return any(_below(name, [folder]) for name in self._index.folders())

    def index_is_lost(self) -> bool:
        """Whether somebody deleted the index: `reconcile` makes it again."""
        return self._index.is_lost()

    # -- compare --------------------------------------------------------------------------------

    def _compare(self, readers: ReadersAhead) -> Generator[Progress, None, Difference]:
        """List the folder and find what differs; reads no article.

        The readers are started as soon as it is plain that there is enough to read.
        """
        if not self._root.is_dir():
            raise LibraryError(f"The folder {self._root} is not there any more.")
        self._index.reload()
        difference = Difference()
        unread: list[str] = []
        others: Counter[str] = Counter()
        known = self._index.folders()
        unseen = set(known)
        reported = time.monotonic()

        def skip(path: str, reason: str) -> None:
            unread.append(path)

        for entries in scan(self._root, on_skip=skip, others=others):
            if not entries:
                continue
            folder = entries[0].path.rpartition("/")[0]
            unseen.discard(folder)
            if folder in known:
                self._compare_folder(folder, entries, difference)
            else:
                difference.new.extend(entries)
            difference.files += len(entries)
            if len(difference.new) + len(difference.changed) >= MANY:
                readers.start()
            if time.monotonic() - reported > REPORT_SECONDS:
                reported = time.monotonic()
                yield Progress(difference.files, None)
        difference.gone_folders = [name for name in unseen if not _below(name, unread)]
        difference.left_out = in_short(others)
        return difference

    def _compare_folder(
        self, folder: str, entries: Sequence[FileEntry], difference: Difference
    ) -> None:
        stamps = self._index.folder_stamps(folder)
        for entry in entries:
            self._compare_file(entry, stamps.pop(file_key(entry.path), None), difference)
        difference.gone.extend(stamps)

    def _compare_files(self, paths: Iterable[str]) -> Difference:
        self._index.reload()
        difference = Difference()
        for path in dict.fromkeys(paths):
            entry, stamp = entry_of(self._root, path), self._index.stamp(path)
            if entry is not None:
                self._compare_file(entry, stamp, difference)
            elif stamp is not None:
                difference.gone.append(file_key(path))
        difference.files = len(difference.changed) + len(difference.new) + len(difference.young)
        return difference

    def _compare_file(self, entry: FileEntry, stamp: int | None, difference: Difference) -> None:
        """Put a file where it belongs by the stamp under which the index knows it."""
        if stamp is None:
            difference.new.append(entry)
        elif stamp == UNTRUSTED:
            difference.young.append(entry)
        elif stamp != file_stamp(entry.size, entry.mtime_ns):
            difference.changed.append(entry)

    # -- apply ----------------------------------------------------------------------------------

    def _apply(self, difference: Difference, readers: ReadersAhead) -> Iterator[Progress]:
        """Write a difference into the index, in batches that can be seen one by one."""
        with Batches(self._index, self._wait, difference) as batches:
            removed = batches.remove()
            if batches.removed or difference.changed:
                self._retry_duplicates(difference)
            # Newest first, as far as paths tell: what people look at first is there first.
            waiting = difference.changed + difference.young + difference.new[::-1]
            total = len(waiting)
            # A big build asks the writer, which knows what kind of index it begins.
            starts = batches.with_starts() if len(waiting) >= MANY else self._index.is_large
            reading = Reading(self._root, self._drafts, starts)
            for done, (entry, found) in enumerate(readers.read(reading, waiting), 1):
                ready = found
                if ready is not None and (holder := batches.holder(ready)) is not None:
                    ready = reading.read(entry.path, instead_of=holder)
                if ready is None:
                    batches.leave_out(entry)
                else:
                    batches.add(ready, entry)
                if batches.is_due(done, total):
                    batches.commit()
                    yield batches.progress(done, total, committed=True)
                elif batches.is_time_to_report():
                    yield batches.progress(done, total)
            committed = batches.commit() or removed
            yield batches.progress(total, total, committed=committed, finished=True)

    def _retry_duplicates(self, difference: Difference) -> None:
        """Read again the articles that gave way to an identity that may be free now."""
        known = {entry.path for entry in difference.changed + difference.young}
        for path, faults in self._index.faulty():
            if path not in known and any(fault.reason.startswith(DUPLICATE) for fault in faults):
                entry = entry_of(self._root, path)
                if entry is not None:
                    difference.changed.append(entry)


def _below(folder: str, tops: Sequence[str]) -> bool:
    """Whether a folder is one of `tops` or stands below one."""
    return any(not top or folder == top or folder.startswith(top + "/") for top in tops)
