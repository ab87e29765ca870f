"""The command palette: commands are found by what people call them, and their keys are shown."""

from __future__ import annotations

import re

import pytest
from textual.fuzzy import Matcher

from rilo_reader.commands import all_commands, by_id
from rilo_reader.tui.panels.commands import score_of
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


@pytest.mark.parametrize(("words", "command"), [row for row in CALLED if row[1] in by_id()])
def test_a_command_is_found_by_what_people_call_it(words: str, command: str) -> None:
    matcher = Matcher(words)
    scores = {each.id: matcher.match(each.title) + score_of(each, words) for each in all_commands()}
    better = [each for each, score in scores.items() if score > scores[command] + 100]
    assert scores[command] >= 1000
    assert better == []


@pytest.mark.slow
async def test_keys_are_shown_also_while_one_types() -> None:
    async with reading() as reader:
        await reader.press("colon")
        assert any(re.search("Into the article .* enter ", line) for line in reader.text())
        await reader.type("unread")
        assert any(re.search("Only unread .* U ", line) for line in reader.text())
