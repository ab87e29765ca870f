"""Escape and a letter right behind it are two keys, though the terminal says alt."""

from __future__ import annotations

import pytest
from textual.events import Key

from rilo_reader.config import Config, MarkRead
from rilo_reader.tui.keys import without_alt
from tests.support.reader import Reader, reading


def keys(event: Key, *bound: str) -> list[str]:
    return [key.key for key in without_alt(event, bound)]


def test_alt_and_a_letter_are_escape_and_the_letter() -> None:
    assert keys(Key("alt+q", "q")) == ["escape", "q"]
    assert keys(Key("alt+shift+j", "J")) == ["escape", "J"]
    assert keys(Key("alt+1", "1")) == ["escape", "1"]


@pytest.mark.parametrize(
    "event", [Key("q", "q"), Key("alt+left", None), Key("alt+backspace", "\x7f")]
)
def test_other_keys_are_what_they_are(event: Key) -> None:
    assert without_alt(event, ()) == (event,)


def test_what_the_user_bound_stays() -> None:
    assert keys(Key("alt+q", "q"), "alt+q") == ["alt+q"]


def in_article(reader: Reader) -> bool:
    return reader.screen.widgets.in_article


async def say_alt(reader: Reader, letter: str) -> None:
    reader.app.post_message(Key(f"alt+{letter}", letter))
    await reader.settle()


@pytest.mark.slow
async def test_whoever_is_quick_gets_out_of_the_article_and_on() -> None:
    async with reading() as reader:
        await reader.press("enter")
        assert in_article(reader)
        await say_alt(reader, "j")
        assert not in_article(reader)
        assert reader.stands_on == "Title 1"


@pytest.mark.slow
async def test_a_command_with_alt_is_done() -> None:
    config = Config(mark_read=MarkRead.BY_HAND, keys={"star": ("alt+q",)})
    async with reading(config=config) as reader:
        await say_alt(reader, "q")
        assert reader.app.is_running
        assert reader.row(0).marks.starred
