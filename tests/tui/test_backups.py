"""Backups while the reader stays open, and what the library has to say meanwhile."""

from __future__ import annotations

import pytest

from rilo_reader.library import LibraryError
from rilo_reader.tui.environment import Delays
from tests.support.at_rest import BLINK
from tests.support.reader import reading
from tests.support.watched_library import WatchedLibrary, article


@pytest.mark.slow
async def test_backups_are_made_again_and_again() -> None:
    library = WatchedLibrary([article(0), article(1)])
    library.watch(library.state, "backup")
    async with reading(library, delays=Delays(backup=2 * BLINK)) as reader:
        await reader.until(lambda: library.calls.count("backup") >= 3)


async def test_what_a_backup_finds_is_shown_once(monkeypatch: pytest.MonkeyPatch) -> None:
    library = WatchedLibrary([article(0), article(1)])
    monkeypatch.setattr(WatchedLibrary, "notices", ("Told at the start.",))
    async with reading(library) as reader:
        await reader.press("j")
        found = ("Your marks were damaged; the backup was restored.", "Told at the start.")
        monkeypatch.setattr(WatchedLibrary, "notices", found)
        reader.screen.controllers.background.backups.back_up()
        await reader.settle()
        assert reader.message == "Your marks were damaged; the backup was restored."
        await reader.press("k", "s")
        reader.screen.controllers.background.backups.back_up()
        await reader.settle()
        assert "damaged" not in reader.message


async def test_a_backup_that_fails_is_shown() -> None:
    def fail() -> None:
        raise LibraryError("Could not back up your marks: the disk is full.")

    library = WatchedLibrary([article(0), article(1)])
    library.before(library.state, "backup", fail)
    async with reading(library) as reader:
        reader.screen.controllers.background.backups.back_up()
        await reader.settle()
        assert "the disk is full" in reader.message
