"""A worker that reads and prepares articles for another process; see reading_ahead.py."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from rilo_reader.library.reading_ahead import BETWEEN, WITHIN, Reading, pack, receive, send


def _take(requests: SimpleQueue[str]) -> None:
    """Take requests at once, so that who sends them never waits for what we have to say."""
    with suppress(EOFError, OSError):
        while True:
            requests.put(receive(sys.stdin.buffer))
    requests.put("")


def main() -> None:
    """Answer requests until there are no more, or nobody wants the answers."""
    requests: SimpleQueue[str] = SimpleQueue()
    Thread(target=_take, args=(requests,), daemon=True).start()
    with suppress(OSError):
        while request := requests.get():
            root, drafts, with_starts, *paths = request.split(WITHIN)
            reading = Reading(Path(root), bool(drafts), bool(with_starts))
            send(sys.stdout.buffer, BETWEEN.join(pack(reading.read(path)) for path in paths))


if __name__ == "__main__":
    main()
    # At once: an ordinary end would flush a pipe that nobody reads any more, and complain.
    os._exit(0)
