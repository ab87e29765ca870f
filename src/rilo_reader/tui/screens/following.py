"""Following the folder: what the indexer says, and showing what it brought."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rilo_reader.library import LibraryError, Progress
from rilo_reader.library.left_out import notice
from rilo_reader.library.pace import Pace, spoken
from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from rilo_reader.tui.indexer import Indexer
    from rilo_reader.tui.screens.reader import ReaderScreen

WORTH_SAYING = 300
"""Files of a reconciliation below which it is over before anybody has read about it."""

LONG = 10.0
"""Seconds that are left from which on speed and time are worth saying."""


class Following(Room):
    """Keeps the list in step with the folder without moving what one looks at."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._indexer: Indexer | None = None
        self._pace = Pace()
        self._told_of_left_out = False
        self._reloading = Latest(desk, "reload", desk.say_error)

    def follow_folder(self) -> None:
        """Start to listen to the indexer; once the first article is on the screen."""
        if self.desk.around.indexer is not None:
            self._indexer = self.desk.around.indexer()
            self.desk.run_worker(self._listen(self._indexer), name="indexer", group="indexer")

    async def stop_following(self) -> None:
        """End the indexer."""
        if self._indexer is not None:
            await self._indexer.close()

    async def _listen(self, indexer: Indexer) -> None:
        async for word in indexer.follow():
            if isinstance(word, Progress):
                self._heard(word)
            else:
                self.desk.caught_up = True
                self.desk.bottom.activity = ""
                self.desk.say_error(LibraryError(word.reason))

    def _heard(self, progress: Progress) -> None:
        self._pace.hear(progress)
        self.desk.bottom.activity = activity(progress, self._pace)
        self.desk.caught_up = self.desk.caught_up or progress.finished
        if progress.finished and not progress.committed and self.desk.articles.total:
            self.desk.touched()
        if progress.files is not None and progress.left_out is not None:
            self._tell_of_left_out(progress.files, progress.left_out)
        # Also where our indexer had nothing to do: another reader's may have done it.
        if progress.committed or progress.finished:
            self._reloading.ask(self.desk.library.reload, self._reloaded)

    def _tell_of_left_out(self, files: int, left_out: Mapping[str, int]) -> None:
        """Say once that a good part of the folder's texts is not here."""
        told = "" if self._told_of_left_out else notice(files, left_out)
        if told:
            self._told_of_left_out = True
            self.desk.say(f"{told}; doctor says more")

    def _reloaded(self, changed: bool) -> None:
        if changed or not self.desk.articles.total:
            self.desk.ask_again(to_top=not self.desk.is_touched)
            if self.desk.caught_up and self.desk.articles.total:
                # What is open now is being read, also by somebody who presses no key.
                self.desk.touched()


def activity(progress: Progress, pace: Pace | None = None) -> str:
    """What to say on the right of the last line; "" where there is nothing to say.

    Speed and time left are said where it takes so long that somebody would ask; so is that files
    are only looked at, since most often none of them has changed.
    """
    if progress.finished:
        return ""
    if progress.total is None:
        takes_long = pace is not None and pace.speed is not None
        return f"Looking at {progress.done:,} files…" if takes_long else ""
    if progress.total < WORTH_SAYING:
        return ""
    reading = f"Reading {progress.done:,} of {progress.total:,}"
    left = pace.seconds_left if pace is not None else None
    if pace is None or left is None or left < LONG:
        return f"{reading}…"
    return f"{reading} · {pace.speed:,.0f}/s · {spoken(left)} left"
