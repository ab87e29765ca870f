"""Print what verbs report: records one after another, results, and progress while people wait.

A `RecordPrinter` prints the same things as JSON, as columns between tabs, or as lines for people.
"""

from __future__ import annotations

import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from threading import Timer
from typing import Any, NamedTuple

from rilo_reader.article import ArticleId
from rilo_reader.cli.output import APPENDS, PROGRESS_DELAY, StyledText, errors, output
from rilo_reader.dates import format_date
from rilo_reader.library import Library, LibraryError, Progress
from rilo_reader.library.progress import SpeedMeter, rough_duration
from rilo_reader.text import clean_line, clean_text

Line = tuple[StyledText | str, ...]

LISTS = ContextVar[Callable[[Sequence[ArticleId], str, str], None] | None]("lists", default=None)
"""Takes articles that a verb found, and texts before and after them; flat mode numbers them."""


class Choice(NamedTuple):
    """A line that can be chosen."""

    text: str
    command: str  # what choosing it runs, as typed in flat mode; "" for nothing
    again: str = ""  # what choosing it again runs, in turn with this, if it is something else


CHOICES = ContextVar[Callable[[Sequence[Choice], str], None] | None]("choices", default=None)
"""Takes lines in place of what a verb would print, and a text before them; as for `LISTS`."""

LONGEST_CELL = 10_000  # characters of a value in a column
INTERVAL = 0.1  # least number of seconds between two updates of a count


class RecordPrinter:
    """Prints records, each in the form that the output of a verb asks for."""

    def __init__(self, columns: Sequence[str], *, as_json: bool) -> None:
        """Print on standard output; `columns` are names of values in a pipe."""
        self._out = output()
        self._columns = columns
        self._as_json = as_json
        self.for_people = self._out.is_for_people and not as_json

    def print_record(
        self, record: Mapping[str, object], lines: Iterable[Line] = (), **shown: object
    ) -> None:
        """Print a record as JSON, as `lines` for people, which may be lazy, or in columns.

        In columns, values of `shown` stand instead of those of the record.
        """
        if self._as_json:
            self._out.json(record)
        elif self.for_people:
            for line in lines:
                self._out.line(*line)
        else:
            values = {**record, **shown}
            self._out.line(
                "\t".join(_format_cell(name, values.get(name)) for name in self._columns)
            )


def pick_values(thing: object, *names: str) -> dict[str, Any]:
    """Some attributes of a thing by name, for a record."""
    return {name: getattr(thing, name) for name in names}


def _format_cell(name: str, value: object) -> str:
    """A value of a column on one line; a moment in the local zone, a list with commas.

    A path keeps all its spaces, since another command is given it.
    """
    if name == "path":
        return re.sub(r"[\t\n]", " ", clean_text(str(value)))
    if isinstance(value, datetime):
        return format_date(value, False, form="iso")
    if isinstance(value, (list, tuple)):
        value = ", ".join(map(str, value))
    return "" if value is None else clean_line(str(value), LONGEST_CELL)


def can_ask(*, as_json: bool) -> bool:
    """Return whether somebody is at the terminal who can be asked a question."""
    return output().is_terminal and sys.stdin is not None and sys.stdin.isatty() and not as_json


def ask_user(question: str, default: str = "") -> str:
    """Ask on the terminal; return the answer. The end of input is as Ctrl-C.

    An empty answer is the default; in flat mode it cancels where there is one.
    """
    out, usual = output(), "" if APPENDS.get() else default
    question += f"[{usual}] " if usual else ""
    out.write(question)
    out.flush()
    answer = sys.stdin.readline()
    if not answer:
        raise KeyboardInterrupt
    answer = answer.strip() or usual
    if default and not answer:
        raise LibraryError("Cancelled.")
    return answer


def print_result(as_json: bool, sentence: str, **record: object) -> None:
    """Print what was done: as a sentence, or for a program as an object that has `finished`."""
    if as_json:
        output().json({"finished": True, **record})
    else:
        output().line(sentence)


# -- progress -------------------------------------------------------------------------------------


def bring_up_to_date(
    library: Library, *, rebuild: bool = False, check: bool = True
) -> Progress | None:
    """Reconcile the index with the files; return the last report of progress, if any.

    It is shown on a terminal where it takes long. With `rebuild` every file is read again, not
    only what changed. Without `check` a process that watches the folder is trusted.
    """
    pace, last = SpeedMeter(), None
    with _show_status() as show:
        for last in library.follower.reconcile(rebuild=rebuild, check=check):
            pace.add(last)
            show(partial(describe_progress, last, pace))
    library.index.reload()
    return last


def describe_progress(progress: Progress, pace: SpeedMeter | None = None) -> str:
    """Progress in words: "Reading 1,200 of 20,000 files · 9,500 a second · 2 s left"."""
    if progress.total is None:
        return f"Scanning the folder … {progress.done:,}"
    reading = f"Reading {progress.done:,} of {progress.total:,} files"
    if pace is None or pace.speed is None:
        return f"{reading} …"
    left = f" · {rough_duration(pace.seconds_left)} left" if pace.seconds_left else ""
    text = f"{reading} · {pace.speed:,.0f} a second{left}"
    # No wider than the terminal: the next line would not replace all of a wrapped one.
    return text[: shutil.get_terminal_size().columns - 1]


@contextmanager
def show_waiting(text: str) -> Iterator[None]:
    """Show what is waited for on stderr where it takes long, if it is a terminal."""
    screen = errors()
    timer = Timer(PROGRESS_DELAY.get(), screen.status, (text,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        screen.status("")


@contextmanager
def show_count(
    text: str, total: int | None = None, *, has_rate: bool = False
) -> Iterator[Callable[[int], None]]:
    """Show progress on stderr, if it is a terminal: "Writing 1,200 of 20,000 …".

    Yields a function to call with the number that is done; `has_rate` says how many that is a
    second, once there were two.
    """
    of, begun = f" of {total:,}" if total is not None else "", time.monotonic()

    def describe(done: int) -> str:
        seconds = time.monotonic() - begun
        rate = f", {done / seconds:,.0f} a second" if has_rate and seconds > 2 else ""
        return f"{text} {done:,}{of}{rate} …"

    with _show_status() as show:
        yield lambda done: show(lambda: describe(done))


@contextmanager
def _show_status() -> Iterator[Callable[[Callable[[], str]], None]]:
    """Yield a function that shows a text on stderr, if that is a terminal, now and then."""
    screen = errors()
    delay = PROGRESS_DELAY.get()
    interval = min(INTERVAL, delay)
    last, shown = time.monotonic() + delay - interval, False

    def show(text: Callable[[], str]) -> None:
        nonlocal last, shown
        now = time.monotonic()
        if screen.is_terminal and now - last > interval:
            last, shown = now, True  # set first, since Ctrl-C may come while the line is written
            screen.status(text())

    try:
        yield show
    finally:
        # Also after Ctrl-C, so that no partial line remains.
        if shown:
            screen.status("")
