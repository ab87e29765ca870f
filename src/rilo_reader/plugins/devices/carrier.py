"""Carry more than marks: feeds if the user said so, and the settings that they list.

Only in the library that feeds belong to, see `Config.first_library`.
"""

from __future__ import annotations

from rilo_reader import config
from rilo_reader.errors import LibraryError
from rilo_reader.feeds import subscriptions
from rilo_reader.paths import Paths, marks_file
from rilo_reader.plugins.devices.carried_file import CarriedFile, CarriedKind, FileChange
from rilo_reader.plugins.devices.feeds import FeedsFile
from rilo_reader.plugins.devices.settings import TravelSettings, make_settings_files
from rilo_reader.store.state import State

FEEDS_SWITCH = "feeds on"


class Carrier:
    """Carries the user's files between this device and the values of the marks."""

    def __init__(self, state: State, paths: Paths) -> None:
        self._state = state
        self._paths = paths
        self._files: list[CarriedFile] = []

    @property
    def has_feeds(self) -> bool | None:
        """True if feeds travel; None if the user was never asked."""
        memo = self._state.journals.read_memo(FEEDS_SWITCH)
        return None if memo is None else memo == "1"

    def switch_feeds(self, *, is_on: bool) -> None:
        """Turn the sync of feeds on or off; raise LibraryError if this library has no feeds."""
        if is_on and not self.is_collecting_here():
            folder = config.load(self._paths.settings_file)[0].first_library(self._paths)
            raise LibraryError(
                f"feeds are synced with the library that they belong to, {folder}: "
                "rilo-reader sync on --feeds. To make another the one: "
                "rilo-reader settings folders FOLDER"
            )
        self._state.journals.set_memo(FEEDS_SWITCH, "1" if is_on else "0")

    def is_collecting_here(self) -> bool:
        """Return whether feeds belong to this library."""
        folder = config.load(self._paths.settings_file)[0].first_library(self._paths)
        return marks_file(folder, self._paths) == self._state.file

    def describe_standing(self) -> tuple[list[str], list[str]]:
        """Return sentences: what travels besides marks, and what waits as a file has a mistake."""
        travels: list[str] = []
        waits: list[str] = []
        if not self.is_collecting_here():
            return travels, waits
        settings, wrong = config.load(self._paths.settings_file)
        if self.has_feeds:
            travels.append("The feeds that you follow are synced too.")
            faults = subscriptions.load(self._paths.feeds_file)[1][:1]
            until = "Feeds are not synced until this is corrected"
            waits += [f"{until}: {problem.short_message}" for problem in faults]
        if names := settings.plugin_values(TravelSettings).travel:
            what = ", ".join(names).replace("_", " ")
            travels.append(f"These settings are synced too: {what}.")
            until = "Settings are not synced until this is corrected"
            waits += [f"{until}: {problem.short_message}" for problem in wrong[:1]]
        return travels, waits

    def describe_refused(self) -> list[str]:
        """Return sentences on values of other devices that are left out here; reads all values."""
        files = self._make_files() if self.is_collecting_here() else ()
        return list(filter(None, (file.describe_refused() for file in files)))

    def describe_gone(self) -> list[str]:
        """Return sentences on files that are missing or empty here, and had what is synced."""
        files = self._make_files() if self.is_collecting_here() else ()
        return [f"{gone}." for file in files if (gone := file.describe_gone())]

    def _make_files(self) -> list[CarriedFile]:
        settings, _ = config.load(self._paths.settings_file)
        folder = settings.first_library(self._paths)
        feeds = [FeedsFile(self._paths, folder)] if self.has_feeds else []
        listed = settings.plugin_values(TravelSettings).travel
        kinds: list[CarriedKind] = [*feeds, *make_settings_files(self._paths.settings_file, listed)]
        return [CarriedFile(self._state, kind) for kind in kinds]

    def send_changes(self) -> None:
        """Make gestures of what was changed in the user's files."""
        self._files = self._make_files() if self.is_collecting_here() else []
        for file in self._files:
            file.send_changes()

    def take_changes(self) -> tuple[tuple[FileChange, ...], bool]:
        """Write incoming changes into the user's files; return them, and whether to send more."""
        taken = [file.take_changes() for file in self._files]
        came = tuple(came for each, _ in taken for came in each)
        return came, any(more for _, more in taken)
