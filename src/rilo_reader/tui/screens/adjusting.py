"""Changing settings.toml from within the reader, so that it is seen at once and can be undone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from rilo_reader.config import Config, load
from rilo_reader.library import LibraryError
from rilo_reader.tui.screens.room import Room
from rilo_reader.tui.screens.undoing import Deed

Edit = Callable[[Path], None]
"""Changes a settings file; raises OSError or ValueError with a message for the user."""


class Adjusting(Room):
    """Writes saved searches and mutes to the settings, and takes them from there."""

    def adjust(self, edit: Edit, back: Edit, told: str) -> None:
        """Change the settings in a thread, and say so.

        Args:
            edit: the change.
            back: what undoes it.
            told: what was done.
        """

        def take_back() -> Callable[[], None]:
            return partial(self.take_settings, self._adjusted(back))

        def then(config: Config) -> None:
            self.take_settings(config)
            self.rooms.undoing.done(Deed(told, take_back, is_setting=True))

        self.desk.written.do(partial(self._adjusted, edit), then)

    def read_again(self) -> None:
        """Go by what the file says now: somebody else may have changed it."""
        self.desk.written.do(self.read_settings, self.take_settings)

    def read_settings(self) -> Config:
        """The settings as they stand in the file now; runs in a thread."""
        return (
            self.desk.config
            if self.desk.settings_file is None
            else load(self.desk.settings_file)[0]
        )

    def _adjusted(self, edit: Edit) -> Config:
        if self.desk.settings_file is None:
            raise LibraryError("There is no settings file to keep this in.")
        try:
            edit(self.desk.settings_file)
        except (OSError, ValueError) as error:
            raise LibraryError(f"settings.toml could not be changed: {error}") from error
        return self.read_settings()

    def take_settings(self, config: Config) -> None:
        """Go by these saved searches and mutes from now on, and show them."""
        before = self.desk.config
        self.desk.config = before._replace(searches=config.searches, mutes=config.mutes)
        if config.mutes != before.mutes:
            self.rooms.hiding.apply_mutes()
            self.desk.ask_again()
        self.rooms.saving.show_settings()
