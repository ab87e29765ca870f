"""Marks that change beside the reader, followed in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from rilo_reader.tui.background import in_thread

if TYPE_CHECKING:
    from rilo_reader.store.state import State
    from rilo_reader.sync.follower import MarksFollower, MarksReport
    from rilo_reader.sync.sync import Sync
    from rilo_reader.tui.environment import Delays


@contextmanager
def opened_sync(state_file: Path, now: Callable[[], int]) -> Iterator[tuple[State, Sync]]:
    """The marks in a file, by a connection of their own, and the journals of them.

    Raises:
        LibraryError: the marks cannot be read or written, then or within the context.
    """
    from rilo_reader.library.values import translate_errors
    from rilo_reader.store.state import open_state
    from rilo_reader.sync.sync import Sync

    with translate_errors(), closing(open_state(state_file)) as state:
        yield state, Sync(state.journals, state_file.with_suffix(".sync.lock"), now)


class FollowedMarks(Protocol):
    """Something that says which marks changed, and carries them between devices."""

    def follow(self, since: int) -> AsyncIterator[MarksReport]:
        """Yield what changed after a revision of the marks, until closed."""
        ...

    @property
    def is_on(self) -> bool:
        """Whether marks travel, as far as is known."""
        ...

    async def close(self) -> None:
        """End it; with sync on, what was done last is written into the journal first."""
        ...


class MarksThread:
    """Follows the marks of a library with a connection and a thread of its own."""

    def __init__(self, state_file: Path, delays: Delays, now: Callable[[], int]) -> None:
        """Create it; `follow` starts the thread.

        Args:
            state_file: the file of the library's marks.
            delays: how long to wait between looks.
            now: the time in milliseconds since 1970.
        """
        self._state_file = state_file
        self._delays = delays
        self._now = now
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
        from rilo_reader.sync.follower import MarksFollower, Pauses

        try:
            with opened_sync(self._state_file, self._now) as (state, sync):
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
        """End the thread, and wait for it if sync is on."""
        self._closing = True
        if self._follower is None or self._running is None:
            return
        self._follower.stop()
        if self._follower.is_on:
            await asyncio.wait([asyncio.wrap_future(self._running)])
