"""Keeping what was marked safe while the reader stays open for weeks."""

from __future__ import annotations

from rilo_reader.tui.screens.room import Room

BACKUP_SECONDS = 600.0
"""How often the marks are backed up, where they changed; it takes no key's time."""


class Keeping(Room):
    """Backs the marks up now and then, and tells what the library has to say since the start."""

    _told: tuple[str, ...] = ()

    def keep_backups(self) -> None:
        """Start with it; what the library had to say so far is told already."""
        self._told = self.desk.library.notices
        self.desk.set_interval(BACKUP_SECONDS, self.back_up)

    def back_up(self) -> None:
        """Make a backup now, after what is being written."""
        self.desk.written.do(self.desk.library.backup, lambda _: self._tell_news())

    def _tell_news(self) -> None:
        notices = self.desk.library.notices
        new = [notice for notice in notices if notice not in self._told]
        self._told = notices
        if new:
            self.desk.bottom.say(" ".join(new), stay=True)
