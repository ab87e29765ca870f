"""The guide, brought back by its command and left by the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from rilo_reader.paths import guide_folder
from rilo_reader.tui.app import ReaderApp
from rilo_reader.tui.environment import GUIDE, REOPEN
from tests.support.reader import BY_HAND, Reader, around, reading
from tests.support.watched_library import WatchedLibrary, article


@pytest.mark.slow
async def test_the_guide_is_opened_in_place_of_the_library_and_left_again(tmp_path: Path) -> None:
    async with reading() as reader:
        await reader.command("tutorial")
    assert reader.app.return_code == GUIDE
    guide = WatchedLibrary([article(0)])
    guide.folder = guide_folder()
    async with reading(guide) as reader:
        await reader.command("guide")
        assert reader.message.startswith("This is the guide.")
    app = ReaderApp(guide, BY_HAND, around(tmp_path, guide_returns=True))
    async with app.run_test() as pilot:
        await Reader(pilot, guide).command("guide")
    assert app.return_code == REOPEN


@pytest.mark.slow
async def test_in_a_browser_nothing_takes_the_place_of_the_reader(tmp_path: Path) -> None:
    library = WatchedLibrary([article(0)])
    app = ReaderApp(library, BY_HAND, around(tmp_path, in_browser=True))
    async with app.run_test() as pilot:
        reader = Reader(pilot, library)
        await reader.command("guide")
        assert reader.message.startswith("The guide opens in a terminal")
        reader.screen.leave_guide()
        await reader.settle()
        assert reader.message == "Your first articles have arrived: reload this page."
