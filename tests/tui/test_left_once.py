"""Each panel is left once, by itself, however fast keys come; only `q` ends the program."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from threading import Event

import pytest

from rilo_reader.commands import all_commands
from rilo_reader.tui.panels.commands import CommandPalette
from rilo_reader.tui.panels.panel import Panel
from rilo_reader.tui.panels.pickers import RelatedScreen
from rilo_reader.tui.panels.saved_searches import SavedScreen
from tests.support.reader import Reader, reading
from tests.support.watched_library import WatchedLibrary, article
from tests.tui.test_forms import saved


def top(reader: Reader) -> Panel:
    panel = reader.app.screen
    assert isinstance(panel, Panel)
    return panel


@pytest.mark.slow
async def test_a_panel_that_is_left_twice_takes_no_other_with_it() -> None:
    async with reading() as reader:
        await reader.press("t")
        prompt, done = top(reader), list[str]()
        prompt.dismiss(partial(done.append, "one"))
        prompt.dismiss(partial(done.append, "two"))
        await reader.settle()
        assert len(reader.app.screen_stack) == 1
        assert done == ["one"]
        await reader.press("apostrophe")
        panel = top(reader)
        prompt.dismiss(None)
        await reader.settle()
        assert reader.app.screen is panel


@pytest.mark.slow
async def test_a_panel_below_another_is_left_once_that_is_left(tmp_path: Path) -> None:
    async with reading(**saved(tmp_path)) as reader:
        await reader.press("apostrophe")
        below = top(reader)
        await reader.press("r")
        prompt = top(reader)
        below.dismiss(None)
        await reader.settle()
        assert reader.app.screen is prompt
        await reader.press("escape")
        assert len(reader.app.screen_stack) == 1


@pytest.mark.slow
async def test_what_was_asked_for_is_not_opened_over_what_one_types_in(tmp_path: Path) -> None:
    async with reading(**saved(tmp_path)) as reader:
        controller = reader.screen.controllers.saved_searches
        await reader.press("t")
        prompt = top(reader)
        controller._open_panel(reader.screen.config)
        await reader.settle()
        assert reader.app.screen is prompt
        assert not isinstance(reader.app.screen, SavedScreen)


@pytest.mark.slow
async def test_related_articles_that_are_found_late_open_over_nothing(tmp_path: Path) -> None:
    library, let = WatchedLibrary([article(number) for number in range(9)]), Event()
    library.before(library.search, "related", partial(let.wait, 60))
    async with reading(library, **saved(tmp_path)) as reader:
        reader.screen.controllers.related.show_related()
        await reader.pilot.press("apostrophe")
        panel = top(reader)
        let.set()
        await reader.settle()
        assert reader.app.screen is panel
        await reader.press("escape")
        assert len(reader.app.screen_stack) == 1
        reader.screen.controllers.related.show_related()
        await reader.settle()
        assert isinstance(reader.app.screen, RelatedScreen)


@pytest.mark.slow
async def test_a_command_of_the_palette_runs_once() -> None:
    async with reading() as reader:
        await reader.press("colon")
        await reader.type("only unread")
        palette = top(reader)
        await reader.press("enter")
        assert isinstance(palette, CommandPalette)
        palette.use_key("enter")
        await reader.settle()
        assert reader.box == "is:unread"
        assert len(reader.app.screen_stack) == 1


def test_one_key_alone_quits() -> None:
    (keys,) = (command.keys for command in all_commands() if command.id == "quit")
    assert keys == ("q",)
