"""Flat mode: a prompt, and lines that are only appended, for ears, braille displays and pipes."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr
from functools import partial
from threading import Event, Thread
from time import monotonic
from typing import Any

from rilo_reader.cli.choice import Place, choose, holds_articles
from rilo_reader.cli.flat.background import refresh_every
from rilo_reader.cli.flat.console import Console
from rilo_reader.cli.flat.session import Session
from rilo_reader.cli.highlights import write_notes
from rilo_reader.cli.libraries import exchange, not_first
from rilo_reader.cli.output import APPENDS, INTERRUPTED, UsageError, output, report_error
from rilo_reader.cli.report import describe
from rilo_reader.cli.search import hide_muted
from rilo_reader.library import Library, LibraryBusy, LibraryError
from rilo_reader.query.parser import parse
from rilo_reader.query.tree import Query
from rilo_reader.text import counted

LEFT_OUT = frozenset({"search", "list", "serve", "mcp", "index", "completion", "help"})
"""Verbs that are commands here themselves, or that never end."""

COLLECTING = frozenset({"add", "refresh", "feeds", "account", "import", "sync", "settings"})
"""Verbs that are about the user's own library, also while the guide is shown in its place."""

SAID_EVERY = 10.0  # seconds between two lines on how far the index is
PATIENCE = 2.0  # seconds for what is being written when the session ends


def run(
    where: Place, verbs: Sequence[str], given: Mapping[str, Any], notices: Sequence[str]
) -> int:
    """Read a library by commands until the end of input or `quit`; return the exit code.

    `given` are options of verbs that nobody types, `notices` lines to begin with.
    """
    allowed = [verb for verb in verbs if verb not in LEFT_OUT]
    appends = APPENDS.set(True)
    try:
        # What is wrong stands in its place among what is said, also in a pipe.
        with redirect_stderr(sys.stdout):
            console = Console()
            console.say_all(notices)
            while True:
                with where.open(fills_itself=True) as library:
                    code = _run(library, where, allowed, given, console)
                if code is not None:
                    return code
                where = choose(None, where.config, where.paths)
    finally:
        APPENDS.reset(appends)


def _run(
    library: Library,
    where: Place,
    verbs: Sequence[str],
    given: Mapping[str, Any],
    console: Console,
) -> int | None:
    """A session; returns the exit code, None where the guide makes room for the first articles."""

    def run_verb(words: list[str]) -> None:
        from rilo_reader.cli import verb_of

        verb = verb_of(words[0])
        is_own = where.instead_of is not None and verb.verb in COLLECTING
        into = () if is_own else ("--library", str(library.folder))
        if {"-h", "--help"} & set(words):
            console.say(verb.parser().format_help())
        else:
            verb.parse([*into, *words[1:]], **given).run()

    update = partial(_update, library, console)
    session = Session(library, where.config, console, verbs=verbs, run_verb=run_verb, update=update)
    console.say_all(filter(None, (where.hint, *library.notices)))
    with _interruptible(console):
        update()
    exchange(library.state, library.state_file)
    hide_muted(library)
    total, unread = library.search.count(Query()), library.search.count(parse("is:unread"))
    console.say(f"{counted(total, 'article')}, {unread:,} unread. Type help for the commands.")
    with _beside(library, where, console):
        while not session.is_over:
            if where.instead_of and holds_articles(where.instead_of):
                return None
            if console.take_news():
                update(check=True)  # what is told is there, also if the watcher has yet to see it
            try:
                line = console.ask()
            except KeyboardInterrupt:
                if not console.is_typed:
                    return INTERRUPTED
                console.say("\nq quits.")
                continue
            if line is None:
                break
            with _interruptible(console):
                _do(session, line, console)
    exchange(library.state, library.state_file)
    if session.marks.has_annotated:
        write_notes(library)
    return 0


def _do(session: Session, line: str, console: Console) -> None:
    """Do a command; what is wrong is a line."""
    try:
        session.run(line)
    except UsageError as error:
        console.say("\n".join((str(error), *error.details)))
    except LibraryError as error:
        console.say(str(error))
    except BrokenPipeError:
        raise
    except Exception as error:
        report_error(error)
    output().flush()


@contextmanager
def _interruptible(console: Console) -> Iterator[None]:
    """Ctrl-C ends what is going on, and not the program."""
    try:
        yield
    except KeyboardInterrupt:
        if not console.is_typed:
            raise
        console.say("\nStopped.")


def _update(library: Library, console: Console, *, check: bool = False) -> None:
    """Bring the index up to date, and now and then say how far it is.

    Without `check`, not where `_beside` does so.
    """
    said = monotonic()
    try:
        for progress in library.follower.reconcile(check=check):
            if monotonic() - said > SAID_EVERY:
                said = monotonic()
                console.say(describe(progress))
                output().flush()
    except LibraryBusy as busy:
        console.say(str(busy))
    library.index.reload()


@contextmanager
def _beside(library: Library, where: Place, console: Console) -> Iterator[None]:
    """Where somebody types, follow the folder in a thread, and refresh feeds as settings ask."""
    stop = Event()
    work: list[Callable[[], object]] = []
    if console.is_typed:
        work.append(lambda: deque(library.follower.watch(stop), maxlen=0))
        if (minutes := where.config.refresh_every) and not not_first(where):
            work.append(lambda: refresh_every(minutes, where.folder, console.news.put, stop))

    def in_thread(job: Callable[[], object]) -> None:
        try:
            job()
        except Exception as error:  # a traceback would come in the middle of a line
            console.news.put(f"What went on beside this has stopped: {error}")

    threads = [Thread(target=in_thread, args=(job,), daemon=True) for job in work]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for following in threads[:1]:  # which writes the index
            following.join(PATIENCE)
