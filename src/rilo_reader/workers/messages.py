"""What this process and its workers say to one another through pipes.

A question is text: how to read, and paths. An answer is bytes, one record a path: long documents
are neither decoded nor searched for anything on their way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from rilo_reader.article import ArticleId
from rilo_reader.index.writer import Prepared
from rilo_reader.workers.pipes import receive, send
from rilo_reader.workers.reading import ReadOptions

_WITHIN, _BETWEEN = "\0", b"\1"
"""What stands between the parts of a question or record, and between records: in none of them."""

_WITHIN_RECORD = _WITHIN.encode()


def ask(pipe: IO[bytes] | None, reading: ReadOptions, paths: Sequence[str]) -> None:
    """Ask a worker for some files.

    Raises:
        OSError: there is no worker any more.
    """
    flags = ("yes" if flag else "" for flag in reading[1:])
    question = _WITHIN.join((str(reading.root), *flags, *paths))
    send(pipe, question.encode("utf-8", "surrogateescape"))


def question_of(pipe: IO[bytes]) -> tuple[ReadOptions, list[str]]:
    """Wait for a question.

    Raises:
        EOFError: nobody will ask any more.
    """
    text = receive(pipe).decode("utf-8", "surrogateescape")
    root, drafts, with_starts, *paths = text.split(_WITHIN)
    return ReadOptions(Path(root), bool(drafts), bool(with_starts)), paths


def answer(pipe: IO[bytes], found: Sequence[Prepared | None]) -> None:
    """Answer a question, in its order.

    Raises:
        OSError: nobody waits for it any more.
    """
    send(pipe, _BETWEEN.join(map(pack, found)))


def answer_of(pipe: IO[bytes] | None, paths: Sequence[str]) -> Iterator[Prepared | None]:
    """Wait for what a worker says of these paths.

    Raises:
        EOFError: there is no worker any more.
    """
    records = receive(pipe).split(_BETWEEN)
    return map(unpack, records, paths)


def pack(ready: Prepared | None) -> bytes:
    """A record of an answer. Of its path nothing is said: whoever asks knows it."""
    if ready is None:
        return b""
    return b"%b\0%d\0%d\0%b" % (ready.id.encode(), ready.file_key, ready.story, ready.document)


def unpack(record: bytes, path: str) -> Prepared | None:
    """The inverse of pack."""
    if not record:
        return None
    name, file_key, story, document = record.split(_WITHIN_RECORD, 3)
    return Prepared(ArticleId(name.decode()), path, int(file_key), int(story), document)
