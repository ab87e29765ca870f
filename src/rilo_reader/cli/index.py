"""`index`: bring the index up to date, and follow the folder; also the child of the reader."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rilo_reader.cli.libraries import follow, opened
from rilo_reader.cli.output import Output, errors, output
from rilo_reader.library import LibraryError
from rilo_reader.library.left_out import notice

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.library import Library, Progress


LAST_RESORT = 10.0
"""Seconds that a child has to end; the index is whole at any moment."""


def run(options: Options) -> int:
    """Index a folder as the options say."""
    if options.json:
        return _for_programs(options)
    out = output()
    with opened(options.library, current=False) as library:
        if options.rebuild or not options.watch:
            progress = follow(library, rebuild=options.rebuild)
            out.line(summary(progress, library))
            if missed := _missed(progress):
                out.line(missed)
        if options.watch:
            _say_each(library, out)
    return 0


def _say_each(library: Library, out: Output) -> None:
    out.line(f"Following {library.folder}; Ctrl-C ends.")
    out.flush()
    for progress in library.watch(lambda: False):
        if progress.committed or progress.finished:
            out.line(summary(progress, library))
            out.flush()


def summary(progress: Progress | None, library: Library) -> str:
    """What was done, in a line."""
    from rilo_reader.query.tree import Query

    library.reload()
    total = library.count(Query())
    counted = f"{total:,} article{'' if total == 1 else 's'}"
    names = ("added", "changed", "removed", "skipped")
    parts = [f"{getattr(progress, name):,} {name}" for name in names if getattr(progress, name, 0)]
    return f"{counted}: {', '.join(parts)}." if parts else f"{counted}; nothing had changed."


def _missed(progress: Progress | None) -> str:
    """What to say of texts that are no articles, "" where they are few."""
    if progress is None or progress.files is None or progress.left_out is None:
        return ""
    told = notice(progress.files, progress.left_out)
    return f"{told}. rilo-reader doctor says more." if told else ""


def _for_programs(options: Options) -> int:
    """JSON lines of progress and nothing else; with --watch until told to stop."""
    stopped = threading.Event()
    if options.watch:
        _become_a_child(stopped)
    out = output()
    try:
        # A child must never speak on stdout but in its own lines; notices are the reader's to tell.
        with opened(options.library, current=False) as library:
            for progress in _everything(library, options, stopped):
                out.json(progress._asdict())
                out.flush()
                if stopped.is_set():
                    break
    except LibraryError as error:
        out.json({"error": str(error)})
        errors().complain(str(error))
        return 1
    except KeyboardInterrupt:
        if not stopped.is_set():
            raise
    return 0


def _everything(library: Library, options: Options, stopped: threading.Event) -> Iterator[Progress]:
    """What there is to tell; `watch` begins with a reconciliation of its own."""
    if options.rebuild or not options.watch:
        yield from library.reconcile(rebuild=options.rebuild)
    if options.watch:
        yield from library.watch(stopped.is_set)


def _become_a_child(stopped: threading.Event) -> None:
    """Stand back in priority, and end at SIGTERM or when the parent lets go of our stdin."""
    stand_back()

    def stop(number: int, frame: object) -> None:
        # Raised, not only noted: whatever the main thread waits for, it ends now. The index
        # stays valid at any point, and its lock is let go on the way out.
        if not stopped.is_set():
            stopped.set()
            raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    if _is_pipe(sys.stdin):
        threading.Thread(target=_wait_for_end, args=(sys.stdin.fileno(),), daemon=True).start()


def _is_pipe(stream: object) -> bool:
    try:
        number = stream.fileno()  # type: ignore[attr-defined]
        return stat.S_ISFIFO(os.fstat(number).st_mode) or stat.S_ISSOCK(os.fstat(number).st_mode)
    except (AttributeError, OSError, ValueError):
        return False


def _wait_for_end(descriptor: int) -> None:
    """Read and drop until the other end is closed, then send ourselves SIGTERM.

    Whoever closed it may not wait for us, and so cannot end us by force.
    """
    # A stdin that cannot be read has ended too.
    with contextlib.suppress(OSError):
        while os.read(descriptor, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(LAST_RESORT)
    os._exit(1)


# Standing back: what the reader's children do, so that the keyboard comes first.


NICENESS = 10
"""How far they stand back."""


def stand_back() -> None:
    """Leave the processor to the reader, whenever it has something to do."""
    # A courtesy: where it is unknown or refused the work is done all the same.
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    # Linux, as desktops have it, shares the processor out among sessions, and by niceness only
    # within one. Of a session of our own it is told; somebody's shell is none of our business.
    with contextlib.suppress(AttributeError, OSError):
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")
