"""Articles read and prepared ahead of the index, in processes of their own where there are many.

Reading, parsing and folding text is Python, and one process does it on one core while the index
works on another. From some thousands of files on, workers do it: each is sent the names of a
hundred files and sends back what the index needs of them. A worker ends when the pipe to it
closes, so also when this process is killed.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.search.document import Prepared, prepared
from rilo_reader.store.folder import FileEntry, Unreadable, read

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

MANY = 2_000
"""Files from which on workers are worth the tenth of a second that starting them takes."""

_CHUNK = 100
_AHEAD = 3  # chunks on their way to and from each worker
_MOST_WORKERS = 3
_LAST_SECONDS = 5.0


class Reading(NamedTuple):
    """How files are read.

    Attributes:
        root: the library.
        drafts: whether drafts count as articles.
        with_starts: whether the index's writer wants the beginnings of words.
    """

    root: Path
    drafts: bool
    with_starts: bool

    def read(self, path: str) -> Prepared | None:
        """One file's article, prepared; None where it is none."""
        try:
            article = read(self.root, path)
        except Unreadable:
            return None
        if article.draft and not self.drafts:
            return None
        return prepared(article, with_starts=self.with_starts)


def read_ahead(
    reading: Reading, entries: Sequence[FileEntry]
) -> Iterator[tuple[FileEntry, Prepared | None]]:
    """Every file with its article, in order; None for a file that is no article."""
    done = 0
    workers = min((os.cpu_count() or 1) - 1, _MOST_WORKERS)
    if len(entries) >= MANY and workers > 0:
        with suppress(EOFError, OSError):  # a worker was killed: the rest is read here
            for result in _read_elsewhere(reading, entries, workers):
                yield result
                done += 1
    for entry in entries[done:]:
        yield entry, reading.read(entry.path)


def _read_elsewhere(
    reading: Reading, entries: Sequence[FileEntry], count: int
) -> Iterator[tuple[FileEntry, Prepared | None]]:
    import multiprocessing

    chunks = [entries[start : start + _CHUNK] for start in range(0, len(entries), _CHUNK)]
    # Spawned, not forked: this process may have threads, tantivy's among them.
    context = multiprocessing.get_context("spawn")
    pipes: list[Connection] = []
    workers = []
    try:
        for _ in range(count):
            ours, theirs = context.Pipe()
            pipes.append(ours)
            workers.append(context.Process(target=_work, args=(theirs, reading), daemon=True))
            workers[-1].start()
            theirs.close()
        under_way: deque[int] = deque()
        for number, chunk in enumerate(chunks):
            if len(under_way) == count * _AHEAD:
                yield from _received(pipes, chunks, under_way.popleft())
            pipes[number % count].send([entry.path for entry in chunk])
            under_way.append(number)
        while under_way:
            yield from _received(pipes, chunks, under_way.popleft())
    finally:
        for pipe in pipes:
            pipe.close()
        for worker in workers:  # each ends within a chunk's time, and leaves nothing behind
            worker.join(_LAST_SECONDS)


def _received(
    pipes: Sequence[Connection], chunks: Sequence[Sequence[FileEntry]], number: int
) -> Iterator[tuple[FileEntry, Prepared | None]]:
    results = pipes[number % len(pipes)].recv()
    yield from zip(chunks[number], results, strict=True)


def _work(pipe: Connection, reading: Reading) -> None:
    """What a worker does until its pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who waits for us
    with suppress(EOFError, OSError):
        while True:
            pipe.send([reading.read(path) for path in pipe.recv()])
