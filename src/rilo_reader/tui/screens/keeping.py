"""Keeping what was marked safe while the reader stays open for weeks."""

from __future__ import annotations

from rilo_reader.tui.screens.desk import Desk

BACKUP_SECONDS = 600.0
"""How often the marks are backed up, where they changed; it takes no key's time."""


class Keeping(Desk):
    """Backs the marks up now and then, and tells what the library has to say since the start."""

    _told: tuple[str, ...] = ()

    def keep_backups(self) -> None:
        """Start with it; what the library had to say so far is told already."""
        self._told = self.library.notices
        self.set_interval(BACKUP_SECONDS, self.back_up)

    def back_up(self) -> None:
        """Make a backup now, after what is being written."""
        self.written.do(self.library.backup, lambda _: self._tell_news())

    def _tell_news(self) -> None:
        notices = self.library.notices
        new = [notice for notice in notices if notice not in self._told]
        self._told = notices
        if new:
            self.bottom.say(" ".join(new), stay=True)
