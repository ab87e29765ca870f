"""A worker that reads and prepares articles for another process; see readers.py."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from rilo_reader.workers.messages import answer, question_of
from rilo_reader.workers.reading import ReadOptions

_Questions = SimpleQueue[tuple[ReadOptions, list[str]] | None]


def _take(questions: _Questions) -> None:
    """Take questions at once, so that who asks never waits for what we have to say."""
    with suppress(EOFError, OSError):
        while True:
            questions.put(question_of(sys.stdin.buffer))
    questions.put(None)


def main() -> None:
    """Answer questions until there are no more, or nobody wants the answers."""
    questions: _Questions = SimpleQueue()
    Thread(target=_take, args=(questions,), daemon=True).start()
    with suppress(OSError):
        while question := questions.get():
            reading, paths = question
            answer(sys.stdout.buffer, [reading.read(path) for path in paths])


if __name__ == "__main__":
    main()
    # At once: an ordinary end would flush a pipe that nobody reads any more, and complain.
    os._exit(0)
