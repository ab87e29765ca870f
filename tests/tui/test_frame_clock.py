"""When a frame is painted: at once for a key, by the clock for all else, each but once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from rilo_reader.tui import textual_patches
from rilo_reader.tui.textual_patches import FrameClock
from tests.support.fake_library import FakeLibrary, article
from tests.support.reader import reading
from tests.tui.test_frames import frames, watch_frames


class Screen:
    """What a clock has to do with: it paints in its own turn, and tells the clock."""

    def __init__(self) -> None:
        self.turns: list[Callable[[], None]] = []
        self.painted = 0
        self.clock = FrameClock(self.paint, self.turns.append)

    def paint(self) -> None:
        self.painted += 1
        self.clock.pause()

    def go_on(self) -> None:
        while self.turns:
            self.turns.pop(0)()


async def test_frames_that_nobody_waits_for_keep_their_distance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(textual_patches, "PERIOD", 1_000.0)
    screen = Screen()
    screen.clock.resume()
    screen.clock.resume()
    screen.go_on()
    assert screen.painted == 1
    screen.clock.resume()
    screen.go_on()
    assert screen.painted == 1


async def test_the_frame_of_a_key_comes_at_once_also_right_after_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(textual_patches, "PERIOD", 1_000.0)
    screen = Screen()
    screen.clock.resume()
    screen.go_on()
    screen.clock.resume()  # by the clock, in a quarter of an hour
    screen.clock.key_came()
    screen.clock.resume()
    screen.go_on()
    assert screen.painted == 2
    screen.clock.resume()
    screen.go_on()
    assert screen.painted == 2


async def test_a_frame_comes_by_itself_when_it_is_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textual_patches, "PERIOD", 0.01)
    screen = Screen()
    screen.paint()
    screen.clock.resume()
    while not screen.turns:
        await asyncio.sleep(0.001)
    screen.go_on()
    assert screen.painted == 2


async def test_what_was_painted_meanwhile_is_not_painted_again() -> None:
    screen = Screen()
    screen.clock.resume()
    screen.paint()
    screen.go_on()
    assert screen.painted == 1


async def test_an_answer_that_comes_late_is_painted_together_with_its_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(textual_patches, "FRAME_HELD", 1_000.0)
    library = FakeLibrary([article(i, title="Ivory" if i == 30 else "Other") for i in range(50)])
    async with reading(library) as reader:
        await reader.press("/")
        calls = watch_frames(reader, monkeypatch)
        library.hold.clear()
        reader.app.simulate_key("v")  # the pilot would paint by itself
        while not reader.screen.awaits_answer:
            await asyncio.sleep(0.001)
        for _ in range(200):  # turns of the loop, for the key to be done with everywhere
            await asyncio.sleep(0)
        assert frames(calls) == []
        library.hold.set()
        while not frames(calls):
            await asyncio.sleep(0.001)
        assert frames(calls) == ["frame 'v' 'v' Ivory True"]


async def test_what_changes_beneath_a_panel_is_painted_and_then_nothing_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with reading() as reader:
        await reader.press("v")
        reader.screen.widgets.search_row.write("beneath")
        await reader.settle()
        assert any("beneath" in line for line in reader.text())
        painted: list[None] = []
        monkeypatch.setattr(reader.app, "post_display_hook", lambda: painted.append(None))
        await asyncio.sleep(12 * textual_patches.PERIOD)
        assert not painted
