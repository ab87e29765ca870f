"""`index`: bring the index up to date, and follow the folder; the reader runs it as a child.

With --json it prints one JSON object per report of progress, for the reader.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

from rilo_reader.cli.arguments import open_current
from rilo_reader.cli.child import become_child, lower_priority
from rilo_reader.cli.output import output
from rilo_reader.cli.printing import bring_up_to_date
from rilo_reader.cli.verb import Verb, flag
from rilo_reader.library import Library, Progress
from rilo_reader.library.other_files import make_notice
from rilo_reader.query.tree import Query
from rilo_reader.text import format_count

UNSAVED_SECONDS = 5.0  # after which a child tries again to save the index
UNSAVED_SHARE = 20  # attempts take at most one part in this many of the time


class IndexVerb(Verb):
    """Update the search index."""

    library_help = "the folder to index, instead of your library"
    about = """
Update the search index from the files.

The reader and every command do this for you. You can delete the index at any
time; it is rebuilt.
"""
    sections = """
With --json it runs at low priority. With --watch too, it also stops when a pipe
on its standard input closes.
"""
    examples = ("rilo-reader index", "rilo-reader index --library ~/blog/content --rebuild")

    rebuild: bool = flag("--rebuild", "read every file again, not only what changed")
    watch: bool = flag("--watch", "keep watching the folder until Ctrl-C")
    json: bool = flag(
        "--json",
        "progress, one JSON object per line: done, total, added, changed, moved, removed, skipped, "
        "committed, finished, marks (whether they changed); in the end files, left_out (other "
        "files by kind), unread, unwatched, unsaved",
    )

    def run(self) -> int:
        """Update or watch an index; return the exit code."""
        if self.json:
            return _report_as_json(self)
        out = output()
        with open_current(self, current=False) as library:
            if self.rebuild or not self.watch:
                progress = bring_up_to_date(library, rebuild=self.rebuild)
                out.line(_describe_summary(progress, library))
                if progress and progress.warning:
                    out.line(progress.warning)
                missed = progress and make_notice(progress.files or 0, progress.left_out or {})
                if missed:
                    out.line(f"{missed}. For details: rilo-reader doctor")
            if self.watch:
                out.line(f"Watching {library.folder}; press Ctrl-C to stop.")
                out.flush()
                _watch_folder(library)
            return 1 if library.index.is_in_memory else 0


def _watch_folder(library: Library) -> None:
    """Print the first comparison, and what changes later, until Ctrl-C."""
    out = output()
    warning, is_first = "", True
    for progress in library.follower.watch(threading.Event()):
        if progress.committed or (progress.finished and is_first):
            out.line(_describe_summary(progress, library))
        is_first = is_first and not progress.finished
        if progress.files is not None and progress.warning != warning:
            warning = progress.warning
            out.line(warning or "The whole folder is read and watched again.")
        out.flush()


def _describe_summary(progress: Progress | None, library: Library) -> str:
    library.index.reload()
    total = format_count(library.search.count(Query()), "article")
    names = ("added", "changed", "moved", "removed", "skipped")
    parts = [f"{getattr(progress, name):,} {name}" for name in names if getattr(progress, name, 0)]
    return f"{total}: {', '.join(parts)}." if parts else f"{total}; nothing has changed."


def _report_as_json(options: IndexVerb) -> int:
    """Print progress as JSON lines and nothing else; with --watch until stopped."""
    stopped = threading.Event()
    out = output()
    try:
        if options.watch:
            become_child(stopped)
        lower_priority()
        with open_current(options, current=False) as library:
            follower = library.follower  # of which `watch` begins with a reconciliation
            if options.rebuild or not options.watch:
                for progress in follower.reconcile(rebuild=options.rebuild):
                    out.json(progress._asdict(), at_once=True)
            while options.watch and not stopped.is_set():
                started = time.monotonic()
                for progress in _watch_while_saved(library, stopped):
                    out.json(progress._asdict(), at_once=True)
                    if stopped.is_set():
                        return 0
                stopped.wait(max(UNSAVED_SECONDS, UNSAVED_SHARE * (time.monotonic() - started)))
                library.index.reopen()
    except KeyboardInterrupt:
        if not stopped.is_set():
            raise
    return 0


def _watch_while_saved(library: Library, stopped: threading.Event) -> Iterator[Progress]:
    """Follow the folder as long as the index can be saved, then report why it cannot.

    One in the memory of a child helps nobody.
    """
    follow = partial(library.follower.watch, stopped, suspend_when_idle=True)
    for progress in () if library.index.unsaved else follow():
        if library.index.unsaved:
            break
        yield progress
    if library.index.unsaved:
        yield Progress(0, 0, finished=True, unsaved=library.index.unsaved)
