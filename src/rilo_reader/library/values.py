"""Values that the library returns: rows, windows, snippets, progress (no I/O)."""

import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from rilo_reader.article import Article, ArticleId, Fault
from rilo_reader.index.schema import Hit
from rilo_reader.store.gestures import NO_MARKS, Marks


class Row(NamedTuple):
    """One article in a list of results."""

    id: ArticleId
    path: str
    title: str
    source: str
    date: datetime
    date_only: bool
    marks: Marks
    copies: int = 0  # duplicates in the results that are folded into this row
    url: str = ""
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  # those of the file, while the user's are in `marks`

    @staticmethod
    def of(article: Article | Hit, marks: Marks = NO_MARKS) -> "Row":
        """The row of an article, or of what the index has of it."""
        return Row._make((*_first(article), marks, 0, *_last(article)))


_first, _last = attrgetter(*Row._fields[:6]), attrgetter(*Row._fields[8:])  # but for the marks


class Window(NamedTuple):
    """A part of a query's results."""

    total: int  # the number of rows in all the results
    offset: int  # the index of the first row of this part
    rows: tuple[Row, ...]
    left_out: int = 0  # the number of further articles, folded into rows as duplicates
    # False if only results near the top were folded; a search that is not `quick` gives the exact
    # numbers of rows and copies
    is_whole: bool = True
    # False if there may be more results than `total + left_out`, which `ArticleSearch.count`
    # returns exactly
    is_counted: bool = True


class Hidden(NamedTuple):
    """Numbers of muted results: in all, and by mute; several mutes may hide one article."""

    total: int
    by_mute: tuple[int, ...]


class Snippet(NamedTuple):
    """Text around an article's first hit, and the hits in it as (start, end) characters."""

    text: str
    hits: tuple[tuple[int, int], ...]


class Progress(NamedTuple):
    """The progress of a reconciliation."""

    done: int  # files that are done
    total: int | None  # files to read, None while the folder is being listed
    added: int = 0  # articles added to the index
    changed: int = 0  # articles that changed
    removed: int = 0  # articles removed from the index
    skipped: int = 0  # files that are not articles after all
    committed: bool = False  # whether new results can be seen
    finished: bool = False  # whether this is the last report
    # in the last report, the number of article files in the folder; None if it was not listed
    files: int | None = None
    # likewise, the numbers of other files by kind (see `left_out.in_short`)
    left_out: Mapping[str, int] | None = None
    # likewise, the folders that could not be read and why, in short
    unread: str = ""
    # likewise, why the folder is looked at now and then instead of being watched
    unwatched: str = ""
    moved: int = 0  # articles found in another place; neither added nor removed
    marks: bool = False  # whether marks may have changed, and nothing else

    @property
    def warning(self) -> str:
        """A sentence or two on what is not read or not watched, for the user; "" if all is."""
        read = f"Not read: {self.unread}." if self.unread else ""
        watched = "Changes in this folder are found after some seconds, not at once: "
        return " ".join(filter(None, (read, self.unwatched and f"{watched}{self.unwatched}.")))


class ReadingLimits(NamedTuple):
    """Delays and sizes of batches when the index is brought up to date."""

    writer_wait: float = 10.0  # seconds to wait for another process that is writing the index
    first_batch: int = 200  # articles before the first commit of a build, enough to fill a screen
    # seconds between later commits, a compromise between early results and speed
    batch_seconds: float = 2.0
    # least time between commits as a share of the time so far, which limits their cost
    batch_share: float = 0.2
    # characters between two commits, which limits memory: the writer buffers them
    most_waiting: int = 200_000_000
    report_seconds: float = 0.1  # seconds between two reports of progress
    # seconds between comparisons of a folder that cannot be watched; more for large folders
    look_seconds: float = 5.0
    # seconds that git may take to say when files were added; it is not asked where that is 0
    git_seconds: float = 15.0
    # read articles from which on the first query for `is:unread` takes longer than a frame, so that
    # it is prepared for
    many_read: int = 20_000
    clock: Callable[[], float] = time.monotonic  # a monotonic clock, in seconds


class Skipped(NamedTuple):
    """A file that is not an article, and why."""

    path: str
    reason: str


class Faulty(NamedTuple):
    """An article whose file has faults."""

    path: str
    faults: tuple[Fault, ...]


# -- speed of a reconciliation, from its reports --------------------------------------------------

SPAN = 10.0  # seconds over which the speed is averaged, to even out commits and large files
FIRST = 1.0  # seconds before a speed is returned; the first files are not representative


class Pace:
    """The speed of one reconciliation."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reports: deque[tuple[float, int]] = deque()
        self._total: int | None = None

    def add(self, progress: Progress) -> None:
        """Add a report; a new total restarts the measurement."""
        if progress.total != self._total or (
            self._reports and progress.done < self._reports[-1][1]
        ):
            self._reports.clear()
        self._total = progress.total
        now = self._clock()
        self._reports.append((now, progress.done))
        while len(self._reports) > 2 and now - self._reports[1][0] >= SPAN:
            self._reports.popleft()

    @property
    def speed(self) -> float | None:
        """Files per second, None while unknown."""
        if not self._reports:
            return None
        (start, first), (now, last) = self._reports[0], self._reports[-1]
        return (last - first) / (now - start) if now - start >= FIRST and last > first else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until all files are read, None while unknown."""
        if (speed := self.speed) is None or self._total is None:
            return None
        return (self._total - self._reports[-1][1]) / speed


def rough_duration(seconds: float) -> str:
    """A duration for people who wait: "40 s", "3 min", "1 h 20 min"."""
    rounded = max(1, round(seconds))
    if rounded < 60:
        return f"{rounded} s"
    minutes = round(rounded / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
