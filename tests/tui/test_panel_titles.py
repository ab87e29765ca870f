"""Every panel and dialog has a title, those of plugins too, and says for what it is."""

from __future__ import annotations

import pytest
from textual.screen import Screen

from rilo_reader.commands import all_commands
from rilo_reader.config import Config, Mute, SavedSearch
from rilo_reader.tui.panels.panel import EntryPanel, Panel
from rilo_reader.tui.widgets.line_list import EntryList
from tests.support.reader import Reader, reading
from tests.support.watched_library import WatchedLibrary, article

BODY = "# One\n\nSome words of this article, to be selected.\n\n## Two\n\nMore words.\n"
NOT_HERE = {"quit", "guide", "edit", "settings", "browser"}  # begin a program, or end this one
CHANGES = {"escape", "q", "y"}  # keys of panels that open nothing
SETTINGS = Config(searches=(SavedSearch("ships", "article"),), mutes=(Mute("zebra"),))


def title_of(reader: Reader, screen: Screen[object]) -> str:
    """The title in the first line of a panel that is open."""
    assert isinstance(screen, Panel)
    region = screen.query_one("#title").content_region
    row = reader.text()[region.y] if region.height else ""
    assert screen.title, f"{screen} has no title"
    assert row[region.x :].startswith(screen.title[: region.width].rstrip()), screen
    assert screen.query_one("#panel").children[0].id == "title"
    return screen.title


async def titles_from(reader: Reader, command: str) -> list[str]:
    """The titles of what a command opens, and of what the keys of that open."""
    await reader.press("escape", "escape", "escape", "g", "enter")
    await reader.screen.controllers.run(command)
    await reader.settle()
    panel = reader.app.screen
    if panel is reader.screen:
        return []
    titles = [title_of(reader, panel)]
    keys = list(panel._bindings.key_to_bindings)
    if isinstance(panel, EntryPanel):
        keys += [key for gesture in panel.panel_keys for key in gesture.keys.split(",")]
    keys = [key for key in keys if key not in CHANGES]
    for key in keys:
        if reader.app.screen is not panel:
            break
        await reader.press(key)
        if reader.app.screen not in (panel, reader.screen):
            titles.append(title_of(reader, reader.app.screen))
            await reader.press("escape")
    while reader.app.screen is not reader.screen:
        await reader.press("escape")
    return titles


@pytest.mark.slow
async def test_what_commands_open_has_a_title() -> None:
    """`tags` and others that are about the open article name it."""
    library = WatchedLibrary([article(i, body=BODY) for i in range(9)])
    async with reading(library, SETTINGS, size=(60, 18)) as reader:
        titles: dict[str, list[str]] = {}
        for command in all_commands():
            if command.id not in NOT_HERE:
                titles[command.id] = await titles_from(reader, command.id)
        opened = [command for command, found in titles.items() if found]
        ours = {"help", "palette", "theme", "outline", "related", "facets", "tags", "add", "feeds"}
        ours |= {"history", "saved_searches", "mute"}
        assert ours <= set(opened)
        assert all("“Title 0”" in titles[command][0] for command in ("tags", "outline", "related"))
        await reader.search("article", "enter", "ctrl+s")
        title_of(reader, reader.app.screen)


@pytest.mark.slow
async def test_a_list_that_goes_on_below_shows_so_and_no_hint_of_undo_is_left_out() -> None:
    async with reading(size=(60, 20)) as reader:
        await reader.command("theme")
        panel = reader.app.screen
        assert isinstance(panel, EntryPanel)
        assert panel.query_one(EntryList).show_vertical_scrollbar
        await reader.press("escape")
    async with reading(size=(60, 20), config=SETTINGS) as reader:
        await reader.press("apostrophe")
        panel = reader.app.screen
        assert isinstance(panel, EntryPanel)
        assert not panel.query_one(EntryList).show_vertical_scrollbar
        hints = " ".join(panel.keys_line.split())
        assert hints == "enter search r rename d remove J K reorder u undo esc close"
