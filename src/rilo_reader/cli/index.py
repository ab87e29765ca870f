"""`index`: bring the index up to date, and follow the folder; the reader runs it as a child.

With --json it prints one JSON object per report of progress, for the reader. Also lowers the
priority of children, so that the reader stays responsive.
"""

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


EXIT_TIMEOUT = 10.0
"""Seconds that a child has to exit; the index is valid at any moment."""


def run(options: Options) -> int:
    """Update or watch an index; return the exit code."""
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
            _print_each(library, out)
    return 0


def _print_each(library: Library, out: Output) -> None:
    out.line(f"Following {library.folder}; Ctrl-C ends.")
    out.flush()
    for progress in library.watch(lambda: False):
        if progress.committed or progress.finished:
            out.line(summary(progress, library))
            out.flush()


def summary(progress: Progress | None, library: Library) -> str:
    """What was done, in one line."""
    from rilo_reader.query.tree import Query

    library.reload()
    total = library.count(Query())
    counted = f"{total:,} article{'' if total == 1 else 's'}"
    names = ("added", "changed", "removed", "skipped")
    parts = [f"{getattr(progress, name):,} {name}" for name in names if getattr(progress, name, 0)]
    return f"{counted}: {', '.join(parts)}." if parts else f"{counted}; nothing had changed."


def _missed(progress: Progress | None) -> str:
    """A message about texts that are not articles, "" if there are few."""
    if progress is None or progress.files is None or progress.left_out is None:
        return ""
    message = notice(progress.files, progress.left_out)
    return f"{message}. rilo-reader doctor says more." if message else ""


def _for_programs(options: Options) -> int:
    """Print progress as JSON lines and nothing else; with --watch until stopped."""
    stopped = threading.Event()
    if options.watch:
        _become_a_child(stopped)
    out = output()
    try:
        # Nothing but JSON lines may go to stdout; the reader itself shows notices.
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
    """All reports of progress; `watch` begins with a reconciliation."""
    if options.rebuild or not options.watch:
        yield from library.reconcile(rebuild=options.rebuild)
    if options.watch:
        yield from library.watch(stopped.is_set)


def _become_a_child(stopped: threading.Event) -> None:
    """Lower the priority, and exit on SIGTERM or when the parent closes our stdin."""
    lower_priority()

    def stop(number: int, frame: object) -> None:
        # Raised to interrupt whatever the main thread waits for. The index is valid at any
        # point, and its lock is released.
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
    """Read until the other end is closed, then send SIGTERM to this process.

    The parent may have exited, so that nobody else could end this process by force.
    """
    # A stdin that cannot be read counts as closed.
    with contextlib.suppress(OSError):
        while os.read(descriptor, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(EXIT_TIMEOUT)
    os._exit(1)


# -- priority -------------------------------------------------------------------------------------

NICENESS = 10
"""Niceness of children of the reader."""


def lower_priority() -> None:
    """Lower the priority of this process below that of the reader."""
    # Optional: the work is done even if the system does not support or permit it.
    with contextlib.suppress(AttributeError, OSError):
        os.nice(NICENESS)
    # With autogroups, Linux schedules sessions, and niceness counts only within one. This sets
    # the niceness of our own session, but never that of the user's shell.
    with contextlib.suppress(AttributeError, OSError):
        if os.getsid(0) == os.getpid():
            Path("/proc/self/autogroup").write_text(str(NICENESS), encoding="ascii")
