"""Flat mode: a prompt, and lines that are only appended, for ears, braille displays and pipes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

from rilo_reader.cli.arguments import exchange_marks, hide_muted, other_library_advice
from rilo_reader.cli.library_context import LibraryContext, choose_library, has_articles
from rilo_reader.cli.output import APPENDS, EXIT_INTERRUPTED, UsageError, output, report_error
from rilo_reader.feeds.progress import Summary
from rilo_reader.library import Library, LibraryError
from rilo_reader.plugins.flat.console import Console
from rilo_reader.plugins.flat.session import FlatSession
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from rilo_reader.text import format_count
from rilo_reader.threads import start_thread
from rilo_reader.tui.children import Collector, Report, VerbFailure

PATIENCE = 2.0  # seconds for what is being written when the session ends


def run(context: LibraryContext, fields: Mapping[str, Any], notices: Sequence[str]) -> int:
    """Read a library by commands until the end of input or `quit`; return the exit code.

    `fields` are options of verbs that nobody types, `notices` lines to begin with.
    """
    appends = APPENDS.set(True)
    try:
        # What is wrong stands in its place among what is said, also in a pipe.
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


def _run_session(
    library: Library, context: LibraryContext, session: FlatSession, console: Console
) -> int | None:
    """A session; returns the exit code, None where the guide makes room for the first articles."""
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
                # What is told is there, also if the watcher has yet to see it.
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
    """Do a command; what is wrong is a line."""
    try:
        session.run(line)
    except UsageError as error:
        console.say_text("\n".join((str(error), *error.details)))
    except LibraryError as error:
        console.say_text(str(error))
    except BrokenPipeError:
        raise
    except Exception as error:
        report_error(error)
    output().flush()


@contextmanager
def _stop_on_interrupt(console: Console) -> Iterator[None]:
    """Ctrl-C ends what is going on, and not the program."""
    try:
        yield
    except KeyboardInterrupt:
        if not console.is_typed:
            raise
        console.say_text("\nStopped.")


@contextmanager
def _run_background(library: Library, context: LibraryContext, console: Console) -> Iterator[None]:
    """Where somebody types, follow the folder in a thread, and refresh feeds as settings ask."""
    stop = Event()
    work: list[Callable[[], object]] = []
    if console.is_typed:
        work.append(lambda: follow_folder(library, console.news_queue.put, stop))
        if (minutes := context.config.refresh_every) and not other_library_advice(context):
            work.append(
                lambda: refresh_every(minutes, context.folder, console.news_queue.put, stop)
            )

    def run_job(job: Callable[[], object]) -> None:
        try:
            job()
        except Exception as error:  # a traceback would come in the middle of a line
            console.news_queue.put(f"Background work stopped: {error}")

    threads = [start_thread(partial(run_job, job), "beside") for job in work]
    try:
        yield
    finally:
        stop.set()
        for following in threads[:1]:  # which writes the index
            following.join(PATIENCE)


def follow_folder(library: Library, tell: Callable[[str], None], stop: Event) -> None:
    """Keep the index up to date until `stop`; `tell` gets what cannot be read or watched, once."""
    told = ""
    for progress in library.follower.watch(stop):
        if progress.files is not None and progress.warning != told:
            told = progress.warning
            if told:
                tell(told)


def refresh_every(minutes: int, folder: Path, tell: Callable[[str], None], stop: Event) -> None:
    """Refresh now and every `minutes`, until `stop`; `tell` gets a line on what is new or failed.

    What failed as it did the time before is not told again. A refresh that is under way when the
    program ends finds nobody who reads what it reports, and ends too.
    """
    before = ""
    while not stop.is_set():
        told = asyncio.run(_refresh_once(folder))
        if told and told != before:
            tell(told)
        before = told
        stop.wait(minutes * 60)


async def _refresh_once(folder: Path) -> str:
    """Run the verb; a sentence on what it did, "" if that is nothing."""
    last: Report | None = None
    async for report in Collector(folder).run("refresh", "--json"):
        last = report
    if isinstance(last, VerbFailure):
        return last.error
    if not isinstance(last, Summary) or last.offline or not (last.new or last.failed):
        return ""
    from rilo_reader.tui.reader.refresh import describe_summary  # has textual

    return f"Refreshed: {describe_summary(last, 'feeds')}"
