"""Worker processes, and many files read in them.

Reading, parsing and folding text is Python, and one process does it on one core while the index
works on another. From some thousands of files on, workers do it: each is sent the names of a
hundred files and sends back what the index needs of them. A worker ends when the pipe to it
closes, so also when this process is killed.
"""

from __future__ import annotations

import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Self

from rilo_reader.index.cores import cores
from rilo_reader.index.writer import Prepared
from rilo_reader.store.folder import FileEntry
from rilo_reader.workers.messages import answer_of, ask
from rilo_reader.workers.reading import ReadOptions

MANY = 2_000
"""Files from which on workers are worth the tenth of a second that starting them takes."""

_CHUNK = 100
_AHEAD = 8  # chunks on their way to and from each worker: it reads on while others commit
_MOST_WORKERS = 3
_PIPE = 1 << 20  # bytes that a pipe holds, where it can be told: a chunk, so fewer turns
_LAST_SECONDS = 5.0


class ReadersAhead:
    """Worker processes that read for this one; started before it is known what there is to read.

    None are started where there is no core for them, or where none can be: then nothing differs
    but the time it takes.
    """

    def __init__(self) -> None:
        self._workers: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        """Start the workers, if they are not; they are ready a tenth of a second later."""
        if self._workers:
            return
        count = cores()
        with suppress(OSError):
            for _ in range(min(count, _MOST_WORKERS) if count > 1 else 0):
                self._workers.append(_any_worker_process())

    def read(
        self, reading: ReadOptions, entries: Sequence[FileEntry]
    ) -> Iterator[tuple[FileEntry, Prepared | None]]:
        """Every file with its article, in order; None for a file that is no article."""
        done = 0
        if len(entries) >= MANY:
            self.start()
        if self._workers:
            with suppress(EOFError, OSError):  # a worker was killed: the rest is read here
                for result in self._read_elsewhere(reading, entries):
                    yield result
                    done += 1
        for entry in entries[done:]:
            yield entry, reading.read(entry.path)

    def _read_elsewhere(
        self, reading: ReadOptions, entries: Sequence[FileEntry]
    ) -> Iterator[tuple[FileEntry, Prepared | None]]:
        chunks = [entries[start : start + _CHUNK] for start in range(0, len(entries), _CHUNK)]
        under_way: deque[int] = deque()
        for number, chunk in enumerate(chunks):
            if len(under_way) == len(self._workers) * _AHEAD:
                yield from self._received(chunks, under_way.popleft())
            ask(self._worker(number).stdin, reading, [entry.path for entry in chunk])
            under_way.append(number)
        while under_way:
            yield from self._received(chunks, under_way.popleft())

    def _received(
        self, chunks: Sequence[Sequence[FileEntry]], number: int
    ) -> Iterator[tuple[FileEntry, Prepared | None]]:
        chunk = chunks[number]
        answer = answer_of(self._worker(number).stdout, [entry.path for entry in chunk])
        yield from zip(chunk, answer, strict=True)

    def _worker(self, number: int) -> subprocess.Popen[bytes]:
        return self._workers[number % len(self._workers)]

    def close(self) -> None:
        """End the workers; each ends within the time of a chunk, and leaves nothing behind."""
        for worker in self._workers:
            for pipe in (worker.stdin, worker.stdout):
                with suppress(OSError):  # what it did not take is not missed
                    if pipe is not None:
                        pipe.close()
        for worker in self._workers:
            try:
                worker.wait(_LAST_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
        self._workers = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _worker_process(pipesize: int = -1) -> subprocess.Popen[bytes]:
    """A worker of ours, with pipes that hold so many bytes.

    It gets a group of its own: Ctrl-C is for the one who waits for us. Not a session of its own, in
    which Linux would give it as much of the processor as the reader has (see `index`).

    Raises:
        OSError: no process can be started, or no such pipe be had.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "rilo_reader.workers.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
        pipesize=pipesize,
    )


def _any_worker_process() -> subprocess.Popen[bytes]:
    """The same, with smaller pipes where this user may not have large ones."""
    try:
        return _worker_process(_PIPE)
    except OSError:
        return _worker_process()
