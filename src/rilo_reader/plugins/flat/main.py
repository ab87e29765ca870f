"""Flat mode: a prompt, and lines that are only appended, for speech, braille and pipes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from rilo_reader.cli.arguments import (
    NEW_PATHS,
    exchange_marks,
    hide_muted,
    other_library_advice,
)
from rilo_reader.cli.library_context import LibraryContext, choose_library, has_articles
from rilo_reader.cli.output import APPENDS, EXIT_INTERRUPTED, UsageError, output, report_error
from rilo_reader.feeds.progress import FeedProgress, Summary
from rilo_reader.library import Library, LibraryError
from rilo_reader.plugins.flat.console import Console
from rilo_reader.plugins.flat.session import FlatSession
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from rilo_reader.text import format_count
from rilo_reader.threads import start_thread
from rilo_reader.tui.children import Collector, Report, VerbFailure

END_TIMEOUT = 2.0  # seconds for what is being written when the session ends


def run(context: LibraryContext, fields: Mapping[str, Any], notices: Sequence[str]) -> int:
    """Read a library by commands until the end of input or `quit`; return the exit code.

    `fields` are options of verbs that nobody types, `notices` lines to begin with.
    """
    appends, new = APPENDS.set(True), NEW_PATHS.set([])
    try:
        # Errors stand in their place among what is said, also in a pipe.
        with redirect_stderr(sys.stdout):
            console = Console()
            console.say_all(notices)
            while True:
                with context.open_library(fills_itself=True) as library:
                    session = FlatSession(library, context, console, fields)
                    code = _run_session(library, context, session, console)
                if code is not None:
                    return code
                context = choose_library(None, context.config, context.paths)
    finally:
        APPENDS.reset(appends)
        NEW_PATHS.reset(new)


def _run_session(
    library: Library, context: LibraryContext, session: FlatSession, console: Console
) -> int | None:
    """Run a session; return the exit code, or None if first articles replace the guide."""
    console.say_all(filter(None, (context.guide_hint, *library.notices)))
    with _stop_on_interrupt(console):
        session.reader.update_index()
    exchange_marks(library.state)
    hide_muted(library)
    total, unread = library.search.count(Query()), library.search.count(parse("is:unread"))
    console.say_text(
        f"{format_count(total, 'article')}, {unread:,} unread. Type help for the commands."
    )
    with _run_background(library, context, console):
        while not session.is_over:
            if context.wanted_folder and has_articles(context.wanted_folder):
                return None
            if console.print_news():
                # New articles of the news are listed, even if the watcher has not seen them yet.
                session.reader.update_index(check=True)
            try:
                line = console.ask_line()
            except KeyboardInterrupt:
                if not console.is_typed:
                    return EXIT_INTERRUPTED
                console.say_text("\nq quits.")
                continue
            if line is None:
                break
            with _stop_on_interrupt(console):
                _run_command(session, line, console)
    exchange_marks(library.state, library if session.has_annotated else None)
    return 0


def _run_command(session: FlatSession, line: str, console: Console) -> None:
    """Run a command; say its error in a line."""
    try:
        session.run(line)
    except UsageError as error:
        details = [line for line in error.details if line.strip("^ ")]  # no carets below a query
        console.say_text("\n".join((str(error), *details)))
    except LibraryError as error:
        console.say_text(str(error))
    except BrokenPipeError:
        raise
    except Exception as error:
        report_error(error)
    output().flush()


@contextmanager
def _stop_on_interrupt(console: Console) -> Iterator[None]:
    """Stop the block on Ctrl-C, and not the program."""
    try:
        yield
    except KeyboardInterrupt:
        if not console.is_typed:
            raise
        console.say_text("\nStopped.")


@contextmanager
def _run_background(library: Library, context: LibraryContext, console: Console) -> Iterator[None]:
    """On a terminal, follow the folder in a thread, and refresh feeds as the settings say."""
    stop = Event()
    jobs: list[Callable[[], object]] = []
    tell = console.news_queue.put
    if console.is_typed:
        jobs.append(partial(follow_folder, library, tell, stop))
        if (minutes := context.config.refresh_every) and not other_library_advice(context):
            new = NEW_PATHS.get()
            jobs.append(partial(refresh_every, minutes, context.folder, tell, stop, new))

    def run_job(job: Callable[[], object]) -> None:
        try:
            job()
        except Exception as error:  # a traceback would come in the middle of a line
            tell(f"Background work stopped: {error}")

    threads = [start_thread(partial(run_job, job), "beside") for job in jobs]
    try:
        yield
    finally:
        stop.set()
        for following in threads[:1]:  # which writes the index
            following.join(END_TIMEOUT)


def follow_folder(library: Library, tell: Callable[[str], None], stop: Event) -> None:
    """Keep the index up to date until `stop`; call `tell` with each new warning."""
    warning = ""
    for progress in library.follower.watch(stop):
        if progress.files is not None and progress.warning != warning:
            warning = progress.warning
            if warning:
                tell(warning)


def refresh_every(
    minutes: int, folder: Path, tell: Callable[[str], None], stop: Event, new: list[str]
) -> None:
    """Refresh now and every `minutes`, until `stop`; call `tell` with a line on the result.

    The paths of new articles are added to `new`.

    The same line is not repeated. A refresh that runs when the program ends ends too, since nobody
    reads its reports.
    """
    before = ""
    while not stop.is_set():
        line = asyncio.run(_refresh_once(folder, new))
        if line and line != before:
            tell(line)
        before = line
        stop.wait(minutes * 60)


async def _refresh_once(folder: Path, new: list[str]) -> str:
    """Run `refresh`; return a sentence on its result, "" without news, and add to `new`."""
    last: Report | None = None
    async for report in Collector(folder).run("refresh", "--json"):
        last = report
        new += report.new if isinstance(report, FeedProgress) else ()
    if isinstance(last, VerbFailure):
        return last.error
    if not isinstance(last, Summary) or last.offline or not (last.new or last.failed):
        return ""
    from rilo_reader.tui.reader.refresh import describe_summary  # has textual

    return f"Refreshed: {describe_summary(last, 'feeds')}"
