"""What the reader is given: folders, processes and marks beside it, notices and delays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from rilo_reader.paths import Paths
from rilo_reader.store.gestures import wall_clock
from rilo_reader.store.state import State, open_state
from rilo_reader.tui.tasks import in_thread

if TYPE_CHECKING:
    from rilo_reader.plugins.devices.follower import MarksFollower, MarksReport
    from rilo_reader.plugins.devices.sync import Sync
    from rilo_reader.tui.children import Collector, Indexer


REOPEN = 75
"""The exit code that asks for the reader to be opened again (EX_TEMPFAIL of sysexits.h)."""

GUIDE = 76  # the exit code that asks for the guide to be opened in place of the library


def local_day() -> date:
    """Today, in the local time zone."""
    return datetime.now().astimezone().date()


class Delays(NamedTuple):
    """Delays of the reader, in seconds."""

    # longest time that a frame waits for the effect of a key; nobody notices less
    frame: float = 0.04
    # until it is said how far a long change of marks is, and until it is said anew
    told: float = 0.1
    count_copies: float = 0.3  # without new results, before copies further down are counted
    # without new results or another article, before expensive queries are prepared
    prepare: float = 2.0
    first_backup: float = 30.0  # from the start to the first backup of the marks
    backup: float = 600.0  # between backups of the marks
    first_sync: float = 0.3  # from the first frame to the first sync
    last_sync: float = 1.0  # that leaving waits for the last sync at most
    marks: float = 1.0  # between looks whether marks have changed
    journals: float = 5.0  # between looks at the journals of a folder that cannot be watched
    notes: float = 15.0  # between updates of the notes on the disk


class Environment(NamedTuple):
    """What the reader does not do itself."""

    paths: Paths  # the folders of settings and feeds
    # the folder of collected articles; not the library's while the guide is shown in place of an
    # empty library
    collects_into: Path
    # creates what fetches and imports; one for each verb
    collector: Callable[[], Collector]
    # starts what keeps the index in step with the folder
    indexer: Callable[[], Indexer] | None = None
    notices: tuple[str, ...] = ()  # what to show at the start, the most important first
    today: Callable[[], date] = local_day  # returns the day, by which mutes end
    delays: Delays = Delays()
    # creates what says which marks change, and syncs them
    marks: Callable[[], MarksThread] | None = None
    # whether this is the guide, which was asked for: leaving by REOPEN returns to `collects_into`
    guide_returns: bool = False
    is_light: bool = False  # whether the terminal has a light background
    typed: str = ""  # what was typed while it was asked
    has_pictures: bool = False  # whether the terminal said that it shows pictures
    in_browser: bool = False  # whether `rilo-reader serve` shows it, instead of a terminal
    # starts what exchanges articles with the archive that the folder shares; None: it shares none
    sharer: Callable[[], Indexer] | None = None

    @property
    def places(self) -> tuple[Path, Paths]:
        """The folder of collected articles, and those of settings and feeds."""
        return self.collects_into, self.paths


def collector_of(library: Path | None) -> Collector:
    """Return what runs verbs on a library; on the user's own, which may be still to create."""
    from rilo_reader.tui.children import Collector

    return Collector(library)


def indexer_of(folder: Path) -> Indexer:
    """Return what keeps the index of a folder in step with it."""
    from rilo_reader.tui.children import Indexer, watch_command

    return Indexer(watch_command(folder, "index"))


def sharer_of(folder: Path) -> Indexer:
    """Return what exchanges articles with the archive of a folder."""
    from rilo_reader.tui.children import Indexer, watch_command

    return Indexer(watch_command(folder, "share", "now"), what="The archive is not followed")


@contextmanager
def opened_sync(state_file: Path) -> Iterator[tuple[State, Sync]]:
    """The marks in a file, by a connection of their own, and the journals of them.

    Raises:
        LibraryError: the marks cannot be read or written, then or within the context.
    """
    from rilo_reader.plugins.devices.sync import Sync

    with closing(open_state(state_file)) as state:
        yield state, Sync(state.journals, state_file.with_suffix(".sync.lock"), wall_clock)


class MarksThread:
    """Follows the marks of a library with a connection and a thread of its own."""

    def __init__(self, state_file: Path, delays: Delays) -> None:
        self._state_file = state_file
        self._delays = delays
        self._follower: MarksFollower | None = None
        self._running: Future[None] | None = None
        self._closing = False

    async def follow(self, since: int) -> AsyncIterator[MarksReport]:
        """Start the thread and yield its reports."""
        loop = asyncio.get_running_loop()
        reports: asyncio.Queue[MarksReport | None] = asyncio.Queue()

        def put(report: MarksReport | None) -> None:
            with suppress(RuntimeError):  # the loop is closed, since the reader has ended
                loop.call_soon_threadsafe(reports.put_nowait, report)

        self._running = in_thread(partial(self._run, since, put), "marks")
        while (report := await reports.get()) is not None:
            yield report
        await asyncio.wrap_future(self._running)

    def _run(self, since: int, put: Callable[[MarksReport | None], None]) -> None:
        """Runs in the thread."""
        from rilo_reader.plugins.devices.follower import MarksFollower, Pauses

        try:
            with opened_sync(self._state_file) as (state, sync):
                pauses = Pauses(self._delays.marks, self._delays.journals)
                self._follower = MarksFollower(state, sync, since, pauses)
                if self._closing:
                    self._follower.stop()
                for report in self._follower.follow():
                    put(report)
        finally:
            put(None)

    @property
    def is_on(self) -> bool:
        """Whether sync is on, as far as is known."""
        return self._follower is not None and self._follower.is_on

    async def close(self) -> None:
        """End the thread; with sync on, what was done last is written into the journal first."""
        self._closing = True
        if self._follower is None or self._running is None:
            return
        self._follower.stop()
        if self._follower.is_on:
            await asyncio.wait([asyncio.wrap_future(self._running)])
