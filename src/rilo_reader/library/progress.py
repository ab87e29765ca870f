"""Reports of a reconciliation of the index: how far it is, how fast, and what it leaves out."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from rilo_reader.article import Fault
from rilo_reader.dialects.sites import Site


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
    # likewise, the numbers of other files by kind (see `other_files.describe_counts`)
    left_out: Mapping[str, int] | None = None
    # likewise, the folders that could not be read and why, in short
    unread: str = ""
    # likewise, why the folder is looked at now and then instead of being watched
    unwatched: str = ""
    moved: int = 0  # articles found in another place; neither added nor removed
    marks: bool = False  # whether marks may have changed, and nothing else
    # why the index cannot be saved, a clause; nothing was indexed, and it is tried again
    unsaved: str = ""

    @property
    def warning(self) -> str:
        """A sentence or two on what is not read or not watched, for the user; "" if all is."""
        read = f"Not read: {self.unread}." if self.unread else ""
        watched = "Changes in this folder are found after some seconds, not at once: "
        return " ".join(filter(None, (read, self.unwatched and f"{watched}{self.unwatched}.")))


class Skipped(NamedTuple):
    """A file that is not an article, and why."""

    path: str
    reason: str


class FolderFindings(NamedTuple):
    """A folder, besides the articles in its index."""

    skipped: Sequence[Skipped]  # by path
    sites: Mapping[str, Site]  # by their folders
    outside_links: Mapping[str, str]  # articles out of the library, with the links that lead there
    other_kinds: Mapping[str, int]  # numbers of files that are not articles, largest first


class Faulty(NamedTuple):
    """An article whose file has faults."""

    path: str
    faults: tuple[Fault, ...]


SPAN = 10.0  # seconds over which the speed is averaged, to even out commits and large files
FIRST = 1.0  # seconds before a speed is returned; the first files are not representative


class SpeedMeter:
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
