"""What the library hands out: rows, windows, snippets, progress, errors (no I/O)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from rilo_reader.article import ArticleId, Fault
from rilo_reader.store.marks import Marks


class LibraryError(Exception):
    """Something the user must know: what happened, where, and what to do, in one message."""


class LibraryBusy(LibraryError):  # noqa: N818 - a state of the library, not a fault of anyone's
    """Another process is writing the index; what is there can be read all the same."""


class Row(NamedTuple):
    """What the list, and a line of the command line, show of one article.

    `copies` is how many results that tell the same story are folded into this row; `tags` are
    those of its file, the user's own are among the marks.
    """

    id: ArticleId
    path: str
    title: str
    source: str
    date: datetime
    date_only: bool
    marks: Marks
    copies: int = 0
    url: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class Window(NamedTuple):
    """A part of a query's results: the exact total, where the part begins, its rows.

    `left_out` is how many more articles there are that are folded into rows of the results. Where
    it is not `is_whole`, only what is near the top was folded: ask once more, not `quick`, when
    there is time, for the exact number of rows and of copies. `total + left_out` is exact where it
    `is_counted`; else there may be more results than these: `count` tells `total + left_out`.
    """

    total: int
    offset: int
    rows: tuple[Row, ...]
    left_out: int = 0
    is_whole: bool = True
    is_counted: bool = True


class Hidden(NamedTuple):
    """How many results are muted: each once in `total`, and under every mute that hides it."""

    total: int
    by_mute: tuple[int, ...]


class Snippet(NamedTuple):
    """A piece of an article around its first hit, and the hits in it as (start, end) characters."""

    text: str
    hits: tuple[tuple[int, int], ...]


class Progress(NamedTuple):
    """How far a reconciliation is; `total` is None while the folder is still being listed.

    Once the whole folder was listed, the last report says how many `files` are articles by what
    they are, and how many others were `left_out`, by kind (see left_out.in_short); None before,
    and where only some files were looked at.
    """

    done: int
    total: int | None
    added: int = 0
    changed: int = 0
    removed: int = 0
    skipped: int = 0
    committed: bool = False
    finished: bool = False
    files: int | None = None
    left_out: Mapping[str, int] | None = None


class Skipped(NamedTuple):
    """A file of the folder that is no article, and why."""

    path: str
    reason: str


class Faulty(NamedTuple):
    """An article whose file has faults."""

    path: str
    faults: tuple[Fault, ...]


# How fast a reconciliation goes and how long it still takes, from what it reports (pure).


SPAN = 10.0
"""Seconds over which the speed is taken: a commit or a large file must not make it jump."""

FIRST = 1.0
"""Seconds before anything is said: what the first files took says nothing."""


class Pace:
    """The speed of one reconciliation.

    Args:
        clock: seconds of a clock that never goes back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: deque[tuple[float, int]] = deque()
        self._total: int | None = None

    def hear(self, progress: Progress) -> None:
        """Take in a report; reports of another total begin anew."""
        if progress.total != self._total or (self._heard and progress.done < self._heard[-1][1]):
            self._heard.clear()
        self._total = progress.total
        now = self._clock()
        self._heard.append((now, progress.done))
        while len(self._heard) > 2 and now - self._heard[1][0] >= SPAN:
            self._heard.popleft()

    @property
    def speed(self) -> float | None:
        """Files a second; None while that cannot be told."""
        if not self._heard:
            return None
        (begun, first), (now, last) = self._heard[0], self._heard[-1]
        return (last - first) / (now - begun) if now - begun >= FIRST and last > first else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all files are read; None while that cannot be told."""
        speed = self.speed
        if speed is None or self._total is None:
            return None
        return (self._total - self._heard[-1][1]) / speed


def spoken(seconds: float) -> str:
    """A span of time as people say it while they wait: "40 s", "3 min", "1 h 20 min"."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
