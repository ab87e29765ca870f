"""Articles read and prepared ahead of the index, in processes of their own where there are many.

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
from pathlib import Path
from typing import IO, NamedTuple, Self

from rilo_reader.article import ArticleId, Fault
from rilo_reader.search.cores import cores
from rilo_reader.search.preparing import Prepared, prepared
from rilo_reader.store.folder import FileEntry, Unreadable, read

MANY = 2_000
"""Files from which on workers are worth the tenth of a second that starting them takes."""

_CHUNK = 100
_AHEAD = 8  # chunks on their way to and from each worker: it reads on while others commit
_MOST_WORKERS = 3
_PIPE = 1 << 20  # bytes that a pipe holds, where it can be told: a chunk, so fewer turns
_LAST_SECONDS = 5.0

WITHIN, BETWEEN = "\0", "\1"
"""What stands between the parts of a message, and between its records: in no text of ours."""

_SIZE = 8  # bytes that say how long a message is


DUPLICATE = "The same identity as "
"""How the fault of an article begins whose identity another file holds."""


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
        return prepared(article, with_starts=self.with_starts)


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
        self, reading: Reading, entries: Sequence[FileEntry]
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
        self, reading: Reading, entries: Sequence[FileEntry]
    ) -> Iterator[tuple[FileEntry, Prepared | None]]:
        chunks = [entries[start : start + _CHUNK] for start in range(0, len(entries), _CHUNK)]
        how = str(reading.root), *("yes" if flag else "" for flag in reading[1:])
        under_way: deque[int] = deque()
        for number, chunk in enumerate(chunks):
            if len(under_way) == len(self._workers) * _AHEAD:
                yield from self._received(chunks, under_way.popleft())
            paths = (entry.path for entry in chunk)
            send(self._worker(number).stdin, WITHIN.join((*how, *paths)))
            under_way.append(number)
        while under_way:
            yield from self._received(chunks, under_way.popleft())

    def _received(
        self, chunks: Sequence[Sequence[FileEntry]], number: int
    ) -> Iterator[tuple[FileEntry, Prepared | None]]:
        records = receive(self._worker(number).stdout).split(BETWEEN)
        for entry, record in zip(chunks[number], records, strict=True):
            yield entry, unpack(record)

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
        [sys.executable, "-m", "rilo_reader.library.reading_worker"],
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


def pack(ready: Prepared | None) -> str:
    """A record of a message from a worker."""
    if ready is None:
        return ""
    return WITHIN.join(
        (ready.id, ready.path, str(ready.file_key), str(ready.story), ready.document)
    )


def unpack(record: str) -> Prepared | None:
    """The inverse of pack."""
    if not record:
        return None
    name, path, file_key, story, document = record.split(WITHIN)
    return Prepared(ArticleId(name), path, int(file_key), int(story), document)


def send(pipe: IO[bytes] | None, message: str) -> None:
    """Write a message into a pipe.

    Raises:
        OSError: nobody reads any more.
    """
    if pipe is None:
        raise BrokenPipeError
    data = message.encode("utf-8", "surrogateescape")
    pipe.write(len(data).to_bytes(_SIZE, "big"))
    pipe.write(data)
    pipe.flush()


def receive(pipe: IO[bytes] | None) -> str:
    """Wait for a message from a pipe.

    Raises:
        EOFError: there is none any more.
    """
    head = pipe.read(_SIZE) if pipe is not None else b""
    size = int.from_bytes(head, "big")
    data = pipe.read(size) if pipe is not None else b""
    if len(head) < _SIZE or len(data) < size:
        raise EOFError
    return data.decode("utf-8", "surrogateescape")
