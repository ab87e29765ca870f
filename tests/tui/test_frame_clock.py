"""When a frame is painted: at once for a key, by the clock for all else, each but once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from rilo_reader.tui.frame_clock import FrameClock

HOUR = 3_600.0


class PaintedScreen:
    """What a clock works for: it paints when it handles a message, and then pauses the clock."""

    def __init__(self, period: float) -> None:
        self.messages: list[Callable[[], None]] = []
        self.frames = 0
        self.clock = FrameClock(self.paint, self.messages.append, period=period)

    def paint(self) -> None:
        self.frames += 1
        self.clock.pause()

    def handle_messages(self) -> None:
        while self.messages:
            self.messages.pop(0)()


async def test_frames_that_nobody_waits_for_keep_their_distance() -> None:
    screen = PaintedScreen(HOUR)
    screen.clock.resume()
    screen.clock.resume()
    screen.handle_messages()
    assert screen.frames == 1
    screen.clock.resume()
    screen.handle_messages()
    assert screen.frames == 1


async def test_the_frame_of_a_key_comes_at_once_also_right_after_another() -> None:
    screen = PaintedScreen(HOUR)
    screen.clock.resume()
    screen.handle_messages()
    screen.clock.resume()  # by the clock, in an hour
    screen.clock.key_came()
    screen.clock.resume()
    screen.handle_messages()
    assert screen.frames == 2
    screen.clock.resume()
    screen.handle_messages()
    assert screen.frames == 2


async def test_a_frame_comes_by_itself_when_it_is_time() -> None:
    screen = PaintedScreen(0.01)
    screen.paint()
    screen.clock.resume()
    while not screen.messages:
        await asyncio.sleep(0.001)
    screen.handle_messages()
    assert screen.frames == 2


async def test_what_was_painted_meanwhile_is_not_painted_again() -> None:
    screen = PaintedScreen(HOUR)
    screen.clock.resume()
    screen.paint()
    screen.handle_messages()
    assert screen.frames == 1


async def test_a_dropped_request_paints_nothing_until_it_is_made_again() -> None:
    screen = PaintedScreen(HOUR)
    screen.clock.resume()
    screen.clock.drop_request()
    screen.handle_messages()
    assert screen.frames == 0
    screen.clock.resume()
    screen.handle_messages()
    assert screen.frames == 1
