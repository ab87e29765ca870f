"""`index`: bring the index up to date, and follow the folder; the reader runs it as a child.

With --json it prints one JSON object per report of progress, for the reader.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rilo_reader.cli.child import become_child
from rilo_reader.cli.libraries import opened
from rilo_reader.cli.output import Output, errors, output
from rilo_reader.cli.progress import bring_up_to_date
from rilo_reader.library import LibraryError
from rilo_reader.library.left_out import notice

if TYPE_CHECKING:
    from rilo_reader.cli.options import Options
    from rilo_reader.library import Library, Progress


def run(options: Options) -> int:
    """Update or watch an index; return the exit code."""
    if options.json:
        return _for_programs(options)
    out = output()
    with opened(options, current=False) as library:
        if options.rebuild or not options.watch:
            progress = bring_up_to_date(
                library, rebuild=options.rebuild, delay=options.progress_delay
            )
            out.line(summary(progress, library))
            if missed := _missed(progress):
                out.line(missed)
        if options.watch:
            _print_each(library, out)
    return 0


def _print_each(library: Library, out: Output) -> None:
    out.line(f"Watching {library.folder}; press Ctrl-C to stop.")
    out.flush()
    for progress in library.follower.watch(threading.Event()):
        if progress.committed or progress.finished:
            out.line(summary(progress, library))
            out.flush()


def summary(progress: Progress | None, library: Library) -> str:
    """What was done, in one line."""
    from rilo_reader.query.tree import Query

    library.index.reload()
    total = library.search.count(Query())
    counted = f"{total:,} article{'' if total == 1 else 's'}"
    names = ("added", "changed", "removed", "skipped")
    parts = [f"{getattr(progress, name):,} {name}" for name in names if getattr(progress, name, 0)]
    return f"{counted}: {', '.join(parts)}." if parts else f"{counted}; nothing has changed."


def _missed(progress: Progress | None) -> str:
    """A message about texts that are not articles, "" if there are few."""
    if progress is None or progress.files is None or progress.left_out is None:
        return ""
    message = notice(progress.files, progress.left_out)
    return f"{message}. For details: rilo-reader doctor" if message else ""


def _for_programs(options: Options) -> int:
    """Print progress as JSON lines and nothing else; with --watch until stopped."""
    stopped = threading.Event()
    if options.watch:
        become_child(stopped)
    out = output()
    try:
        # Nothing but JSON lines may go to stdout; the reader itself shows notices.
        with opened(options, current=False) as library:
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
        yield from library.follower.reconcile(rebuild=options.rebuild)
    if options.watch:
        yield from library.follower.watch(stopped)
