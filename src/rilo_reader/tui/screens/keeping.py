"""Keeping what was marked safe while the reader stays open for weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rilo_reader.tui.jobs import Latest
from rilo_reader.tui.screens.room import Room

if TYPE_CHECKING:
    from rilo_reader.tui.screens.reader import ReaderScreen

BACKUP_SECONDS = 600.0
"""How often the marks are backed up, where they changed; it takes no key's time."""

FIRST_BACKUP = 30.0
"""Seconds after the start until the first one."""


class Keeping(Room):
    """Backs the marks up now and then, and tells what the library has to say since the start."""

    def __init__(self, desk: ReaderScreen) -> None:
        super().__init__(desk)
        self._told: tuple[str, ...] = ()
        self._backing_up = Latest(desk, "backup", desk.say_error, patience=0)

    def keep_backups(self) -> None:
        """Start with it; what the library had to say so far is told already."""
        self._told = self.desk.library.notices
        # Of many marks none is made on leaving, so that of the last time is made now.
        self.desk.set_timer(FIRST_BACKUP, self.back_up)
        self.desk.set_interval(BACKUP_SECONDS, self.back_up)

    def back_up(self) -> None:
        """Make a backup now; whoever leaves does not wait for it."""
        self._backing_up.ask(self.desk.library.backup, lambda _: self._tell_news())

    def _tell_news(self) -> None:
        notices = self.desk.library.notices
        new = [notice for notice in notices if notice not in self._told]
        self._told = notices
        if new:
            self.desk.bottom.say(" ".join(new), stay=True)
