"""The command palette: commands are found by what people call them, and their keys are shown."""

from __future__ import annotations

import re

import pytest

from rilo_reader.commands import all_commands, commands_by_id
from rilo_reader.tui.panels.commands import rank_commands
from tests.support.for_each import for_each
from tests.support.reader import reading

CALLED = (
    *((word, "settings") for word in ("settings", "config", "preferences", "options")),
    *((word, "guide") for word in ("guide", "tutorial", "manual")),
    *((word, "export") for word in ("export", "epub", "share", "print")),
    *((word, "accounts") for word in ("account", "login", "log in", "log out")),
    *((word, "theme") for word in ("theme", "dark", "light", "colors")),
    *((word, "quit") for word in ("quit", "exit", "leave")),
    *(("sync", "sync"), ("devices", "sync"), ("bigger", "zen"), ("bigger", "settings")),
    *(("copy", "copy_link"), ("copy", "copy_text"), ("share", "copy_link"), ("keys", "help")),
    *(("unsubscribe", "feeds"), ("subscribe", "add"), ("find", "search"), ("star", "star")),
)


@for_each("words, command", [row for row in CALLED if row[1] in commands_by_id()])
def test_a_command_is_found_by_what_people_call_it(words: str, command: str) -> None:
    assert command in [each.id for each in rank_commands(all_commands(), words)[:4]]


@for_each("words, first", [("tag", "tags"), ("keys", "help"), ("FEED", "feeds"), ("mute", "mute")])
def test_what_a_title_begins_with_comes_first_then_words(words: str, first: str) -> None:
    assert rank_commands(all_commands(), words)[0].id == first


def test_a_title_and_the_name_that_the_help_shows_lead_to_the_command() -> None:
    for command in all_commands():
        assert rank_commands(all_commands(), command.title)[0] == command
        if not command.keys:
            assert command in rank_commands(all_commands(), command.id.replace("_", " "))[:2]


@pytest.mark.slow
async def test_keys_are_shown_also_while_one_types() -> None:
    async with reading() as reader:
        await reader.press("colon")
        assert any(re.search("Into the article .* enter ", line) for line in reader.text())
        await reader.type("unread")
        assert any(re.search("Only unread .* U ", line) for line in reader.text())


@pytest.mark.slow
async def test_names_and_keys_are_whole_where_there_is_little_room() -> None:
    async with reading(size=(44, 20)) as reader:
        await reader.press("colon")
        await reader.type("unread")
        assert any("Previous hit or unread" in line for line in reader.text())
        box = reader.app.screen.query_one("#panel").content_region
        assert "enter run   ↑ ↓ move   esc close" in reader.text()[box.bottom - 1]
        await reader.press("escape", "question_mark")
        await reader.type("theme")
        assert any(":theme" in line for line in reader.text())
