"""Escape and a letter or sign right behind it are two keys, though the terminal says alt."""

from __future__ import annotations

import pytest
from textual._xterm_parser import XTermParser
from textual.events import Key

from rilo_reader.config import Config, MarkRead
from rilo_reader.tui.keys import split_alt
from rilo_reader.tui.textual_patches import KeyDecoder
from tests.support.for_each import for_each
from tests.support.reader import Reader, reading


@for_each(
    "event, pressed",
    [
        (Key("alt+q", "q"), ["escape", "q"]),
        (Key("alt+shift+j", "J"), ["escape", "J"]),
        (Key("alt+1", "1"), ["escape", "1"]),
        (Key("q", "q"), ["q"]),
        (Key("alt+left", None), ["alt+left"]),
        (Key("alt+backspace", "\x7f"), ["alt+backspace"]),
        (Key("alt+x", "x"), ["alt+x"]),  # the user bound it
    ],
)
def test_alt_and_a_letter_are_escape_and_the_letter(event: Key, pressed: list[str]) -> None:
    assert [key.key for key in split_alt(event, ("alt+x",))] == pressed


def in_article(reader: Reader) -> bool:
    return reader.screen.widgets.is_in_article


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


async def test_a_command_with_alt_is_done() -> None:
    config = Config(mark_read=MarkRead.BY_HAND, keys={"star": ("alt+q",)})
    async with reading(config=config) as reader:
        await say_alt(reader, "q")
        assert reader.app.is_running
        assert reader.row(0).marks.starred


@for_each(
    "pieces, pressed",
    [
        ((b"\x1b/a",), ["escape", "slash", "a"]),
        ((b"\x1b", b"'a"), ["escape", "apostrophe", "a"]),
        ((b"j\x1b ", b"k"), ["j", "escape", "space", "k"]),
        ((b"\x1bq",), ["alt+q"]),
        ((b"\x1b", b"[A"), ["up"]),
        ((b"\x1b[A\x1bOB",), ["up", "down"]),
    ],
)
def test_an_escape_with_a_sign_behind_it_is_a_key(
    pieces: tuple[bytes, ...], pressed: list[str]
) -> None:
    keys, parser = KeyDecoder(), XTermParser()
    events = [event for piece in pieces for event in parser.feed(keys.decode(piece))]
    events += parser.feed("")
    assert [event.key for event in events if isinstance(event, Key)] == pressed
